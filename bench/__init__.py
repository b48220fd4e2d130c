"""Benchmarks: each compares with a peer or a limit in the same run, and answers in JSON. `make bench` runs them all."""
