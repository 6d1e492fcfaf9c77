"""Where images, labels and drawings come from."""
