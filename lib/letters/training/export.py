"""A trained network as the file that the reader runs, with a manifest that says how it was made."""

import hashlib
import json
from pathlib import Path
from typing import Any

from letters import native_log

with native_log.filtered():
    import keras


def export(model: keras.Model, path: Path | str, **facts: Any) -> None:
    """Write a network as a .tflite file, and beside it, as .json, its manifest: the facts, its size and its sha256.

    Its weights are rounded to 8 bits, in which it then multiplies (dynamic-range quantisation, as in Jacob et al. 2018,
    arXiv:1712.05877): several times as fast, at the same accuracy. Needs the TensorFlow backend.
    """
    path = Path(path)
    partial = path.with_name(f"partial.{path.name}")
    with native_log.filtered():
        import tensorflow

        model.export(str(partial), format="litert", verbose=False, optimizations=[tensorflow.lite.Optimize.DEFAULT])
    partial.replace(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = facts | {"parameters": model.count_params(), "sha256": sha256}
    path.with_suffix(".json").write_text(json.dumps(manifest, indent=1) + "\n")
