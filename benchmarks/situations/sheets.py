"""What the situations are made of: texts, inks, and sheets to write them on."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from benchmarks import scenery

# every letter but I, which nobody can tell from an l when it stands alone
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
WORDS = (
    *("HELLO", "WORLD", "TABLE", "HOUSE", "PAPER", "STONE", "BREAD", "MUSIC", "GARDEN", "MARKET", "FRIDAY", "KITCHEN"),
    *("hello", "bread", "house", "market", "garden", "winter", "school", "number", "HELLO WORLD", "GOOD DAY"),
)
TWO = ("OK", "NO", "GO", "DO", "UP", "ON", "AT", "BY", "WE", "HI", "SO", "ME")
THREE = ("YES", "CAT", "BOY", "DAY", "OUT", "TOP", "NEW", "RED", "BOX", "KEY", "MAP", "END")
INKS = ((18, 18, 24), (24, 44, 130), (70, 70, 76), (150, 28, 40), (20, 92, 60))  # black, blue, pencil, red, green
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
Kinds = dict[str, tuple[Callable, int]]  # kind -> (function of a generator and a number, how many to draw)


def entering(kinds: Kinds) -> Callable:
    """A decorator `kind(name, count=5)` that enters functions of (rng, number of the picture among its kind) ->
    (expected text, scene or file)."""

    def kind(name, count=5):
        def enter(draw):
            kinds[name] = draw, count
            return draw

        return enter

    return kind


class Sheet:
    """A text, laid out on a sheet of its own size."""

    def __init__(self, rng, text=None, capital=None, margin=(0.45, 1.0), pitch=None):
        self.text = any_text(rng) if text is None else text
        self.capital = capital or (rng.uniform(80, 170) if len(self.text) == 1 else rng.uniform(46, 84))
        self.thickness = self.capital * rng.uniform(0.07, 0.11)
        margins = self.capital * rng.uniform(*margin, 4)
        written = scenery.write(self.text, rng, self.capital, pitch and pitch * self.capital)
        self.writing, self.shape = scenery.on_sheet(written, tuple(margins))
        self.covered = scenery.coverage(self.writing, self.shape, self.thickness)
        left, top, right, bottom = scenery.bounds(self.writing)
        half = self.thickness / 2
        self.box = left - half, top - half, right + half, bottom + half

    def around(self, gap):
        """The box of the ink, larger by `gap` capital heights on all sides."""
        reach = gap * self.capital
        left, top, right, bottom = self.box
        return left - reach, top - reach, right + reach, bottom + reach

    def on(self, ground=WHITE, colour=BLACK):
        """The sheet as a scene. ground: a colour, or a scene of its shape."""
        ground = ground if isinstance(ground, np.ndarray) else scenery.plain(self.shape, ground)
        return scenery.inked(ground, self.covered, colour)

    def paper(self, rng):
        """The sheet as paper and ink."""
        return self.on(scenery.paper(self.shape, rng), any_ink(rng))


def any_text(rng):
    return str(rng.choice(list(LETTERS)) if rng.random() < 0.5 else rng.choice(WORDS))


def any_letter(rng):
    return str(rng.choice(list(LETTERS)))


def any_word(rng):
    return str(rng.choice([word for word in WORDS if " " not in word]))


def any_ink(rng):
    return INKS[rng.integers(len(INKS))]


def drawn(scene, points, thickness, colour):
    return scenery.inked(scene, scenery.outline(scene.shape[:2], points, thickness), colour)


def encoded(picture, format, **options):
    """A picture, uint8 (H, W), (H, W, 3), (H, W, 4) or a PIL image, as the bytes of a file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()
