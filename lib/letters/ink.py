"""Network 1, which finds the ink of any picture and the lines of writing in it; and the 28x28 frame of one letter.

A *frame* is uint8 (28, 28): white ink on black, upright, the ink cropped, its aspect ratio kept, its longer side
scaled to 24 px, centred by its bounding box, blurred slightly before it is made smaller, its strongest ink at 255.
That is the recipe of EMNIST (Cohen et al. 2017, arXiv:1702.05373, section II.C), where 24 px are what is left of
28 after the border of 2. Nothing else in this project resizes a letter.

*Ink* is a float32 (H, W) array: 1 where the pen wrote with full strength, 0 on the bare ground.
*Strokes* of one letter are a sequence of float (n, 2) arrays: x to the right, y down, in any unit.
"""

import math
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise

import cv2
import numpy as np

from letters import runtime
from letters.picture import PictureError, open_picture

SIDE = 28  # px of a frame
BODY = 24  # px of the longer side of the ink in it

STRIDE = 64  # px: the network takes sides that are multiples of it
FIRST_LOOK = 256  # px of the longer side of what the network sees first
LARGEST = 1024  # px of the longer side of what it sees at most
LARGEST_AREA = 1024 * 800  # px of it
SMALLEST = 96  # px: smaller pictures are enlarged
CAPITAL = 26  # px: capitals of this height are large enough to be read
X_HEIGHT = 0.58  # of a capital's height: how high the core of a line is, whatever is written on it
WRITTEN = 0.5  # more ink than this is written
CORE = 0.5  # more than this belongs to the core of a line
SPECK = 0.01  # of the largest component's area: the dot of an i is 2 % or more, dust is less
CELL = 64  # px: pictures of letters in data sets are no larger
EVEN = 2  # levels of 255 that an even ground may differ by
MIN_CONTRAST = 18  # levels (of 255) between ink and an even ground; below it there is no ink


# --------------------------------------------------------------------------------- from picture to ink


@dataclass(frozen=True)
class Maps:
    """What network 1 sees in a picture, at a working size."""

    ink: np.ndarray  # float32 (h, w), 0..1: how much ink of writing there is
    core: np.ndarray  # float32 (h, w), 0..1: between the baseline and the x-height of a line of writing
    scale: float  # px of the maps for each px of the picture
    corner: tuple[int, int]  # (x, y) in the picture of the maps' left upper corner

    def ink_box(self) -> tuple[int, int, int, int]:
        """The box (x, y, width, height) of all that is written, in px of the picture."""
        return self.box_in_picture(*cv2.boundingRect((self.ink > WRITTEN).astype(np.uint8)))

    def box_in_picture(self, x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
        """A box of the maps as a box of the picture, in whole px."""
        return self.box_around(self.to_picture([(x, y), (x + width, y + height)]))

    def box_around(self, points: np.ndarray) -> tuple[int, int, int, int]:
        """The box (x, y, width, height) around points of the picture, in whole px, as far as the maps reach."""
        end = np.array(self.corner) + np.rint(np.array(self.ink.shape[::-1]) / self.scale)
        low, high = (
            np.clip(np.rint(corner), self.corner, end).astype(int) for corner in (points.min(0), points.max(0))
        )
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Points of the maps, float (N, 2), as points of the picture."""
        return np.asarray(points, float) / self.scale + self.corner


def maps(picture: np.ndarray) -> Maps:
    """Find ink and lines of a picture, uint8 (H, W, 3) RGB.

    The network looks at the picture made small. Where it sees no writing, or writing too small to be read, it looks
    again, larger, as far as the picture's own resolution and LARGEST allow.
    """
    part, corner = trim(picture)
    longer = max(part.shape[:2])
    limit = min(1.0, LARGEST / longer, math.sqrt(LARGEST_AREA / (part.shape[0] * part.shape[1])))
    limit = max(limit, SMALLEST / longer)
    scale = min(limit, max(FIRST_LOOK, SMALLEST) / longer)
    while True:
        ink, core = _look(part, scale)
        capital = _capital(core)
        if capital >= CAPITAL or scale >= limit:
            return Maps(ink, core, scale, corner)
        scale = min(limit, scale * 1.3 * CAPITAL / capital if capital else limit)


def _look(picture, scale):
    """Ink and cores of a picture at a scale: float32 (h, w) each."""
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    if scale != 1:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    below, right = (-side % STRIDE for side in picture.shape[:2])
    padded = cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE)
    core, ink = sorted((plane[0, ..., 0] for plane in runtime.shipped("ink")(padded[None])), key=len)
    core = cv2.resize(core, ink.shape[::-1], interpolation=cv2.INTER_LINEAR)
    height, width = picture.shape[:2]
    return ink[:height, :width], core[:height, :width]


def _capital(core):
    """The height of capitals in px, by the cores of lines: the median over all columns; 0 where there are none."""
    inside = (core > CORE).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(inside)
    if count == 1:
        return 0.0
    area, width, height = (stats[1:, i] for i in (cv2.CC_STAT_AREA, cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT))
    thickness = area / np.maximum(width, height)
    order = np.argsort(thickness)
    share = np.cumsum(np.maximum(width, height)[order])
    return float(thickness[order][np.searchsorted(share, share[-1] / 2)]) / X_HEIGHT


def trim(picture: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Cut away margins that show nothing but an even ground: most of what a drawing on a canvas is.

    picture: uint8 (H, W, 3). Returns the rest, with a narrow margin, and its left upper corner (x, y) in the picture.
    """
    ground = even_ground(picture)
    if ground is None:
        return picture, (0, 0)
    x, y, width, height = cv2.boundingRect(unlike(picture, ground))
    if width == 0:
        return picture, (0, 0)
    margin = max(8, round(0.25 * max(width, height)))
    left, top = max(0, x - margin), max(0, y - margin)
    return picture[top : y + height + margin, left : x + width + margin], (left, top)


def even_ground(picture: np.ndarray) -> np.ndarray | None:
    """The colour, float32 (3,), that the whole border of a picture has, to within EVEN levels, or None."""
    border = _border(picture).astype(int)
    low, high = border.min(axis=0), border.max(axis=0)
    return ((low + high) / 2).astype(np.float32) if (high - low).max() <= EVEN else None


def _border(picture):
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def unlike(picture: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Where a picture is unlike an even ground: uint8 (H, W), 0 or 255."""
    return 255 - cv2.inRange(picture, np.floor(ground - EVEN), np.ceil(ground + EVEN))


# ------------------------------------------------------------------------------------- from ink to frame


def frame(picture) -> np.ndarray:
    """The frame of a picture of one letter, whatever its size, place, pen, ground and polarity.

    picture: whatever `open_picture` takes. Where the ground is exactly even, as on a canvas, and in pictures as small
    as those of data sets (CELL), the ink is measured, as the distance from the colour of the border; else the network
    finds it.
    Returns uint8 (28, 28). Raises PictureError: those of `open_picture`, and "no_ink" where nothing is written.
    """
    rgb = open_picture(picture)
    ground = even_ground(rgb)
    if ground is None and max(rgb.shape[:2]) <= CELL:
        ground = np.median(_border(rgb), axis=0).astype(np.float32)
    return frame_of_ink(maps(rgb).ink if ground is None else measured_ink(trim(rgb)[0], ground))


def measured_ink(picture: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The ink on an exactly even ground: float32 (H, W), 0..1, by the distance of colours. Raises PictureError."""
    distance = np.sqrt(((picture - ground) ** 2).sum(axis=2) / 3)
    _, mask = cv2.threshold(distance.clip(0, 255).astype(np.uint8), 0, 1, cv2.THRESH_OTSU)
    written = distance[mask.view(bool)]
    full = float(np.percentile(written, 60)) if written.size else 0.0
    if full < MIN_CONTRAST:
        raise no_ink()
    return np.clip((distance / full - 0.08) / 0.92, 0, 1).astype(np.float32)


def frame_of_ink(ink: np.ndarray) -> np.ndarray:
    """The frame, uint8 (28, 28), of ink, float32 (H, W), without specks. Raises PictureError "no_ink"."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > WRITTEN).astype(np.uint8))
    if count == 1:
        raise no_ink()
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    keep = (area >= max(1, SPECK * area.max()))[labels].astype(np.uint8)
    x, y, width, height = cv2.boundingRect(keep)
    near = cv2.dilate(keep, np.ones((3, 3), np.uint8), iterations=1 + max(width, height) // 100)
    return fit((ink * near)[y : y + height, x : x + width])


def no_ink() -> PictureError:
    """The error for a picture without writing."""
    return PictureError(
        "no_ink", "No writing was found in the picture. Draw or send letters that stand out from their ground."
    )


def fit(ink, body=BODY, shift=(0, 0)):
    """The last step of every way to a frame: cropped ink, float32 (H, W) of 0..1, becomes a uint8 (28, 28) frame.

    body: px of its longer side, at most 28. shift: (x, y) px away from the centre, kept inside the frame.
    """
    height, width = ink.shape
    longer = max(height, width)
    if longer > 2 * body:  # EMNIST blurs its 128 px letters with sigma 1 before it makes them smaller
        ink = cv2.GaussianBlur(ink, (0, 0), longer / 128)
    size = max(1, round(width * body / longer)), max(1, round(height * body / longer))
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA if longer > body else cv2.INTER_CUBIC)
    small = small.clip(0, 1)  # cubic interpolation overshoots at edges
    x = min(max((SIDE - size[0]) // 2 + shift[0], 0), SIDE - size[0])
    y = min(max((SIDE - size[1]) // 2 + shift[1], 0), SIDE - size[1])
    result = np.zeros((SIDE, SIDE), np.uint8)
    result[y : y + size[1], x : x + size[0]] = small * (255 / max(float(small.max()), 1e-6)) + 0.5
    return result


# ------------------------------------------------------------------------------------ from strokes to frame

CANVAS = 96  # px of the longer side of a letter that is plainly drawn
MARGIN = 24  # px around it, for the pen
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


def draw_strokes(strokes, width=0.07, side=CANVAS, margin=MARGIN):
    """Draw a letter plainly, as a clean picture: black ground, white ink.

    strokes: sequence of float (n, 2). width: of the pen, as a share of the letter's longer side.
    Returns uint8 (side + 2 * margin, side + 2 * margin).
    Raises ValueError where there are no points.
    """
    points = np.concatenate([np.empty((0, 2), np.float32), *strokes])
    if len(points) == 0:
        raise ValueError("a letter needs at least one stroke with one point")
    low, high = points.min(0), points.max(0)
    scale = side / max(float((high - low).max()), 1e-6)
    centre = (low + high) / 2
    canvas = np.zeros((side + 2 * margin,) * 2, np.uint8)
    for stroke in strokes:
        draw_line(canvas, (np.asarray(stroke, np.float32) - centre) * scale + margin + side / 2, width * side)
    return canvas


def draw_line(canvas, points, thickness):
    """Draw a stroke, float (n, 2) in px, onto a canvas, uint8 (H, W), with a round pen of `thickness` px."""
    _draw_fixed(canvas, _fixed(points), thickness)


def _fixed(points):
    """Points, float (n, 2) in px, as OpenCV's drawing coordinates, int32 (n, 1, 2)."""
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)[:, None]


def _draw_fixed(canvas, points, thickness, line=cv2.LINE_AA):
    if len(points) == 1:
        points = points.repeat(2, axis=0)  # OpenCV draws nothing for a single point
    cv2.polylines(canvas, [points], False, 255, max(1, round(thickness)), line, _SHIFT)


def frame_of_strokes(strokes, width=0.07):
    """The frame of one letter given as strokes, drawn plainly with one pen. Returns uint8 (28, 28)."""
    return frame(draw_strokes(strokes, width))


def render(letters, seed):
    """Frames of many letters, each written with another pen, hand and paper: training data.

    Per letter, at random: slant, rotation and aspect; a smooth warp of the plane; tremor along the stroke; a pen from
    fineliner to marker, round or broad-edged, with steady or changing pressure; resolution, softness, uneven or
    binarised ink, ragged edges; and framing up to two pixels off. The amounts are those of the constants below.

    letters: sequence of letters, each a sequence of float (n, 2) strokes. seed: anything `numpy.random.default_rng`
    takes. Returns uint8 (N, 28, 28), the same bytes for the same seed.
    """
    rng = np.random.default_rng(seed)
    frames = np.empty((len(letters), SIDE, SIDE), np.uint8)
    if len(letters) == 0:
        return frames
    for i, (strokes, extent) in enumerate(_deform([_habits(strokes, rng) for strokes in _unit(letters)], rng)):
        frames[i] = _degrade(*_write(strokes, extent, rng), rng)
    return frames


ROTATION = 0.1  # rad, standard deviation
SLANT = 0.16  # shear of x by y, standard deviation
ASPECT = 0.14  # log of width / height, standard deviation
WARP = 0.022  # of the letter's side: amplitude of each of two waves
PEN_WIDTH = (0.03, 0.17)  # of the letter's longer side, log-uniform
RESOLUTION = (14, 72)  # px of the letter's longer side where noise and softness set in, log-uniform
BODIES = (BODY - 2, BODY - 1, BODY, BODY, BODY, BODY + 1)  # px of the frame's ink, uniform
LARGE = 192  # px of the longer side of a letter as it is first drawn here
SOFT = 20  # of these px, around the letter and its pen, for softness
SPREAD = 3.8  # of these px, that a line is wider than its pen
THINNEST = 3.0  # of these px: a pen under no pressure


class _Points:
    """The points of many letters in one array, so that what is done to all of them is done at once, for speed."""

    def __init__(self, letters, dtype):
        self.letters = letters
        self.points = np.concatenate([stroke for letter in letters for stroke in letter], dtype=dtype)
        self._counts = [sum(map(len, letter)) for letter in letters]

    def each(self, values):
        """Of each letter a value -> of each point."""
        return np.repeat(values, self._counts, axis=0)

    def normalise(self):
        """Centre each letter and make its longer side 1. Returns their widths and heights, float (N, 2)."""
        first = [0, *accumulate(self._counts[:-1])]
        low, high = np.minimum.reduceat(self.points, first), np.maximum.reduceat(self.points, first)
        scale = np.maximum((high - low).max(1, keepdims=True), 1e-6)
        self.points = (self.points - self.each((low + high) / 2)) / self.each(scale)
        return (high - low) / scale

    def split(self):
        """The letters again, as lists of strokes."""
        ends = accumulate(len(stroke) for letter in self.letters for stroke in letter)
        strokes = (self.points[start:end] for start, end in pairwise(chain([0], ends)))
        return [list(islice(strokes, len(letter))) for letter in self.letters]


def _unit(letters):
    """The strokes of each letter, float32, centred, with the longer side 1."""
    drawn = _Points(letters, np.float32)
    drawn.normalise()
    return drawn.split()


def _deform(letters, rng):
    """Another hand for each letter: affine and smooth changes. Returns, for each letter, its strokes, centred, with the
    longer side 1, and its width and height, float (2,)."""
    drawn = _Points(letters, float)
    each = drawn.each
    angle, slant, aspect = rng.normal(size=(3, len(letters))) * [[ROTATION], [SLANT], [ASPECT]]
    cos, sin, stretch = np.cos(angle), np.sin(angle), np.exp(aspect / 2)
    x, y = drawn.points[:, 0] * each(stretch), drawn.points[:, 1] / each(stretch)
    x -= each(slant) * y
    points = np.stack([each(cos) * x - each(sin) * y, each(sin) * x + each(cos) * y], axis=1)
    for _ in range(2):
        across, along = rng.normal(size=(2, len(letters), 2))
        phase = rng.uniform(0, 2 * np.pi, len(letters))
        points += (WARP * np.sin((points * each(across)).sum(1) * 3.5 + each(phase)))[:, None] * each(along)
    shaking = np.where(rng.random(len(letters)) < 0.3, rng.uniform(0.004, 0.02, len(letters)), 0)
    drawn.points = points + cv2.GaussianBlur(rng.normal(size=points.shape) * each(shaking)[:, None], (1, 5), 0)
    extents = drawn.normalise()
    return zip(drawn.split(), extents, strict=True)


def _habits(strokes, rng):
    """What a hand does to the strokes of a letter, of longer side 1, one by one: each a little off its place; two
    written in one go, without lifting the pen; ends that stop early or run on; hooks and curls where the pen comes
    down and lifts; corners rounded in haste."""
    if len(strokes) > 1 and rng.random() < 0.5:
        strokes = [_jitter(stroke, rng) for stroke in strokes]
    if len(strokes) > 1 and rng.random() < 0.12:
        i = rng.integers(len(strokes) - 1)
        strokes = [*strokes[:i], np.concatenate(strokes[i : i + 2]), *strokes[i + 2 :]]
    if rng.random() < 0.15:
        softness = rng.uniform(1, 3)  # points
        strokes = [_round_corners(stroke, softness) for stroke in strokes]
    if rng.random() < 0.4:
        strokes = [_end(_end(stroke, rng)[::-1], rng)[::-1] for stroke in strokes]
    return strokes


def _jitter(stroke, rng):
    middle = stroke.mean(axis=0)
    change = rng.normal(size=4).astype(np.float32)
    return (stroke - middle) * (1 + 0.06 * change[:2]) + middle + 0.03 * change[2:]


def _round_corners(stroke, softness):
    if len(stroke) < 5:
        return stroke
    return cv2.GaussianBlur(stroke, (1, 0), softness, sigmaY=softness, borderType=cv2.BORDER_REPLICATE)


_BEND = np.linspace(0.2, 1, 6)  # how far a hook has turned at each of its points


def _end(stroke, rng):
    """The stroke with another end, or, mostly, as it was."""
    kind = rng.random()
    if len(stroke) < 8 or kind > 0.45:
        return stroke
    if kind < 0.15:  # stops early
        return stroke[: len(stroke) - int(len(stroke) * rng.uniform(0, 0.12))]
    way = stroke[-1] - stroke[-4]
    heading = np.arctan2(way[1], way[0])
    if kind < 0.3:  # runs on
        turn, length = rng.normal(0, 0.3), rng.uniform(0, 0.12)
    else:  # a hook or a curl
        turn, length = (-1, 1)[rng.integers(2)] * rng.uniform(0.8, 3.2), rng.uniform(0.06, 0.22)
    headings = heading + turn * _BEND
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1) * (length / 6)
    return np.concatenate([stroke, stroke[-1] + np.cumsum(steps, axis=0)]).astype(np.float32)


def _write(strokes, extent, rng):
    """Ink, float32, of a letter under a random pen, at a random resolution: px of the letter's longer side, which are
    given, too. It is drawn large and made smaller: antialiased lines would take four times as long."""
    pen = _log_uniform(rng, *PEN_WIDTH) * LARGE
    edge = math.exp(rng.normal(0, 0.15)) if rng.random() < 0.4 else 1.0  # a broad pen, drawn on a stretched canvas
    stretch = np.array([edge, 1 / edge])
    size = np.ceil((extent * LARGE * stretch + 1.5 * pen + 2 * SOFT) / 8) * 8  # it can be halved three times
    canvas = np.zeros(size[::-1].astype(int), np.uint8)
    strokes = [_fixed(stroke * (LARGE * stretch) + size / 2) for stroke in strokes]
    if rng.random() < 0.35:  # pressure changes along the stroke
        swing, waves, phase = rng.uniform(0.1, 0.45), rng.uniform(0.5, 2.5), rng.uniform(0, 2 * np.pi)
        for stroke in strokes:
            turns = np.arange(0, max(1, len(stroke) - 1), 2) * (waves * 2 * np.pi / len(stroke))
            widths = np.maximum(THINNEST, pen * (1 + swing * np.sin(turns + phase))).tolist()
            for i, width in enumerate(widths):
                _draw_ink(canvas, stroke[2 * i : 2 * i + 3], width)
    else:
        for stroke in strokes:
            _draw_ink(canvas, stroke, pen)
    side = _log_uniform(rng, *RESOLUTION)
    return _shrink(canvas, (size * (side / LARGE / stretch)).tolist()) / np.float32(255), side


def _draw_ink(canvas, points, pen):
    """Draw points, int32 (n, 1, 2) as `_fixed` gives them, with a pen of this width in px, whose ink spreads."""
    _draw_fixed(canvas, points, pen + SPREAD - 1.5, cv2.LINE_8)  # its lines are 1 px wider, and of an odd number of px


def _shrink(canvas, size):
    """A canvas made smaller, to float (width, height) px: halved while it can be, which is quick and even."""
    width, height = (max(3, round(length)) for length in size)
    while canvas.shape[1] >= 2 * width and canvas.shape[0] >= 2 * height:
        canvas = cv2.resize(canvas, (canvas.shape[1] // 2, canvas.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_LINEAR)


def _log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _degrade(ink, side, rng):
    """Paper, scanner, camera: softness, uneven and ragged ink, then the frame, a little off its place."""
    kind = rng.random()
    if kind < 0.5:
        ink = cv2.GaussianBlur(ink, (0, 0), 0.01 + side * rng.uniform(0, 0.045))
    if rng.random() < 0.25:
        patches = rng.uniform(1 - rng.uniform(0.2, 0.7), 1, (5, 5)).astype(np.float32)
        ink = ink * cv2.resize(patches, ink.shape[::-1], interpolation=cv2.INTER_CUBIC)
    if kind > 0.7:
        ragged = _speckle(ink, 0.05, rng.uniform(0, 0.16), rng)
        if side > 30:
            ragged = cv2.GaussianBlur(ragged, (0, 0), side / 90)
        ink = (ragged > rng.uniform(0.25, 0.6) * ragged.max()).astype(np.float32)
    elif rng.random() < 0.3:
        ink = np.clip(_speckle(ink, 0.1, 0.08, rng), 0, 1)
    if rng.random() < 0.3:
        ink = np.clip(ink * rng.uniform(1.2, 2.5), 0, 1)  # hard contrast
    x, y, width, height = cv2.boundingRect((ink > rng.uniform(0.1, 0.5) * ink.max()).view(np.uint8))
    body = BODIES[rng.integers(len(BODIES))]
    shift = (rng.integers(3) - 1, rng.integers(3) - 1) if rng.random() < 0.5 else (0, 0)
    return fit(ink[y : y + height, x : x + width], body, shift)


def _speckle(ink, floor, amount, rng):
    """Add normal noise, of a standard deviation of `amount`, wherever there is more ink than `floor`."""
    written = ink > floor
    ink[written] += np.float32(amount) * rng.standard_normal(np.count_nonzero(written), np.float32)
    return ink
