"""Transparency: the ground that a picture is laid on, chosen so that the ink stands out from it."""

import cv2
import numpy as np

BAND = 256  # rows of a transparent picture that are laid on their ground at once
ANALYSED_SIDE = 512  # px that a transparent picture is thinned out to, at most, before its ground is chosen
VISIBLE = 0.5  # alpha, of the highest there is, from which a pixel counts as visible
ALIKE = 15  # CIELAB units that one tone may vary by
UNLIKE = 30  # CIELAB units from which two tones stand out from each other
ALL_ROUND = 0.9  # share of the visible area's edge that must have one tone, for that tone to surround the others
FEW = 0.02  # share of pixels that is noise
CORE = 0.1  # share of what is visible that lies off its edge, in strokes of more than two pixels
MOST = 0.95  # share of the visible pixels whose tones the ground must stand out from
CHROMA = 0.5  # weight of chroma beside lightness: yellow differs from white in chroma only, and is hard to see on it


def lay_on_ground(pixels: np.ndarray) -> np.ndarray:
    """A picture, uint8 (H, W, 3 or 4), without its transparency: uint8 (H, W, 3)."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = cv2.extractChannel(np.ascontiguousarray(pixels), 3)
    most = int(alpha.max())
    if most == 0 or alpha.min() == most:  # some programs leave 0 in a channel that they do not use
        return cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)
    step = -(-max(alpha.shape) // ANALYSED_SIDE)
    ground = _ground(pixels[::step, ::step, :3], alpha[::step, ::step] / most)
    picture = np.empty((*alpha.shape, 3), np.uint8)
    for top in range(0, len(picture), BAND):
        band = pixels[top : top + BAND]
        weight = band[..., 3:].astype(np.uint16) * 255 // most  # ink may be faint by its alpha alone
        picture[top : top + BAND] = (band[..., :3] * weight + ground * (255 - weight) + 127) // 255
    return picture


def _ground(colours, alpha) -> np.ndarray:
    """The colour to lay a transparent picture on: uint16 (3,), from 0 to 255.

    colours: uint8 (H, W, 3). alpha: float (H, W), from 0 to 1.
    Where one tone lies all round the others, as in a sticker or a sheet that was cut out, it goes on. Otherwise it is
    the grey whose smallest distance from any visible tone is the largest: white for black ink, black for white ink,
    mid grey where there are both.
    """
    visible = (alpha >= VISIBLE).view(np.uint8)
    if not visible.any():  # only specks between the pixels that are looked at
        return np.full(3, 255, np.uint16)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(visible, cross)  # what lies beyond the picture counts as visible
    tones = _lab(colours)
    edge = tones[visible > inner]
    own = np.median(edge if len(edge) else tones[visible > 0], axis=0)
    if not len(edge) or (_distance(edge, own) < ALIKE).mean() > ALL_ROUND:
        others = (_distance(tones, own) > UNLIKE) & (visible > 0)
        if others.sum() > FEW * visible.sum() and (visible > inner)[others].mean() < FEW:
            return _rgb(own)
    core = inner if inner.sum() > CORE * visible.sum() else visible  # without the mixed tones at the edge of strokes
    greys = np.arange(256, dtype=np.uint8)
    distances = _distance(_lab(greys[:, None, None].repeat(3, 2)), _main_tones(colours[core > 0]))
    return np.full(3, distances.min(axis=1).argmax(), np.uint16)


def _main_tones(colours) -> np.ndarray:
    """The commonest tones of pixels, uint8 (N, 3), that make up MOST of them: CIELAB, float32 (M, 3)."""
    levels = colours >> 4  # 16 a channel
    counts = np.bincount(levels @ np.array([256, 16, 1]), minlength=4096)
    order = np.argsort(-counts)
    needed = np.searchsorted(np.cumsum(counts[order]), MOST * counts.sum()) + 1
    tones = np.stack(np.unravel_index(order[:needed], (16, 16, 16)), axis=1) * 17  # 15 is 255
    return _lab(tones[None])[0]


def _distance(tones, other) -> np.ndarray:
    """How far tones, CIELAB (..., 3), stand out from another or from each of several, (M, 3)."""
    return np.sqrt(((tones - other) ** 2) @ np.array([1, CHROMA**2, CHROMA**2], np.float32))


def _lab(colours) -> np.ndarray:
    """uint8 (H, W, 3) -> float32 (H, W, 3): lightness from 0 to 100, then two of chroma."""
    return cv2.cvtColor(colours.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _rgb(tone) -> np.ndarray:
    """CIELAB (3,) -> uint16 (3,): red, green and blue, from 0 to 255."""
    rgb = cv2.cvtColor(tone.astype(np.float32)[None, None], cv2.COLOR_LAB2RGB)[0, 0]
    return np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint16)
