"""What people draw that is no letter: digits, punctuation, signs, other scripts, drawings, scribbles, letters crossed
out, two letters at once.

A network that has only ever seen letters takes everything for one, with confidence, and no threshold on its softmax
helps (Dhamija et al. 2018, arXiv:1811.04110). So it is trained with these, as a class of their own. Signs that cannot
be told from a letter are left out: 0 and 1 (O and l), + (t), | (l), ( (C), and what other scripts share with ours.

Kinds in HELD_OUT are never trained on: the benchmark uses them to see whether the network refuses what is new to it.
"""

from collections.abc import Sequence

import numpy as np

from letters import copybook, pen, writing

# Points in the unit box, as in `letters.copybook`.
SIGNS = {
    "digit": {
        "2": ["10,25 30,2 70,2 85,25 60,60 10,98 10,98 92,96", "10,30 40,0 80,20 60,60 15,95 15,95 45,85 90,98"],
        "3": ["15,10 55,0 80,20 45,45 45,45 85,65 65,98 10,92", "10,4 85,4 85,4 45,40 45,40 85,65 65,98 10,90"],
        "4": ["55,0 5,65 5,65 95,65 - 68,30 64,100", "20,0 10,55 10,55 90,52 - 75,5 70,100"],
        "5": ["85,3 25,3 25,3 20,42 20,42 60,36 90,65 65,98 10,92", "25,5 20,45 60,38 88,65 60,98 8,92 - 25,5 90,2"],
        "6": ["75,0 25,35 10,75 40,100 80,85 75,58 40,52 14,72"],
        "7": ["8,5 90,5 90,5 40,100", "8,5 90,5 90,5 40,100 - 30,50 85,48"],
        "8": ["75,15 45,0 20,20 50,45 85,75 50,100 15,75 50,45 78,22 70,10"],
        "9": ["80,25 45,0 15,25 45,50 80,25 80,25 74,65 40,100"],
    },
    "punctuation": {
        "-": ["0,50 50,50 100,50"],
        ".": ["50,50 50,50"],
        ";": ["60,0 60,0 - 62,55 64,75 40,100"],
        ":": ["50,0 50,0 - 50,96 50,96"],
        "=": ["0,30 100,28 - 0,70 100,72"],
        "~": ["0,60 20,35 50,50 80,65 100,40"],
        '"': ["30,20 25,80 - 70,20 68,80"],
        "!": ["50,0 48,68 - 47,97 47,97"],
        "?": ["20,25 35,2 70,5 80,28 50,50 48,70 - 47,97 47,97"],
        ")": ["35,0 65,30 65,70 35,100"],
        "/": ["90,5 50,50 10,95"],
        "_": ["0,90 50,92 100,90"],
        "...": ["0,90 0,90 - 50,90 50,90 - 98,90 98,90"],
        "[": ["75,0 30,2 30,2 28,100 28,100 75,98"],
        "]": ["25,0 70,2 70,2 72,100 72,100 25,98"],
        "^": ["5,90 50,10 50,10 95,90", "0,70 48,30 48,30 100,72"],
        "\\": ["10,5 50,50 90,95"],
        "<<": ["45,10 5,50 5,50 45,90 - 95,10 55,50 55,50 95,90"],
        "inverted ?": ["52,3 52,3 - 52,45 50,55 25,72 22,92 55,100 80,82"],
        "}": ["30,0 50,10 48,40 65,50 65,50 48,60 50,90 30,100"],
        "{": ["70,0 50,10 52,40 35,50 35,50 52,60 50,90 70,100"],
    },
    "sign": {
        "#": ["35,0 25,100 - 75,0 65,100 - 0,35 100,32 - 0,70 100,68"],
        "%": ["92,4 8,96 - 20,5 5,20 20,35 35,20 20,5 - 80,65 65,80 80,95 95,80 80,65"],
        "*": ["50,0 50,100 - 5,25 95,75 - 95,25 5,75"],
        "<": ["85,5 15,50 15,50 85,95"],
        ">": ["15,5 85,50 85,50 15,95"],
        "euro": ["90,15 60,2 25,30 25,70 60,98 92,85 - 5,42 65,40 - 5,58 60,58"],
        "dollar": ["80,20 50,8 18,25 50,48 82,72 50,92 15,80 - 50,0 50,100"],
        "&": [
            "95,95 30,25 40,2 62,8 60,28 15,62 12,90 40,100 85,58",
            "85,40 55,30 20,15 45,0 60,14 25,45 8,75 35,98 70,85 92,55",
        ],
        "@": ["65,35 40,35 32,60 50,72 66,55 67,36 67,36 70,70 92,60 92,25 60,3 20,12 3,50 20,90 60,99 90,85"],
        "section": ["75,12 50,0 28,15 50,35 78,55 60,70 - 45,30 22,48 50,66 75,82 50,100 22,88"],
        "pound": ["85,15 60,0 38,18 42,50 40,75 12,98 12,98 50,92 90,96 - 15,50 70,47"],
        "cent": ["85,30 50,15 15,40 20,75 55,85 88,70 - 60,0 40,100"],
        "yen": ["10,0 50,45 50,45 90,0 - 50,45 50,100 - 18,52 82,50 - 18,72 82,70"],
        "won": ["2,0 25,100 25,100 50,25 50,25 75,100 75,100 98,0 - 2,38 98,36 - 6,58 94,56"],
        "rupee": ["10,4 90,2 - 10,28 90,26 - 30,3 62,6 66,34 30,52 12,50 12,50 70,100"],
        "peso": ["25,100 25,2 25,2 75,4 85,28 62,50 26,50 - 5,18 98,17 - 5,34 98,33"],
        "lira": ["40,0 40,96 40,96 75,85 90,55 - 12,45 70,22 - 12,65 70,42"],
        "divided by": ["0,50 100,50 - 50,15 50,15 - 50,85 50,85"],
        "not equal": ["0,35 100,33 - 0,68 100,66 - 70,2 28,98"],
        "plus-minus": ["50,0 50,70 - 12,35 88,34 - 12,96 88,95"],
        "about equal": ["0,40 25,22 60,40 98,22 - 0,78 25,60 60,78 98,60"],
        "arrow left": ["100,50 0,50 - 30,22 0,50 0,50 32,80"],
        "arrow down": ["50,0 50,100 - 22,70 50,100 50,100 78,68"],
        "note": ["40,85 25,75 5,85 12,100 35,97 42,85 42,85 42,2 42,2 70,30"],
        "arrow right": ["0,50 100,50 - 70,20 100,50 100,50 70,80"],
        "arrow up": ["50,100 50,0 - 20,30 50,0 50,0 80,30"],
        "tick": ["5,55 35,95 35,95 98,5"],
        "crossed circle": ["50,0 10,20 5,65 45,100 90,75 92,30 50,0 - 15,20 85,85 - 85,15 15,85"],
        "infinity": ["50,50 25,30 3,50 25,70 50,50 75,30 97,50 75,70 50,50"],
        "pi": ["0,12 20,0 100,4 - 30,5 25,95 - 72,5 70,80 90,95"],
        "root": ["0,60 15,52 35,98 35,98 60,5 60,5 100,5"],
    },
    "letter of another script": {
        "be": ["90,3 18,5 18,5 15,98 60,98 88,75 60,48 17,48"],
        "de": ["5,100 8,82 92,80 95,100 - 20,80 38,5 78,5 80,80"],
        "zhe": ["50,0 50,100 - 2,5 30,48 70,48 98,3 - 30,48 2,100 - 70,48 100,98"],
        "i": ["12,0 12,98 12,98 88,2 88,2 88,100", "15,20 14,98 14,98 82,22 82,22 84,96"],
        "ef": ["50,0 50,100 - 50,18 12,25 8,58 50,72 90,58 88,25 50,18"],
        "e": ["15,12 50,0 88,30 88,70 50,100 12,85 - 40,50 88,50"],
        "yu": ["5,0 5,100 - 5,50 40,50 - 68,5 40,30 42,75 70,98 96,70 94,25 68,5"],
        "ya": ["88,0 88,100 - 88,2 40,4 20,28 40,50 88,50 - 45,52 8,100"],
        "theta": ["50,0 18,30 18,72 48,100 80,72 82,28 50,0 - 18,50 80,50"],
        "lambda": ["15,2 40,10 90,98 - 52,38 8,100"],
        "xi": ["85,2 40,5 30,22 65,30 25,40 20,58 60,68 80,85 55,100"],
        "sigma": ["90,4 10,2 10,2 55,48 55,48 8,98 8,98 95,97"],
        "psi": ["8,10 15,50 50,68 85,50 92,8 - 50,0 50,100"],
        "omega": ["5,98 35,98 35,98 8,55 25,10 72,8 94,50 66,98 66,98 96,98"],
        "katakana a": ["5,8 92,6 92,6 65,40 - 50,30 48,65 20,100"],
        "han tree": ["2,28 98,26 - 50,0 50,100 - 48,30 5,82 - 52,30 96,84"],
        "han mouth": ["10,8 14,96 - 10,10 90,8 90,8 86,96 - 14,92 86,92"],
    },
    "drawing": {
        "house": ["10,45 10,100 10,100 90,100 90,100 90,45 90,45 50,0 50,0 10,45 10,45 90,45"],
        "square": ["5,5 95,5 95,5 95,95 95,95 5,95 5,95 5,5"],
        "triangle": ["50,0 95,90 95,90 5,90 5,90 50,0"],
        "star": ["20,95 50,0 50,0 82,95 82,95 2,35 2,35 98,35 98,35 20,95"],
        "heart": ["50,30 30,2 5,15 8,45 50,98 50,98 92,45 95,15 70,2 50,30"],
        "face": ["50,0 8,20 5,70 50,100 95,70 92,20 50,0 - 32,35 32,35 - 67,35 67,35 - 28,65 50,80 72,65"],
        "spiral": ["50,50 58,45 60,58 45,62 38,45 55,32 72,45 70,70 45,80 22,60 25,30 55,12 88,35 90,80"],
        "flower": ["50,40 40,15 60,15 50,40 80,30 80,52 50,40 65,62 40,66 50,40 20,50 20,28 50,40 - 50,48 52,100"],
        "table": ["0,15 100,12 - 14,15 12,95 - 86,14 88,94"],
        "bridge": ["0,40 100,38 - 0,95 15,60 50,48 85,60 100,95"],
        "ladder": ["25,0 20,100 - 75,0 78,100 - 24,20 76,20 - 23,50 77,50 - 21,80 77,80"],
        "fish": ["95,20 60,70 20,65 2,45 25,25 60,25 95,75 - 20,42 20,42"],
        "lightning": ["60,0 25,50 25,50 60,50 60,50 30,100"],
        "cloud": ["20,80 2,60 20,40 30,15 60,10 75,35 98,50 85,80 20,80"],
        "cup": ["10,10 15,90 70,90 75,10 75,10 10,10 - 74,25 98,35 95,60 72,65"],
        "zigzag": ["0,80 15,20 15,20 30,80 30,80 45,20 45,20 60,80 60,80 75,20 75,20 90,80"],
        "grid": ["0,33 100,33 - 0,66 100,66 - 33,0 33,100 - 66,0 66,100"],
        "stick man": ["50,0 40,10 50,22 60,10 50,0 - 50,22 50,65 - 50,65 25,100 - 50,65 75,100 - 20,40 80,40"],
    },
}
HELD_OUT = {"?", "/", "{", "#", "euro", "tick", "pi", "star", "heart", "fish", "cup", "grid", "three letters", "loops"}
COMPOSED = ("scribble", "doodle", "struck letter", "two letters", "loops", "three letters")


def kinds(held_out: bool = False) -> list[str]:
    """The names of the kinds to train on, or of those that are held out, as a list."""
    names = [name for group in SIGNS.values() for name in group] + list(COMPOSED)
    return [name for name in names if (name in HELD_OUT) == held_out]


def group(kind: str) -> str:
    """What a kind belongs to: a key of SIGNS, "scribble" or "several letters"."""
    for name, signs in SIGNS.items():
        if kind in signs:
            return name
    return "several letters" if kind.endswith("letters") else "scribble"


def draw(n: int, seed: int | Sequence[int] = 0, held_out: bool = False) -> tuple[list[list[np.ndarray]], list[str]]:
    """Draw n things that are no letter. Returns (drawn, names): lists of float32 strokes, of kinds drawn at random.

    Scribbles and several letters at once are as frequent as digits, punctuation, signs and drawings are.
    """
    rng = np.random.default_rng(seed)
    grouped: dict[str, list[str]] = {}
    for kind in kinds(held_out):
        grouped.setdefault(group(kind), []).append(kind)
    groups = list(grouped.values())
    drawn, names = [], []
    for _ in range(n):
        of_group = groups[rng.integers(len(groups))]
        kind = of_group[rng.integers(len(of_group))]
        drawn.append(_draw(kind, rng))
        names.append(kind)
    return drawn, names


def frames(n: int, seed: int | Sequence[int] = 0, held_out: bool = False) -> tuple[np.ndarray, list[str]]:
    """Draw as `draw` does, and render as letters are. Returns (frames, names): uint8 (n, 28, 28), and n names."""
    drawn, names = draw(n, seed, held_out)
    return writing.render(drawn, [*np.atleast_1d(seed), 1]), names


def _draw(kind, rng):
    match kind:
        case "scribble":
            return [_scribble(rng) for _ in range(rng.integers(1, 4))]
        case "doodle":
            return [_part(rng) for _ in range(rng.integers(4, 8))]
        case "struck letter":
            return _struck(rng)
        case "loops":
            return [_loops(rng)]
        case "two letters":
            return _side_by_side(2, rng)
        case "three letters":
            return _side_by_side(3, rng)
    forms = SIGNS[group(kind)][kind]
    return copybook.write(forms[rng.integers(len(forms))], rng)


def _scribble(rng):
    points = np.cumsum(rng.normal(0, 0.35, (rng.integers(6, 18), 2)), axis=0)
    points -= 0.6 * np.linspace(0, 1, len(points))[:, None] * (points[-1] - points[0])  # bent back on itself
    return copybook.curve(points.astype(np.float32))


def _part(rng):
    """A part of a drawing that means nothing: a line, an arc, a ring or a box, anywhere."""
    size = rng.uniform(0.15, 0.6)
    match rng.integers(4):
        case 0:
            angle = rng.uniform(0, np.pi)
            shape = np.outer([-1, 0, 1], [np.cos(angle), np.sin(angle)])
        case 1:
            t = rng.uniform(0, 2 * np.pi) + np.linspace(0, rng.uniform(1.5, 4.5), 16)
            shape = np.stack([np.cos(t), np.sin(t)], axis=1)
        case 2:
            t = np.linspace(0, 2 * np.pi, 24)
            shape = np.stack([np.cos(t), np.sin(t) * rng.uniform(0.5, 1)], axis=1)
        case _:
            shape = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * (1, rng.uniform(0.4, 1))
    return (shape * size / 2 + rng.random(2)).astype(np.float32)


def _loops(rng):
    """Rings in a row, as one makes to try a pen."""
    t = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 6), 120)
    drift = rng.uniform(0.05, 0.25)
    return np.stack([np.cos(t) + drift * t, np.sin(t) * rng.uniform(0.8, 2)], axis=1).astype(np.float32)


def _struck(rng):
    """A letter crossed out with two lines or more, or with a zigzag."""
    (letter,), _ = pen.draw(1, seed=int(rng.integers(2**32)))
    low = np.min([stroke.min(axis=0) for stroke in letter], axis=0)
    high = np.max([stroke.max(axis=0) for stroke in letter], axis=0)
    angle = rng.choice([0, -0.6, 0.6, 1.57]) + rng.normal(0, 0.15)
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    count = rng.integers(2, 5)
    at = (np.arange(count) - (count - 1) / 2) * rng.uniform(0.12, 0.3) + rng.normal(0, 0.04, count)
    reach = rng.uniform(0.45, 0.7, (count, 2)) * (-1, 1)
    lines = (low + high) / 2 + at[:, None, None] * across + reach[..., None] * along
    if rng.random() < 0.3:
        lines[1::2] = lines[1::2, ::-1]
        lines = lines.reshape(1, -1, 2)
    return [*letter, *lines.astype(np.float32)]


def _side_by_side(count, rng):
    """Letters next to each other in one frame, with a small gap, or touching."""
    written, _ = pen.draw(count, seed=int(rng.integers(2**32)))
    strokes, x = [], 0.0
    for letter in written:
        low = np.min([stroke.min(axis=0) for stroke in letter], axis=0)
        high = np.max([stroke.max(axis=0) for stroke in letter], axis=0)
        strokes += [stroke - np.array([low[0] - x, high[1]], np.float32) for stroke in letter]
        x += float(high[0] - low[0]) + rng.uniform(0, 0.3)
    return strokes
