"""What is asked of a run: its options, every trial they select, and which images are kept."""
