"""A small game for notebooks: draw the letter that is asked for, against the clock. `Game().show()`."""

import time
from collections.abc import Callable

import ipywidgets as widgets
import numpy as np

from letters import alphabet as alphabets
from letters import stand_in
from letters.recognizer import Recognizer
from letters.sketchpad import Sketchpad

REACTION = 0.5  # s: nobody reads which letter is asked for next and begins to write it any sooner


class Game:
    """The game asks for one letter after the other; each counts as soon as the network recognizes it with confidence.

    An A may count before its last stroke is written. A stroke that begins so soon after a letter has counted belongs to
    that letter, and is taken back.

    letters: how many. alphabet: `upper` or `lower`. seed: for their order; None for a new order each time. clock:
    returns the time in s. Draw on `pad`; `skip` moves on without a point.
    """

    def __init__(
        self,
        letters: int = 10,
        alphabet: str = "upper",
        seed: int | None = None,
        recognizer: Recognizer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        names = list(alphabets.ALPHABETS[alphabet])
        order = np.random.default_rng(seed)
        self._left = [names[i] for _ in range(-(-letters // 26)) for i in order.permutation(26)][:letters]
        self._clock, self._began = clock, None
        self._counted = -np.inf  # when the last letter did
        self._belated = False  # whether the stroke on the pad belongs to that letter
        self.rounds: list[tuple[str, float | None]] = []  # (letter, seconds), seconds None for one that was skipped
        self._head = widgets.HTML()
        self._skip = widgets.Button(description="Skip", icon="forward", tooltip="Go on without a point")
        self._skip.on_click(lambda _: self.skip())
        self.pad = Sketchpad(alphabet, recognizer, on_read=self._seen, on_write=self._begins)
        self.widget = widgets.VBox([widgets.HBox([self._head, self._skip]), self.pad.widget])
        self._tell()

    def show(self) -> None:
        """Show the game as the output of a cell, or a picture of it where widgets do not run."""
        picture = stand_in.with_heading(self.pad.snapshot(), "Draw the letter that the game asks for")
        stand_in.show(self.widget, picture, "A game on a drawing pad. Run this cell to play it.")

    @property
    def asked(self) -> str | None:
        """The letter that is asked for, None when the game is over."""
        return self._left[0] if self._left else None

    @property
    def score(self) -> int:
        """How many letters were drawn and read."""
        return sum(seconds is not None for _, seconds in self.rounds)

    def skip(self) -> None:
        """Move on to the next letter, without a point for this one."""
        self._next(None)

    def _begins(self):
        self._belated = self._clock() - self._counted < REACTION

    def _seen(self, pad):
        if not self.asked or pad.prediction is None:
            return
        if self._belated:
            pad.undo()
            return
        self._began = self._began or self._clock()
        if pad.prediction.letter == self.asked and not pad.prediction.unsure:
            self._counted = self._clock()
            self._next(self._counted - self._began)

    def _next(self, seconds):
        if self.asked:
            self.rounds.append((self._left.pop(0), seconds))
            self._began = self._clock()
            self.pad.clear()
            self._tell()

    def _tell(self):
        times = {letter: seconds for letter, seconds in self.rounds if seconds is not None}
        if self.asked:
            words = f'Draw <b style="font-size:28px">{self.asked}</b> ({self.score} of {len(self.rounds)} so far)'
        elif times:
            slowest = max(times, key=times.get)
            words = (
                f"<b>{self.score} of {len(self.rounds)}</b> in {sum(times.values()):.0f} s; "
                f"the slowest was {slowest}, {times[slowest]:.1f} s"
            )
        else:
            words = f"<b>None of {len(self.rounds)}</b>: run the cell again for another try"
        self._head.value = f'<div style="width:300px;line-height:36px">{words}</div>'
        self._skip.disabled = not self.asked
