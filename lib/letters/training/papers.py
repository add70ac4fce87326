"""Paper, desk, light and camera: how writing comes to look in a picture.

Pictures are float32 (H, W, 3), RGB of 0..1 of full reflectance or brightness; planes are float32 (H, W) of 0..1. All
are made by a numpy Generator; lengths are px. The benchmark has papers, desks and lights of its own, which are not used
here.
"""

import math

import cv2
import numpy as np

LEAST_CONTRAST = 0.13  # between the colours of ink and paper, Euclidean, of 1.73 between black and white


def compose(
    ink: np.ndarray, clutter: np.ndarray | None, box: np.ndarray, capital: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Make a picture of writing.

    ink: plane of what was written. clutter: plane of what else was drawn, or None. box: left, top, right, bottom of the
    writing. capital: height of its capitals. Returns the picture, uint8 (H, W, 3), and a plane that is 0 where writing
    is hidden, 1 elsewhere.
    """
    shape, visible = ink.shape, np.ones(ink.shape, np.float32)
    clean = rng.random() < 0.3  # drawn on a screen: no light, no camera
    ground, colours = _colours(rng)
    picture = np.empty((*shape, 3), np.float32)
    picture[:] = ground
    if not clean:
        picture *= _grain(shape, rng)[..., None]
    if not clean and rng.random() < 0.3:  # written on board, wood, cloth, a wall: as uneven as still lets ink be seen
        apart = float(np.linalg.norm(colours[0] - ground)) / max(float(np.linalg.norm(ground)), 0.1)
        picture *= 1 + min(0.2, rng.uniform(0.05, 0.3) * apart) * _texture(shape, rng)[..., None]
    if rng.random() < (0.25 if clean else 0.55):
        _print_pattern(picture, capital, rng)
    if not clean and rng.random() < 0.12:
        _bleed_through(picture, ink, colours[0], rng)
    plane = ink if clean else _uneven(ink, rng)
    if clutter is not None:
        colour = colours[0] if rng.random() < 0.6 else _other_colour(ground, rng)
        _lay(picture, clutter if clean else _uneven(clutter, rng), colour)
    _lay(picture, plane, _two_colours(shape, colours, rng))
    if rng.random() < (0.08 if clean else 0.4):
        picture, visible = _on_a_desk(picture, box, capital, clean, rng)
    if not clean:
        picture *= _light(shape, rng)
        picture = _camera(picture, capital, rng)
    picture = np.clip(picture * 255, 0, 255).astype(np.uint8)
    if rng.random() < (0.25 if clean else 0.5):
        picture = _jpeg(picture, int(rng.integers(20, 95)))
    if rng.random() < (0.3 if clean else 0.08):
        picture, visible = _bordered(picture, visible, rng)
    return picture, visible


def _log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


# ------------------------------------------------------------------------------------------- colours and ink


def _colours(rng):
    """A ground and two ink colours that stand out from it: float32 (3,), list of two float32 (3,)."""
    kind = rng.random()
    if kind < 0.62:  # dark ink on light paper
        ground = np.clip(rng.uniform(0.55, 1.0) + rng.normal(0, 0.035, 3), 0.3, 1)
        if rng.random() < 0.2:
            ground = ground * rng.uniform(0.6, 1, 3)  # coloured, kraft, recycled
        if rng.random() < 0.25:
            ground = np.ones(3)
        inks = [_dark_ink(ground, rng) for _ in range(2)]
    elif kind < 0.81:  # chalk, screens, white pens
        ground = rng.uniform(0, 0.4) + rng.normal(0, 0.04, 3)
        if rng.random() < 0.25:
            ground = np.zeros(3)
        inks = [np.clip(rng.uniform(0.5, 1.0) + rng.normal(0, 0.08, 3), 0, 1) for _ in range(2)]
    else:  # any colour on any other
        ground = rng.random(3)
        inks = [_other_colour(ground, rng) for _ in range(2)]
    ground = np.clip(ground, 0, 1).astype(np.float32)
    return ground, [_apart(np.clip(colour, 0, 1), ground).astype(np.float32) for colour in inks]


def _dark_ink(ground, rng):
    """Ball pens, pencils, markers: a share of the paper's light, by channel."""
    strength = rng.uniform(0.0, 0.35) if rng.random() < 0.6 else rng.uniform(0.3, 0.75)
    tint = [(1, 1, 1), (1, 1, 1), (0.7, 0.9, 2.2), (2.2, 0.7, 0.7), (0.8, 1.7, 0.9), (1.5, 1.0, 1.8)][rng.integers(6)]
    return ground * np.clip(strength * np.array(tint) * rng.uniform(0.8, 1.2, 3), 0, 0.95)


def _other_colour(ground, rng):
    colour = rng.random(3)
    if rng.random() < 0.3:  # of the brightness of the ground
        weights = np.array([0.299, 0.587, 0.114])
        colour = np.clip(colour + (weights @ ground - weights @ colour), 0, 1)
    return colour


def _apart(colour, ground):
    """The colour, moved away from the ground where the two are too close."""
    distance = np.linalg.norm(colour - ground)
    if distance >= LEAST_CONTRAST:
        return colour
    away = np.where(ground.mean() > 0.5, 0.0, 1.0) - ground
    return ground + away * LEAST_CONTRAST * 1.3 / max(np.linalg.norm(away), 1e-3)


def _two_colours(shape, colours, rng):
    """One colour nearly always; else one on either side of a line through the picture: float32 (3,) or (H, W, 3)."""
    if rng.random() > 0.12:
        return colours[0]
    side = np.zeros(shape, np.float32)
    at = int(rng.uniform(0.2, 0.8) * shape[0])
    if rng.random() < 0.5:
        side[:at] = 1
    else:
        side[:, :at] = 1
    return colours[0] * side[..., None] + colours[1] * (1 - side[..., None])


def _lay(picture, plane, colour):
    """Lay ink onto a picture, in place."""
    picture += plane[..., None] * (colour - picture)


def _noise(shape, cells, rng):
    """Smooth noise of standard deviation about 1: a plane. cells: of its grid, across the picture."""
    grid = rng.standard_normal((cells, cells), np.float32)
    plane = cv2.resize(grid, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return plane / (float(plane.std()) + 1e-6)


def _patches(shape, rng, sharpest, softest, finest=16):
    """Patches of any form, 0..1: blobs, bars, bands, at any angle; the softness of their edges in shares of a patch.
    finest: how many of them there are across the picture at most."""
    diagonal = math.ceil(math.hypot(*shape))
    cells = rng.integers(2, finest, 2) if rng.random() < 0.7 else (int(rng.integers(6, 24)), 2)
    plane = cv2.resize(rng.standard_normal(cells, np.float32), (diagonal, diagonal), interpolation=cv2.INTER_CUBIC)
    turn = cv2.getRotationMatrix2D((diagonal / 2, diagonal / 2), rng.uniform(0, 360), 1.0)
    turn[:, 2] -= [(diagonal - shape[1]) / 2, (diagonal - shape[0]) / 2]
    plane = cv2.warpAffine(plane, turn, shape[::-1], borderMode=cv2.BORDER_REFLECT)
    plane = (plane - rng.uniform(-0.6, 1.0)) / _log_uniform(rng, sharpest, softest)
    return 1 / (1 + np.exp(-np.clip(plane, -30, 30)))


def _uneven(plane, rng):
    """Ink that runs dry, skips on the grain, and spreads."""
    if rng.random() < 0.15:
        plane = cv2.dilate(plane, np.ones((2, 2)))
    plane = plane * rng.uniform(0.55, 1)
    if rng.random() < 0.5:
        plane = plane * (1 - rng.uniform(0, 0.5) * np.clip(_noise(plane.shape, int(rng.integers(6, 60)), rng), 0, 1))
    if rng.random() < 0.3:
        plane = plane * (1 - rng.uniform(0, 0.45) * rng.random(plane.shape, np.float32))
    return plane


# ------------------------------------------------------------------------------------------ paper and desk


def _grain(shape, rng):
    """Brightness of bare paper around 1: fibres, flecks, clouds, folds."""
    plane = np.ones(shape, np.float32)
    if rng.random() < 0.6:
        plane *= 1 + rng.uniform(0.002, 0.03) * _noise(shape, int(rng.integers(20, 200)), rng)
    if rng.random() < 0.3:
        plane *= 1 + rng.uniform(0.01, 0.08) * _noise(shape, int(rng.integers(3, 12)), rng)
    if rng.random() < 0.12:
        flecks = rng.random((shape[0] // 2, shape[1] // 2)) < rng.uniform(0.001, 0.02)
        flecks = cv2.resize(flecks.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
        plane *= 1 - rng.uniform(0.1, 0.4) * flecks
    if rng.random() < 0.08:  # spilt: a stain is darkest along its rim
        spilt, width = _noise(shape, int(rng.integers(3, 9)), rng) - rng.uniform(-0.5, 1.2), rng.uniform(0.02, 0.12)
        plane *= 1 - rng.uniform(0.03, 0.3) * np.exp(-((spilt / width) ** 2)) - rng.uniform(0, 0.1) * (spilt > 0)
    for _ in range(rng.integers(1, 4) if rng.random() < 0.15 else 0):
        step = _edge(shape, rng, 0.004, 0.05)
        plane *= 1 + rng.uniform(-0.12, 0.12) * step + rng.uniform(-0.2, 0.1) * 4 * step * (1 - step)
    return plane


def _edge(shape, rng, sharpest, softest):
    """0 on one side of a line that may bend, 1 on the other, with an edge as soft as asked, in shares of the side."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    angle, bend = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.3)
    across = x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle))
    along = x * np.float32(math.sin(angle)) - y * np.float32(math.cos(angle))
    across += np.float32(bend) * along**2 - np.float32(rng.uniform(-0.8, 0.8))
    return 1 / (1 + np.exp(-np.clip(across / _log_uniform(rng, sharpest, softest), -30, 30)))


def _print_pattern(picture, capital, rng):
    """Print rules, squares, dots or a checked cloth's stripes on a paper, in place."""
    height, width = picture.shape[:2]
    plane = np.zeros((height, width), np.uint8)
    step = max(5.0, rng.uniform(0.3, 2.4) * capital) if rng.random() < 0.8 else rng.uniform(6, 90)
    thick, tilt, phase = max(1, round(rng.uniform(0.6, 0.1 * capital + 1))), rng.normal(0, 0.03), rng.uniform(0, 1, 2)
    kind = rng.random()
    if kind < 0.14:
        for y in np.arange(phase[0] * step, height, step):
            for x in np.arange(phase[1] * step, width, step):
                cv2.circle(plane, (round(x), round(y + tilt * x)), max(1, thick // 2), 255, -1, cv2.LINE_AA)
    else:
        for y in np.arange((phase[0] - 1) * step, height + 40, step):
            cv2.line(plane, (-5, round(y)), (width + 5, round(y + tilt * width)), 255, thick, cv2.LINE_AA)
        if kind < 0.55:
            for x in np.arange((phase[1] - 1) * step, width + 40, step):
                cv2.line(plane, (round(x), -5), (round(x - tilt * height), height + 5), 255, thick, cv2.LINE_AA)
        elif kind < 0.7:
            x = round(rng.uniform(0, 0.4) * width)  # a margin
            cv2.line(plane, (x, -5), (round(x - tilt * height), height + 5), 255, thick, cv2.LINE_AA)
    colour = picture.mean(axis=(0, 1)) * rng.uniform(0.35, 0.95, 3) ** (1 if rng.random() < 0.5 else 0.4)
    if picture.mean() < 0.35:
        colour = picture.mean(axis=(0, 1)) + rng.uniform(0.08, 0.45)
    _lay(picture, plane.astype(np.float32) * (rng.uniform(0.4, 1) / 255), colour.astype(np.float32))


def _bleed_through(picture, ink, colour, rng):
    """Writing on the other side of the sheet, or rubbed out on this one, in place: too faint to be read."""
    ghost = ink[:, ::-1] if rng.random() < 0.6 else np.roll(ink, rng.integers(20, 200, 2), (0, 1))
    ghost = cv2.GaussianBlur(np.ascontiguousarray(ghost), (0, 0), rng.uniform(0.8, 3))
    _lay(picture, ghost * rng.uniform(0.04, 0.15), colour)


def _on_a_desk(picture, box, capital, clean, rng):
    """Lay the sheet on something else. Returns the picture and the plane of what is visible of the sheet."""
    height, width = picture.shape[:2]
    room = rng.uniform(0.3, 3, 4) * capital * np.array([-1, -1, 1, 1])
    left, top, right, bottom = np.array(box) + room
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if not clean:
        angle = rng.normal(0, 0.06)
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        corners = (
            (corners - corners.mean(axis=0)) @ turn.T + corners.mean(axis=0) + rng.normal(0, 0.1 * capital, (4, 2))
        )
    plane = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(plane, np.rint(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    sheet = plane.astype(np.float32)[..., None] / 255
    desk = _desk((height, width), clean, capital, rng)
    if not clean and rng.random() < 0.4:  # the sheet's shadow on it
        fallen = cv2.GaussianBlur(np.roll(sheet[..., 0], rng.integers(-6, 7, 2), (0, 1)), (0, 0), rng.uniform(1, 6))
        desk *= 1 - rng.uniform(0.2, 0.6) * fallen[..., None]
    return picture * sheet + desk * (1 - sheet), (sheet[..., 0] > 0.5).astype(np.float32)


def _desk(shape, clean, capital, rng):
    """Wood, cloth, stone, plain colour, another sheet, and things that lie there."""
    colour = rng.uniform(0, 1) * np.clip(1 + rng.normal(0, 0.15, 3), 0.3, 1.7)
    desk = np.empty((*shape, 3), np.float32)
    desk[:] = np.clip(colour, 0, 1)
    if clean:
        return desk
    kind = rng.random()
    if kind < 0.78:
        desk *= 1 + _log_uniform(rng, 0.01, 0.3) * _texture(shape, rng)[..., None]
    elif kind < 0.93:  # stone, pebbles, crumbs, prints, in two colours or three
        for _ in range(rng.integers(1, 3)):
            patches = _patches(shape, rng, 0.02, 0.6, int(rng.integers(8, 120)))[..., None]
            desk += patches * (rng.random(3).astype(np.float32) - desk) * rng.uniform(0.2, 1)
    if rng.random() < 0.3:
        _print_pattern(desk, capital, rng)
    for _ in range(rng.integers(1, 5) if rng.random() < 0.3 else 0):  # pens, keys, cups
        centre, length, angle = rng.uniform(0, shape[0], 2), rng.uniform(0.1, 0.6) * shape[0], rng.uniform(0, np.pi)
        away = length * np.array([math.cos(angle), math.sin(angle)])
        ends = [tuple(int(value) for value in centre + sign * away / 2) for sign in (-1, 1)]
        cv2.line(desk, *ends, rng.random(3).tolist(), int(rng.uniform(2, 0.12 * shape[0])), cv2.LINE_AA)
    return desk


def _texture(shape, rng):
    """How the brightness of a material differs from place to place: a plane of mean 0, standard deviation 1."""
    kind = rng.random()
    if kind < 0.3:  # wood, board, cloth of one thread: noise drawn out along one direction
        cells = int(rng.integers(20, 160)), int(rng.integers(3, 14))
        plane = rng.standard_normal(cells if rng.random() < 0.5 else cells[::-1], np.float32)
        plane = cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_CUBIC)
    elif kind < 0.5:  # weave, keys: a pattern that repeats
        plane = _waves(shape, rng)
    elif kind < 0.68:  # bricks, tiles, keys, planks: each of a tone of its own, with joints between them
        plane = _tiles(shape, rng)
    elif kind < 0.8:  # prints, marble, rust
        plane = _patches(shape, rng, 0.02, 0.6, int(rng.integers(8, 120)))
    else:  # grain of all sizes at once
        plane = sum(rng.random() * _noise(shape, int(cells), rng) for cells in rng.integers(4, 200, 3))
    plane = plane - plane.mean()
    return plane / max(float(plane.std()), 0.05)


def _waves(shape, rng):
    """Waves along two directions, or along one: a plane."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn = 2 * np.pi / rng.uniform(2.5, 30)
    angle = rng.uniform(0, np.pi)
    wave = np.sin(turn * (x * math.cos(angle) + y * math.sin(angle)))
    if rng.random() < 0.7:
        wave = wave * np.sin(turn * (y * math.cos(angle) - x * math.sin(angle)))
    return np.sign(wave) if rng.random() < 0.3 else wave


def _tiles(shape, rng):
    """Brightness of a wall or a floor of bricks, around 1: a plane."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    x, y = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    height = _log_uniform(rng, 6, 90)
    width = height * rng.uniform(1, 5)
    row = np.floor(y / height)
    x = x / width + row * rng.choice([0, 0.5, rng.random()])
    tone = rng.normal(1, rng.uniform(0, 0.3), 997).astype(np.float32)
    plane = tone[(np.floor(x) * 31 + row * 57).astype(int) % 997]
    to_joint = np.minimum((0.5 - np.abs(x % 1 - 0.5)) * width, (0.5 - np.abs(y / height % 1 - 0.5)) * height)
    return plane * (1 + rng.uniform(-0.7, 0.4) * (to_joint < rng.uniform(0, 0.1) * height + 0.5))


# ------------------------------------------------------------------------------------------ light and camera


def _light(shape, rng):
    """Brightness and colour of the light, float32 (H, W, 3): slopes, lamps, flash, vignettes, shadows hard and soft."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    light = np.full(shape, rng.uniform(0.7, 1.1), np.float32)
    if rng.random() < 0.65:
        angle = rng.uniform(0, 2 * np.pi)
        light *= 1 - rng.uniform(0, 0.5) * (x * np.float32(math.cos(angle)) + y * np.float32(math.sin(angle)) + 1) / 2
    if rng.random() < 0.25:
        light *= 1 - rng.uniform(0, 0.55) * (x**2 + y**2) / 2
    if rng.random() < 0.15:  # a lamp, a flash or a reflection
        at, size = rng.uniform(-1, 1, 2).astype(np.float32), rng.uniform(0.15, 0.9)
        light += rng.uniform(0.1, 0.7) * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * size**2))
    for _ in range(rng.integers(1, 3) if rng.random() < 0.5 else 0):
        light *= 1 - rng.uniform(0.1, 0.65) * _edge(shape, rng, 0.004, 0.35)
    if rng.random() < 0.2:  # shadows of what has a form, and light through it
        light *= 1 - rng.uniform(0.1, 0.65) * _patches(shape, rng, 0.02, 0.6)
    if rng.random() < 0.15:
        light *= 1 - rng.uniform(0.1, 0.6) * _thin_shadows(shape, rng)
    tint = 1 + rng.normal(0, 0.06, 3) if rng.random() < 0.5 else np.ones(3)
    return light[..., None] * tint.astype(np.float32)


def _thin_shadows(shape, rng):
    """Shadows hardly wider than strokes are, 0..1: of twigs, cables, bars, glasses. A plane."""
    plane = np.zeros(shape, np.uint8)
    t = np.linspace(0, 1, 24)[:, None]
    root = rng.uniform(-0.2, 1.2, 2)
    together = rng.random() < 0.5  # from one place, or anywhere
    for _ in range(int(rng.integers(1, 8))):
        start = root + rng.normal(0, 0.06, 2) if together else rng.uniform(-0.2, 1.2, 2)
        end = rng.uniform(-0.1, 1.1, 2)
        bend = rng.normal(0, rng.choice([0.01, 0.15]), 2) * t * (1 - t) * 4
        points = (start + (end - start) * t + bend) * shape[::-1]
        first, last = _log_uniform(rng, 0.01, 0.14) * shape[0] * np.array([1, rng.uniform(0.4, 1)])
        for i in range(len(t) - 1):
            ends = [tuple(np.rint(point).astype(int).tolist()) for point in points[i : i + 2]]
            cv2.line(plane, *ends, 255, max(1, round(first + (last - first) * i / len(t))), cv2.LINE_AA)
    plane = plane.astype(np.float32) / 255
    return cv2.GaussianBlur(plane, (0, 0), shape[0] * _log_uniform(rng, 0.002, 0.04))


def _camera(picture, capital, rng):
    """Low resolution, softness, noise, exposure, moire."""
    height, width = picture.shape[:2]
    if rng.random() < 0.2:
        shrink = rng.uniform(1.2, max(1.3, min(4, capital / 9)))
        small = cv2.resize(picture, (round(width / shrink), round(height / shrink)), interpolation=cv2.INTER_AREA)
        way = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
        picture = cv2.resize(small, (width, height), interpolation=way)
    if rng.random() < 0.65:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, min(2.2, 0.5 + capital / 30)))
    if rng.random() < 0.05:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        wave = np.sin((x * rng.normal() + y * rng.normal()) * rng.uniform(0.3, 2.5))
        picture = picture * (1 + rng.uniform(0.01, 0.08) * wave[..., None])
    if rng.random() < 0.8:
        noise = rng.standard_normal(picture.shape[:2] if rng.random() < 0.5 else picture.shape, np.float32)
        picture = picture + _log_uniform(rng, 0.002, 0.05) * noise.reshape(height, width, -1)
    if rng.random() < 0.15:
        picture = np.clip((picture - 0.5) * rng.uniform(1.1, 2.2) + 0.5 + rng.uniform(0, 0.2), 0, 1)
    return picture


def _jpeg(picture, quality):
    _, file = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(file, cv2.IMREAD_COLOR)


def _bordered(picture, visible, rng):
    """Bars, borders and scroll bars that a program put round a picture. Returns both with what they cover hidden."""
    height, width = picture.shape[:2]
    picture, visible = picture.copy(), visible.copy()
    grey = rng.random() < 0.75
    colour = np.repeat(rng.integers(0, 256), 3) if grey else rng.integers(0, 256, 3)
    kind = rng.random()
    if kind < 0.5:
        sides = np.full(4, rng.integers(1, 14)) if rng.random() < 0.7 else rng.integers(0, 14, 4)
    elif kind < 0.8:  # letterboxed, pillarboxed
        bar = int(rng.uniform(0.03, 0.3) * height)
        sides = [(bar, bar, 0, 0), (0, 0, bar, bar), (bar, 0, 0, 0), (0, 0, 0, bar)][rng.integers(4)]
        colour = np.zeros(3, int) if rng.random() < 0.6 else colour
    else:  # a frame a little inside
        inset, thick = int(rng.integers(2, 12)), int(rng.integers(1, 4))
        cv2.rectangle(picture, (inset, inset), (width - 1 - inset, height - 1 - inset), colour.tolist(), thick)
        return picture, visible
    top, bottom, left, right = (int(side) for side in sides)
    for part in (np.s_[:top], np.s_[height - bottom :], np.s_[:, :left], np.s_[:, width - right :]):
        picture[part], visible[part] = colour, 0
    return picture, visible
