"""Watches that nothing in the tests asks another machine; this folder is on the PYTHONPATH of all their processes."""
