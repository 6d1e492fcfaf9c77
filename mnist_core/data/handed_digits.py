"""Digits that somebody hands over to be read or to judge a model by."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mnist_core.data.corrections import AS_IS, DRAWING, Correction
from mnist_core.language import gettext


@dataclass(frozen=True)
class Digits:
    """Images, with labels or without."""

    title: str  # what they are called, for people
    images: np.ndarray  # uint8 `[N, 28, 28]`, white ink on black
    labels: np.ndarray | None = None  # int64 `[N]`, 0 to 9; None where nobody said what they are
    names: tuple[str, ...] = ()  # the name of each picture's file; empty where the images came in a table
    left_out: tuple[tuple[str, str], ...] = ()  # files that could not be used: name and reason of each
    note: str = ""  # what one should know of them before a model is judged by them, in words; may be empty
    dataset: str = ""  # the identity of the dataset whose test part they are; empty for other digits
    # int64 `[N]`, labels that the pictures' names could hold, for whoever says that they do; None where they do not.
    in_names: np.ndarray | None = None
    # The same digits with squares of another size taken as they stand, where `images` has them prepared as drawings and
    # nobody has chosen yet; None for others.
    standing: "Digits | None" = None

    def labelled_by_names(self) -> "Digits":
        """Takes for labels what the names of the pictures hold; the same where they hold nothing."""
        if self.in_names is None:
            return self
        standing = self.standing and self.standing.labelled_by_names()
        return replace(self, labels=self.in_names, in_names=None, standing=standing)

    @property
    def name_example(self) -> str:
        """How a name could be read, such as `7_0012.png is a 7`; empty where names hold no labels."""
        return (
            "" if self.in_names is None else gettext("{name} is a {digit}", name=self.names[0], digit=self.in_names[0])
        )

    @cached_property
    def identity(self) -> str:
        """SHA-256 of pixels and labels, the same whatever file they came in; or that of the whole dataset."""
        if self.dataset:
            return self.dataset
        digest = hashlib.sha256(np.ascontiguousarray(self.images).data)
        if self.labels is not None:
            digest.update(self.labels.astype(np.uint8).tobytes())
        return digest.hexdigest()

    def corrected(self, correction: Correction) -> "Digits":
        """Returns the images and labels corrected, under a title that says so."""
        if not correction:
            return self
        given = self.standing if self.standing and correction.prepared == AS_IS else self
        images, how = given.images, correction
        if self.standing and given is self and correction.inverted:
            # What was prepared for the wrong ink has a frame, which would be white.
            images, how = self.standing.images, replace(correction, prepared=DRAWING)
        return replace(
            given,
            title=f"{self.title}, {correction.words}",
            images=how.images(images),
            labels=None if self.labels is None else correction.labels(self.labels),
            in_names=None if self.in_names is None else correction.labels(self.in_names),
            dataset="",
            standing=None if self.standing is None or correction.prepared else self.standing.corrected(correction),
        )

    def __len__(self) -> int:
        return len(self.images)
