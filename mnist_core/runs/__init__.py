"""The folder of a run, and nothing else."""
