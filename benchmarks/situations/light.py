"""Shadows, lamps and flashes; and papers on which nothing is written."""

import numpy as np

from benchmarks import scenery
from benchmarks.situations.sheets import BLACK, WHITE, Kinds, Sheet, any_ink, encoded, entering

KINDS: Kinds = {}
kind = entering(KINDS)


# -------------------------------------------------------------------------------------------------- light


def _lit(rng, light_of, i):
    """A sheet on paper, of which every other one is ruled, in a light."""
    sheet = Sheet(rng, margin=(0.8, 1.5))
    ground = scenery.paper(sheet.shape, rng)
    if i % 2:
        ground = scenery.ruled(ground, ("squares", "rules")[i // 2 % 2], 0.45 * sheet.capital, rng)
    return sheet.text, scenery.camera(sheet.on(ground, any_ink(rng)) * light_of(sheet.shape, rng)[..., None], rng)


@kind("hard shadow", 6)
def _hard_shadow(rng, i):
    return _lit(rng, lambda shape, rng: scenery.shadow(shape, rng, 0.015), i)


@kind("soft shadow")
def _soft_shadow(rng, i):
    return _lit(rng, lambda shape, rng: scenery.shadow(shape, rng, rng.uniform(0.15, 0.5)), i)


@kind("two shadows")
def _two_shadows(rng, i):
    return _lit(rng, lambda *a: scenery.shadow(*a, 0.03, 0.35) * scenery.shadow(*a, 0.1, 0.4), i)


@kind("under a lamp")
def _lamp(rng, i):
    return _lit(rng, scenery.lamp, i)


@kind("with a flash")
def _flash(rng, i):
    sheet = Sheet(rng, margin=(0.9, 1.5))
    left, top, right, bottom = sheet.box
    beside = (right + 0.5 * sheet.capital, top) if i % 2 else (left, bottom + 0.4 * sheet.capital)
    return sheet.text, scenery.camera(scenery.flash(sheet.paper(rng) * 0.8, rng, beside), rng)


@kind("vignette")
def _vignette(rng, i):
    return _lit(rng, scenery.vignette, i)


# ----------------------------------------------------------------------------------------------- no letter


def _blank_shape(rng):
    return int(rng.integers(220, 520)), int(rng.integers(260, 640))


@kind("blank canvas")
def _blank_canvas(rng, i):
    if i == 4:
        return "", encoded(np.zeros((*_blank_shape(rng), 4), np.uint8), "PNG")
    return "", scenery.plain(_blank_shape(rng), [WHITE, BLACK, (250, 240, 200), (120, 130, 140)][i])


@kind("blank paper", 6)
def _blank_paper(rng, i):
    scene = scenery.paper(_blank_shape(rng), rng, None if i % 3 else (196, 170, 130))
    return "", scenery.camera(scenery.crumpled(scene, rng) if i % 2 else scene, rng)


@kind("blank paper in falling light", 6)
def _blank_light(rng, i):
    shape = _blank_shape(rng)
    ramp = np.linspace(*rng.uniform((225, 60), (250, 180)), shape[1], dtype=np.float32)
    if i % 3 == 0:
        scene = np.repeat(np.repeat(ramp[None, :, None], shape[0], axis=0), 3, axis=2)
        return "", scene if i % 2 else encoded(scenery.picture(scene), "JPEG", quality=60)
    light = scenery.lamp(shape, rng) if i % 3 == 1 else scenery.vignette(shape, rng)
    return "", scenery.camera(scenery.paper(shape, rng) * light[..., None], rng)


@kind("blank paper in a shadow")
def _blank_shadow(rng, i):
    shape = _blank_shape(rng)
    return "", scenery.camera(
        scenery.paper(shape, rng) * scenery.shadow(shape, rng, (0.02, 0.3)[i % 2])[..., None], rng
    )


@kind("blank rules, squares and dots", 6)
def _blank_ruled(rng, i):
    scene = scenery.paper(_blank_shape(rng), rng)
    scene = scenery.ruled(
        scene, ("rules", "squares", "dots")[i % 3], rng.uniform(24, 60), rng, tuple(rng.uniform(0, 20, 2))
    )
    return "", scenery.camera(scene, rng) if i % 2 else scene


@kind("blank sheet on a desk", 6)
def _blank_desk(rng, i):
    shape = _blank_shape(rng)
    kind = ("light", "dark", "wood", "check", "terrazzo", "stripes")[i]
    on = scenery.desk(kind, (round(shape[0] * 1.4), round(shape[1] * 1.4)), rng)
    return "", scenery.camera(scenery.lying(scenery.paper(shape, rng), on, rng), rng)
