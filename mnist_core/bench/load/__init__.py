"""Measurements that take too long for the tests; each runs as `python -m benchmarks.NAME` from the project's folder."""
