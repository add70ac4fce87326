"""What situations are drawn with: legible writing, papers, desks, light and a camera. Made for the benchmark only: no
network learns from these grounds and lights.

A *scene* is float32 (H, W, 3) RGB, 0..255. *Writing* is a list of letters, each a list of strokes float32 (n, 2) in px,
x to the right, y down, the base line at y = 0, the left edge of the first letter at x = 0. *Coverage* is float32
(H, W), 1 where the pen wrote. A *box* is (left, top, right, bottom) in px.
"""

from functools import cache

import cv2
import numpy as np

from letters import alphabet, pen

# Seeds of `pen.draw` whose letter a person reads at a glance, and the letter network read with 97 % or more from a
# clean picture when they were chosen, by eye, from the first 60 of each class. So the situation is measured, not the
# letter.
_LEGIBLE = """
A 22 17 21 23 54  B 12 28 34 43     C 25 8 18 14     D 12 25 42 55  E 40 29 43 28  F 42 13 4      G 4 54 0 44
H 32 12 4 56      I 17 54 4 7       J 18 50 0 30     K 40 23 4 24   L 24 38 48 33  M 6 55 1 21    N 7 25 34 12
O 25 6 35 48      P 27 54 57 18     Q 4 56 3 43      R 26 21 46 44  S 54 59 42 45  T 56 20 18 12  U 57 27 24 6
V 6 11 40 12      W 26 18 12 53     X 37 54 2 36     Y 13 49 22 20  Z 57 28 20 56
a 13 28 59        b 19 37           c 33 25 31 28    d 9 12 46 44   e 53 32 6 45   f 45 43 37 24  g 17 20 13 54
h 8 18 9 46       i 44 35 48        j 37 36 54 29    k 29 54 37 36  l 8 13 17      m 42 28 6 57   n 25 27 35
o 10 58 22        p 48 50           q 39 41 42       r 30 53 25 1   s 23 20 21 50  t 18 48 28 20  u 35 52 43 53
v 25 36 19 42     w 46 56 32 43     x 38 46 55 34    y 31 1 27 52   z 55
"""


@cache
def forms() -> dict[str, list]:
    """The legible letters: {letter: [[strokes float32 (n, 2)], ...]}."""
    found = {}
    for part in _LEGIBLE.split():
        if part.isalpha():
            name, found[part] = part, []
        else:
            (letter,), _ = pen.draw(1, classes=[alphabet.CLASSES.index(name)], seed=int(part))
            found[name].append(letter)
    return found


# ------------------------------------------------------------------------------------------------ writing


def write(text: str, rng: np.random.Generator, capital: float, pitch: float | None = None) -> list:
    """Write a text of one line, letters and spaces, as writing whose capitals are `capital` px high.

    pitch: px from the middle of one letter to the middle of the next, as in a comb; each stands by itself where None.
    """
    gap = rng.uniform(0.16, 0.3) * capital
    writing, x = [], 0.0
    for char in text:
        if char == " ":
            x += 0.6 * capital
            continue
        letter = forms()[char][rng.integers(len(forms()[char]))]
        points = np.concatenate(letter)
        low, high = points.min(axis=0), points.max(axis=0)
        top, bottom = alphabet.extent(alphabet.CLASSES.index(char), dotted=len(letter) > 1)
        scale = (top - bottom) * capital / (high[1] - low[1])
        width = (high[0] - low[0]) * scale
        scale_x = scale * min(1, 1.3 * capital / max(width, 1e-6))  # nothing wider than 1.3 capitals
        width = (high[0] - low[0]) * scale_x
        left = x if pitch is None else len(writing) * pitch - width / 2
        raised = -bottom * capital + rng.normal(0, 0.015) * capital
        offset = np.array([left, raised])
        writing.append(
            [((stroke - (low[0], high[1])) * (scale_x, scale) + offset).astype(np.float32) for stroke in letter]
        )
        x += width + gap
    return writing


def bounds(writing: list) -> tuple[float, float, float, float]:
    """The box of writing, without the width of the pen."""
    points = np.concatenate([stroke for letter in writing for stroke in letter])
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


def moved(writing: list, x: float, y: float) -> list:
    """Writing, moved by x and y px."""
    return [[stroke + np.float32((x, y)) for stroke in letter] for letter in writing]


def coverage(writing: list, shape: tuple[int, int], thickness: float) -> np.ndarray:
    """What a round pen, `thickness` px wide, covers of a picture of `shape`: float32 (H, W)."""
    scale = 2 if thickness < 6 else 1  # thin lines are drawn larger, as OpenCV's are whole px wide
    canvas = np.zeros((shape[0] * scale, shape[1] * scale), np.uint8)
    for stroke in (stroke for letter in writing for stroke in letter):
        points = np.round((stroke * scale + (scale - 1) / 2) * 16).astype(np.int32)
        cv2.polylines(canvas, [points], False, 255, max(1, round(thickness * scale)), cv2.LINE_AA, 4)
    return cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def on_sheet(writing: list, margin: tuple[float, float, float, float]) -> tuple[list, tuple[int, int]]:
    """Writing with margins (left, top, right, bottom) px around it: moved into a sheet, and the sheet's (H, W)."""
    left, top, right, bottom = bounds(writing)
    shape = round(bottom - top + margin[1] + margin[3]), round(right - left + margin[0] + margin[2])
    return moved(writing, margin[0] - left, margin[1] - top), shape


def plain(shape: tuple[int, int], colour) -> np.ndarray:
    """A scene of one colour."""
    return np.full((*shape, 3), colour, np.float32)


def inked(scene: np.ndarray, covered: np.ndarray, colour) -> np.ndarray:
    """A scene with ink of a colour, (3,) or (H, W, 3), where it is covered."""
    covered = covered[..., None]
    return scene * (1 - covered) + np.float32(colour) * covered


def outline(shape: tuple[int, int], points, thickness: float) -> np.ndarray:
    """Coverage of a straight-edged or round line through points, float (n, 2)."""
    return coverage([[np.asarray(points, np.float32)]], shape, thickness)


def rectangle(box) -> np.ndarray:
    """The corners of a box, the first one twice: float32 (5, 2)."""
    left, top, right, bottom = box
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], np.float32)


def ellipse(box) -> np.ndarray:
    """Points of the ellipse inside a box: float32 (90, 2)."""
    left, top, right, bottom = box
    t = np.linspace(0, 2 * np.pi, 90)
    points = np.stack(
        [(left + right + (right - left) * np.cos(t)) / 2, (top + bottom + (bottom - top) * np.sin(t)) / 2]
    )
    return points.T.astype(np.float32)


# ------------------------------------------------------------------------------------------------- papers


def paper(shape: tuple[int, int], rng: np.random.Generator, colour=None) -> np.ndarray:
    """A scene of bare paper with fibres and, faintly, uneven tone."""
    colour = rng.uniform(222, 250) + rng.normal(0, 3, 3) if colour is None else np.asarray(colour, float)
    fibres = cv2.GaussianBlur(rng.normal(0, 1, shape).astype(np.float32), (0, 0), rng.uniform(0.6, 1.6))
    tone = cv2.resize(rng.normal(0, 1, (5, 5)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.float32(colour) + (fibres / fibres.std() * rng.uniform(0.6, 2.5) + tone * rng.uniform(0, 2))[..., None]


def crumpled(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Paper that has been crumpled and flattened: flat facets, each in a light of its own."""
    height, width = scene.shape[:2]
    seeds = rng.random((14, 2)) * (width, height)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    nearest = np.argmin([(x - seed[0]) ** 2 + (y - seed[1]) ** 2 for seed in seeds], axis=0)
    slope = rng.normal(0, 14, (len(seeds), 2))
    facets = (
        slope[nearest, 0] * (x / width - 0.5) + slope[nearest, 1] * (y / height - 0.5) + rng.normal(0, 4, 14)[nearest]
    )
    return scene + cv2.GaussianBlur(facets.astype(np.float32), (0, 0), 1.5)[..., None]


def ruled(scene: np.ndarray, kind: str, pitch: float, rng: np.random.Generator, origin=(0.0, 0.0)) -> np.ndarray:
    """Paper with printed rules. kind: "rules", "squares" or "dots". pitch: px. origin: (x, y) of a crossing."""
    height, width = scene.shape[:2]
    thickness = max(1, round(pitch / 40))
    covered = np.zeros((height, width), np.float32)
    ys, xs = np.arange(origin[1] % pitch, height, pitch).round(), np.arange(origin[0] % pitch, width, pitch).round()
    if kind == "dots":
        for y in ys:
            for x in xs:
                cv2.circle(covered, (int(x), int(y)), max(1, thickness), 1.0, -1, cv2.LINE_AA)
    else:
        for y in ys.astype(int):
            covered[y : y + thickness] = 1
        for x in xs.astype(int) if kind == "squares" else ():
            covered[:, x : x + thickness] = 1
    colour = [(120, 150, 205), (150, 150, 155), (205, 150, 150), (130, 185, 160)][rng.integers(4)]
    return inked(scene, covered * np.float32(rng.uniform(0.5, 0.9)), colour)


# -------------------------------------------------------------------------------------------------- desks


def desk(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A scene of what paper lies on. kind: "light", "dark", "wood", "check", "terrazzo" or "stripes"."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    match kind:
        case "light":
            return paper(shape, rng, rng.uniform(190, 215) + rng.normal(0, 6, 3))
        case "dark":
            return paper(shape, rng, rng.uniform(28, 75) + rng.normal(0, 6, 3))
        case "wood":
            grain = cv2.resize(rng.normal(0, 1, (height // 3 + 2, 6)).astype(np.float32), (width, height))
            rings = np.sin(y / rng.uniform(4, 9) + 3 * cv2.GaussianBlur(grain, (0, 0), 8) + x / 90)
            return np.float32((150, 108, 70)) + (12 * rings + 8 * grain)[..., None]
        case "check":
            side = rng.uniform(22, 40)
            stripes = ((x // side) % 2 + (y // side) % 2) / 2
            return np.float32((235, 232, 226)) + stripes[..., None] * np.float32((-45, -150, -150))
        case "terrazzo":
            scene = paper(shape, rng, (176, 172, 166))
            for _ in range(height * width // 900):
                centre = (int(rng.integers(width)), int(rng.integers(height)))
                axes = (int(rng.integers(2, 9)), int(rng.integers(2, 7)))
                tone = [float(v) for v in rng.uniform(60, 235) + rng.normal(0, 10, 3)]
                cv2.ellipse(scene, centre, axes, float(rng.uniform(0, 180)), 0, 360, tone, -1, cv2.LINE_AA)
            return scene
        case "stripes":
            wide = rng.uniform(16, 36)
            return np.where(
                (((x + 0.4 * y) // wide) % 2)[..., None] > 0, np.float32((66, 84, 120)), np.float32((214, 208, 192))
            )
    raise ValueError(f"there is no desk of kind {kind!r}")


def lying(sheet: np.ndarray, on: np.ndarray, rng: np.random.Generator, tilt: float = 4.0) -> np.ndarray:
    """A sheet on a desk, seen almost from above: turned by `tilt` degrees (standard deviation), with a thin shadow.

    Both are scenes; the sheet, turned, has to fit on the desk. Where it lies is drawn.
    """
    height, width = sheet.shape[:2]
    corners = np.float32([(0, 0), (width, 0), (width, height), (0, height)])
    angle = np.deg2rad(np.clip(rng.normal(0, tilt), -2 * tilt, 2 * tilt))
    turn = np.float32([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = corners @ turn + rng.uniform(-0.02, 0.02, (4, 2)) * (width, height)
    room = on.shape[1::-1] - np.ptp(seen, axis=0)
    seen = (seen - seen.min(axis=0) + np.maximum(room, 0) * rng.uniform(0.25, 0.75, 2)).astype(np.float32)
    homography = cv2.getPerspectiveTransform(corners, seen)
    size = on.shape[1::-1]
    flat = cv2.warpPerspective(sheet.astype(np.float32), homography, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), homography, size, flags=cv2.INTER_LINEAR)
    cast = cv2.GaussianBlur(np.roll(mask, (4, 3), axis=(0, 1)), (0, 0), 4)
    on = on * (1 - 0.45 * cast)[..., None]
    return on * (1 - mask[..., None]) + flat * mask[..., None]


# -------------------------------------------------------------------------------------------------- light


def _coordinates(shape):
    """x and y, both float32 (H, W), -1..1 along the longer side."""
    longer = max(shape)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return (2 * x - shape[1]) / longer, (2 * y - shape[0]) / longer


def shadow(shape: tuple[int, int], rng: np.random.Generator, softness: float, depth: float | None = None) -> np.ndarray:
    """Light with the edge of a shadow across the picture, float32 (H, W) of 0..1.

    softness: of the edge, in halves of the longer side. depth: share of the light that is missing in the shadow.
    """
    x, y = _coordinates(shape)
    angle = rng.uniform(0, 2 * np.pi)
    reach = 0.4 * min(shape) / max(shape)
    along = x * np.cos(angle) + y * np.sin(angle) + rng.uniform(-reach, reach) + rng.uniform(-0.3, 0.3) * x * y
    return 1 - (rng.uniform(0.3, 0.6) if depth is None else depth) / (
        1 + np.exp(-np.clip(along / softness * 4, -30, 30))
    )


def lamp(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Light of a lamp at one side, float32 (H, W): it falls off with distance."""
    x, y = _coordinates(shape)
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.5, 1.1)
    squared = (x - away * np.cos(angle)) ** 2 + (y - away * np.sin(angle)) ** 2
    light = 1 / (1 + squared * rng.uniform(0.5, 1.1))
    return (1.05 * light / light.max()).astype(np.float32)


def flash(scene: np.ndarray, rng: np.random.Generator, at: tuple[float, float]) -> np.ndarray:
    """A scene under a flash: a washed-out spot at `at` (x, y) px, and darker corners."""
    height, width = scene.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(x - at[0], y - at[1]) / max(height, width)
    glare = np.exp(-((away / rng.uniform(0.12, 0.22)) ** 2)) * rng.uniform(0.5, 0.75)
    return (scene * (1 - glare[..., None]) + 255 * glare[..., None]) * (1 - 0.5 * away**2)[..., None]


def vignette(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Light that falls off towards the corners, as of a cheap lens: float32 (H, W)."""
    x, y = _coordinates(shape)
    return (1 - rng.uniform(0.4, 0.75) * np.minimum((x**2 + y**2) / 1.6, 1) ** 1.5).astype(np.float32)


def camera(scene: np.ndarray, rng: np.random.Generator, blur=(0.4, 1.0), noise=(1.0, 5.0)) -> np.ndarray:
    """What a phone makes of a scene: uint8 (H, W, 3), slightly blurred, with noise."""
    seen = cv2.GaussianBlur(np.ascontiguousarray(scene, np.float32), (0, 0), rng.uniform(*blur))
    return picture(seen + rng.normal(0, rng.uniform(*noise), seen.shape))


def picture(scene: np.ndarray) -> np.ndarray:
    """A scene as uint8 (H, W, 3)."""
    return np.clip(np.round(scene), 0, 255).astype(np.uint8)


def luma(colour) -> float:
    """Brightness of a colour, 0..255 (ITU-R BT.601, as grey pictures are made)."""
    return float(np.dot(colour, (0.299, 0.587, 0.114)))
