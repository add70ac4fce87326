"""Short words; inks and grounds of all colours."""

import numpy as np

from benchmarks import scenery
from benchmarks.situations.sheets import BLACK, THREE, TWO, WHITE, Kinds, Sheet, any_ink, any_letter, any_word, entering

KINDS: Kinds = {}
kind = entering(KINDS)


# --------------------------------------------------------------------------------------------- short words


@kind("two letters", 12)
def _two_letters(rng, i):
    sheet = Sheet(rng, TWO[i % len(TWO)], capital=rng.uniform(70, 180), margin=(0.2, 0.8))
    return sheet.text, sheet.on()


@kind("three letters", 12)
def _three_letters(rng, i):
    sheet = Sheet(rng, THREE[i % len(THREE)], capital=rng.uniform(60, 150), margin=(0.2, 0.8))
    return sheet.text, sheet.on()


@kind("short words in small letters", 8)
def _short_small(rng, i):
    words = ("ok", "go", "no", "at", "yes", "cat", "dog", "end")
    sheet = Sheet(rng, words[i % len(words)], capital=rng.uniform(70, 150), margin=(0.3, 0.8))
    return sheet.text, sheet.on(WHITE, any_ink(rng))


@kind("short words on photos", 6)
def _short_photo(rng, i):
    sheet = Sheet(rng, str(rng.choice(TWO + THREE)), capital=rng.uniform(60, 110), margin=(0.6, 1.2))
    return sheet.text, scenery.camera(sheet.paper(rng) * scenery.lamp(sheet.shape, rng)[..., None], rng)


# ------------------------------------------------------------------------------------------ inks and grounds


def _pair(rng, far, brighter, less=255.0):
    """Ink and ground: colours `far` apart in RGB at least, their luma between `brighter` and `less` apart."""
    while True:
        ink, ground = rng.uniform(0, 255, (2, 3))
        difference = abs(scenery.luma(ink) - scenery.luma(ground))
        if np.linalg.norm(ink - ground) >= far and brighter <= difference <= less:
            return ink, ground


@kind("coloured ink on white", 6)
def _on_white(rng, i):
    sheet = Sheet(rng)
    colours = ((0, 170, 220), (240, 200, 0), (230, 60, 160), (60, 180, 60), (255, 120, 0), (120, 60, 200))
    return sheet.text, sheet.on(WHITE, colours[i])


@kind("coloured ink on coloured ground", 8)
def _on_colour(rng, i):
    sheet = Sheet(rng)
    ink, ground = _pair(rng, far=120, brighter=45)
    return sheet.text, sheet.on(ground, ink)


@kind("ink as bright as its ground", 8)
def _equal_brightness(rng, i):
    sheet = Sheet(rng)
    ink, ground = _pair(rng, far=150, brighter=0, less=4)
    if i % 2:
        return sheet.text, scenery.camera(sheet.on(scenery.paper(sheet.shape, rng, ground), ink), rng)
    return sheet.text, sheet.on(ground, ink)


@kind("coloured ink on black", 6)
def _on_black(rng, i):
    sheet = Sheet(rng)
    colours = ((40, 60, 255), (10, 10, 150), (190, 0, 0), (0, 140, 0), (255, 255, 255), (150, 0, 170))
    return sheet.text, sheet.on(BLACK, colours[i])


@kind("inks of two colours", 6)
def _two_inks(rng, i):
    sheet = Sheet(rng, any_word(rng) if i % 2 else any_letter(rng))
    pairs = (((0, 0, 0), (255, 255, 255), (128, 128, 128)), ((200, 20, 20), (20, 40, 200), WHITE))
    one, other, ground = (*pairs, ((10, 10, 10), (240, 205, 0), WHITE))[i % 3]
    number = np.zeros(sheet.shape, bool)
    for letter in sheet.writing[1::2] if len(sheet.writing) > 1 else [sheet.writing[0][-1:]]:
        number |= scenery.coverage([letter], sheet.shape, sheet.thickness) > 0
    if len(sheet.writing) == 1:  # the lower half of a letter in the other ink
        number = np.repeat((np.arange(sheet.shape[0]) > sum(sheet.box[1::2]) / 2)[:, None], sheet.shape[1], axis=1)
    return sheet.text, sheet.on(ground, np.where(number[..., None], np.float32(other), np.float32(one)))


@kind("pale ink")
def _pale(rng, i):
    sheet = Sheet(rng)
    if i % 2:
        ground = scenery.paper(sheet.shape, rng, (244, 243, 238))
        return sheet.text, scenery.camera(sheet.on(ground, (196, 196, 198)), rng, noise=(0.5, 1.5))
    return sheet.text, sheet.on(WHITE, ((222, 222, 222), (255, 244, 170), (205, 225, 255))[i // 2])
