"""A step a file, numbered in order."""
