"""Columns of a strip network that is unsure: made up from a confusion matrix, to try decoders without a network.

    PYTHONPATH=lib python tests/noisy_columns.py

prints the character error rates of what `letters.decoder` makes of them, for words of the English list, words taken
out of the list and random letters, each without and with the language.
"""

import itertools
import zlib

import numpy as np

from letters import ctc, decoder, language

# letters that hands make alike, and letters that look like two
CONFUSED = "aocecldluvvwuwnunmrvhnhkbhflfttlilijgqgyyvxkszzrpqeckrmnlstfjg"  # two at a time
SPLIT = {"m": "rn", "d": "cl", "w": "vv", "u": "ii", "h": "li", "k": "lc", "n": "ri"}
ALIKE, UNLIKE = -2.2, -7.0  # log odds that a letter is read as one that looks like it, or any other
NOISE = 1.0  # standard deviation of log odds, from letter to letter
PITCH = (4, 9)  # columns from one letter to the next


def confusions() -> np.ndarray:
    """Log odds of reading each letter (row) as each other: float (26, 26)."""
    odds = np.full((26, 26), UNLIKE)
    for one, other in zip(CONFUSED[::2], CONFUSED[1::2], strict=True):
        odds[ord(one) - 97, ord(other) - 97] = odds[ord(other) - 97, ord(one) - 97] = ALIKE
    np.fill_diagonal(odds, 0)
    return odds


def noisy(text: str, seed: int, noise: float = NOISE) -> np.ndarray:
    """Columns of a text of small letters and spaces, float32 (T, 88)."""
    rng, odds = np.random.default_rng(seed), confusions()
    middles = np.cumsum(rng.uniform(*PITCH, len(text))) + 2
    logits = np.full((int(middles[-1]) + 6, ctc.COLUMN_CLASSES), -9.0)
    logits[:, ctc.EXTRA :] = -99
    logits[:, ctc.BLANK] = 0

    def put(letter, middle, height):
        shape = odds[ord(letter) - 97] + rng.normal(0, noise, 26) + height
        reach = ((np.arange(len(logits)) - middle) / 0.55) ** 2
        logits[:, 26:52] = np.maximum(logits[:, 26:52], shape - reach[:, None])

    for letter, middle in zip(text, middles, strict=True):
        if letter == " ":
            logits[int(middle), ctc.SPACE] = rng.normal(5, 2)
            continue
        put(letter, middle, rng.normal(4, 1.2))
        if letter in SPLIT and rng.random() < 0.2:
            put(SPLIT[letter][0], middle - 1.6, rng.normal(2, 1.2))
            put(SPLIT[letter][1], middle + 1.6, rng.normal(2, 1.2))
    logits += rng.normal(0, 0.2, logits.shape)
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def split_list(counts: dict[str, int]) -> tuple[dict[str, int], list[str]]:
    """The word list without every seventh word of four letters and more; and these words."""
    apart = {word for word in counts if len(word) > 3 and zlib.crc32(word.encode()) % 7 == 0}
    return {word: count for word, count in counts.items() if word not in apart}, sorted(apart)


def random_letters(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(3, 9)))


def edits(one: str, other: str) -> int:
    """Levenshtein distance."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row = row, [i]
        for (up_left, up), b in zip(itertools.pairwise(before), other, strict=True):
            row.append(min(up + 1, row[-1] + 1, up_left + (a != b)))
    return row[-1]


def error_rate(texts: list[str], prior: language.Language | None, noise: float = NOISE) -> float:
    """Character error rate of noisy columns of texts."""
    read = [decoder.search(ctc.fold(noisy(text, i, noise)), prior)[0][0] for i, text in enumerate(texts)]
    return sum(map(edits, texts, read)) / sum(map(len, texts))


def groups(each: int, seed: int = 0) -> tuple[language.Language, dict[str, list[str]]]:
    """English without some of its words; and texts: of words of its list, of these words, of random letters."""
    rng = np.random.default_rng(seed)
    kept, apart = split_list(language.word_list("en"))
    english = language.Language(kept)
    listed = english.words[:20_000]
    return english, {
        "words of the list": [" ".join(rng.choice(listed, 2)) for _ in range(each)],
        "words in no list": [str(word) for word in rng.choice(apart, each)],
        "random letters": [random_letters(rng) for _ in range(each)],
    }


if __name__ == "__main__":
    prior, texts = groups(100)
    for name, group in texts.items():
        print(f"{name:20} {error_rate(group, None):6.1%} without, {error_rate(group, prior):6.1%} with English")
