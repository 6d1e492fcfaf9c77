"""One run, from settings to files; the only package that imports TensorFlow at module level."""
