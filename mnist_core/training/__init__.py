"""One run, from settings to files; beside what races it in bench, the only package that imports TensorFlow."""
