"""Who trains when, and what happens after a crash."""
