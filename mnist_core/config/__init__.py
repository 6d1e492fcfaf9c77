"""What a run is, as checked values: its network, its settings, the named recipes."""
