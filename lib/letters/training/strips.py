"""Strips with their truth, and how ideal ink becomes one: the pen, paper, camera and the network that finds ink.

A *strip* is uint8 (48, W), white ink on black, W a multiple of 4. It shows one line of writing with a capital height of
25 px and its baseline at row 35, as `letters.lines` makes it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from letters.ctc import BLANK, OTHER, SPACE
from letters.lines import CAPITAL, HEIGHT

FINE = 3  # px that are drawn for each px of the strip

Stroke = np.ndarray  # float32 (n, 2)
Letter = list[Stroke]


@dataclass(frozen=True)
class Strip:
    """A line of writing and what it says."""

    pixels: np.ndarray  # uint8 (48, W)
    labels: np.ndarray  # uint8 (N,): classes of its characters; what is OTHER counts once, however many in a row
    ranges: np.ndarray  # float32 (N, 2): first and last x of each character's ink, in px
    marks: np.ndarray  # uint8 (N,): the mark of each character, its place in `characters.MARKS`

    def columns(self) -> np.ndarray:
        """The class of each 2 px column, uint8 (W / 2,): a letter or space has those around its middle, and BLANK the
        others; a sign that is not a letter may be of any width and has all of its columns."""
        x = np.arange(self.pixels.shape[1] // 2) * 2 + 1.0
        columns = np.full(len(x), BLANK, np.uint8)
        nearest, inside = self._nearest(x)
        columns[inside] = self.labels[nearest[inside]]
        return columns

    def mark_columns(self) -> np.ndarray:
        """The mark of the letter that each column belongs to, int (W / 2,), -1 where there is no letter."""
        x = np.arange(self.pixels.shape[1] // 2) * 2 + 1.0
        nearest, inside = self._nearest(x)
        found = np.full(len(x), -1)
        inside[inside] = self.labels[nearest[inside]] < SPACE
        found[inside] = self.marks[nearest[inside]]
        return found

    def _nearest(self, x):
        """The character nearest to each x, int (n,), and whether x is around its middle, bool (n,)."""
        if len(self.labels) == 0:
            return np.zeros(len(x), int), np.zeros(len(x), bool)
        middle, width = self.ranges.mean(axis=1), np.diff(self.ranges, axis=1)[:, 0]
        half = np.maximum(1.01, np.where(self.labels == OTHER, 0.5, 0.2) * width)
        outside = np.abs(x[:, None] - middle) / half  # above 1 where the column is not the character's
        nearest = outside.argmin(axis=1)
        return nearest, outside[np.arange(len(x)), nearest] <= 1


def render(strokes: Letter, width: int, thickness: float, rng: np.random.Generator) -> np.ndarray:
    """Draw strokes in px of the strip with a round pen, FINE times as large: float32 (48 FINE, width FINE) 0..1."""
    canvas = np.zeros((HEIGHT * FINE, width * FINE), np.uint8)
    thick = max(1.0, thickness * FINE)
    changing = rng.random() < 0.3  # pressure
    swing, waves = rng.uniform(0.1, 0.45), rng.uniform(0.5, 2.5)
    for stroke in strokes:
        points = np.rint(stroke * (FINE * 16)).astype(np.int32)[:, None]
        if len(points) == 1:
            points = points.repeat(2, axis=0)  # OpenCV draws nothing for a single point
        if not changing:
            cv2.polylines(canvas, [points], False, 255, round(thick), cv2.LINE_8, 4)
            continue
        turns = np.arange(0, max(1, len(points) - 1), 4) * (waves * 2 * np.pi / len(points)) + rng.uniform(0, 6)
        for i, wide in enumerate((thick * (1 + swing * np.sin(turns))).tolist()):
            cv2.polylines(canvas, [points[4 * i : 4 * i + 5]], False, 255, max(1, round(wide)), cv2.LINE_8, 4)
    return canvas * np.float32(1 / 255)


def as_seen(ink: np.ndarray, width: int, side: float, rng: np.random.Generator) -> np.ndarray:
    """The strip that is left of ideal ink after paper, camera and the network that finds ink. side: px of a capital
    where it was seen."""
    size = max(8, round(width * side / CAPITAL)), max(8, round(HEIGHT * side / CAPITAL))
    seen = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    seen = _as_segmented(seen, side, rng) if rng.random() < 0.6 else _as_scanned(seen, side, rng)
    finer = side > CAPITAL
    strip = cv2.resize(seen, (width, HEIGHT), interpolation=cv2.INTER_AREA if finer else cv2.INTER_LINEAR)
    strip = strip / max(float(strip.max()), 1e-3)
    if rng.random() < 0.2:
        strip = strip * rng.uniform(0.5, 1)
    return (strip.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _patches(shape: tuple[int, int], low: float, high: float, rng) -> np.ndarray:
    """Values that change slowly over the picture, float32 `shape`."""
    across = max(3, shape[1] * 4 // shape[0])
    return cv2.resize(
        rng.uniform(low, high, (4, across)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC
    )


def _speckle(ink: np.ndarray, amount: float, rng) -> np.ndarray:
    """Normal noise where there is ink."""
    written = ink > 0.05
    ink = ink.copy()
    ink[written] += np.float32(amount) * rng.standard_normal(np.count_nonzero(written), np.float32)
    return ink


def _as_segmented(ink: np.ndarray, side: float, rng) -> np.ndarray:
    """Ink as the probability map of a network: near 0 or 1, soft edges, thin lines lost here and there, blobs."""
    ink = cv2.GaussianBlur(ink, (0, 0), 0.35 + side * rng.uniform(0, 0.035))
    ink = ink / max(float(ink.max()), 1e-3)
    if rng.random() < 0.5:
        ink = _speckle(ink, rng.uniform(0, 0.15), rng)
    middle = rng.uniform(0.2, 0.5)
    if rng.random() < 0.5:
        sway = rng.uniform(0, 0.3)
        middle = _patches(ink.shape, middle - sway, middle + sway, rng)
    steepness = np.float32(rng.uniform(8, 30))
    bare = 1 / (1 + np.exp(steepness * middle))  # what the curve gives to no ink at all
    ink = (1 / (1 + np.exp(steepness * (middle - ink))) - bare) / (1 - bare)
    if rng.random() < 0.15:
        spots = cv2.GaussianBlur(
            rng.standard_normal(ink.shape, np.float32), (0, 0), max(0.5, side * rng.uniform(0.02, 0.06))
        )
        spots /= spots.std() + 1e-6
        ink = np.where(spots > rng.uniform(2.2, 3), 0, ink)
    return cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 0.8)) if rng.random() < 0.5 else ink


def _as_scanned(ink: np.ndarray, side: float, rng) -> np.ndarray:
    """Ink as a scan shows it: soft, uneven, with ragged edges."""
    kind = rng.random()
    if kind < 0.6:
        ink = cv2.GaussianBlur(ink, (0, 0), 0.01 + side * rng.uniform(0, 0.045))
    if rng.random() < 0.3:
        ink = ink * _patches(ink.shape, 1 - rng.uniform(0.2, 0.7), 1, rng)
    if kind > 0.7:
        ragged = _speckle(ink, rng.uniform(0, 0.16), rng)
        if side > 30:
            ragged = cv2.GaussianBlur(ragged, (0, 0), side / 90)
        ink = (ragged > rng.uniform(0.25, 0.6) * ragged.max()).astype(np.float32)
    elif rng.random() < 0.3:
        ink = _speckle(ink, 0.08, rng)
    return np.clip(ink * rng.uniform(1.0, 2.0), 0, 1) if rng.random() < 0.4 else ink.clip(0, 1)
