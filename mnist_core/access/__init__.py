"""Who asks, what they may change, and how much a network address may ask for."""
