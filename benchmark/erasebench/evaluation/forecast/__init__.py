"""The cost of a run: estimated before it starts (`forecast`), or on request (`profile`)."""
