"""Models that leave and come in."""
