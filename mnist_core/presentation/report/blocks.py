"""What a report is made of: headline figures and sections of blocks, plain values that know no format."""

from dataclasses import dataclass

import numpy as np

from mnist_core.presentation.charts.template import Spec


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: str


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    words: str


@dataclass(frozen=True)
class Items:
    """A list of lines."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """What is typed as it stands, such as a command."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows."""

    caption: str  # may be empty where a heading says it
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0  # how many of the last columns hold numbers
    # For each row and each column after the first, how dark the cell is, 0 to 1; empty for a plain table
    shades: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart."""

    spec: Spec
    sentence: str  # what it shows


@dataclass(frozen=True)
class Charts:
    """Charts beside each other, below each other where there is no room."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Pictures:
    """Digits with what is said of each."""

    images: np.ndarray  # uint8 `[N, 28, 28]`, white ink on black
    captions: tuple[str, ...]  # N of them


Block = Text | Heading | Items | Code | Table | Charts | Pictures


@dataclass(frozen=True)
class Section:
    """A part of the report under a title of its own."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Headline:
    """A figure that stands at the top, with a remark in small print."""

    label: str
    value: str
    remark: str = ""


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str  # name of the run
    subtitle: str  # what it was judged on
    note: str  # what a person wrote about the run; may be empty
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]  # in the order of reading
    made: str  # when and by what, in words
    time: float  # the same in seconds since 1970
