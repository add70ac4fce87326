"""The web page, whose modules are in `serve/` at the top of the repository. A wheel has that folder here."""

from pathlib import Path

__path__ = [str(Path(__file__).parents[3] / "serve")]
