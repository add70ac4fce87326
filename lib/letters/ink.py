"""Network 1, which finds the ink of any picture and the lines of writing in it; and the 28x28 frame of one letter.

A *frame* is uint8 (28, 28): white ink on black, upright, the ink cropped, its aspect ratio kept, its longer side
scaled to 24 px, centred by its bounding box, blurred slightly before it is made smaller, its strongest ink at 255.
That is the recipe of EMNIST (Cohen et al. 2017, arXiv:1702.05373, section II.C), where 24 px are what is left of
28 after the border of 2. Nothing else in this project resizes a letter.

*Ink* is a float32 (H, W) array: 1 where the pen wrote with full strength, 0 on the bare ground.
"""

import itertools
import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from letters import runtime
from letters.picture import PictureError, Source, open_picture

SIDE = 28  # px of a frame
BODY = 24  # px of the longer side of the ink in it

STRIDE = 64  # px: the network takes sides that are multiples of it
FIRST_LOOK = 256  # px of the longer side of what the network sees first
LARGEST = 1024  # px of the longer side of what it sees at most
LARGEST_AREA = 1024 * 800  # px of it
MOST = 2048 * 2048  # px of it, of a page full of small writing: 45 lines or so
TILE = 256  # px of the side of its pictures in training: it sees larger ones in parts of this size
EDGE = 32  # px by which neighbouring parts overlap at least; each counts up to the middle of the overlap
SMALLEST = 96  # px: smaller pictures are enlarged
CAPITAL = 26  # px: capitals of this height are large enough to be read
LEGIBLE = 18  # px: capitals of this height are read nearly as well
VISIBLE = 10  # px: capitals of this height are large enough to be seen, if not to be read
X_HEIGHT = 0.58  # of a capital's height: how high the core of a line is, whatever is written on it
WRITTEN = 0.5  # more ink than this is written
FAINT = 0.2  # more than this may hang together with what is written
NEAR = 0.01  # of the longer side of the maps: what is closer hangs together
SEEN = 0.3  # ink that has less than this everywhere at half of the size is grain
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

    def within_edges(self) -> "Maps":
        """The maps without the ink that is connected to an edge of the picture, across gaps of twice NEAR of it."""
        near = 2 * max(1, round(NEAR * max(self.ink.shape))) + 1
        mask = cv2.dilate((self.ink > FAINT).astype(np.uint8), np.ones((near, near), np.uint8))
        _, labels = cv2.connectedComponents(mask)
        edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        reaching = np.isin(labels, np.setdiff1d(edges, 0))  # 0 is the ground
        return replace(self, ink=np.where(reaching, np.float32(0), self.ink))

    def box_in_picture(self, x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
        """A box of the maps as a box of the picture, in whole px."""
        return self.box_around(self.to_picture(np.array([(x, y), (x + width, y + height)])))

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
    again, larger, as far as the picture's own resolution and LARGEST allow, or, for a page full of small writing, MOST.
    Unless the ground is even, what it sees is then compared with a look at half of the size: the grain of a paper,
    which breaks up thick strokes or is taken for ink, looks different there, and the writing does not.
    """
    part, corner = trim(picture)
    longer, area = max(part.shape[:2]), part.shape[0] * part.shape[1]
    limit = max(min(1.0, LARGEST / longer, math.sqrt(LARGEST_AREA / area)), SMALLEST / longer)
    scale = min(limit, max(FIRST_LOOK, SMALLEST) / longer)
    while True:
        ink, core = _look(part, scale)
        capital = _capital(core)
        if capital >= CAPITAL or scale >= limit:
            break
        scale = min(limit, scale * 1.3 * CAPITAL / capital if capital else limit)
    most = min(1.0, math.sqrt(MOST / area))
    if 0 < capital < LEGIBLE <= capital * most / scale:
        scale = min(most, scale * CAPITAL / capital)
        ink, core = _look(part, scale)
        capital = _capital(core)
    if even_ground(picture) is None:
        ink, core = _compared(ink, core, capital, part, scale)
    return Maps(ink, core, scale, corner)


def _compared(ink, core, capital, picture, scale):
    """Ink and cores, compared with a look at half of the size. Where writing is large enough for both looks, or none is
    seen, their mean counts. Smaller writing keeps its own look, without the ink that the other does not see."""
    if 0 < capital < 2 * VISIBLE:
        return ink, core
    smaller = [cv2.resize(plane, ink.shape[::-1]) for plane in _look(picture, scale / 2)]
    if not 0 < capital < 2 * CAPITAL:
        return (ink + smaller[0]) / 2, (core + smaller[1]) / 2
    count, labels = cv2.connectedComponents((ink > FAINT).astype(np.uint8))
    seen = np.zeros(count, bool)
    seen[labels[smaller[0] >= SEEN]] = True
    seen[0] = True  # the ground, which may have faint ink
    return np.where(seen[labels], ink, np.float32(0)), core


def _look(picture, scale):
    """Ink and cores of a picture at a scale: float32 (h, w) each."""
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    if scale != 1:
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    height, width = picture.shape[:2]
    ink, core = np.empty((2, height, width), np.float32)
    for (top, above, below), (left, before, after) in itertools.product(_tiles(height), _tiles(width)):
        seen = _seen(picture[top : top + TILE, left : left + TILE])
        for plane, part in zip((ink, core), seen, strict=True):
            plane[above:below, before:after] = part[above - top : below - top, before - left : after - left]
    return ink, core


def _tiles(length):
    """Where tiles begin along a side of so many px, and from where to where each of them counts: a list of three
    numbers each."""
    count = max(1, math.ceil((length - EDGE) / (TILE - EDGE)))
    starts = np.linspace(0, max(0, length - TILE), count).round().astype(int)
    cuts = [0, *((starts[1:] + starts[:-1] + TILE) // 2), length]
    return list(zip(starts, cuts[:-1], cuts[1:], strict=True))


def _seen(picture):
    """What the network sees in a picture, as it is."""
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


def frame(picture: Source) -> np.ndarray:
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


def fit(ink: np.ndarray, body: int = BODY, shift: tuple[int, int] = (0, 0)) -> np.ndarray:
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
