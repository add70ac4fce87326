"""A picture of many letters: find the ink, its parts and lines, and the most likely reading.

The way is that of over-segmentation and a lattice (Casey & Lecolinet 1996, doi:10.1109/34.506792; LeCun et al. 1998,
doi:10.1109/5.726791, section V): the ink of a line is cut into parts that are certainly no more than one letter each,
every run of neighbouring parts that may be one letter is read by the network, and of all ways to cover the line the
most likely is chosen: by what the network says, by the gaps, and by how high letters stand on their line.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

import cv2
import numpy as np

from letters import alphabet as alphabets
from letters import ink
from letters.language import code

WORKING_SIDE = 1600  # px; larger pictures are made smaller first
SMALLEST_SIDE = 800  # px; smaller ones are made larger, so that the mask keeps narrow gaps between parts
MAX_PARTS = 600  # the largest ones of a page; the rest are specks
MAX_RULED = 250_000  # px that ruled lines cover: what covers more is a pattern, no page, and takes long to look through
DESK_SIDE = 256  # px of the picture in which the desk is sought
SHARP = 16  # grey levels over three pixels there: the edge of paper has more, that of a shadow has less
LEAST_PAPER = 0.15  # share of the picture that the paper covers
STRAIGHT = 0.9  # share of its convex hull that it fills, as it has straight edges
STROKE = 15  # px there, wider than any stroke
BLENDED = 12  # px there over which the paper's brightness is carried on
MAX_RULES = 800  # pieces of lines that are looked at
MAX_COVERED = 3  # times that all boxes of parts cover the page: those of letters hardly overlap, of patterns they do
MAX_RUN = 7  # parts of one letter
DENSE = 400  # parts on a page up to which wide ones are cut; above, a letter has two at most: the time stays bounded
IMPROBABLE = np.log(0.02)  # of the best class of several parts together: below it they are no letter
MAX_WIDTH = 1.75  # of one letter, in heights of a capital


@dataclass
class Letter:
    """One letter of a page."""

    box: tuple  # (x, y, width, height) in px of the picture
    frame: np.ndarray  # uint8 (28, 28)
    scores: (
        np.ndarray
    )  # float32 (52,): probabilities of the classes, from shape, place and neighbours; the rest is for no letter


# ------------------------------------------------------------------------------------------------- the ink


@dataclass
class Sheet:
    """The ink of a page, levelled and upright."""

    ink: np.ndarray  # float32 (h, w), 0..1
    mask: np.ndarray  # uint8 (h, w), 1 where there is ink
    to_picture: np.ndarray  # float (2, 3): affine, from px of the sheet to px of the picture


def find_ink(grey, dark=True):
    """The ink of a picture, uint8 (H, W), on paper of any light: a Sheet. Frames, ruled lines and specks are left out.

    dark: whether the ink is darker than the paper.
    """
    longer = max(grey.shape)
    scale = WORKING_SIDE / longer if longer > WORKING_SIDE else max(1.0, SMALLEST_SIDE / longer)
    if scale != 1:
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    darkness, noise = _darkness(_without_desk(grey if dark else 255 - grey))
    written = darkness[darkness > max(2.5 * noise, 0.05)]
    if written.size == 0:
        return _blank(grey)
    level, _ = cv2.threshold((written * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    level = min(level / 255, 0.6 * float(np.percentile(written, 90)))
    mask = (darkness > level).astype(np.uint8)
    faint = (darkness > max(0.4 * level, 2.5 * noise)).astype(np.uint8)
    mask = _drop_edges(_drop_rules(mask, faint))
    if not mask.any():
        return _blank(grey)
    full = float(np.percentile(darkness[mask > 0], 60))
    if full * 255 < ink.MIN_CONTRAST:
        return _blank(grey)
    floor = max(0.08 * full, 1.5 * noise)
    near = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=1)
    strength = np.clip((darkness - floor) / max(full - floor, 1e-6), 0, 1).astype(np.float32) * near
    return Sheet(strength, mask, np.array([[1 / scale, 0, 0], [0, 1 / scale, 0]]))


def _blank(grey):
    return Sheet(np.zeros(grey.shape, np.float32), np.zeros(grey.shape, np.uint8), np.eye(2, 3))


def _without_desk(grey):
    """A picture, uint8 (H, W) grey levels, in which the desk around a sheet of paper is replaced by more of the paper;
    the same picture where no whole sheet is seen.

    The desk is what can be reached from the edge of the picture without crossing a sharp edge: paper has sharp ones,
    shadows are softer.
    """
    scale = DESK_SIDE / max(grey.shape)
    size = max(3, round(grey.shape[1] * scale)), max(3, round(grey.shape[0] * scale))
    coarse = cv2.medianBlur(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), 3)
    smooth = (cv2.morphologyEx(coarse, cv2.MORPH_GRADIENT, np.ones((3, 3))) < SHARP).astype(np.uint8)
    _, labels = cv2.connectedComponents(smooth, connectivity=4)
    at_edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    desk = np.isin(labels, at_edge[at_edge > 0])
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~desk).astype(np.uint8), connectivity=4)
    if count == 1:
        return grey
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    outline, _ = cv2.findContours((labels == largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(outline[0])
    paper = cv2.fillConvexPoly(np.zeros_like(coarse), hull, 1)
    if paper.mean() < LEAST_PAPER or cv2.contourArea(outline[0]) < STRAIGHT * cv2.contourArea(hull):
        return grey
    inside = cv2.erode(paper, np.ones((5, 5)), borderValue=0)  # without the edge itself
    if not inside.any():  # a strip, no sheet
        return grey
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (STROKE, STROKE))
    coarse = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    weight = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), BLENDED) + 1e-3
    mean = float(coarse[inside > 0].mean())  # where no paper is near
    known = np.where(inside, coarse, 0).astype(np.float32)
    around = (cv2.GaussianBlur(known, (0, 0), BLENDED) + 1e-3 * mean) / weight
    around = cv2.resize(around, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    share = cv2.resize(inside.astype(np.float32), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return (grey * share + around * (1 - share) + 0.5).astype(np.uint8)


def _darkness(grey):
    """How much of the paper's light is missing at each pixel, float32 (H, W) of 0..1, and how noisy that is."""
    grey = cv2.GaussianBlur(grey, (0, 0), max(grey.shape) / 1600 + 0.3)
    for reach in (max(grey.shape) / 12, max(grey.shape) / 2):
        ground = _ground(grey, reach)
        darkness = np.clip(1 - grey / np.maximum(ground, 1), 0, 1).astype(np.float32)
        if not _thicker(darkness, reach / 3):
            break
    small = darkness[::4, ::4]
    bare = small[small <= np.median(small) + 0.1]
    return darkness, 1.5 * float(np.percentile(np.abs(bare - np.median(bare)), 68)) + float(np.median(bare))


def _ground(grey, reach):
    """The paper without the ink: a closing, larger than a stroke, of a coarse copy. float32 (H, W)."""
    factor = max(1, reach / 10)
    size = max(1, round(grey.shape[1] / factor)), max(1, round(grey.shape[0] / factor))
    coarse = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (max(3, round(reach / factor)) | 1,) * 2)
    ground = cv2.morphologyEx(coarse, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    ground = cv2.GaussianBlur(ground, (0, 0), 1.5)
    return cv2.resize(ground.astype(np.float32), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _thicker(darkness, width):
    """Whether strokes are thicker than `width` px, so that a ground found with a small kernel has holes in it."""
    strong = (darkness > 0.5 * darkness.max()).astype(np.uint8)
    return 2 * float(cv2.distanceTransform(strong, cv2.DIST_L2, 3).max()) > width


def polarities(grey):
    """Whether the ink is darker than the paper: one answer, or both where two ways to tell disagree. Where the ground
    is even, and more than half of the picture, there is nothing to guess."""
    level = ink.even_ground(grey)
    if level is not None:
        other = grey[ink.unlike(grey, level) > 0]
        if other.size < 0.5 * grey.size:
            return [bool(level > other.mean())] if other.size else [True]
    return sorted({ink.dark_on_light(grey), thin_is_dark(grey)}, reverse=True)


def thin_is_dark(grey):
    """Whether the ink is darker than the paper: of what differs from its wider neighbourhood, and is thin, ink differs
    most. What touches the edge of the picture, or is half as large as it, counts only where there is nothing else."""
    scale = 300 / max(grey.shape)
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    coarse = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    difference = coarse.astype(np.float32) - cv2.medianBlur(coarse, 61)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (21, 21))
    inner, whole = [], []
    for side in (-difference, difference):
        energy = cv2.morphologyEx(np.maximum(side, 0), cv2.MORPH_TOPHAT, kernel) ** 2
        pieces = (energy > max(25, 0.1 * energy.max())).astype(np.uint8)
        inner.append(float((energy * _inner(pieces)).sum()))
        whole.append(float(energy.sum()))
    dark, light = inner if max(inner) > 0 else whole
    return dark >= light


def _drop_rules(mask, faint):
    """Remove ruled lines and frames from a mask: straight, fifty times as long as thick, and a quarter as long as the
    picture. Where ink crosses them, it stays. They are sought in `faint`, which has what is too pale for the mask, too:
    a fine line is, in places, and falls to pieces."""
    longest = max(faint.shape)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(faint, connectivity=8)
    long = (stats[:, 2:4] > 0.25 * longest).any(axis=1)
    long[0] = False
    thin = cv2.morphologyEx(long[labels].astype(np.uint8), cv2.MORPH_TOPHAT, np.ones((15, 15), np.uint8))
    if not 0 < np.count_nonzero(thin) < MAX_RULED:
        return mask
    length = int(max(60, 0.25 * longest))
    found = cv2.HoughLinesP(thin * 255, 1, np.pi / 720, length // 2, minLineLength=length, maxLineGap=12)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    rules = np.zeros_like(faint)
    for start, end in [] if found is None else found.reshape(-1, 2, 2)[:MAX_RULES]:
        far = float(np.hypot(*(end - start)))
        along = np.linspace(start, end, int(far) + 1)
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / far
        x, y = along.round().astype(int).T
        on = faint[y, x] > 0
        deep = depth[y, x]
        thickness = 2 * float(np.median(deep[deep > 0])) if deep.any() else 1.0
        if on.mean() < 0.85 or far < 50 * thickness:
            continue
        above, below = (_at(mask, along + side * (thickness / 2 + 2) * normal) for side in (-1, 1))
        bare = np.flatnonzero(on & ~(above & below))
        rules[y[bare], x[bare]] = np.maximum(rules[y[bare], x[bare]], min(255, int(np.ceil(thickness)) + 2))
    if not rules.any():
        return mask
    rest = mask
    for thickness in np.unique(rules[rules > 0]):
        kernel = np.ones((thickness, thickness), np.uint8)
        rest = rest & (1 - cv2.dilate((rules == thickness).astype(np.uint8), kernel))
    across = np.ones((int(rules.max()) + 3, 1), np.uint8)  # mends strokes that lost a piece to the rule they cross
    mended = [cv2.morphologyEx(rest, cv2.MORPH_CLOSE, kernel) for kernel in (across, across.T)]
    return rest | (mask & (mended[0] | mended[1]))


def _at(mask, points):
    """Whether there is ink at points (N, 2), x and y; those outside count as the edge."""
    x, y = np.clip(points.round().astype(int), 0, np.array(mask.shape[::-1]) - 1).T
    return mask[y, x] > 0


def _drop_edges(mask):
    """Remove what runs along the edge of the picture, such as the desk beside the paper, unless it is all there is."""
    labels, at_edge, large = _outer(mask)
    drop = at_edge & large
    return mask if drop.all() else (~drop)[labels].astype(np.uint8)


def _inner(mask):
    labels, at_edge, large = _outer(mask)
    return ~(at_edge | large)[labels]


def _outer(mask):
    """Labels of the pieces of a mask, and for each whether it touches the edge, and is half as long as it; so is 0."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    height, width = mask.shape
    x, y, w, h = (stats[:, k] for k in range(4))
    at_edge = (x == 0) | (y == 0) | (x + w == width) | (y + h == height)
    large = (w > 0.5 * width) | (h > 0.5 * height)
    at_edge[0] = large[0] = True
    return labels, at_edge, large


# ---------------------------------------------------------------------------------------- parts and lines


@dataclass
class Part:
    """A connected piece of ink: a letter, a stroke of one, or several letters that touch."""

    number: int  # in the labels of the sheet
    x: int
    y: int
    w: int
    h: int
    area: int
    cut: float = None  # log odds that its right end is the end of a letter, where it was cut there
    place: float = None  # in the order along the line, px: the middle

    def __post_init__(self):
        if self.place is None:
            self.place = self.x + self.w / 2

    @property
    def right(self):
        return self.x + self.w

    @property
    def bottom(self):
        return self.y + self.h


def find_parts(sheet):
    """The connected pieces of ink of a sheet: (labels int32 (h, w), list of Parts). Specks are left out."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(sheet.mask, connectivity=8)
    if count <= 1:
        return labels, []
    height = typical_height(stats[1:, 3], stats[1:, 2])
    keep = 1 + np.flatnonzero(
        (stats[1:, 2:4].max(axis=1) > 0.06 * height) & (stats[1:, cv2.CC_STAT_AREA] > max(3, 0.0015 * height**2))
    )
    keep = keep[np.argsort(-stats[keep, cv2.CC_STAT_AREA])][:MAX_PARTS]
    keep = keep[np.cumsum(stats[keep, 2].astype(float) * stats[keep, 3]) <= MAX_COVERED * sheet.mask.size]
    return labels, [Part(int(i), *(int(value) for value in stats[i, :5])) for i in sorted(keep)]


def typical_height(heights, widths):
    """The height that most ink has: the median of the parts' larger sides, each counted as often as it is large."""
    sides = np.sort(np.maximum(heights, 0.5 * widths).astype(float))
    weight = np.cumsum(np.minimum(sides, 4 * np.median(sides[sides >= 0.3 * sides.max()])))
    return float(sides[np.searchsorted(weight, weight[-1] / 2)])


def find_angle(parts, height):
    """The angle of the lines, in radians, clockwise: at which the lower ends of parts lie closest together."""
    tall = [part for part in parts if 0.35 * height < part.h < 2.5 * height][:200]
    if len(tall) < 4:
        return 0.0
    feet = np.array([(part.x + part.w / 2, part.bottom) for part in tall])
    heads = np.array([(part.x + part.w / 2, part.y) for part in tall])
    angles = np.deg2rad(np.arange(-14, 14.01, 0.5))

    def sharpness(angle):
        total = 0.0
        for points in (feet, heads):
            y = points[:, 1] * np.cos(angle) - points[:, 0] * np.sin(angle)
            near = np.abs(y[:, None] - y[None, :]) / (0.12 * height)
            total += float(np.exp(-0.5 * near**2).sum())
        return total * (1 - 0.5 * abs(angle))

    best = max(angles, key=sharpness)
    return float(max(best + np.deg2rad(np.arange(-0.4, 0.41, 0.1)), key=sharpness))


def turned(sheet, angle):
    """A sheet turned counter-clockwise by `angle` radians, so that lines at that angle become level."""
    height, width = sheet.mask.shape
    cos, sin = abs(np.cos(angle)), abs(np.sin(angle))
    size = int(np.ceil(width * cos + height * sin)), int(np.ceil(width * sin + height * cos))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), np.rad2deg(angle), 1)
    turn[:, 2] += (np.array(size) - (width, height)) / 2
    strength = cv2.warpAffine(sheet.ink, turn, size, flags=cv2.INTER_LINEAR)
    covered = cv2.warpAffine(sheet.mask * np.float32(1), turn, size, flags=cv2.INTER_LINEAR) > 0.5
    back = np.vstack([cv2.invertAffineTransform(turn), [0, 0, 1]])
    return Sheet(strength, covered.astype(np.uint8), (np.vstack([sheet.to_picture, [0, 0, 1]]) @ back)[:2])


def find_lines(parts, height):
    """Parts in lines, top to bottom, each from left to right: a list of lists of Parts.

    Tall parts are chained to the nearest one on their right that stands at about the same height; chains that continue
    each other are one line; small parts (dots, bars) go to the line whose letters they are nearest to.
    """
    tall = sorted((p for p in parts if p.h >= 0.4 * height), key=lambda p: p.x)
    small = [p for p in parts if p.h < 0.4 * height]
    if not tall:
        tall, small = sorted(small, key=lambda p: p.x), []
    chains = []
    for part in tall:
        best, cost = None, 0.55
        for chain in chains:
            if abs(chain[-1].y + chain[-1].bottom - part.y - part.bottom) > 4 * height:
                continue
            for last in chain[-4:]:
                overlap = min(part.bottom, last.bottom) - max(part.y, last.y)
                miss = 1 - overlap / min(part.h, last.h)
                feet = abs(part.bottom - last.bottom) / height
                middle = abs(part.y + part.h / 2 - last.y - last.h / 2) / height
                gap = max(0, part.x - last.right) / height
                this = 0.5 * max(miss, 0) + 0.5 * min(feet, middle) + 0.02 * gap
                if this < cost:
                    best, cost = chain, this
        if best is None:
            chains.append([part])
        else:
            best.append(part)
    lines = _merged(chains)
    lines.sort(key=lambda chain: np.median([p.y + p.h / 2 for p in chain]))
    for part in small:

        def distance(chain, part=part):
            near = min(chain, key=lambda p: max(p.x - part.right, part.x - p.right, 0))
            beside = max(near.x - part.right, part.x - near.right, 0)
            above = max(near.y - part.bottom, part.y - near.bottom, 0)
            return 0.5 * beside + above

        best = min(lines, key=distance)
        if distance(best) < 1.2 * height:
            best.append(part)
    return [sorted(line, key=lambda part: part.place) for line in lines]


def _merged(chains):
    """Chains in which those of up to three parts, such as letters that all reach below the line, have joined a longer
    one that stands at about the same height where they are."""
    lines = sorted(chains, key=len, reverse=True)
    extents = {id(line): (min(p.y for p in line), max(p.bottom for p in line)) for line in lines}
    for chain in [chain for chain in lines if len(chain) <= 3]:
        x, y, bottom = (median(getattr(p, name) for p in chain) for name in ("place", "y", "bottom"))
        for line in lines:
            top, base = extents[id(line)]
            if line is chain or len(line) < len(chain) or y >= base or bottom <= top:
                continue
            near = sorted(line, key=lambda p: abs(p.place - x))[:4]
            top, base = median(p.y for p in near), median(p.bottom for p in near)
            if min(bottom, base) - max(y, top) > 0.5 * min(bottom - y, base - top):
                line += chain
                extents[id(line)] = min(p.y for p in line), max(p.bottom for p in line)
                lines = [other for other in lines if other is not chain]
                break
    return lines


# -------------------------------------------------------------------------------------------- the lattice

EXTENTS = np.array([alphabets.extent(label) for label in range(52)])  # top and bottom of each class
DOTTED = [alphabets.CLASSES.index(name) for name in alphabets.DOTTED]
DOTLESS = np.array([alphabets.extent(label, dotted=False) for label in DOTTED])
SPREAD = 0.09  # of heads and feet around where a class should have them, in heights of a capital
FREEDOM = 5  # degrees, of the Student's t that they follow: the more, the rarer are those that stand far off
JOINT = (0.0, 0.03)  # gap between parts, in heights of a capital, at which half of them part letters, and its slope
CUT = (-3.5, 2.0, -0.5)  # log odds that a cut parts two letters: and for its width, and for the ink it crosses
CUT_WIDTH = 0.7  # of the parts that are cut, in heights of a capital
CUT_HEIGHT = 32  # px of a capital where cuts are sought
LEAST_PIECE = 0.2  # width of what is cut off, in heights of a capital
LEAST_AREA = 0.02  # of its ink, in squares of that height
MAX_CUTS = 4  # of a part
MOST_CROSSED = 2.0  # of a cut's way through ink, in widths of the pen
ASIDE = 0.15  # cost of a cut's step to the side, in px of ink
WALL = 1e4  # cost where no cut may go
SKIP = (
    -5.0,
    -6.0,
)  # log probability that a run of parts is no letter: of a speck, and more for one as large as a letter
WORD_GAP = 0.45  # least gap between words, in heights of a capital
WIDER = 2.0  # and in gaps between letters
BEAM = 24  # ways that are followed at each place; half as many on long lines
LONG = 40  # parts of a line
BEHIND = 10.0  # log odds by which a way may be behind the best that gets as far
FLOOR = 1e-4  # probability of any class, however unlike it looks
TRIED = 8  # classes of a run that a language may choose from
LESS_LIKELY = 9.0  # log odds by which they may be behind the best
CODE_DOUBT = 8.0  # log odds that a page is words, not codes
LANGUAGE = 0.8  # weight of the language beside the shapes


@dataclass(frozen=True)
class Style:
    """How a page mixes capitals and small letters, as log probabilities; index 0 is a capital, 1 a small letter."""

    share: float  # of pages
    first: np.ndarray  # (2,): of the first letter of a word
    goes_on: np.ndarray  # (2, 2): of a letter after another in a word


def _style(share, first_capital, after_capital, after_small):
    """A Style of probabilities that a letter is a capital."""
    pairs = np.array([first_capital, after_capital, after_small])
    chances = np.log(np.stack([pairs, 1 - pairs], axis=1))
    return Style(float(np.log(share)), chances[0], chances[1:])


STYLES = (
    _style(0.3, 0.99, 0.995, 0.9),  # all capitals
    _style(0.3, 0.01, 0.1, 0.005),  # all small
    _style(0.25, 0.95, 0.01, 0.005),  # words that begin with a capital
    _style(0.15, 0.4, 0.6, 0.05),  # anything
)


@dataclass
class Run:
    """Neighbouring parts that may be one letter: parts[first:end] of a line."""

    first: int
    end: int
    x: int
    y: int
    right: int
    bottom: int
    frame: np.ndarray
    shape: np.ndarray = None  # float32 (53,): log probabilities of the network
    scores: np.ndarray = None  # float32 (52,): and of the place on the line


@dataclass
class Row:
    """A line of parts, and where letters stand on it: the base line is y = base + slope * x."""

    parts: list
    capital: float  # height of a capital, px
    base: float = 0.0
    slope: float = 0.0
    word_gap: float = WORD_GAP  # least gap between words, in heights of a capital
    runs: list = field(default_factory=list)
    chosen: list = field(default_factory=list)
    score: float = 0.0  # log probability of what was chosen


def cut(labels, rows):
    """Cut wide parts of all rows along the seams that cross least ink, so that letters that touch come apart.

    A seam is the cheapest way from the top of a part to its bottom, one step to the side a row at most (Avidan & Shamir
    2007, doi:10.1145/1276377.1276390). Changes the parts of the rows, and gives what they are cut into own numbers in
    `labels`.
    """
    wide = [
        (row, part)
        for row in rows
        for part in row.parts
        if part.w >= CUT_WIDTH * row.capital and part.h >= 0.3 * row.capital
    ]
    wide.sort(key=lambda pair: -pair[1].w / pair[0].capital)
    room = DENSE - sum(len(row.parts) for row in rows)
    strips = []
    for row, part in wide:
        own = labels[part.y : part.bottom, part.x : part.right] == part.number
        scale = CUT_HEIGHT / row.capital
        size = max(3, round(part.w * scale)), min(3 * CUT_HEIGHT, max(3, round(part.h * scale)))
        strips.append(cv2.resize(own.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    number = int(labels.max())
    for (row, part), seams in zip(wide, _seams(strips), strict=True):
        if 0 < len(seams) <= room:
            pieces = _pieces(labels, part, seams, row.capital, number)
            room -= len(pieces) - 1
            number += len(pieces)
            row.parts.remove(part)
            row.parts += pieces
    for row in rows:
        row.parts.sort(key=lambda part: part.place)


def _cut_odds(width, crossed):
    """Log odds that a cut parts two letters. width: of the whole, in capitals' heights; crossed: ink, in pens."""
    return CUT[0] + CUT[1] * min(width, 2.0) + CUT[2] * min(crossed, 1.5)


def _pieces(labels, part, seams, capital, number):
    """Cut a part along seams, as `_seams` gives them: Parts from left to right, with `labels` above `number`."""
    here = labels[part.y : part.bottom, part.x : part.right]
    own = here == part.number
    index = np.zeros(own.shape, np.int32)
    for places, _ in seams:
        at = np.interp((np.arange(part.h) + 0.5) / part.h, (np.arange(len(places)) + 0.5) / len(places), places)
        index += np.arange(part.w)[None, :] + 0.5 >= (at * part.w)[:, None]
    place = -np.inf
    pieces, piece = [], np.zeros(own.shape, bool)
    left = part.area
    for i in range(len(seams) + 1):
        now = own & (index == i)
        piece |= now
        left -= int(now.sum())
        area = int(piece.sum())
        if i < len(seams) and min(area, left) < LEAST_AREA * capital**2:
            continue
        rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
        number += 1
        here[piece] = number
        x, y = part.x + int(columns[0]), part.y + int(rows[0])
        w, h = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
        odds = _cut_odds(part.w / capital, seams[i][1]) if i < len(seams) else None
        place = max(place, x + w / 2)
        pieces.append(Part(number, x, y, w, h, area, odds, place))
        piece = np.zeros(own.shape, bool)
    return pieces


def _seams(strips):
    """For each strip of ink, float (h, w): the seams to cut along, as (positions (h,), in widths; pens crossed)."""
    if not strips:
        return []
    height = max(len(strip) for strip in strips) + 2
    padded, starts, at = [], [], 0
    for strip in strips:
        above = (height - len(strip)) // 2
        padded += [np.pad(strip, ((above, height - len(strip) - above), (0, 0))), np.full((height, 1), WALL)]
        starts.append((above, at))
        at += strip.shape[1] + 1
    cost = np.concatenate(padded, axis=1).astype(np.float32)
    down, up = _cheapest(cost), _cheapest(cost[::-1])[::-1]
    middle = height // 2
    through = (down + up - cost)[middle]
    found = []
    for strip, (_, start) in zip(strips, starts, strict=True):
        width = strip.shape[1]
        profile = through[start : start + width]
        limit = MOST_CROSSED * _thickness(strip)
        apart = LEAST_PIECE * CUT_HEIGHT
        places = []
        for i in np.argsort(profile, kind="stable"):
            if profile[i] > limit or len(places) == MAX_CUTS:
                break
            if apart <= i < width - apart and all(abs(i - j) >= apart for j in places):
                places.append(int(i))
        found.append(sorted(places))
    columns = np.array([start + i for (_, start), places in zip(starts, found, strict=True) for i in places], int)
    ways = np.concatenate([_trace(down, columns, middle)[::-1], _trace(up[::-1], columns, height - 1 - middle)[1:]])
    result, at = [], 0
    for strip, (above, start), places in zip(strips, starts, found, strict=True):
        own = ways[above : above + len(strip), at : at + len(places)] - start
        at += len(places)
        own = np.maximum.accumulate(own, axis=1)
        pen = _thickness(strip)
        result.append([((own[:, k] + 0.5) / strip.shape[1], through[start + i] / pen) for k, i in enumerate(places)])
    return result


def _cheapest(cost):
    """Least cost of a seam from the first row to each pixel, float32 (h, w)."""
    total = cost.copy()
    for y in range(1, len(cost)):
        before = np.pad(total[y - 1], 1, constant_values=WALL)
        total[y] += np.minimum(before[1:-1], np.minimum(before[:-2], before[2:]) + ASIDE)
    return total


def _trace(total, columns, row):
    """Columns of the seams that end at `columns` (n,) of a row: int (row + 1, n), from that row to the first."""
    ways = [columns]
    for y in range(row - 1, -1, -1):
        before = np.pad(total[y], 1, constant_values=WALL)
        options = np.stack([before[ways[-1] + 1], before[ways[-1]] + ASIDE, before[ways[-1] + 2] + ASIDE])
        ways.append(ways[-1] + np.array([0, -1, 1])[options.argmin(axis=0)])
    return np.array(ways).reshape(row + 1, len(columns))


def _thickness(strip):
    """Thickness of the pen in px, from the ink of a strip: half of a stroke is within a quarter of its edge."""
    depth = cv2.distanceTransform(np.pad((strip > 0.5).astype(np.uint8), 1), cv2.DIST_L2, 3)
    return 4 * float(np.median(depth[depth > 0])) - 1 if depth.any() else 1.0


def make_runs(sheet, labels, row, most=MAX_RUN):
    """Every run of at most `most` parts of a row that may be one letter, with its frame."""
    chosen = np.zeros(int(labels.max()) + 1, bool)
    runs = []
    for first in range(len(row.parts)):
        chosen[:] = False
        widest = -np.inf
        for end in range(first + 1, min(first + most, len(row.parts)) + 1):
            group = row.parts[first:end]
            chosen[group[-1].number] = True
            x, right = min(p.x for p in group), max(p.right for p in group)
            y, bottom = min(p.y for p in group), max(p.bottom for p in group)
            if end > first + 1:
                widest = max(widest, group[-1].x - max(p.right for p in group[:-1]))
                if right - x > MAX_WIDTH * row.capital or widest > 0.4 * row.capital:
                    break
                of_a_part = group[-1].cut is not None or (first and row.parts[first - 1].cut is not None)
                if of_a_part and widest > 0.05 * row.capital:
                    continue
            runs.append(Run(first, end, x, y, right, bottom, _frame(sheet, labels, chosen, (x, y, right, bottom))))
    return runs


def _frame(sheet, labels, chosen, box):
    """The frame of the chosen parts within a box, without their neighbours' ink."""
    x, y, right, bottom = box
    here = slice(y, bottom), slice(x, right)
    own = chosen[labels[here]]
    return ink.fit(
        sheet.ink[here] * (own | (labels[here] == 0) & (cv2.dilate(own.astype(np.uint8), np.ones((3, 3))) > 0))
    )


def place(row, usual):
    """Fit the base line and the height of a capital of a row to the letters that were read, and score all runs by it.

    Least squares that trust letters less the further off they are; a line is rather level, and as high as the others.
    usual: height of a capital on the page, px.
    """
    if row.chosen:
        labels = [label for _, label in row.chosen]
        x = np.array([(run.x + run.right) / 2 for run, _ in row.chosen])
        y = np.array([(run.y, run.bottom) for run, _ in row.chosen], float)
        middle, scale = x.mean(), row.capital
        terms = np.stack([np.ones(2 * len(x)), np.repeat(x - middle, 2), -EXTENTS[labels].ravel()], axis=1)
        terms = np.vstack([terms, (0, 3 * scale, 0), (0, 0, 1.5)])
        target = np.append(y.ravel(), [0, 1.5 * usual])
        weight = np.ones(len(target))
        for _ in range(5):
            solution = np.linalg.lstsq(terms * weight[:, None], target * weight, rcond=None)[0]
            miss = (target - terms @ solution) / (SPREAD * scale)
            weight[:-2] = 1 / np.sqrt(1 + (miss[:-2] / 2) ** 2)
        row.slope = float(solution[1])
        row.base = float(solution[0] - row.slope * middle)
        row.capital = float(np.clip(solution[2], 0.6 * scale, 1.8 * scale))
        _score_places(row)


def find_word_gap(rows):
    """From which gap on a new word begins, in heights of a capital: clearly wider than most gaps of the page."""
    gaps = [(run.x - before.right) / row.capital for row in rows for (before, _), (run, _) in pairwise(row.chosen)]
    return float(np.clip(WIDER * np.percentile(gaps, 45), WORD_GAP, 1.2)) if len(gaps) > 1 else WORD_GAP


def _score_places(row):
    """Add to the scores of each run how well it stands where each class should."""
    base = np.array([row.base + row.slope * (run.x + run.right) / 2 for run in row.runs])
    seen = (base[:, None] - [(run.y, run.bottom) for run in row.runs]) / row.capital
    scores = _place_scores(seen, EXTENTS)
    scores[:, DOTTED] = np.maximum(scores[:, DOTTED], _place_scores(seen, DOTLESS))
    for run, score in zip(row.runs, scores, strict=True):
        run.scores = run.shape[:52] + score


def _place_scores(seen, extents):
    """Log probabilities, float (N, M), that letters whose tops and bottoms are `seen`, (N, 2), should have one of
    `extents`, (M, 2): Student's t, as some stand far off their place."""
    miss = (seen[:, None, :] - extents) / SPREAD
    return -(FREEDOM + 1) / 2 * np.log1p(miss**2 / FREEDOM).sum(axis=2)


def joint_scores(row):
    """For each pair of neighbouring parts: the log probability that one letter goes on, and that a new one begins."""
    together, apart, right = [], [], -np.inf
    for part, following in pairwise(row.parts):
        right = max(right, part.right)
        odds = part.cut
        if odds is None:
            gap = (following.x - right) / row.capital
            odds = np.clip((gap - JOINT[0]) / JOINT[1], -6, 4)
        new = 1 / (1 + np.exp(-odds))
        together.append(np.log(1 - new))
        apart.append(np.log(new))
    return np.array(together), np.array(apart)


@dataclass(slots=True)
class Way:
    """One way to read a row up to some place between parts."""

    score: float
    before: "Way" = None
    run: Run = None
    label: int = None  # class number; None for what is no letter
    case: int = None  # of the last letter
    right: float = -np.inf  # px, of the last letter
    word: str = ""  # its small letters so far, where a language is known


@dataclass
class Step:
    """A run as one step of a way through its row, with what it costs whatever the way."""

    run: Run
    joints: float  # log probability that its parts are one letter, and not one with the part before
    skip: float  # log probability that it is no letter
    choices: list  # (class number, score) of the letters that it may be


def steps(row, allowed, language=None):
    """The Steps of a row: a list for each of its places between parts."""
    together, apart = joint_scores(row)
    joined = np.concatenate([[0.0], np.cumsum(together)])
    result = [[] for _ in row.parts]
    for run in row.runs:
        joints = joined[run.end - 1] - joined[run.first] + (apart[run.first - 1] if run.first else 0.0)
        size = min(1.0, max(run.right - run.x, run.bottom - run.y) / row.capital)
        skip = run.shape[52] + SKIP[0] + size * SKIP[1]
        result[run.first].append(Step(run, float(joints), float(skip), _choices(run, allowed, language)))
    return result


def decode(row, steps, style, language=None):
    """The most likely way to cover a row with letters: its log probability, and a list of (run, class number).

    The search is Viterbi's, by places between parts; with a language, a beam search over the words so far.
    """
    first, goes_on = style.first.tolist(), style.goes_on.tolist()
    places = [{} for _ in range(len(row.parts) + 1)]
    places[0] = {(None, ""): Way(0.0)}
    beam = BEAM if len(row.parts) <= LONG else BEAM // 2

    def keep(score, way, run, label, case, right, word):
        ways = places[run.end]
        best = ways.get((case, word))
        if best is None or best.score < score:
            ways[case, word] = Way(score, way, run, label, case, right, word)

    for at, from_here in enumerate(steps):
        ways = sorted(places[at].values(), key=lambda way: -way.score)[:beam]
        ways = [way for way in ways if way.score > ways[0].score - BEHIND]
        for step in from_here:
            run = step.run
            for way in ways:
                score = way.score + step.joints
                keep(score + step.skip, way, run, None, way.case, way.right, way.word)
                new = run.x - way.right > row.word_gap * row.capital
                turns = first if new or way.case is None else goes_on[way.case]
                if not language:
                    for label, chance in step.choices:
                        case = label // 26
                        keep(score + chance + turns[case], way, run, label, case, run.right, "")
                    continue
                word = "" if new else way.word
                score += LANGUAGE * ((_ended(language, way.word) if new else 0.0) - language.beginning(word))
                for label, chance in step.choices:
                    case, spelt = label // 26, word + alphabets.CLASSES[label].lower()
                    total = score + chance + turns[case] + LANGUAGE * language.beginning(spelt)
                    keep(total, way, run, label, case, run.right, spelt)
    ends = places[-1].values()
    if language:
        ends = [replace(way, score=way.score + LANGUAGE * _ended(language, way.word)) for way in ends]
    way, chosen = max(ends, key=lambda way: way.score), []
    score = way.score
    while way.before is not None:
        if way.label is not None:
            chosen.append((way.run, way.label))
        way = way.before
    return score, chosen[::-1]


def _choices(run, allowed, language):
    """Class numbers of a run that are worth a try, with their scores: the best of each case; more with a language."""
    cases = [26 * case + np.arange(26) for case in (0, 1) if 26 * case in allowed]
    if not language:
        best = [part[run.scores[part].argmax()] for part in cases]
    else:
        ranked = np.concatenate(cases)[np.argsort(-run.scores[np.concatenate(cases)])][:TRIED]
        best = [label for label in ranked if run.scores[label] > run.scores[ranked[0]] - LESS_LIKELY]
    return [(int(label), float(run.scores[label])) for label in best]


def _ended(language, word):
    """Log probability that a word that begins so goes no further."""
    return language.word(word) - language.beginning(word) if word else 0.0


# ------------------------------------------------------------------------------------------------ reading


def read(grey, classify, alphabet="any", language=None):
    """Read a picture: uint8 (H, W), as `ink.grey_levels` gives it.

    classify: frames uint8 (N, 28, 28) -> class probabilities float (N, 53).
    language: a `language.Language`, or None.
    Returns lines, top to bottom: lists of words, which are lists of Letters. None where no letters were found.
    """
    allowed = alphabets.classes(alphabet)
    size = grey.shape[::-1]
    sides = polarities(grey)
    found = [find_letters(grey, dark, classify, allowed) for dark in sides]
    lines = [_lines(*one, size) for one in found]
    if len(sides) == 1 and _confidence(lines[0]) <= 0:
        found.append(find_letters(grey, not sides[0], classify, allowed))
        lines.append(_lines(*found[1], size))
    # chosen without the language, which makes words of anything
    best = max(range(len(lines)), key=lambda i: _confidence(lines[i]))
    if language and in_words(*found[best][1:], allowed, language):
        return _lines(*found[best], size, language)
    return lines[best]


def _confidence(lines):
    """How much of a picture is read with how much confidence: the sizes of the letters, where they are likelier right
    than wrong, less those where they are not; in px. Nothing at all is the worst."""
    letters = [letter for line in lines for word in line for letter in word]
    if not letters:
        return -np.inf
    return sum(np.sqrt(letter.box[2] * letter.box[3]) * (_of_best(letter) - 0.5) for letter in letters)


def _of_best(letter):
    """Probability of the likeliest letter, whatever its case."""
    return float((letter.scores[:26] + letter.scores[26:]).max())


def find_letters(grey, dark, classify, allowed):
    """Find the letters of a picture whose ink is darker than the paper, or lighter.

    allowed: class numbers, as `alphabet.classes` gives them. Returns the Sheet, its Rows with what was `chosen`, and
    the Style of the page.
    """
    sheet, labels, rows = find_rows(grey, dark)
    cut(labels, rows)
    most = MAX_RUN if sum(len(row.parts) for row in rows) <= DENSE else 2
    for row in rows:
        row.runs = make_runs(sheet, labels, row, most)
    runs = [run for row in rows for run in row.runs]
    if runs:
        probabilities = classify(np.stack([run.frame for run in runs]))
        for run, log in zip(runs, np.log(np.maximum(probabilities, FLOOR)), strict=True):
            run.shape, run.scores = log, log[:52]
    for row in rows:
        row.runs = [run for run in row.runs if run.end == run.first + 1 or run.scores.max() > IMPROBABLE]
    style = _choose(rows, allowed)
    for _ in range(2):
        word_gap = find_word_gap(rows)
        for row in rows:
            row.word_gap = word_gap
            place(row, usual=float(np.median([other.capital for other in rows])))
        style = _choose(rows, allowed)
    return sheet, rows, style


def _choose(rows, allowed):
    """Choose the letters of all rows of a page, in the Style that makes them most likely. Returns the Style."""
    best = -np.inf
    ways = [(row, steps(row, allowed)) for row in rows]
    for style in STYLES:
        decoded = [decode(row, of_row, style) for row, of_row in ways]
        score = style.share + sum(score for score, _ in decoded)
        if score > best:
            best, chosen, found = score, style, decoded
    for row, one in zip(rows, found, strict=True):
        row.score, row.chosen = one
    return chosen


def in_words(rows, style, allowed, language):
    """Choose the letters of all rows again, as words of a language, unless the page is likelier to be codes. Returns
    whether it was done.
    """
    codes = sum(code(letters) for row in rows for letters in _spelt(row, row.chosen))
    decoded = [decode(row, steps(row, allowed, language), style, language) for row in rows]
    if sum(row.score for row in rows) + LANGUAGE * codes > sum(score for score, _ in decoded) - CODE_DOUBT:
        return False
    for row, one in zip(rows, decoded, strict=True):
        row.score, row.chosen = one
    return True


def _spelt(row, letters):
    """The words of a row, in small letters."""
    words, right = [], -np.inf
    for run, label in letters:
        if run.x - right > row.word_gap * row.capital:
            words.append("")
        words[-1] += alphabets.CLASSES[label].lower()
        right = run.right
    return words


def _lines(sheet, rows, style, size, language=None):
    """What was chosen, as lines of words of Letters. size: (width, height) of the picture."""
    return [line for row in rows if (line := _words(sheet, row, style, language, size))]


def find_rows(grey, dark=True):
    """From a picture to the upright sheet, the labels of its parts, and Rows of them."""
    sheet = find_ink(grey, dark)
    labels, parts = find_parts(sheet)
    if not parts:
        return sheet, labels, []
    height = typical_height(np.array([p.h for p in parts]), np.array([p.w for p in parts]))
    angle = find_angle(parts, height)
    if abs(angle) > np.deg2rad(0.7):
        sheet = turned(sheet, angle)
        labels, parts = find_parts(sheet)
    rows = []
    for line in find_lines(parts, height):
        tall = np.percentile([p.h for p in line], 75)
        rows.append(Row(line, float(max(tall, 0.5 * height))))
    return sheet, labels, rows


def in_context(words, style):
    """Probabilities of the classes of each run of a line, given the cases of its neighbours: a list of float32 (52,).

    Forward-backward (Rabiner 1989, doi:10.1109/5.18626) over a chain of two states, capital and small.
    """
    runs = [run for word in words for run in word]
    starts = np.cumsum([0] + [len(word) for word in words])[:-1]
    seen = np.array([[np.logaddexp.reduce(run.scores[:26]), np.logaddexp.reduce(run.scores[26:])] for run in runs])
    alike = np.array([style.first, style.first])
    steps = [alike if i in starts else style.goes_on for i in range(1, len(runs))]
    before, after = np.empty_like(seen), np.zeros_like(seen)  # of each run's case, by the runs on its left and right
    before[0] = style.first
    for i, step in enumerate(steps):
        before[i + 1] = np.logaddexp.reduce((before[i] + seen[i])[:, None] + step, axis=0)
        before[i + 1] -= before[i + 1].max()
    for i, step in reversed(list(enumerate(steps))):
        after[i] = np.logaddexp.reduce(step + (after[i + 1] + seen[i + 1])[None, :], axis=1)
        after[i] -= after[i].max()
    result = []
    for run, case in zip(runs, before + after, strict=True):
        scores = run.scores + np.repeat(case, 26)
        a_letter = 1 - np.exp(run.shape[52])
        result.append((a_letter * np.exp(scores - np.logaddexp.reduce(scores))).astype(np.float32))
    return result


def in_language(language, word, scores):
    """Probabilities of the classes of each letter of a word, given the letters around it: a list of float32 (52,).

    word: small letters, as read. scores: for each letter, float (52,) probabilities without the language; what they
    sum to, less than 1 where it may be no letter, stays.
    """
    result = []
    for i, own in enumerate(scores):
        likely = np.flatnonzero(own[:26] + own[26:] > 1e-4 * own.sum())
        chances = np.full(26, -np.inf)
        for letter in likely:
            chances[letter] = LANGUAGE * language.word(word[:i] + chr(97 + letter) + word[i + 1 :])
        weighted = own * np.tile(np.exp(chances - chances.max()), 2)
        result.append((own.sum() * weighted / weighted.sum()).astype(np.float32))
    return result


def _words(sheet, row, style, language, size):
    """The letters of a row in words, with boxes in the picture."""
    words, right = [], -np.inf
    for run, label in row.chosen:
        if run.x - right > row.word_gap * row.capital:
            words.append([])
        words[-1].append((run, label))
        right = run.right
    if not words:
        return []
    in_line = iter(in_context([[run for run, _ in word] for word in words], style))
    result = []
    for word in words:
        scores = [next(in_line) for _ in word]
        if language:
            scores = in_language(language, "".join(alphabets.CLASSES[label].lower() for _, label in word), scores)
        result.append(
            [
                Letter(_box_in_picture(sheet, run, size), run.frame, own)
                for (run, _), own in zip(word, scores, strict=True)
            ]
        )
    return result


def _box_in_picture(sheet, run, size):
    corners = np.array([(run.x, run.y), (run.right, run.y), (run.right, run.bottom), (run.x, run.bottom)])
    corners = corners @ sheet.to_picture[:, :2].T + sheet.to_picture[:, 2]
    low, high = np.clip(corners.min(axis=0), 0, size), np.clip(corners.max(axis=0), 0, size)
    return (*low, *(high - low))
