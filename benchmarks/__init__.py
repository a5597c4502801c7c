"""Benchmarks: `make bench`. Ratios of one run, never absolute promises."""
