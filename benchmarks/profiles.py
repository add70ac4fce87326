"""Where the time goes, in per cent by function, as docs/profiles.md shows it: `python -m benchmarks profile`."""

import os
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pyinstrument

from benchmarks.provenance import ROOT

LEAST = 0.02  # share of the time that is worth a line


def draw() -> Callable[[], object]:
    """Draw 20,000 letters as frames, in one process."""
    from letters import pen

    pen.frames(pen.BLOCK, workers=1)
    return lambda: pen.frames(20_000, seed=1, workers=1)


def train() -> Callable[[], object]:
    """Train the shipped network on 100 batches of fresh letters, drawn meanwhile in another process."""
    from letters.training import letter as letter_network
    from letters.training import loop

    letter_network.keras.utils.set_random_seed(1)
    model, recipe = letter_network.network(), letter_network.Recipe(block=50 * 128)
    letter_network.prepare(model, 150)

    def learn(blocks):
        model.fit(*letter_network.tensors(next(blocks), recipe.smoothing), batch_size=128, verbose=0)

    stack = ExitStack()
    blocks = stack.enter_context(loop.drawn(partial(letter_network.draw_block, recipe=recipe), seed=1))
    learn(blocks)  # TensorFlow builds its graph

    def job():
        learn(blocks)
        learn(blocks)
        stack.close()

    return job


def serve() -> Callable[[], object]:
    """Answer 1,000 requests with a drawn letter, without the socket."""
    os.environ |= {"LETTERS_RATE_LIMIT": "1000000/second", "LETTERS_ACCESS_LOG": "off"}
    from benchmarks.load import JSON, drawing
    from letters.serve.app import create_app

    client, body = create_app().test_client(), drawing()

    def job(requests=1000):
        for _ in range(requests):
            assert client.post("/predict", data=body, headers=JSON).status_code == 200

    job(50)
    return job


def read() -> Callable[[], object]:
    """Read 50 scanned pages of several words with a language."""
    import letters
    from letters import compose, pen

    texts = ["SEVERAL WORDS\nIN TWO LINES", "what one\nreads here\nwas written", "Dear Anna"]
    hands = [pen.draw_hand(seed) for seed in range(10)]
    pages = [compose.page(texts[i % 3], hands[i % 10], "scan", seed=i).picture for i in range(50)]
    recognizer = letters.Recognizer.load()
    recognizer.read(pages[0], language="en")

    def job():
        for page in pages:
            recognizer.read(page, language="en")

    return job


JOBS = {"draw": draw, "train": train, "serve": serve, "read": read}


def shares(job: Callable[[], None]) -> tuple[float, list[tuple[str, float]]]:
    """Seconds that a job takes, and how many of them each function of ours and each package takes, the most first."""
    profiler = pyinstrument.Profiler(interval=0.0005, async_mode="disabled")
    with profiler:
        job()
    seconds = Counter()

    def walk(frame, place):
        place = _place(frame) or place
        seconds[place] += frame.total_self_time
        for child in frame.children:
            if not child.is_synthetic:
                walk(child, place)

    walk(profiler.last_session.root_frame(trim_stem=False), "Python")
    return profiler.last_session.duration, seconds.most_common()


def _place(frame):
    """What a frame belongs to; None for what Python brings along, which counts for whoever called it."""
    path = Path(frame.file_path or "")
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    if path.is_relative_to(ROOT) and path.parent.name in ("letters", "serve"):
        return f"{path.parent.name}.{path.stem}.{frame.function}"
    return None


def profile(name: str) -> None:
    """Run one of JOBS and print which functions take LEAST of its time or more."""
    make = JOBS[name]
    total, seconds = shares(make())
    print(f"{make.__doc__} {total:.1f} s")
    for place, part in seconds:
        if part > LEAST * total:
            print(f"{100 * part / total:5.0f} %  {place}")
