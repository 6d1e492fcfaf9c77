"""Drawings that people labelled, in a database."""
