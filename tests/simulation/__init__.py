"""A whole server in one process, whose clock, network, store and faults are functions of a seed."""
