"""Scores, intervals and verdicts: pure functions of outcomes. No torch.

- From records to scores: `outcomes.outcomes_of`, `row_data.row_data_of`, `summary.summarise`.
- From result files: `merge.merge_results`, `recount.check_figures`, `paired.paired_differences`.
- Parts that others use: `bootstrap`, `intervals`, `rates`, `anchors`, `tracing.trace_of`.
"""
