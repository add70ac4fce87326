"""From strokes to pictures: a letter drawn plainly with one pen, or frames of letters in many pens on many papers.

*Strokes* of one letter are a sequence of float (n, 2) arrays: x to the right, y down, in any unit.
"""

import math
from collections.abc import Sequence
from itertools import accumulate, chain, islice, pairwise

import cv2
import numpy as np

from letters.ink import BODY, SIDE, fit, frame

CANVAS = 96  # px of the longer side of a letter that is plainly drawn
MARGIN = 24  # px around it, for the pen
_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates


def draw_strokes(
    strokes: Sequence[np.ndarray], width: float = 0.07, side: int = CANVAS, margin: int = MARGIN
) -> np.ndarray:
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


def draw_line(canvas: np.ndarray, points: np.ndarray, thickness: float) -> None:
    """Draw a stroke, float (n, 2) in px, onto a canvas, uint8 (H, W), with a round pen of `thickness` px."""
    _draw_fixed(canvas, _fixed(points), thickness)


def _fixed(points):
    """Points, float (n, 2) in px, as OpenCV's drawing coordinates, int32 (n, 1, 2)."""
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)[:, None]


def _draw_fixed(canvas, points, thickness, line=cv2.LINE_AA):
    if len(points) == 1:
        points = points.repeat(2, axis=0)  # OpenCV draws nothing for a single point
    cv2.polylines(canvas, [points], False, 255, max(1, round(thickness)), line, _SHIFT)


def frame_of_strokes(strokes: Sequence[np.ndarray], width: float = 0.07) -> np.ndarray:
    """The frame of one letter given as strokes, drawn plainly with one pen. Returns uint8 (28, 28)."""
    return frame(draw_strokes(strokes, width))


def render(letters: Sequence[Sequence[np.ndarray]], seed: int | Sequence[int]) -> np.ndarray:
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
        ink, side = _write(strokes, extent, rng)
        frames[i] = _degrade(ink, side, rng)
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
        strokes = [other_end(other_end(stroke, rng)[::-1], rng)[::-1] for stroke in strokes]
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


def other_end(stroke: np.ndarray, rng: np.random.Generator, run_on: float = 0.12) -> np.ndarray:
    """A stroke, float32 (n, 2), of a letter of side 1 with another end, or, mostly, as it was.

    It stops early, runs on by `run_on` at most, or gets a hook or a curl.
    """
    kind = rng.random()
    if len(stroke) < 8 or kind > 0.45:
        return stroke
    if kind < 0.15:  # stops early
        return stroke[: len(stroke) - int(len(stroke) * rng.uniform(0, 0.12))]
    way = stroke[-1] - stroke[-4]
    heading = np.arctan2(way[1], way[0])
    if kind < 0.3:  # runs on
        turn, length = rng.normal(0, 0.3), rng.uniform(0, run_on)
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
