"""A fuzz target for each reader of bytes from outside; `python -m tests.hostile.fuzz` runs them."""
