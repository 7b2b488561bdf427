"""The original model beside a submission: calibrated, taken from the package or measured."""
