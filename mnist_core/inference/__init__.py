"""One image in, one answer out, and why."""
