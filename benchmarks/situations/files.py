"""Transparency, depths and formats of files; sizes and directions of pictures."""

import io

import cv2
import numpy as np
from PIL import Image

from benchmarks import scenery
from benchmarks.situations.sheets import (
    BLACK,
    INKS,
    WHITE,
    Kinds,
    Sheet,
    any_ink,
    any_letter,
    any_word,
    encoded,
    entering,
)

KINDS: Kinds = {}
kind = entering(KINDS)


# ------------------------------------------------------------------------------------------- transparency


def _cut_out(sheet, colour, hard=False):
    """Ink on nothing: uint8 (H, W, 4). hard: without soft edges."""
    alpha = (sheet.covered > 0.5) * 255 if hard else sheet.covered * 255
    rgb = np.broadcast_to(np.float32(colour), (*sheet.shape, 3))
    return np.dstack([rgb, alpha]).round().astype(np.uint8)


@kind("ink on a transparent ground", 8)
def _transparent(rng, i):
    sheet = Sheet(rng)
    colours = (BLACK, WHITE, (128, 128, 128), (200, 30, 30), (255, 220, 60), (30, 60, 200), BLACK, WHITE)
    return sheet.text, encoded(_cut_out(sheet, colours[i], hard=i >= 6), "PNG" if i % 3 else "WEBP", lossless=True)


@kind("black and white ink on a transparent ground", 4)
def _transparent_both(rng, i):
    sheet = Sheet(rng, any_word(rng))
    white = scenery.coverage(sheet.writing[::2], sheet.shape, sheet.thickness) > 0.02
    return sheet.text, encoded(_cut_out(sheet, np.where(white[..., None], 255.0, 0.0)), "PNG")


@kind("sticker with a white rim", 4)
def _sticker(rng, i):
    sheet = Sheet(rng)
    rim = np.minimum(cv2.GaussianBlur(scenery.coverage(sheet.writing, sheet.shape, sheet.thickness * 3), (0, 0), 1), 1)
    colour = sheet.on(WHITE, any_ink(rng))
    return sheet.text, encoded(np.dstack([colour, rim * 255]).round().astype(np.uint8), "PNG")


@kind("picture with some transparency", 6)
def _some_transparency(rng, i):
    sheet = Sheet(rng)
    scene = scenery.picture(sheet.on(WHITE, any_ink(rng)))
    alpha = np.full(sheet.shape, 255, np.uint8)
    y, x = np.mgrid[: sheet.shape[0], : sheet.shape[1]]
    reach = int(0.4 * sheet.capital)
    match i:
        case 0:  # white made transparent
            alpha = np.where(scene.min(axis=2) > 245, 0, 255).astype(np.uint8)
        case 1:  # one corner missing
            alpha[x + y < reach] = 0
        case 2:
            alpha[:] = 254
        case 3:  # a transparent margin
            alpha[:reach] = alpha[-reach // 2 :] = 0
        case 4:  # a round vignette
            radius = np.hypot((2 * x / sheet.shape[1]) - 1, (2 * y / sheet.shape[0]) - 1)
            alpha = (255 * np.clip((1.3 - radius) / 0.2, 0, 1)).astype(np.uint8)
        case 5:  # half transparent all over
            alpha[:] = 120
    return sheet.text, encoded(np.dstack([scene, alpha]), "PNG")


@kind("transparent entry of a palette", 4)
def _transparent_palette(rng, i):
    sheet = Sheet(rng)
    ink, ground = ((1, 0), (0, 1))[i % 2]  # the numbers of their colours
    numbers = np.where(sheet.covered > 0.5, ink, ground).astype(np.uint8)
    image = Image.fromarray(numbers).convert("P")
    colours = {ink: BLACK if i < 2 else WHITE, ground: BLACK if i < 2 else WHITE}
    image.putpalette([*colours[0], *colours[1]])
    return sheet.text, encoded(image, "GIF" if i % 2 else "PNG", transparency=ground)


# -------------------------------------------------------------------------------------------------- files


def _in_16_bits(values):
    """A PNG of 16 bits a channel: uint16 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA."""
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(values.shape[-1]) if values.ndim == 3 else None
    return cv2.imencode(".png", values if order is None else np.ascontiguousarray(values[..., order]))[1].tobytes()


@kind("16 bits a channel", 6)
def _sixteen(rng, i):
    sheet = Sheet(rng)
    scene = sheet.on(WHITE, any_ink(rng))
    grey = scene.mean(axis=2)
    match i:
        case 0:
            return sheet.text, _in_16_bits((grey * 257).astype(np.uint16))
        case 1:  # 12 bits of a sensor
            return sheet.text, _in_16_bits((grey * 4095 / 255).astype(np.uint16))
        case 2:
            return sheet.text, _in_16_bits((scene * 257).astype(np.uint16))
        case 3:
            return sheet.text, _in_16_bits((_cut_out(sheet, BLACK) * np.uint16(257)).astype(np.uint16))
        case 4:  # white on black
            return sheet.text, _in_16_bits(((255 - grey) * 257).astype(np.uint16))
    return sheet.text, encoded(Image.fromarray((grey * 257).astype(np.uint16)), "TIFF")


@kind("few colours", 6)
def _few_colours(rng, i):
    sheet = Sheet(rng)
    image = Image.fromarray(scenery.picture(sheet.on(*[(WHITE, BLACK), ((255, 250, 225), any_ink(rng))][i % 2])))
    match i:
        case 0:
            return sheet.text, encoded(image.convert("1", dither=Image.Dither.NONE), "PNG")
        case 1:
            return sheet.text, encoded(image.quantize(16), "PNG")
        case 2:
            return sheet.text, encoded(image.convert("1", dither=Image.Dither.NONE), "TIFF", compression="group4")
        case 3:
            return sheet.text, encoded(image.quantize(4), "GIF")
        case 4:
            return sheet.text, encoded(image.convert("L").quantize(4), "PNG", bits=2)
    return sheet.text, encoded(image.quantize(8), "BMP")


@kind("CMYK", 4)
def _cmyk(rng, i):
    sheet = Sheet(rng)
    image = Image.fromarray(scenery.picture(sheet.on(WHITE, INKS[i]))).convert("CMYK")
    return sheet.text, encoded(image, "TIFF") if i == 3 else encoded(image, "JPEG", quality=88)


@kind("orientation said by EXIF", 8)
def _exif(rng, i):
    sheet = Sheet(rng, any_word(rng) if i % 2 else any_letter(rng))
    scene = scenery.picture(sheet.paper(rng))
    orientation = (3, 6, 8, 2, 4, 5, 7, 6)[i]
    stored = {  # how a picture is stored that the orientation turns upright
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](scene)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return sheet.text, encoded(np.ascontiguousarray(stored), ("JPEG", "PNG", "WEBP")[i % 3], exif=exif)


@kind("other formats", 10)
def _formats(rng, i):
    import pillow_heif

    sheet = Sheet(rng)
    scene = scenery.picture(sheet.paper(rng))
    image = Image.fromarray(scene)
    match i:
        case 0:
            return sheet.text, encoded(image, "BMP")
        case 1:  # 32 bits, of which nobody filled in the last 8
            data = bytearray(encoded(image.convert("RGBA"), "BMP"))
            start = int.from_bytes(data[10:14], "little")
            data[start + 3 :: 4] = bytes(len(data[start + 3 :: 4]))
            return sheet.text, bytes(data)
        case 2:
            return sheet.text, encoded(image, "TIFF", compression="tiff_lzw")
        case 3:
            return sheet.text, encoded(image, "WEBP", quality=60)
        case 4:
            return sheet.text, encoded(image, "AVIF", max_threads=1)
        case 5:
            stream = io.BytesIO()
            pillow_heif.from_pillow(image).save(stream, quality=80)
            return sheet.text, stream.getvalue()
        case 6:  # a photo with its preview
            return sheet.text, encoded(image, "MPO", save_all=True, append_images=[image.resize((80, 60))])
        case 7:  # a drawing that moves: the first frame counts
            return sheet.text, encoded(
                image.quantize(32), "GIF", save_all=True, append_images=[image.rotate(20).quantize(32)]
            )
        case 8:
            return sheet.text, encoded(image, "JPEG", quality=70, progressive=True)
    return sheet.text, encoded(image, "JPEG", quality=10)


# --------------------------------------------------------------------------------------- size and direction


@kind("low resolution", 8)
def _low_resolution(rng, i):
    sheet = Sheet(rng, any_word(rng).upper() if i % 2 else any_letter(rng), margin=(0.5, 1.0))
    scene = sheet.paper(rng)
    scale = rng.uniform(14, 20) / sheet.capital
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if i % 4 > 1:  # enlarged again
        small = cv2.resize(small, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    return sheet.text, small


@kind("small in a large picture", 4)
def _small(rng, i):
    sheet = Sheet(rng, capital=rng.uniform(30, 44), margin=(7, 14))
    return sheet.text, scenery.camera(sheet.paper(rng), rng)


@kind("filling the picture", 4)
def _filling(rng, i):
    sheet = Sheet(rng, any_letter(rng) if i % 2 else any_word(rng).upper(), margin=(0.08, 0.1))
    return sheet.text, sheet.on()


@kind("turned by a quarter or a half", 8)
def _turned(rng, i):
    # words that say nothing upside down; a letter alone may (N and Z, M and W)
    sheet = Sheet(rng, str(rng.choice(["BREAD", "GARDEN", "KITCHEN", "FRIDAY", "PAPER", "bread", "garden", "market"])))
    return sheet.text, np.ascontiguousarray(np.rot90(sheet.paper(rng), (1, 3, 2)[i % 3]))
