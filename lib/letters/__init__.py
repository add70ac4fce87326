"""Handwritten Latin letters: the shared code of the notebooks, the command line and the web page.

Importing this package loads what reading a letter needs, and neither TensorFlow nor pandas:
`letters.Recognizer`, `letters.picture`, `letters.ink`, `letters.alphabet`. The other modules are imported by name.
"""

from letters import alphabet, extras, ink, picture
from letters.recognizer import Recognizer

extras.watch()

__all__ = ["Recognizer", "alphabet", "ink", "picture"]
