"""Pages of handwriting made from single letters: on a canvas, scanned or photographed, with the truth about them.

A hand, {class number: [letters]} from `letters.pen.draw_hand` or `read_writers`, writes a text. Its letters stand on a
base line, as high as their class asks for (`alphabet.extent`), with the unevenness of hands; then comes the paper, the
light and the camera. For characters beyond A to Z, a hand has {character: [strokes]} as they stand on the line, in
capital heights, y = 0 at the base line. For the benchmark, the tests and the notebooks: nothing here is used to read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from letters import alphabet, language, writing

FREQUENT = 5000  # words that texts are made of
KINDS = ("canvas", "scan", "photo")
LINE_PITCH = (1.7, 2.4)  # from base line to base line, in capital heights
TOUCHING = 0.03  # share of the letters that touch the next one, where no spacing is asked for
SPACINGS = ("apart", "touching", "joined")
TIGHT = (-0.08, 0.06)  # capital heights between the ink of two letters that touch: some overlap, some just miss
JOIN = (0.02, 0.22)  # capital heights between the ink of two letters that a stroke joins
CAPITAL = {"canvas": (45, 130), "scan": (28, 80), "photo": (28, 80)}  # px


@dataclass(frozen=True)
class Page:
    """A picture, and what is written in it."""

    picture: np.ndarray  # uint8 (H, W, 3) RGB
    text: str  # with spaces and line breaks
    boxes: np.ndarray  # float32 (N, 4): x, y, width, height of each letter in px, in the order of the text
    kind: str


def can_write(hand: dict, text: str) -> bool:
    """Whether a hand has every character of `text`, in its case."""
    return all(_key(char) in hand for char in text if not char.isspace())


def _key(char):
    """What a hand has a character under: the class number of a letter, or else the character itself."""
    return alphabet.CLASSES.index(char) if char in alphabet.CLASSES else char


def text(
    hand: dict,
    rng: np.random.Generator,
    lines: int,
    codes: bool = False,
    case: str | None = None,
    words: Sequence[str] | None = None,
) -> str:
    """A text that a hand can write: `lines` lines of one to three words, or of random letters.

    case: "upper", "lower" or "title"; one of those that the hand can write where None.
    words: what to choose from, in lowercase; by default the frequent words of English. codes: random letters instead.
    Raises ValueError where it can write none.
    """
    if words is None:
        words = language.load("en").words[:FREQUENT]
    listed = alphabet.ALPHABETS["lower"] if codes else words
    changes = {"upper": str.upper, "lower": str.lower} | ({} if codes else {"title": str.title})
    pools = {name: [word for word in map(change, listed) if can_write(hand, word)] for name, change in changes.items()}
    possible = [name for name, pool in pools.items() if len(pool) >= 10 and case in (None, name)]
    if not possible:
        raise ValueError("the hand has too few letters to write a text")
    pool = pools[rng.choice(possible)]
    rows = []
    for _ in range(lines):
        count = rng.integers(1, 4)
        rows.append(
            ["".join(rng.choice(pool, rng.integers(4, 9))) if codes else str(rng.choice(pool)) for _ in range(count)]
        )
    return "\n".join(" ".join(row) for row in rows)


def pages(hands: Sequence[dict], each: int = 30, seed: int = 2026) -> dict[tuple[str, str], list[Page]]:
    """Pages of words and of random letters, each kind of picture `each` times: {(text, kind): pages}.

    The hands take turns, and the same hands write the same texts for every kind of picture.
    """
    made = {}
    for codes in (False, True):
        rng = np.random.default_rng([seed, codes])
        turns = [hands[i] for _ in range(-(-each // len(hands))) for i in rng.permutation(len(hands))][:each]
        texts = [text(hand, rng, int(rng.integers(1, 6)), codes) for hand in turns]
        for number, kind in enumerate(KINDS):
            made["random letters" if codes else "words", kind] = [
                page(written, hand, kind, [seed, codes, i, number])
                for i, (written, hand) in enumerate(zip(texts, turns, strict=True))
            ]
    return made


def page(text: str, hand: dict, kind: str, seed: int | Sequence[int] = 0, spacing: str | None = None) -> Page:
    """Write a text and make a picture of it.

    kind: one of KINDS. spacing: one of SPACINGS; where None, letters stand apart but for a few that touch. Of "joined"
    letters, each that a lowercase letter follows in its word is joined to it by a stroke. The same arguments give the
    same picture. Raises ValueError for another kind or spacing, or a text that the hand has no letters for.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if spacing not in (None, *SPACINGS):
        raise ValueError(f"spacing must be one of {', '.join(SPACINGS)}, or None, not {spacing!r}")
    if not can_write(hand, text) or not text.strip():
        raise ValueError(f"the hand has no letters for {text!r}")
    rng = np.random.default_rng([*np.atleast_1d(seed), 6])
    capital = float(np.exp(rng.uniform(*np.log(CAPITAL[kind]))))
    pen_width = float(np.exp(rng.uniform(*np.log((0.05, 0.14)))))  # in capital heights
    written, joins, pitch = _write(text, hand, pen_width, rng, spacing)
    points = np.concatenate([stroke for letter in written for stroke in letter]) * capital
    margin = capital * rng.uniform(0.6, 1.6, 4)  # left, top, right, bottom
    low, high = points.min(axis=0) - margin[:2], points.max(axis=0) + margin[2:]
    width, height = np.ceil(high - low).astype(int)
    thickness = max(1.5, capital * pen_width)
    coverage = np.zeros((height, width), np.uint8)
    boxes = []
    for letter in written:
        moved = [(stroke * capital - low).astype(np.float32) for stroke in letter]
        for stroke in moved:
            writing.draw_line(coverage, stroke, thickness)
        corner, opposite = np.concatenate(moved).min(axis=0), np.concatenate(moved).max(axis=0)
        boxes.append([*(corner - thickness / 2), *(opposite + thickness / 2)])
    for stroke in joins:
        writing.draw_line(coverage, (stroke * capital - low).astype(np.float32), thickness)
    base = -low[1] + pitch * capital * np.arange(text.count("\n") + 1)
    make = {"canvas": _canvas, "scan": _scan, "photo": _photo}[kind]
    placed = np.array(boxes, np.float32)
    picture, homography = make(coverage / np.float32(255), base, capital, placed, rng)
    return Page(picture, text, _moved(placed, homography), kind)


# ------------------------------------------------------------------------------------------------- writing


def _write(text, hand, pen_width, rng, spacing):
    """Strokes of every letter in units of the capital height, y = 0 at the first base line; strokes that join letters;
    and the line pitch."""
    x_height = np.clip(rng.normal(0.58, 0.05), 0.45, 0.7)
    gap, word_gap = rng.uniform(0.1, 0.3), rng.uniform(0.65, 1.1)
    uneven, bounce, pitch = rng.uniform(0.02, 0.08), rng.uniform(0.01, 0.06), rng.uniform(*LINE_PITCH)
    written, joins = [], []
    for row, line in enumerate(text.split("\n")):
        x, slope, before = 0.0, rng.normal(0, 0.01), None
        for char in line:
            if char == " ":
                x, before = x + word_gap + rng.normal(0, 0.06), None
                continue
            forms = hand[_key(char)]
            letter = forms[rng.integers(len(forms))]
            points = np.concatenate(letter)
            low, high = points.min(axis=0), points.max(axis=0)
            if char in alphabet.CLASSES:
                top, bottom = alphabet.extent(alphabet.CLASSES.index(char), x_height, dotted=len(letter) > 1)
            else:
                top, bottom = -low[1], -high[1]
            scale = (top - bottom) * np.exp(rng.normal(0, uneven)) / max(float(high[1] - low[1]), 1e-6)
            scale = min(scale, 1.8 / max(float(high[0] - low[0]), 1e-6))
            offset = row * pitch + slope * x + rng.normal(0, bounce) - bottom
            moved = [(stroke - (low[0], high[1])) * scale + (x, offset) for stroke in letter]
            if spacing == "joined" and before and char.islower():
                joins.append(_join(before, moved, base=row * pitch + slope * x, x_height=x_height))
            written.append([stroke.astype(np.float32) for stroke in moved])
            x += float(high[0] - low[0]) * scale + pen_width + _between(spacing, gap, rng)
            before = moved
    return written, joins, pitch


def _between(spacing, gap, rng):
    """Capital heights between the ink of one letter and the next. gap: of this hand's letters that stand apart."""
    if spacing == "touching":
        return rng.uniform(*TIGHT)
    if spacing == "joined":
        return rng.uniform(*JOIN)
    if spacing is None and rng.random() < TOUCHING:
        return -rng.uniform(0, 0.05)
    return max(0.05, gap + rng.normal(0, 0.05))


def _join(letter, following, base, x_height, points=12):
    """The stroke that joins two letters, lists of float (n, 2) strokes: from the lower right of the first one's body
    up to the left of the second one's, as a cubic Bezier curve that sags like a hand's. Returns float (points, 2)."""

    def body(strokes):
        ink_points = np.concatenate(strokes)
        inside = (ink_points[:, 1] > base - x_height) & (ink_points[:, 1] < base + 0.1)
        return ink_points[inside] if inside.any() else ink_points

    left, right = body(letter), body(following)
    start = left[(left[:, 0] + 0.7 * left[:, 1]).argmax()]
    end = right[(right[:, 0] + 0.3 * np.abs(right[:, 1] - base + x_height / 2)).argmin()]
    reach = max(0.08, float(end[0] - start[0])) / 2
    t = np.linspace(0, 1, points)[:, None]
    corners = (start, start + np.array((reach, 0.04)), end + np.array((-reach, 0.08)), end)
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    return sum(weight * corner for weight, corner in zip(weights, corners, strict=True))


def _moved(boxes, homography):
    """Boxes of corners (N, 4) under a homography (3, 3): x, y, width, height, upright again."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 1, 2)
    moved = cv2.perspectiveTransform(corners, homography).reshape(-1, 4, 2)
    low, high = moved.min(axis=1), moved.max(axis=1)
    return np.concatenate([low, high - low], axis=1)


# -------------------------------------------------------------------------------- paper, light and camera


def _canvas(coverage, base, capital, boxes, rng):
    paper, pen_colour = ((255, 255, 255), (20, 20, 30)) if rng.random() < 0.8 else ((24, 26, 30), (235, 235, 230))
    picture = _ink_on(np.full((*coverage.shape, 3), paper, np.float32), coverage, pen_colour)
    return picture.astype(np.uint8), np.eye(3)


def _scan(coverage, base, capital, boxes, rng):
    paper = _paper(coverage.shape, rng, (232, 252))
    if rng.random() < 0.25:
        _rule(paper, base, capital, rng)
    picture = _ink_on(paper, coverage, _pen_colour(rng), unevenness=0.2, rng=rng)
    turn = cv2.getRotationMatrix2D((coverage.shape[1] / 2, coverage.shape[0] / 2), rng.normal(0, 1), 1)
    edge = [float(value) for value in np.median(picture, axis=(0, 1))]
    picture = cv2.warpAffine(picture, turn, coverage.shape[::-1], borderValue=edge)
    picture = _sensor(picture, rng, blur=(0.4, 1.0), noise=(1, 5))
    if rng.random() < 0.3:
        _, grey = cv2.threshold(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), 0, 255, cv2.THRESH_OTSU)
        picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)
    return _jpeg(picture, rng.integers(75, 95)), np.vstack([turn, [0, 0, 1]])


def _photo(coverage, base, capital, boxes, rng):
    height, width = coverage.shape
    paper = _paper(coverage.shape, rng, (200, 240))
    if rng.random() < 0.4:
        _rule(paper, base, capital, rng)
    picture = _ink_on(paper, coverage, _pen_colour(rng), unevenness=0.25, rng=rng)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    tilt = np.deg2rad(np.clip(rng.normal(0, 3), -8, 8))
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    centre = corners.mean(axis=0)
    seen = (corners - centre) @ turn.T + centre + rng.uniform(-0.03, 0.03, (4, 2)) * (width, height)
    around = 0 if rng.random() < 0.7 else 0.06 * min(width, height)  # of the desk beside the paper
    inner = np.sort(seen, axis=0)
    if around:
        low, high = inner[0] - around, inner[-1] + around
    else:
        written = _moved(boxes, cv2.getPerspectiveTransform(corners, seen.astype(np.float32)))
        low = np.minimum(inner[1], written[:, :2].min(axis=0) - 0.2 * capital)
        high = np.maximum(inner[-2], (written[:, :2] + written[:, 2:]).max(axis=0) + 0.2 * capital)
    seen = (seen - low).astype(np.float32)
    homography = cv2.getPerspectiveTransform(corners, seen)
    size = tuple(np.ceil(high - low).astype(int).tolist())
    desk = [float(value) for value in (rng.uniform(60, 150, 3) if around else paper.mean(axis=(0, 1)))]
    picture = cv2.warpPerspective(picture, homography, size, flags=cv2.INTER_AREA, borderValue=desk)
    picture = _sensor(picture * _light(picture.shape[:2], rng)[..., None], rng, blur=(0.5, 1.4), noise=(2, 7))
    return _jpeg(picture, rng.integers(50, 90)), homography


def _pen_colour(rng):
    return [(25, 25, 30), (25, 40, 120), (60, 60, 65), (140, 30, 40)][rng.integers(4)]


def _paper(shape, rng, brightness):
    colour = rng.uniform(*brightness) + rng.normal(0, 4, 3)
    grain = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), rng.uniform(0.8, 3))
    return (colour + rng.uniform(0.5, 3) * (grain / grain.std())[..., None]).astype(np.float32)


def _rule(paper, base, capital, rng):
    """Draw ruled lines below the text, or squares, on a paper (in place)."""
    colour = np.array([(150, 170, 210), (170, 170, 175), (210, 160, 165)][rng.integers(3)], np.float32)
    thickness = max(1, round(capital / 35))
    pitch = float(np.diff(base).mean()) if len(base) > 1 else 2 * capital
    squares = rng.random() < 0.3
    step = pitch / rng.integers(2, 5) if squares else pitch
    for y in np.arange((base[0] + 0.05 * capital) % step, paper.shape[0], step):
        paper[round(y) : round(y) + thickness] = colour
    for x in np.arange(rng.uniform(0, step), paper.shape[1], step) if squares else ():
        paper[:, round(x) : round(x) + thickness] = colour


def _ink_on(paper, coverage, colour, unevenness=0.0, rng=None):
    if unevenness:
        blots = cv2.resize(rng.random((24, 24), np.float32), coverage.shape[::-1], interpolation=cv2.INTER_CUBIC)
        coverage = coverage * (1 - unevenness * np.clip(blots, 0, 1))
    return (paper * (1 - coverage[..., None]) + np.float32(colour) * coverage[..., None]).astype(np.float32)


def _light(shape, rng):
    """Brightness of the light, float32 `shape`: a slope across the picture, at times the soft edge of a shadow."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = x * np.cos(angle) + y * np.sin(angle)
    light = 1 - rng.uniform(0, 0.25) * (along + 1) / 2
    if rng.random() < 0.35:
        angle = rng.uniform(0, 2 * np.pi)
        edge = (x * np.cos(angle) + y * np.sin(angle) - rng.uniform(-0.4, 0.4)) / rng.uniform(0.03, 0.2)
        light *= 1 - rng.uniform(0.2, 0.45) / (1 + np.exp(-np.clip(edge, -30, 30)))
    return light


def _sensor(picture, rng, blur, noise):
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(*blur))
    return np.clip(picture + rng.normal(0, rng.uniform(*noise), picture.shape), 0, 255).astype(np.uint8)


def _jpeg(picture, quality):
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return cv2.imdecode(file, cv2.IMREAD_COLOR)
