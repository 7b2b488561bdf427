"""The leaderboard: result files become ranked rows, tables and static pages.

Import from here: `ranking` (order and places of rows), `flat_table` (one row a submission),
`frames` (data frames of a table or a result), `build` (the site), `add`, `submissions` and `status`
(what maintainers write), `terminal` and `trace_report` (tables for the terminal), `format` (numbers
and text). No module here loads a model library, or draws an image.
"""
