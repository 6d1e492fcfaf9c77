"""Measurements that take too long for the tests; each runs as `python -m mnist_core.bench.load.NAME`."""
