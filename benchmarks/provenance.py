"""Where a result comes from: the networks by their sha256, the data, versions of packages, the machine, the command."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

from letters.runtime import ASSETS

ROOT = Path(__file__).resolve().parents[1]
# every file of results that the README, the model card, the server's README or a notebook quotes
RESULTS = {
    "accuracy": ROOT / "models" / "benchmark.json",
    "speed": ROOT / "models" / "speed.json",
    "scale": ROOT / "models" / "scale.json",
    "serve": ROOT / "serve" / "benchmark.json",
    "transfer": ROOT / "models" / "transfer.json",
}
# packages that decide what is read, and how fast
PACKAGES = (
    "numpy",
    "opencv-python-headless",
    "pillow",
    "ai-edge-litert",
    "tensorflow-cpu",
    "tensorflow",
    "scikit-learn",
    "rapidfuzz",
    "pyspellchecker",
)


def shipped() -> list[Path]:
    """The network files that a user gets."""
    return sorted(ASSETS.glob("*.tflite"))


def sha256(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits. Raises FileNotFoundError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def networks() -> dict[str, str]:
    """{file name: sha256} of the shipped networks. Raises FileNotFoundError where there is none."""
    return {path.name: sha256(path) for path in shipped()}


def versions() -> dict[str, str]:
    """{package: version} of the installed ones of PACKAGES, of Python, and of tesseract where it is installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # one of the two builds of TensorFlow is not there
    if shutil.which("tesseract"):
        shown = subprocess.run(["tesseract", "--version"], check=True, capture_output=True, text=True)
        found["tesseract"] = re.search(r"[\d.]+", shown.stdout + shown.stderr)[0]
    return found


def machine() -> dict[str, str | int]:
    """What kind of machine this is."""
    return {"cores": os.cpu_count(), "processor": platform.machine(), "system": platform.system()}


def describe(
    command: str, seed: int | None = None, folder: str | os.PathLike | None = None, uses_networks: bool = True
) -> dict:
    """What a file of results says about itself.

    command: the one that a reader repeats it with. folder: of data, whose .npz files are listed by their sha256.
    uses_networks: False where the networks that are measured are trained by the measurement itself.
    """
    files = sorted(Path(folder).glob("*.npz")) if folder else []
    return {
        "command": command,
        "seed": seed,
        "networks": networks() if uses_networks else {},
        "data": {path.name: sha256(path) for path in files},
        "versions": versions(),
        "machine": machine(),
    }


def fault(result: dict) -> str | None:
    """Why a result must not be quoted, or None: it does not say what was measured, or that is no longer shipped."""
    about = result.get("provenance")
    if not about or not about.get("command") or "networks" not in about:
        return "it does not say where it comes from"
    now = networks()
    gone = sorted(name for name, digest in about["networks"].items() if now.get(name) != digest)
    if gone:
        return f"it was measured with another {', '.join(gone)} than the shipped one; run again: {about['command']}"
    return None


def write(result: dict, path: Path) -> dict:
    """Write a result as JSON with floats of five significant digits. Returns what was written."""
    result = rounded(result)
    path.write_text(json.dumps(result, indent=1) + "\n")
    return result


def rounded(value: object) -> object:
    """A JSON value with all floats rounded to five significant digits."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
