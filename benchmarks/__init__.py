"""Benchmarks: every figure beside a floor or a peer in the same run. `make bench` and `make bench-peers`."""
