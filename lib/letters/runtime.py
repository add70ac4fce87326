"""A network under LiteRT: the exported file, run on arrays of any size that it takes."""

import json
import threading
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from letters import native_log

LARGE = 400_000  # values of an input: for larger ones an interpreter lives for one call, as it would keep 100 MB
ASSETS = Path(str(resources.files("letters"))) / "assets"


class ModelError(ValueError):
    """A network file that is missing, or is not one of this project's."""


class Network:
    """A loaded network. It may be used from several threads, which take turns."""

    def __init__(self, path: str | Path):
        """path: a .tflite file, with its manifest, a .json of the same name, beside it. Raises ModelError."""
        self.path = Path(path)
        if not self.path.is_file():
            raise ModelError(f"There is no network at {self.path}. Train one with: make train")
        manifest = self.path.with_suffix(".json")
        self.manifest = json.loads(manifest.read_text()) if manifest.is_file() else {}
        try:
            with native_log.filtered():
                self._interpreter = self._new()
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self.path} is not a LiteRT network ({error}).") from error
        self._input = self._interpreter.get_input_details()[0]
        outputs = self._interpreter.get_output_details()
        self._outputs = [output["index"] for output in sorted(outputs, key=lambda output: output["name"])]
        self._shape = tuple(self._input["shape"].tolist())
        self._lock = threading.Lock()  # an interpreter has one set of tensors

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shapes of its input and of its first output; -1 stands for any size."""
        outputs = {output["index"]: output for output in self._interpreter.get_output_details()}
        taken, given = self._input, outputs[self._outputs[0]]
        return tuple(taken["shape_signature"].tolist()), tuple(given["shape_signature"].tolist())

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Run the network on a batch, float32 or uint8 of any size that it takes. Returns its outputs, float32."""
        with self._lock:
            if inputs.size > LARGE:
                return self._run(self._resized(self._new(), inputs.shape), inputs)
            if inputs.shape != self._shape:
                self._resized(self._interpreter, inputs.shape)
                self._shape = inputs.shape
            return self._run(self._interpreter, inputs)

    def _new(self):
        return Interpreter(str(self.path), num_threads=1)

    def _resized(self, interpreter, shape):
        interpreter.resize_tensor_input(self._input["index"], shape)
        interpreter.allocate_tensors()
        return interpreter

    def _run(self, interpreter, inputs):
        interpreter.set_tensor(self._input["index"], inputs.astype(np.float32))
        interpreter.invoke()
        return [interpreter.get_tensor(output) for output in self._outputs]


@cache
def shipped(name: str) -> Network:
    """The network of this name that comes with the package: `ink`, `line` or `letter`."""
    return Network(ASSETS / f"{name}.tflite")
