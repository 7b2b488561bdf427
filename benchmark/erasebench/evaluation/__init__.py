"""From a checkpoint to a result: plan, run, records, outcomes."""
