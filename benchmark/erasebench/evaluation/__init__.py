"""From a checkpoint to a result: plan, base, run, records, outcomes.

Import from here: `job` (an evaluation by the user's words), `evaluate` (a checked one),
`references` (builds a protocol's references), and what the packages name.
"""
