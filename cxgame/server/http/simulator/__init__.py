"""`/api/v1`: the REST face of the simulator's dialect."""
