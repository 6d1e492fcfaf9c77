"""Why a model reads a drawing as it does: what its layers see, what they look for, what mattered, what it resembles.

All of it comes from the run's LiteRT file and its layer list, without TensorFlow. What mattered asks the model as a
black box, so that it works for every network of the lab.
"""

from mnist_core.inference.explain.features import feature_maps, feature_sentence, filter_sentence, filters
from mnist_core.inference.explain.neighbours import blurred_lengths, nearest, nearest_sentence
from mnist_core.inference.explain.relevance import mattered_sentence, what_mattered

__all__ = [
    "blurred_lengths",
    "feature_maps",
    "feature_sentence",
    "filter_sentence",
    "filters",
    "mattered_sentence",
    "nearest",
    "nearest_sentence",
    "what_mattered",
]
