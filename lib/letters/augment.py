"""Augmentation: changed copies of letters, so that a network meets more hands than its training set has.

All changes are one affine map a frame, so that a frame is resampled once however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np

from letters.ink import SIDE


@dataclass(frozen=True)
class Augmentation:
    """How much a frame may change; each amount is drawn evenly from - to + its value, 0 leaves it as it is."""

    rotation: float = 0.0  # degrees
    width_shift: float = 0.0  # share of the frame's side
    height_shift: float = 0.0  # share of the frame's side
    zoom: float = 0.0  # change of width and of height, each on its own: 0.15 is 85 % to 115 %
    shear: float = 0.0  # px to the side for each px upwards
    flip: bool = False  # mirror every second frame, left to right

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 0:
                raise ValueError(f"{field.name} must not be negative: {getattr(self, field.name)}")
        if self.zoom >= 1:
            raise ValueError(f"zoom must be below 1, or letters vanish: {self.zoom}")


# what A-Z projects use: the settings of Keras' ImageDataGenerator. (That class takes `shear_range` for degrees, so that
# the same 0.15 there changes nothing that can be seen.)
RECIPE = Augmentation(rotation=15, width_shift=0.15, height_shift=0.15, zoom=0.15, shear=0.15, flip=True)


def singles(augmentation: Augmentation = RECIPE) -> dict[str, Augmentation]:
    """Each change of an augmentation alone: {name: Augmentation}."""
    values = {field.name: getattr(augmentation, field.name) for field in fields(augmentation)}
    return {name: Augmentation(**{name: value}) for name, value in values.items() if value}


def augment(frames: np.ndarray, augmentation: Augmentation = RECIPE, seed: int | Sequence[int] = 0) -> np.ndarray:
    """Change each frame at random. frames: uint8 (N, 28, 28). Returns the same, new; the same seed changes them alike.

    Raises ValueError for anything but frames.
    """
    frames = np.asarray(frames)
    if frames.dtype != np.uint8 or frames.ndim != 3 or frames.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"frames must be uint8 (N, 28, 28), not {frames.dtype} {frames.shape}")
    matrices = _matrices(len(frames), augmentation, np.random.default_rng(seed))
    result = np.empty_like(frames)
    for frame, matrix, changed in zip(frames, matrices, result, strict=True):
        cv2.warpAffine(frame, matrix, (SIDE, SIDE), dst=changed, flags=cv2.INTER_LINEAR)
    return result


def _matrices(count, augmentation, rng):
    """Affine maps about the centre of the frame, float64 (N, 2, 3), from old to new pixel coordinates."""

    def evenly(amount):
        return rng.uniform(-amount, amount, count)

    angle = np.radians(evenly(augmentation.rotation))
    shear = evenly(augmentation.shear)
    zoom = 1 + evenly(augmentation.zoom), 1 + evenly(augmentation.zoom)
    shift = evenly(augmentation.width_shift * SIDE), evenly(augmentation.height_shift * SIDE)
    mirror = np.where(rng.random(count) < 0.5, -1.0, 1.0) if augmentation.flip else np.ones(count)

    sheared = np.zeros((count, 2, 2))
    sheared[:, 0, 0] = zoom[0] * mirror
    sheared[:, 0, 1] = -shear * zoom[1]
    sheared[:, 1, 1] = zoom[1]
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    linear = rotation @ sheared
    centre = (SIDE - 1) / 2
    offset = np.stack(shift, axis=1) + centre - linear @ np.full(2, centre)
    return np.concatenate([linear, offset[..., None]], axis=2)
