"""From the maps of network 1 to lines of writing: upright strips of one height, with the way back to the picture.

The core of a line is the band between its baseline and its x-height. Components of the map of cores are joined where
one continues another; a curve through their lower edges is the baseline, their thickness gives the height. The ink
along the curve, without that of neighbouring lines, is then sampled onto a straight strip.

A *strip* is uint8 (48, W): white ink on black, capitals 25 px high, the baseline at row 35, W a multiple of 4.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from letters.ink import CORE, WRITTEN, X_HEIGHT, Maps

HEIGHT = 48  # px of a strip
CAPITAL = 25  # px of its capitals
BASELINE = 35  # row
STEP = 4  # px: its width is a multiple of it
MARGIN = 0.7  # capital heights that a strip has on either side of its core, for what reaches out of it

SMALLEST = 4.0  # px: lower cores are noise
MOST_CORES = 300  # components that are looked at, the largest: a page has fewer words
GAP = 2.0  # capital heights: words farther apart belong to different lines
DRIFT = 0.45  # capital heights that a word may be above or below where the one before it leads
FAINT = 0.3  # ink that may hold a component together
EDGE = 2  # px from the upper or lower edge of the picture: ink there goes on beyond it
WORD = (13, 5)  # capital heights that a picture is wide and high at most which shows one word of a page
CLEAR = 0.2  # capital heights between that word and the edges; with less, the picture may be cropped to its writing
TOUCHED = 0.05  # of the length of a line that the upper edge cuts off, where it has ink at that edge
TALLER = 0.5  # capital heights by which the ink of a line reaches above its capitals at most
ROOM = 0.26  # capital heights below a baseline that descenders mostly need
CUT = 0.1  # of a capital that is missing of a line at the upper edge of another picture
LOWER = 0.85  # of the highest capitals: what ends at the lower edge and is no higher is cut off by it
CHANGE = 1.7  # times that a word may be as high as the one before it


@dataclass(frozen=True)
class Line:
    """A line of writing, straightened."""

    strip: np.ndarray  # uint8 (48, W)
    path: np.ndarray  # float32 (W, 2): the baseline in the maps, at each column of the strip
    up: np.ndarray  # float32 (W, 2): from there one px of the strip upwards, in px of the maps
    ink: np.ndarray  # float32 (h, w): the ink of this line alone, in a window of the maps
    corner: tuple[int, int]  # (x, y) of that window
    maps: Maps

    @property
    def capital(self) -> float:
        """The height of its capitals, in px of the maps."""
        return CAPITAL * float(np.hypot(*self.up[0]))

    def ink_box(self) -> tuple[int, int, int, int]:
        """The box (x, y, width, height) of its ink, in px of the picture."""
        x, y, width, height = cv2.boundingRect((self.ink > WRITTEN).astype(np.uint8))
        return self.maps.box_in_picture(x + self.corner[0], y + self.corner[1], width, height)

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Points (x, y) of the strip, float (N, 2), as points of the picture, float (N, 2)."""
        points = np.asarray(points, float)
        column = np.clip(points[:, 0], 0, len(self.path) - 1)
        index = np.arange(len(self.path))
        base, up = (
            np.stack([np.interp(column, index, of[:, i]) for i in (0, 1)], axis=1) for of in (self.path, self.up)
        )
        return self.maps.to_picture(base + up * (BASELINE - points[:, 1:]))

    def box(self, x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
        """A box of the strip as the upright box (x, y, width, height) around it in the picture, in whole px."""
        corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)]
        return self.maps.box_around(self.to_picture(np.array(corners)))


def find(maps: Maps) -> list[Line]:
    """The lines of writing in a picture, in reading order."""
    cores = _cores(maps.core)
    chains = _chains(cores)
    curves = [_Curve.through([cores[i] for i in chain]) for chain in chains]
    owner = _owners(maps.ink, curves)
    whole = _whole(curves, maps.ink, owner)
    found = [straighten(maps, curves[i], (owner == i) | (owner < 0)) for i in whole]
    order = _reading_order([curves[i].box() for i in whole])
    return [found[i] for i in order]


def is_sideways(maps: Maps) -> bool:
    """Whether most lines of a picture run up or down rather than across."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((maps.core > CORE).astype(np.uint8))
    width, height, area = (
        stats[1:, i].astype(float) for i in (cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA)
    )
    longer = np.maximum(width, height) > 2 * np.minimum(width, height)
    return bool(area[longer & (height > width)].sum() > area[longer & (width > height)].sum())


# --------------------------------------------------------------------------------------- cores and their lines


@dataclass(frozen=True)
class _Core:
    """A component of the map of cores: its columns, and where its lower edge and its middle are in each."""

    x: np.ndarray  # float32 (n,)
    bottom: np.ndarray  # float32 (n,): the lower edge, px
    thickness: float  # px, across the line

    @property
    def capital(self):
        return self.thickness / X_HEIGHT

    def ends(self):
        """Its first and last column, and the heights of the baseline there, by a straight line through its edge."""
        left, right = float(self.x[0]), float(self.x[-1]) + 1
        if len(self.x) < 2 * self.thickness:  # too short to show a direction
            level = float(np.median(self.bottom))
            return left, right, level, level
        slope, height = np.polyfit(self.x, self.bottom, 1)
        return left, right, slope * left + height, slope * right + height


def _cores(plane):
    """The components of a map of cores, float32 (h, w), from left to right."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats((plane > CORE).astype(np.uint8))
    found = []
    for label in 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:MOST_CORES]:
        left, top, width, height, area = stats[label]
        if height < SMALLEST or area < SMALLEST**2:
            continue
        inside = labels[top : top + height, left : left + width] == label
        per_column = inside.sum(axis=0)
        bottom = top + height - inside[::-1].argmax(axis=0)
        used = per_column > 0.5 * np.median(per_column)
        columns = np.flatnonzero(used)
        slope = np.polyfit(columns, bottom[used], 1)[0] if len(columns) > 2 * np.median(per_column) else 0.0
        thickness = float(np.median(per_column[used])) / np.hypot(1, slope)
        found.append(_Core(left + columns.astype(np.float32), bottom[used].astype(np.float32), thickness))
    return sorted(found, key=lambda core: core.x[0])


def _chains(cores):
    """Which cores make up a line, from left to right: lists of their numbers. Each takes the nearest that fits."""
    after, before = {}, {}
    ends = [core.ends() for core in cores]
    pairs = []
    for i, one in enumerate(cores):
        for j, other in enumerate(cores):
            capital = max(one.capital, other.capital)
            gap = ends[j][0] - ends[i][1]
            if i == j or not -0.5 * capital < gap < GAP * capital or ends[j][0] <= ends[i][0]:
                continue
            if capital > CHANGE * min(one.capital, other.capital):
                continue
            drift = abs(ends[j][2] - ends[i][3])
            if drift < DRIFT * capital:
                pairs.append((gap + 2 * drift, i, j))
    for _, i, j in sorted(pairs):
        if i not in after and j not in before:
            after[i], before[j] = j, i
    chains = []
    for first in range(len(cores)):
        if first not in before:
            chain = [first]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            chains.append(chain)
    return chains


@dataclass(frozen=True, eq=False)
class _Curve:
    """The baseline of a line, a parabola y(x) in px of the maps, and how high its capitals are."""

    coefficients: np.ndarray  # float (3,), of numpy.polyval
    left: float
    right: float
    capital: float

    @classmethod
    def through(cls, cores):
        """Fit a curve to the lower edges of cores; the longer a line is for its height, the more it may bend."""
        x = np.concatenate([core.x for core in cores])
        bottom = np.concatenate([core.bottom for core in cores])
        weight = np.concatenate([np.full(len(core.x), core.thickness) for core in cores])
        thickness = float(np.average([core.thickness for core in cores], weights=[len(core.x) for core in cores]))
        capital = thickness / X_HEIGHT
        degree = int(np.clip((x[-1] - x[0]) / (2.2 * capital), 0, 2)) if np.ptp(x) < 6.6 * capital else 2
        keep = np.ones(len(x), bool)
        for _ in range(3):  # edges far off the curve are strokes that hang out of the core
            found = np.polyfit(x[keep], bottom[keep], degree, w=weight[keep])
            off = np.abs(bottom - np.polyval(found, x))
            keep = off <= max(1.5, 2 * float(np.median(off)))
        coefficients = np.concatenate([np.zeros(2 - degree), found])
        return cls(coefficients, float(x[0]), float(x[-1]) + 1, capital)

    def at(self, x):
        return np.polyval(self.coefficients, x)

    @property
    def middle(self):
        """The height of its baseline halfway, px."""
        return float(self.at((self.left + self.right) / 2))

    def slope(self, x):
        bend, climb, _ = self.coefficients
        return 2 * bend * x + climb

    def box(self):
        """Left, top, right, bottom of the line, as high as capitals are."""
        base = self.at(np.linspace(self.left, self.right, 9))
        return self.left, float(base.min()) - self.capital, self.right, float(base.max())


def _whole(curves, ink, owner):
    """The numbers of the lines that are whole, or of all where none is. What the upper or lower edge of the picture
    cuts off is a neighbour of what the picture was taken of.

    In a picture of the size of a WORD, where all other lines stand clear of the left, right and upper edges, a line is
    cut off if its ink touches the upper edge, or if it has no room for descenders. Any other picture may be a page, or
    cropped to its writing: there, a line is cut off if its capitals would reach beyond the upper edge as well, or if it
    ends at the lower edge and is lower than others.
    """
    height, width = ink.shape
    capital, middle = (np.array([getattr(curve, name) for curve in curves]) for name in ("capital", "middle"))
    left, top, right, bottom = np.array([curve.box() for curve in curves]).reshape(-1, 4).T
    touches = np.array([_share_at_top(curve, ink, owner == i) for i, curve in enumerate(curves)]) > TOUCHED
    touches &= top < TALLER * capital
    cut = touches | (height - bottom < ROOM * capital)
    others = ~cut & (CHANGE * capital > capital.max(initial=0))
    clear = np.minimum(np.minimum(left, width - right), top) > CLEAR * capital
    of_a_word = max(width / WORD[0], height / WORD[1]) < capital[others].max(initial=0)
    if not (of_a_word and clear[others].all()):
        above, below = touches & (middle < (1 - CUT) * capital), middle > height - EDGE
        above &= not above.all()
        cut = above | (below & (capital <= LOWER * capital[~above & ~below].max(initial=0)))
    return np.flatnonzero(~cut)


def _share_at_top(curve, ink, own):
    """The share of a line's length in which its ink, where `own` is true, touches the upper edge of the picture."""
    along = np.s_[:EDGE, max(0, int(curve.left)) : max(0, int(curve.right))]
    at_edge = (own[along] & (ink[along] > WRITTEN)).any(axis=0)
    return at_edge.mean() if at_edge.size else 0.0


def _owners(ink, curves):
    """Which line each pixel's ink belongs to, int32 (h, w): that of its component; -1 where that is open.

    A component belongs to the line whose core it has most pixels in; one that is in no core, as dots and accents are,
    to the line that it is nearest to; one that is in several cores stays open, and each line takes it as far as its
    strip reaches.
    """
    count, labels, _, middle = cv2.connectedComponentsWithStats((ink > FAINT).astype(np.uint8))
    shares = np.zeros((count, max(1, len(curves))))
    distance = np.full((count, max(1, len(curves))), np.inf)
    for i, curve in enumerate(curves):
        x = np.arange(max(0, int(curve.left)), min(ink.shape[1], int(curve.right) + 1))
        base = curve.at(x)
        rows = np.arange(ink.shape[0])[:, None]
        band = (rows < base) & (rows >= base - X_HEIGHT * curve.capital)
        shares[:, i] = np.bincount(labels[:, x[0] : x[-1] + 1][band], minlength=count) if len(x) else 0
        level = curve.at(middle[:, 0]) - 0.5 * curve.capital
        beyond = np.maximum(0, np.maximum(curve.left - middle[:, 0], middle[:, 0] - curve.right))
        distance[:, i] = (np.abs(middle[:, 1] - level) + beyond) / curve.capital
    total = shares.sum(axis=1)
    owner = np.where(total > 0, shares.argmax(axis=1), distance.argmin(axis=1))
    owner[(total > 0) & (shares.max(axis=1) < 0.85 * total)] = -1
    owner[0] = -1
    return owner[labels]


def _reading_order(boxes):
    """Numbers of boxes (left, top, right, bottom) in reading order, by recursive cuts along the widest gap (Nagy & Seth
    1984): blocks side by side are read one after the other, each from top to bottom."""
    boxes = np.array(boxes, float).reshape(-1, 4)

    def order(members):
        if len(members) < 2:
            return list(members)
        cuts = []
        for low, high in ((1, 3), (0, 2)):  # across the page first: gaps between lines, then between columns
            by_start = sorted(members, key=lambda i: boxes[i, low])
            reach = np.maximum.accumulate(boxes[by_start, high])[:-1]
            gaps = boxes[by_start[1:], low] - reach
            cuts.append((float(gaps.max()), int(gaps.argmax()) + 1, by_start))
        height = float(np.median(boxes[members, 3] - boxes[members, 1]))
        down, across = cuts
        best = across if across[0] > max(1.2 * height, down[0]) else down
        if best[0] <= -0.7 * height:  # lines that lie within each other
            return sorted(members, key=lambda i: (boxes[i, 1] + boxes[i, 3], boxes[i, 0]))
        _, at, by_start = best
        return order(by_start[:at]) + order(by_start[at:])

    return order(list(range(len(boxes))))


# -------------------------------------------------------------------------------------------------- strips


def straighten(maps: Maps, curve: _Curve, own: np.ndarray) -> Line:
    """The line along a curve as a strip. own: bool (h, w), where the maps' ink may belong to it."""
    unit = curve.capital / CAPITAL  # px of the maps for a px of the strip
    margin = MARGIN * curve.capital
    x, xs = curve.left - margin, []
    while x < curve.right + margin:
        xs.append(x)
        x += unit / math.hypot(1, curve.slope(min(max(x, curve.left), curve.right)))
    columns = np.array(xs + [xs[-1] + unit * (i + 1) for i in range(-len(xs) % STEP)])
    inside = np.clip(columns, curve.left, curve.right)
    slope = curve.slope(inside)
    path = np.stack([columns, curve.at(inside) + slope * (columns - inside)], axis=1)  # straight on beyond its ends
    up = np.stack([slope, -np.ones_like(slope)], axis=1) * (unit / np.hypot(1, slope))[:, None]
    where = path + up * (BASELINE - np.arange(HEIGHT) - 0.5)[:, None, None]
    low = np.clip(np.floor(where.min(axis=(0, 1))).astype(int) - 2, 0, None)
    high = np.ceil(where.max(axis=(0, 1))).astype(int) + 3
    window = np.s_[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)]
    ink = np.where(own[window], maps.ink[window], np.float32(0))
    soft = cv2.GaussianBlur(ink, (0, 0), 0.4 * unit) if unit > 1.2 else ink
    at = (where - low - 0.5).astype(np.float32)
    strip = cv2.remap(soft, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    strip = (strip.clip(0, 1) * 255 + 0.5).astype(np.uint8)
    return Line(strip, path.astype(np.float32), up.astype(np.float32), ink, (int(low[0]), int(low[1])), maps)
