"""Single letters on photos whose papers, desks and lights no training has seen, beside the same letters on a clean
canvas, so that the loss is visible; and empty papers, on which there is nothing to read.

Everything that makes a scene here lives in this module alone, so that a network cannot have learnt it: kraft board,
crumpled and stained paper, paper with what is written on its back; cork, terrazzo and tartan below it; the shadows of
blinds, of leaves and of a hand, two lamps of two colours, the glare of a window, and a cloudy day for comparison. All
is drawn from a seed.

A *field* is float32 (H, W). A *surface* is float32 (H, W, 3) RGB, 0..255. A *light* is float32 (H, W, 3), 1 where the
surface is seen as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.readers import Reader
from letters import metrics, pen, writing
from letters.alphabet import CLASSES

HEIGHT = (300, 620)  # px of a photo
LETTER = (0.22, 0.6)  # longer side of the letter, as a share of the photo's shorter side
PEN = (0.045, 0.12)  # width of the pen, as a share of the letter's longer side
SEED = 9_000_000  # of the letters; no training draws with such seeds
INKS = ((28, 30, 36), (26, 44, 128), (20, 80, 60), (118, 26, 60), (72, 68, 70), (90, 46, 20))  # RGB


@dataclass(frozen=True)
class Scene:
    """A photo of one letter, or of none."""

    picture: np.ndarray  # uint8 (H, W, 3) RGB
    letter: str  # "" where nothing is written
    paper: str  # one of PAPERS
    desk: str  # one of DESKS
    light: str  # one of LIGHTS


# ------------------------------------------------------------------------------------------------- fields


def _noise(shape, size, rng):
    """Smooth noise, mean 0 and standard deviation 1, with blobs of about `size` px."""
    cells = [max(2, round(side / size) + 2) for side in shape]
    field = cv2.resize(rng.normal(size=cells).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / max(float(field.std()), 1e-6)


def _grid(shape):
    """x and y of every pixel from -1 to 1 along the longer side, two fields."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    half = max(shape) / 2
    return (x - shape[1] / 2) / half, (y - shape[0] / 2) / half


def _along(shape, angle):
    """How far every pixel is along a direction, a field from about -1 to 1."""
    x, y = _grid(shape)
    return x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))


def _step(field, softness):
    """0 below 0, 1 above, with an edge as soft as `softness`."""
    return 1 / (1 + np.exp(-np.clip(field / softness, -30, 30)))


def _cells(shape, count, rng):
    """Which of `count` random points is nearest, int (H, W), and how far the second is beyond it, float (H, W) px."""
    points = rng.random((count, 2)) * shape
    small = max(1, min(shape) // 150)
    y, x = np.mgrid[: shape[0] : small, : shape[1] : small]
    away = np.hypot(y[..., None] - points[:, 0], x[..., None] - points[:, 1])
    nearest = away.argmin(axis=-1)
    two = np.partition(away, 1, axis=-1)
    edge = cv2.resize((two[..., 1] - two[..., 0]).astype(np.float32), shape[::-1])
    return cv2.resize(nearest.astype(np.int32), shape[::-1], interpolation=cv2.INTER_NEAREST), edge


def _coloured(field, colour):
    return field[..., None] * np.float32(colour)


# ------------------------------------------------------------------------------------------------- papers


def kraft(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Brown board with fibres."""
    fibres = cv2.blur(rng.normal(size=shape).astype(np.float32), (int(rng.integers(7, 20)), 1))
    dark = 1 + 0.1 * fibres / fibres.std() * rng.uniform(0.2, 0.5) + 0.03 * _noise(shape, 40, rng)
    return _coloured(dark, np.array((196, 158, 112)) * rng.uniform(0.85, 1.1))


def crumpled(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """White paper that was crumpled and smoothed: facets that face the light differently."""
    facet, edge = _cells(shape, int(rng.integers(12, 30)), rng)
    tone = rng.normal(1, rng.uniform(0.015, 0.05), facet.max() + 1)[facet].astype(np.float32)
    crease = 1 - rng.uniform(0.03, 0.1) * np.exp(-edge / rng.uniform(1.5, 4))
    return _coloured(cv2.GaussianBlur(tone, (0, 0), 3) * crease, (232, 230, 224))


def stained(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Old paper with the brown rings of cups."""
    x, y = _grid(shape)
    tone = 1 + 0.04 * _noise(shape, 60, rng)
    for _ in range(int(rng.integers(1, 4))):
        away = np.hypot(x - rng.uniform(-0.8, 0.8), y - rng.uniform(-0.8, 0.8)) - rng.uniform(0.25, 0.6)
        tone -= rng.uniform(0.06, 0.16) * np.exp(-((away / rng.uniform(0.012, 0.03)) ** 2))
        tone -= rng.uniform(0, 0.05) * _step(-away, 0.02)
    return tone[..., None] * np.float32((236, 224, 196))


def shown_through(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Thin paper, with what is written on its back shining through, mirrored."""
    back = np.zeros(shape, np.uint8)
    side = int(min(shape) * rng.uniform(0.12, 0.25))
    for strokes in pen.draw(12, seed=int(rng.integers(1 << 30)))[0]:
        drawn = writing.draw_strokes(strokes, 0.06, side=side, margin=4)[:, ::-1]
        y, x = (int(rng.integers(0, max(1, room - drawn.shape[0]))) for room in shape)
        part = back[y : y + drawn.shape[0], x : x + drawn.shape[1]]
        np.maximum(part, drawn[: part.shape[0], : part.shape[1]], out=part)
    soft = cv2.GaussianBlur(back, (0, 0), rng.uniform(1.5, 3.5)).astype(np.float32) / 255
    return _coloured(1 - rng.uniform(0.03, 0.09) * soft, (238, 238, 234))


def isometric(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Paper with a faint triangular grid, for drawing in perspective."""
    tone = np.ones(shape, np.float32)
    step = rng.uniform(0.05, 0.12)
    for angle in rng.normal(0, 0.03) + np.radians((30, 90, 150)):
        away = np.abs((_along(shape, angle) / step) % 1 - 0.5) * step * max(shape) / 2
        tone = np.minimum(tone, 1 - rng.uniform(0.06, 0.18) * np.exp(-((away / 0.8) ** 2)))
    return _coloured(tone, (240, 242, 238))


def corrugated(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Cardboard whose flutes show as stripes."""
    waves = np.sin(_along(shape, rng.uniform(0, np.pi)) * rng.uniform(40, 90))
    tone = 1 + rng.uniform(0.01, 0.04) * waves + 0.03 * _noise(shape, 8, rng)
    return _coloured(tone, np.array((205, 175, 135)) * rng.uniform(0.9, 1.1))


def newsprint(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Grey, coarse recycled paper with dark and light specks."""
    tone = 1 + 0.025 * _noise(shape, 3, rng)
    specks = cv2.GaussianBlur((rng.random(shape) < 0.002).astype(np.float32), (0, 0), 0.8)
    return _coloured(tone - 0.35 * specks, np.array((205, 202, 192)) * rng.uniform(0.92, 1.08))


# -------------------------------------------------------------------------------------------------- desks


def cork(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A pin board."""
    grain = _noise(shape, 5, rng) + 0.7 * _noise(shape, 12, rng)
    return _coloured(1 + 0.13 * grain, (176, 128, 84))


def terrazzo(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Stone chips in cement."""
    chip, edge = _cells(shape, 130, rng)
    colours = rng.uniform(90, 220, (130, 1)) + rng.normal(0, 14, (130, 3))
    return np.where((edge > 5)[..., None], colours[chip], 170).astype(np.float32)


def tartan(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A checked tablecloth: stripes both ways, and its weave."""
    cloth = np.zeros((*shape, 3), np.float32)
    for turn in (0, np.pi / 2):
        place = _along(shape, turn) * rng.uniform(4, 8)
        stripes = (np.sin(place) > 0.2).astype(np.float32) + 0.5 * (np.sin(3.1 * place) > 0.9)
        cloth += _coloured(stripes, rng.uniform(20, 120, 3))
    return 40 + cloth * (1 + 0.05 * rng.normal(size=shape).astype(np.float32)[..., None])


def brushed_metal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Steel, brushed one way, with a broad reflection."""
    lines = cv2.blur(rng.normal(size=shape).astype(np.float32), (61, 1))
    shine = 1 + 0.25 * np.cos(3 * _along(shape, rng.uniform(0, np.pi)) + rng.uniform(0, 6))
    return _coloured(shine * (1 + 0.05 * lines / lines.std()), (140, 145, 152))


def floorboards(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Planks with gaps and knots."""
    place = (_grid(shape)[1] + 1) * rng.uniform(2, 4)
    plank = place.astype(int)
    tone = rng.uniform(0.7, 1.15, plank.max() + 1)[plank].astype(np.float32)
    rings = 0.08 * np.sin(12 * _noise(shape, 90, rng) + 30 * _grid(shape)[1])
    gap = 1 - 0.7 * np.exp(-(((place % 1) / 0.02) ** 2))
    return _coloured((tone + rings) * gap, (150, 104, 66))


# ------------------------------------------------------------------------------------------------- lights


def blinds(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """The shadow of a blind's slats."""
    stripes = np.sin(_along(shape, rng.uniform(0, np.pi)) * rng.uniform(6, 18) + rng.uniform(0, 6))
    return _coloured(1 - rng.uniform(0.2, 0.5) * _step(stripes, rng.uniform(0.08, 0.5)), (1, 1, 1))


def leaves(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Sun through a tree: round spots of light that overlap."""
    sun = np.zeros(shape, np.float32)
    for _ in range(int(rng.integers(25, 60))):
        x, y = (int(rng.integers(0, side)) for side in shape[::-1])
        radius = max(3, round(min(shape) * rng.uniform(0.03, 0.14)))
        spot = np.zeros(shape, np.float32)
        cv2.circle(spot, (x, y), radius, float(rng.uniform(0.3, 1)), -1)
        sun = np.maximum(sun, spot)
    sun = cv2.GaussianBlur(sun, (0, 0), min(shape) * rng.uniform(0.01, 0.03))
    return _coloured(rng.uniform(0.5, 0.7) + 0.4 * sun, (1, 0.98, 0.93))


def hand(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """The shadow of the hand that holds the phone: a palm and fingers from one side."""
    shadow = np.zeros(shape, np.uint8)
    side = min(shape)
    corner = np.array((rng.choice((0.0, 1.0)), rng.uniform(0.5, 1))) * shape[::-1]
    centre = np.array(shape[::-1]) / 2
    way = np.arctan2(*(centre - corner)[::-1])
    cv2.circle(shadow, tuple(corner.astype(int).tolist()), int(side * rng.uniform(0.2, 0.35)), 255, -1)
    for spread in np.linspace(-0.5, 0.5, 4) + rng.normal(0, 0.05, 4):
        tip = corner + side * rng.uniform(0.5, 0.85) * np.array((np.cos(way + spread), np.sin(way + spread)))
        ends = (tuple(point.astype(int).tolist()) for point in (corner, tip))
        cv2.line(shadow, *ends, 255, max(3, int(side * rng.uniform(0.06, 0.1))))
    soft = cv2.GaussianBlur(shadow, (0, 0), side * rng.uniform(0.004, 0.04)).astype(np.float32) / 255
    return _coloured(1 - rng.uniform(0.25, 0.5) * soft, (1, 1, 1))


def two_lamps(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A warm lamp on one side and a cold screen on the other."""
    angle = rng.uniform(0, 2 * np.pi)
    warm = _coloured(_step(_along(shape, angle), 0.4), (1.0, 0.8, 0.55))
    cold = _coloured(_step(-_along(shape, angle + rng.normal(0, 0.4)), 0.4), (0.55, 0.72, 0.95))
    return (0.2 + warm + cold) * rng.uniform(0.65, 0.85)


def glare(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A window mirrored in glossy paper: a bright patch with straight edges."""
    x, y = _grid(shape)
    angle = rng.normal(0, 0.4)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    u, v = u - rng.uniform(-0.5, 0.5), v - rng.uniform(-0.5, 0.5)
    inside = np.minimum(rng.uniform(0.15, 0.4) - np.abs(u), rng.uniform(0.15, 0.4) - np.abs(v))
    patch = _step(inside, rng.uniform(0.005, 0.05)).astype(np.float32)
    return _coloured(rng.uniform(0.6, 0.75) + rng.uniform(0.15, 0.3) * patch, (1, 1, 1))


def torch(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A dark room and a small lamp: light falls off quickly to all sides."""
    x, y = _grid(shape)
    away = np.hypot(x - rng.uniform(-0.3, 0.3), y - rng.uniform(-0.3, 0.3))
    return _coloured(rng.uniform(0.3, 0.45) + 0.7 / (1 + (away / rng.uniform(0.5, 0.8)) ** 4), (1, 0.95, 0.86))


def overcast(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A cloudy day: nearly even light, a little bluish, from one side."""
    slope = rng.uniform(0.02, 0.12) * _along(shape, rng.uniform(0, 2 * np.pi))
    return _coloured(rng.uniform(0.8, 0.98) - slope, (0.96, 0.98, 1))


PAPERS = (kraft, crumpled, stained, shown_through, isometric, corrugated, newsprint)
DESKS = (cork, terrazzo, tartan, brushed_metal, floorboards)
LIGHTS = (blinds, leaves, hand, two_lamps, glare, torch, overcast)
MILD = 0.25  # share of the photos that are taken in overcast light, whatever else the light may be


# ------------------------------------------------------------------------------------------------- scenes


def scene(letter: str, strokes: Sequence[np.ndarray] | None, rng: np.random.Generator) -> Scene:
    """A photo of a letter, float (n, 2) strokes, on a paper that lies on a desk; of empty paper where there are none.

    Half of the photos show the paper only; the others have the desk beside it. Nothing is ever written
    on the back of empty paper, as somebody could want that to be read.
    """
    height = int(rng.integers(*HEIGHT))
    shape = (height, int(height * rng.uniform(0.9, 1.5)))
    papers = PAPERS if strokes is not None else tuple(paper for paper in PAPERS if paper is not shown_through)
    paper, desk, light = (kinds[rng.integers(len(kinds))] for kinds in (papers, DESKS, LIGHTS))
    light = overcast if rng.random() < MILD else light
    surface = paper(shape, rng)
    if strokes is not None:
        written = _written(strokes, shape, rng)[..., None]
        surface = surface * (1 - written) + np.float32(INKS[rng.integers(len(INKS))]) * written
    if rng.random() < 0.5:
        on_desk = _sheet(shape, rng)[..., None]
        surface = surface * on_desk + desk(shape, rng) * (1 - on_desk)
        desk_name = _name(desk)
    else:
        desk_name = "none"
    seen = np.clip(surface, 0, 255) * light(shape, rng)
    return Scene(_camera(seen, rng), letter, _name(paper), desk_name, _name(light))


def _name(function: Callable) -> str:
    return function.__name__.replace("_", " ")


def _written(strokes, shape, rng):
    """Where the pen wrote: float32 (H, W), 0..1, the letter somewhere in the middle, a little turned and unevenly
    inked. It is far enough from the edge to lie on the sheet that `_sheet` leaves."""
    side = min(shape) * float(np.exp(rng.uniform(*np.log(LETTER))))
    angle = rng.normal(0, 0.09)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array(shape[::-1]) * 0.8 - side * 1.15
    place = np.array(shape[::-1]) / 2 + np.maximum(room, 0) / 2 * rng.uniform(-1, 1, 2)
    scale = side / max(float((high - low).max()), 1e-6)
    width = max(2.0, side * float(np.exp(rng.uniform(*np.log(PEN)))))
    canvas = np.zeros(shape, np.uint8)
    for stroke in strokes:
        writing.draw_line(canvas, ((stroke - (low + high) / 2) * scale @ turn.T + place).astype(np.float32), width)
    soft = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.5, 1.2)).astype(np.float32) / 255
    return soft * np.clip(rng.uniform(0.75, 1) + 0.08 * _noise(shape, 25, rng), 0, 1)


def _sheet(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Where the paper lies, float32 (H, W) 0..1: a quadrilateral that leaves a strip of desk, 10 % at most, free."""
    height, width = shape
    inset = rng.uniform(0.01, 0.1, (4, 2)) * (width, height)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    corners = corners * (width, height) + inset * (1 - 2 * corners)
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, corners.astype(np.int32), 255, cv2.LINE_AA)
    return cv2.GaussianBlur(mask, (0, 0), 1).astype(np.float32) / 255


def _camera(seen, rng):
    """What a phone makes of it: softness, grain, JPEG. Returns uint8 (H, W, 3)."""
    soft = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.4, 1.3))
    grainy = np.clip(soft + rng.normal(0, rng.uniform(1, 6), seen.shape), 0, 255).astype(np.uint8)
    bgr = cv2.cvtColor(grainy, cv2.COLOR_RGB2BGR)
    file = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 92))])[1]
    return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def clean(strokes: Sequence[np.ndarray]) -> np.ndarray:
    """The same letter on a clean canvas, uint8 (H, W, 3)."""
    return np.repeat(255 - writing.draw_strokes(strokes)[..., None], 3, axis=2)


def letters(count: int, seed: int = SEED) -> Iterator[tuple[Scene, np.ndarray]]:
    """`count` letters of all classes in turn: each on a photo, and on a clean canvas. The same seed, the same ones."""
    strokes, labels = pen.draw(count, seed=seed)
    for i, (one, label) in enumerate(zip(strokes, labels, strict=True)):
        yield scene(CLASSES[label], one, np.random.default_rng([seed, i])), clean(one)


def blanks(count: int, seed: int = SEED) -> Iterator[Scene]:
    """`count` photos of papers on which nothing is written."""
    for i in range(count):
        yield scene("", None, np.random.default_rng([seed, 1, i]))


# ------------------------------------------------------------------------------------------------ measure


def measure(readers: Sequence[Reader], count: int = 156, empty: int = 40, seed: int = SEED) -> dict:
    """How many single letters are read right, case aside, and how many empty papers are taken for text.

    Returns {"letters": a row for each reader: `photo`, `clean` (shares that are right), `interval` of `photo`,
    "by": {"paper" | "desk" | "light": {kind: share of the photos that is right}}; "blank": a row for each reader:
    `empty` (share of the empty papers that is read as empty)}.
    """
    pairs, papers = list(letters(count, seed)), list(blanks(empty, seed))
    result = {"letters": [], "blank": []}
    for reader in readers:
        right = np.array([metrics.edits(shown.letter, reader.read(shown.picture))[0] == 0 for shown, _ in pairs])
        as_drawn = [metrics.edits(shown.letter, reader.read(plain))[0] == 0 for shown, plain in pairs]
        by = {}
        for what in ("paper", "desk", "light"):
            kinds = np.array([getattr(shown, what) for shown, _ in pairs])
            by[what] = {str(kind): float(right[kinds == kind].mean()) for kind in np.unique(kinds)}
        row = {"reader": reader.name, "letters": count, "clean": float(np.mean(as_drawn)), "photo": float(right.mean())}
        result["letters"].append({**row, "interval": metrics.interval(right, np.arange(count)), "by": by})
        silent = [not reader.read(paper.picture).strip() for paper in papers]
        result["blank"].append({"reader": reader.name, "papers": empty, "empty": float(np.mean(silent))})
    return result
