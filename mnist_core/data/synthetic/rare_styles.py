"""Ways to write a digit that MNIST hardly has, as strokes to be painted: what a plain network misreads most often.

MNIST was written by Americans around 1990. Elsewhere a 1 has a flag and a foot, a 7 is crossed, a 9 ends in a curl and
a 4 is open at the top. Each style is a drawing in a unit square, y downward, and is varied as handwriting varies.
"""

import numpy as np
from scipy.interpolate import CubicSpline

from mnist_core.data.stroke_files import draw_pen, vary
from mnist_core.mnist import SIDE
from mnist_core.preprocessing.pipeline import prepare
from mnist_core.preprocessing.strokes import Strokes

Piece = list[tuple[float, float]]
# A stroke is made of pieces, each a smooth curve through its points; where two pieces meet, the pen turns a corner.
Style = list[list[Piece]]

# fmt: off
STYLES: list[tuple[int, Style]] = [
    (0, [[[(.7, .05), (.3, .05), (.05, .5), (.4, 1), (.8, .75), (.85, .35), (.6, .02), (.35, .1)]]]),
    (0, [[[(.5, 0), (.1, .3), (.15, .8), (.5, 1), (.85, .7), (.85, .25), (.5, 0)], [(.5, 0), (.8, -.1)]]]),
    (0, [[[(.5, 0), (.15, .25)], [(.15, .25), (.1, .6)], [(.1, .6), (.3, 1)], [(.3, 1), (.65, 1)],
          [(.65, 1), (.9, .6)], [(.9, .6), (.85, .25)], [(.85, .25), (.5, 0)]]]),
    (0, [[[(.5, 0), (.15, .2)], [(.15, .2), (.1, .8)], [(.1, .8), (.5, 1)], [(.5, 1), (.9, .8)], [(.9, .8), (.85, .2)],
          [(.85, .2), (.5, 0)]]]),
    (0, [[[(.5, 0), (.05, .5), (.5, 1), (.95, .5), (.5, 0)]]]),
    (1, [[[(.15, .35), (.55, 0)], [(.55, 0), (.55, 1)]], [[(.1, 1), (1, 1)]]]),
    (1, [[[(.2, .3), (.55, 0)], [(.55, 0), (.5, 1)], [(.5, 1), (.15, 1)], [(.15, 1), (.9, .98)]]]),
    (1, [[[(.2, .3), (.5, 0)], [(.5, 0), (.45, 1)]]]),
    (2, [[[(.05, .25), (.4, 0), (.85, .2), (.6, .6), (.05, .95)], [(.05, .95), (.25, .8), (.4, .95), (.15, 1),
         (.1, .85), (.5, .9), (1, 1)]]]),
    (3, [[[(.05, .02), (.9, 0)], [(.9, 0), (.4, .4)], [(.4, .4), (.9, .6), (.8, .9), (.4, 1), (.05, .85)]]]),
    (3, [[[(.1, .1), (.5, 0), (.8, .2), (.45, .45)], [(.45, .45), (.9, .65), (.7, .95), (.3, 1), (0, .85)]]]),
    (4, [[[(.3, 0), (.05, .6)], [(.05, .6), (.95, .6)]], [[(.7, .2), (.65, 1)]]]),
    (4, [[[(.15, 0), (.1, .3), (.25, .5), (.8, .45)]], [[(.8, .05), (.75, 1)]]]),
    (4, [[[(.65, 0), (.05, .65)], [(.05, .65), (1, .62)]], [[(.6, .35), (.6, 1)]]]),
    (5, [[[(.2, .05), (.15, .45)], [(.15, .45), (.6, .4), (.9, .7), (.5, 1), (.05, .9)]], [[(.25, .03), (.95, 0)]]]),
    (5, [[[(.9, 0), (.25, .03)], [(.25, .03), (.15, .4)], [(.15, .4), (.7, .42), (.8, .85), (.4, 1), (.05, .88)]]]),
    (6, [[[(.75, 0), (.3, .3), (.1, .75), (.45, 1), (.8, .75), (.5, .5), (.15, .7)]]]),
    (6, [[[(.85, .1), (.6, 0), (.2, .35), (.1, .8), (.5, 1), (.85, .75), (.55, .5), (.1, .75)]]]),
    (7, [[[(0, .05), (.9, 0)], [(.9, 0), (.35, 1)]], [[(.2, .5), (.85, .47)]]]),
    (7, [[[(.05, .2), (.1, 0)], [(.1, 0), (.5, .05), (.9, 0)], [(.9, 0), (.5, .5), (.4, 1)]],
         [[(.25, .5), (.85, .5)]]]),
    (7, [[[(.05, .2), (.08, .02)], [(.08, .02), (.9, 0)], [(.9, 0), (.55, .4), (.4, 1)]]]),
    (8, [[[(.8, .1), (.4, 0), (.15, .25), (.5, .45), (.85, .75), (.5, 1), (.15, .75), (.5, .45), (.85, .2)]]]),
    (8, [[[(.5, .45), (.2, .2), (.5, 0), (.8, .2), (.5, .45)]],
         [[(.5, .45), (.1, .7), (.5, 1), (.9, .7), (.5, .45)]]]),
    (9, [[[(.85, .25), (.5, .02), (.15, .3), (.45, .55), (.85, .3)],
          [(.85, .3), (.85, .6), (.7, .92), (.4, 1), (.1, .85)]]]),
    (9, [[[(.8, .15), (.45, 0), (.15, .25), (.4, .48), (.75, .35)], [(.8, .1), (.8, .7), (.5, 1), (.1, .95)]]]),
    (9, [[[(.8, .2), (.4, 0), (.15, .3), (.5, .5), (.8, .2)], [(.8, .2), (.75, .6), (.7, 1)]]]),
]
# fmt: on


def paint_styles(number: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns uint8 `[number, 28, 28]`, an equal share of each style, and int64 `[number]`, the digits."""
    chosen = np.arange(number) % len(STYLES)
    images = [prepare(vary(_strokes(STYLES[index][1], random), random), draw_pen(random)) for index in chosen]
    return np.array(images, np.uint8).reshape(-1, SIDE, SIDE), np.array(
        [STYLES[index][0] for index in chosen], np.int64
    )


def _strokes(style: Style, random: np.random.Generator) -> Strokes:
    return [np.concatenate([smooth(_moved(piece, random)) for piece in stroke]) for stroke in style]


def _moved(piece: Piece, random: np.random.Generator) -> np.ndarray:
    points = np.array(piece)
    # The ends stay, so that pieces go on meeting where the pen turns; whole drawings are bent afterwards.
    points[1:-1] += random.normal(0, 0.05, points[1:-1].shape)
    return points


def smooth(points: np.ndarray, steps: int = 24) -> np.ndarray:
    """Lays a smooth curve through points `[N, 2]`; returns `[steps, 2]`, or the two points of a straight line."""
    if len(points) < 3:
        return points
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1) + 1e-6)])
    curve: np.ndarray = CubicSpline(along, points)(np.linspace(0, along[-1], steps))
    return curve
