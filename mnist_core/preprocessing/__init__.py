"""Ink of any origin becomes MNIST's 28×28."""
