"""What a run will cost, estimated before it begins or profiled on the device."""
