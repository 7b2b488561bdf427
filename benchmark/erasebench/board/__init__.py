"""The pages of the leaderboard, made from result files alone."""
