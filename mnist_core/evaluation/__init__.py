"""What a model got right, and how sure that is."""
