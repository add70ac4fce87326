"""From strokes, or from any picture of one letter, to the 28x28 frame that every network here sees.

A *frame* is uint8 (28, 28): white ink on black, upright, the ink cropped, its aspect ratio kept, its longer side
scaled to 24 px, centred by its bounding box, blurred slightly before it is made smaller, its strongest ink at 255.
That is the recipe of EMNIST (Cohen et al. 2017, arXiv:1702.05373, section II.C), where 24 px are what is left of
28 after the border of 2. Nothing else in this project resizes a letter.

*Ink* is a float32 (H, W) array: 1 where the pen wrote with full strength, 0 on the bare ground.
*Strokes* of one letter are a sequence of float (n, 2) arrays: x to the right, y down, in any unit.
"""

import math
from itertools import accumulate, chain, islice, pairwise

import cv2
import numpy as np

from letters import picture as pictures

SIDE = 28  # px of a frame
BODY = 24  # px of the longer side of the ink in it
WORKING_SIDE = 512  # px; larger pictures are made smaller first: a letter needs no more
EVEN = 2  # grey levels that an even ground may differ by
MIN_CONTRAST = 18  # grey levels (of 255) between ink and ground; below it there is no ink


# ------------------------------------------------------------------------------------ from picture to frame


def frame(picture):
    """The frame of a picture of one letter, whatever its size, place, pen, ground and polarity.

    picture: whatever `picture.open_picture` takes. Returns uint8 (28, 28).
    Raises picture.PictureError: those of `open_picture`, and "no_ink" where nothing is written.
    """
    grey, _ = trim(grey_levels(pictures.open_picture(picture)))
    ink, (x, y, width, height) = find_ink(grey)
    return fit(ink[y : y + height, x : x + width])


def grey_levels(picture: np.ndarray) -> np.ndarray:
    """The grey levels of a picture: uint8 (H, W, 3) RGB -> uint8 (H, W)."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)


def trim(grey):
    """Cut away margins that show nothing but an even ground: most of what a drawing on a canvas is.

    grey: uint8 (H, W). Returns the rest, with a narrow margin, and its left upper corner (x, y) in the picture.
    """
    level = even_ground(grey)
    if level is None:
        return grey, (0, 0)
    x, y, width, height = cv2.boundingRect(unlike(grey, level))
    if width == 0:
        return grey, (0, 0)
    margin = max(8, round(0.1 * max(width, height)))
    left, top = max(0, x - margin), max(0, y - margin)
    return grey[top : y + height + margin, left : x + width + margin], (left, top)


def even_ground(grey):
    """The grey level that the whole border of a picture has, to within EVEN, or None."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    low, high = int(border.min()), int(border.max())
    return (low + high) // 2 if high - low <= EVEN else None


def unlike(grey, level):
    """Where a picture is unlike an even ground: uint8 (H, W), 0 or 255."""
    return 255 - cv2.inRange(grey, level - EVEN, level + EVEN)


def find_ink(grey):
    """Separate the ink of one letter from the ground it is written on.

    grey: uint8 (H, W). Returns the ink, float32 (h, w), and its bounding box (x, y, width, height) in pixels of it;
    pictures over WORKING_SIDE come back smaller (h / H is the scale).
    Raises picture.PictureError "no_ink" for a blank picture.
    """
    scale = WORKING_SIDE / max(grey.shape)
    if scale < 1:
        size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    level = even_ground(grey)
    if level is None:
        grey = _level(grey)
        darkness = _darkness(grey if dark_on_light(grey) else 255 - grey)
    else:
        darkness = np.maximum(np.float32(level) - grey if dark_on_light(grey) else grey - np.float32(level), 0)
    _, mask = cv2.threshold(darkness.astype(np.uint8), 0, 1, cv2.THRESH_OTSU)
    written = darkness[mask.view(bool)]
    if written.size in (0, mask.size):
        raise _no_ink()
    full = _percentile(written, 60)
    noise = 0.0
    if level is None:
        bare = darkness[mask == 0]
        noise = _percentile(np.abs(bare - np.median(bare)), 90)
    if full < MIN_CONTRAST or (full < 4 * noise and not _coherent(mask)):
        raise _no_ink()
    mask = _drop_specks(mask)
    floor = max(0.08 * full, 1.5 * noise)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=1 + max(mask.shape) // 200)
    ink = np.clip((darkness - floor) / (full - floor), 0, 1) * near
    return ink.astype(np.float32), cv2.boundingRect(mask)


def _percentile(values, percent):
    """What np.percentile gives for values, float32 (N,), without the time that it spends on other cases."""
    at = (len(values) - 1) * percent / 100
    below, above = np.sort(values)[[math.floor(at), math.ceil(at)]].tolist()
    return below + (above - below) * (at % 1)


def _level(grey):
    """Take a slow change of the light out of a picture, uint8 (H, W).

    A quadratic surface, fitted to the ground by least squares that drop what lies far off (the ink), is made flat.
    Where no such surface explains most of the picture, as a letter fills it, the picture stays as it is.
    """
    values = cv2.resize(grey, (24, 24), interpolation=cv2.INTER_AREA).ravel().astype(np.float32)
    keep = np.ones(values.size, bool)
    for _ in range(5):
        terms = _SURFACE[keep]
        surface = _SURFACE @ np.linalg.solve(terms.T @ terms + 1e-3 * np.eye(6), terms.T @ values[keep])
        off = np.abs(values - surface)
        keep = off <= max(6, 1.5 * float(off[keep].std()))
        if keep.mean() < 0.6:
            return grey
    if off[keep].std() > 8 or np.ptp(surface) < 16:
        return grey
    tilt = (surface - np.median(surface)).reshape(24, 24).astype(np.float32)
    return np.clip(grey - cv2.resize(tilt, grey.shape[::-1]), 0, 255).astype(np.uint8)


def _surface_terms(side):
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].reshape(2, -1)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)


_SURFACE = _surface_terms(24)


def _no_ink():
    return pictures.PictureError(
        "no_ink", "No ink was found in the picture. Draw or send a letter that stands out from its ground."
    )


def dark_on_light(grey):
    """Whether the ink is darker than the ground. The ground is what the border shows almost everywhere; where a
    letter fills the picture, it is the side that a larger circle fits into, as strokes are thin."""
    _, light = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]]).mean()
    if not 0.2 < border < 0.8:
        return bool(border >= 0.8)
    radius = [cv2.distanceTransform(side, cv2.DIST_L2, 3).max() for side in (light, 1 - light)]
    return bool(radius[0] >= radius[1])


def _darkness(grey):
    """How much darker each pixel is than the ground around it, float32 (H, W). The ground is a morphological
    closing, larger than any stroke, so that slow changes of the light vanish."""
    grey = cv2.GaussianBlur(grey, (0, 0), max(grey.shape) / 400) if max(grey.shape) > 200 else grey
    reach = max(3, max(grey.shape) // 2) | 1
    small = max(1, max(grey.shape) // 64)
    size = max(1, grey.shape[1] // small), max(1, grey.shape[0] // small)
    coarse = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, reach // small) | 1,) * 2)
    ground = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    ground = cv2.resize(ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.maximum(ground.astype(np.float32) - grey, 0)


def _coherent(mask):
    """Whether most of a mask is in three pieces or fewer, as a letter is: noise breaks up into many."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    areas = np.sort(stats[1:, cv2.CC_STAT_AREA])[::-1]
    return bool(areas[:3].sum() > 0.7 * areas.sum())


def _drop_specks(mask):
    """Keep the components of at least 1 % of the largest: the dot of an i is 2 % or more, dust is less."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA].copy()
    area[0] = 0
    keep = area >= max(1, 0.01 * area.max())
    return mask if keep[1:].all() else keep[labels].astype(np.uint8)


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
