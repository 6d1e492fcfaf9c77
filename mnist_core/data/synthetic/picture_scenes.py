"""Pictures of one digit with more in them than paper and pen: desks, screens, shadows, printed pages."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from mnist_core.data.synthetic.photographs import encode, square
from mnist_core.preprocessing.panels import homography
from mnist_core.preprocessing.strokes import Strokes, paint

WIDTH, HEIGHT = 640, 480
Kind = Callable[[Strokes, np.random.Generator], bytes]
Corners = np.ndarray  # float `[4, 2]`, x and y, clockwise from the upper left


def digit_on(strokes: Strokes, width: int, height: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Paints a digit of a share of the height somewhere on a sheet: float `[height, width]`, 1 where there is ink."""
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    size = share * min(width, height)
    scale = size / max(float(extent.max()), 1e-9)
    room = np.array([width, height]) - extent * scale - 0.2 * min(width, height)
    corner = 0.1 * min(width, height) + random.random(2) * room
    placed = [(stroke - low) * scale + corner for stroke in strokes]
    return paint(placed, width, height, size * random.uniform(0.07, 0.12), 2).astype(np.float32) / 255


def seen_from(sheet: np.ndarray, corners: Corners, around: np.ndarray) -> np.ndarray:
    """Lays a sheet, float `[height, width, 3]`, with its corners where they are seen, on what is around it."""
    height, width = sheet.shape[:2]
    numbers = homography(corners, square(width, height))
    size = around.shape[1::-1]

    def moved(picture: Image.Image) -> np.ndarray:
        return np.asarray(picture.transform(size, Image.Transform.PERSPECTIVE, numbers, Image.Resampling.BILINEAR))

    cover = moved(Image.new("L", (width, height), 255)).astype(np.float32)[..., np.newaxis] / 255
    return moved(Image.fromarray(np.rint(sheet).clip(0, 255).astype(np.uint8))) * cover + around * (1 - cover)


def _quadrilateral(aspect: float, random: np.random.Generator, degrees: float = 10) -> Corners:
    """Draws where a sheet lies: turned, and in perspective, all of it in the picture."""
    half_height = random.uniform(0.33, 0.42) * HEIGHT
    half = np.array([min(half_height * aspect, 0.42 * WIDTH), half_height])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    corners = corners + random.uniform(-0.06, 0.06, (4, 2)) * half
    angle = np.deg2rad(random.uniform(-degrees, degrees))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.array([WIDTH, HEIGHT]) / 2
    corners = corners @ turn
    # As large as it can be without leaving the picture.
    shrunk = min(1.0, float((0.97 * middle / np.abs(corners).max(axis=0)).min()))
    placed: Corners = corners * shrunk + middle
    return placed


def photograph(scene: np.ndarray, random: np.random.Generator, shade: float = 0.25) -> bytes:
    """Photographs a scene, float `[height, width, 3]`, with shade, blur and grain; returns a JPEG file."""
    rows, columns = np.mgrid[-1 : 1 : scene.shape[0] * 1j, -1 : 1 : scene.shape[1] * 1j]
    angle = random.uniform(0, 2 * np.pi)
    light = 1 - random.uniform(0, shade) * (1 + (np.cos(angle) * rows + np.sin(angle) * columns) / np.sqrt(2)) / 2
    seen = ndimage.gaussian_filter(scene * light[..., np.newaxis], (0.9, 0.9, 0))
    seen = seen + random.normal(0, random.uniform(1, 4), seen.shape)
    return encode(np.rint(seen).clip(0, 255).astype(np.uint8), "JPEG", quality=int(random.integers(70, 93)))


def _coloured(ink: np.ndarray, paper: np.ndarray, pen: np.ndarray) -> np.ndarray:
    coloured: np.ndarray = paper + (pen - paper) * ink[..., np.newaxis]
    return coloured


def _desk(random: np.random.Generator) -> np.ndarray:
    """A dark desk with a grain of wood: float `[HEIGHT, WIDTH, 3]`."""
    colour = np.array([[70, 50, 38], [45, 45, 50], [95, 70, 50], [30, 33, 38]][random.integers(4)], np.float32)
    grain = ndimage.gaussian_filter(random.normal(0, 1, (HEIGHT, WIDTH)), (1, 25))
    return colour * (1 + 0.8 * grain[..., np.newaxis])


def _on_desk(strokes: Strokes, random: np.random.Generator) -> bytes:
    aspect = float(random.choice([1.41, 1.0, 0.71]))
    height = 420
    ink = digit_on(strokes, round(height * aspect), height, random.uniform(0.35, 0.6), random)
    sheet = _coloured(ink, np.array([228.0, 226, 220]), np.full(3, random.uniform(30, 80)))
    return photograph(seen_from(sheet, _quadrilateral(aspect, random), _desk(random)), random)


def _on_screen(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A phone that shows a digit: a bright screen with rows of pixels, its dark rim, and the hand's darkness around."""
    width, height = 260, 420
    ink = digit_on(strokes, width, height, random.uniform(0.45, 0.7), random)
    dark = random.random() < 0.4
    paper, pen = (np.full(3, 25.0), np.full(3, 235.0)) if dark else (np.full(3, 240.0), np.full(3, 20.0))
    screen = _coloured(ink, paper, pen)
    pixels = 1 - 0.06 * (np.arange(height) % 3 == 0)[:, np.newaxis, np.newaxis]
    phone = np.full((height + 60, width + 24, 3), 12.0)
    phone[30:-30, 12:-12] = screen * pixels
    corners = _quadrilateral(0.6, random, 8)
    around = np.full((HEIGHT, WIDTH, 3), random.uniform(90, 200)) + random.normal(0, 2, (HEIGHT, WIDTH, 1))
    scene = seen_from(phone, corners, around)
    # Interference of the screen's pixels with the camera's: broad waves.
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    waves = np.sin(rows * random.uniform(0.05, 0.2) + columns * random.uniform(0.05, 0.2))
    return photograph(scene * (1 + 0.03 * waves[..., np.newaxis]), random)


def _plain(strokes: Strokes, random: np.random.Generator) -> np.ndarray:
    ink = digit_on(strokes, WIDTH, HEIGHT, random.uniform(0.4, 0.7), random)
    return _coloured(ink, np.array([226.0, 224, 218]), np.full(3, random.uniform(30, 70)))


def _hard_shadow(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A shadow with a sharp edge, which falls through the middle of the digit."""
    ink = digit_on(strokes, WIDTH, HEIGHT, random.uniform(0.4, 0.7), random)
    rows, columns = np.nonzero(ink > 0.5)
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    beyond = (x - columns.mean()) * np.cos(angle) + (y - rows.mean()) * np.sin(angle)
    light = 1 - random.uniform(0.3, 0.55) / (1 + np.exp(-beyond / 1.5))
    scene = _coloured(ink, np.array([226.0, 224, 218]), np.full(3, random.uniform(30, 70)))
    return photograph(scene * light[..., np.newaxis], random)


def _dark_corner(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A thumb or the edge of the table in a corner of the picture."""
    scene = _plain(strokes, random)
    across, down = random.uniform(0.12, 0.22) * WIDTH, random.uniform(0.12, 0.22) * HEIGHT
    x = np.arange(WIDTH) if random.random() < 0.5 else WIDTH - 1 - np.arange(WIDTH)
    y = np.arange(HEIGHT) if random.random() < 0.5 else HEIGHT - 1 - np.arange(HEIGHT)
    covered = x[np.newaxis] / across + y[:, np.newaxis] / down < 1
    scene[covered] = np.array([60.0, 45, 40])
    return photograph(scene, random)


def _red_margin(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A page of an exercise book: blue lines, and a red margin."""
    ink = digit_on(strokes, WIDTH, HEIGHT, random.uniform(0.4, 0.6), random)
    paper = np.tile(np.array([228.0, 226, 222]), (HEIGHT, WIDTH, 1))
    for row in range(int(random.integers(20, 50)), HEIGHT, int(random.integers(40, 60))):
        paper[row : row + 2] = np.array([150.0, 175, 215])
    column = int(random.uniform(0.04, 0.09) * WIDTH)
    paper[:, column : column + 3] = np.array([215.0, 70, 80])
    return photograph(_coloured(ink, paper, np.array([40.0, 45, 90])), random)


def _far_specks(strokes: Strokes, random: np.random.Generator) -> bytes:
    """Specks of dirt far from the digit."""
    scene = _plain(strokes, random)
    picture = Image.fromarray(np.rint(scene).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(int(random.integers(2, 6))):
        side = random.integers(4)
        x = random.uniform(0.02, 0.98) * WIDTH if side < 2 else (0.03, 0.97)[side - 2] * WIDTH
        y = (0.03, 0.97)[side] * HEIGHT if side < 2 else random.uniform(0.02, 0.98) * HEIGHT
        radius = random.uniform(1.5, 5)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(70, 70, 70))
    return photograph(np.asarray(picture, np.float32), random)


def _in_axes(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A digit as a plotting program shows it: a dark square with an axis to its left and below, and numbers at both."""
    ink = digit_on(strokes, 280, 280, random.uniform(0.6, 0.75), random)
    small = np.asarray(Image.fromarray(np.rint(255 * ink).astype(np.uint8)).resize((28, 28), Image.Resampling.BOX))
    square = np.asarray(Image.fromarray(small).resize((280, 280), Image.Resampling.NEAREST))
    page = Image.new("L", (400, 380), 255)
    page.paste(Image.fromarray(square if random.random() < 0.6 else 255 - square), (70, 40))
    pen = ImageDraw.Draw(page)
    pen.rectangle((69, 39, 350, 320), outline=0)
    for number in range(0, 28, 5):
        at = 10 * number + 5
        pen.line((70 + at, 320, 70 + at, 326), 0)
        pen.text((64 + at, 330), str(number), 0)
        pen.line((63, 40 + at, 69, 40 + at), 0)
        pen.text((44, 34 + at), str(number), 0)
    return encode(page)


def _in_coloured_box(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A digit in a filled box of an otherwise empty page."""
    box = np.array([[255, 214, 102], [120, 190, 255], [40, 60, 120], [30, 30, 30]][random.integers(4)], np.float32)
    pen = np.full(3, 20.0) if box.mean() > 120 else np.full(3, 250.0)
    side = int(random.integers(220, 320))
    page = np.full((HEIGHT, WIDTH, 3), random.choice([255.0, 245.0, 238.0]))
    top, left = int(random.integers(20, HEIGHT - side - 20)), int(random.integers(20, WIDTH - side - 20))
    ink = digit_on(strokes, side, side, random.uniform(0.5, 0.7), random)
    page[top : top + side, left : left + side] = _coloured(ink, box, pen)
    return encode(np.rint(page).astype(np.uint8))


def _in_app(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A screenshot: a bar with a title, a square to draw in, and buttons below it."""
    page = Image.new("RGB", (480, 640), (245, 246, 250))
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, 480, 56), fill=(60, 80, 180))
    pen.text((20, 22), "Digit recognizer", (255, 255, 255))
    dark = random.random() < 0.5
    ink = digit_on(strokes, 320, 320, random.uniform(0.5, 0.7), random)
    grey = np.rint(255 * (ink if dark else 1 - ink)).astype(np.uint8)
    page.paste(Image.fromarray(np.stack([grey] * 3, axis=-1)), (80, 110))
    pen.rectangle((79, 109, 400, 430), outline=(150, 150, 160))
    for left, word in ((80, "Predict"), (250, "Clear")):
        pen.rounded_rectangle((left, 460, left + 150, 505), 8, fill=(60, 80, 180))
        pen.text((left + 50, 476), word, (255, 255, 255))
    return encode(np.asarray(page))


def _thin_28(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A file of 28×28 pixels with a hair-thin digit, white on black."""
    return encode(np.rint(255 * _small(strokes, random.uniform(0.9, 1.2), random)).astype(np.uint8))


def _faint_28(strokes: Strokes, random: np.random.Generator) -> bytes:
    """A file of 28×28 pixels with a faint digit, white on black."""
    return encode(np.rint(random.uniform(40, 90) * _small(strokes, random.uniform(1.8, 2.6), random)).astype(np.uint8))


def _small(strokes: Strokes, pen: float, random: np.random.Generator) -> np.ndarray:
    points = np.concatenate(strokes)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = (20 - pen) / max(float(extent.max()), 1e-9)
    corner = 14 - extent * scale / 2 + random.uniform(-1, 1, 2)
    return paint([(stroke - low) * scale + corner for stroke in strokes], 28, 28, pen, 4).astype(np.float32) / 255


SCENES: dict[str, Kind] = {
    "paper on a dark desk": _on_desk,
    "a phone's screen photographed": _on_screen,
    "a hard shadow through the digit": _hard_shadow,
    "a dark corner": _dark_corner,
    "lined paper with a red margin": _red_margin,
    "far specks": _far_specks,
    "in axes": _in_axes,
    "in a coloured box": _in_coloured_box,
    "in an app's page": _in_app,
    "28×28, hair-thin": _thin_28,
    "28×28, faint": _faint_28,
}
