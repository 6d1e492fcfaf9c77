"""Code that leaves the lab in a package with a model, and needs nothing of it there."""
