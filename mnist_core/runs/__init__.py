"""Run folders: what a run is, where it stands, its files."""
