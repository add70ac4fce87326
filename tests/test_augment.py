"""Augmentation does what its amounts say, and nothing where they are zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters import augment, pen


@pytest.fixture(scope="module")
def frames():
    return pen.frames(200, seed=5, workers=1)[0]


def test_no_change_changes_nothing(frames):
    assert np.array_equal(augment.augment(frames, augment.Augmentation()), frames)


def test_the_same_seed_changes_frames_alike(frames):
    once, again, other = (augment.augment(frames, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_flip_mirrors_about_half_and_leaves_the_rest(frames):
    flipped = augment.augment(frames, augment.Augmentation(flip=True))
    mirrored = (flipped == frames[:, :, ::-1]).all(axis=(1, 2))
    same = (flipped == frames).all(axis=(1, 2))
    assert (mirrored | same).all()
    assert 0.35 < mirrored.mean() < 0.65


@pytest.mark.parametrize(("name", "axis"), [("width_shift", 1), ("height_shift", 0)])
def test_shift_moves_along_its_axis_only_and_not_too_far(name, axis):
    dot = np.zeros((500, 28, 28), np.uint8)
    dot[:, 12:16, 12:16] = 255
    moved = augment.augment(dot, augment.Augmentation(**{name: 0.15})).astype(float)
    place = np.arange(28) - 13.5
    centres = [(moved.sum(axis=2 - other) @ place) / moved.sum(axis=(1, 2)) for other in (0, 1)]
    assert np.abs(centres[1 - axis]).max() < 0.02
    assert 3.5 < np.abs(centres[axis]).max() <= 0.15 * 28 + 0.1


def test_rotation_turns_by_at_most_its_degrees_both_ways():
    bar = np.zeros((500, 28, 28), np.uint8)
    bar[:, 4:24, 13:15] = 255
    turned = augment.augment(bar, augment.Augmentation(rotation=15)).astype(float)
    y, x = np.mgrid[:28, :28] - 13.5
    angle = np.degrees(0.5 * np.arctan2(2 * (turned * x * y).sum((1, 2)), (turned * (y**2 - x**2)).sum((1, 2))))
    assert np.abs(angle).max() <= 15.5
    assert angle.min() < -13 and angle.max() > 13


@given(
    rotation=st.floats(0, 180),
    shift=st.floats(0, 1),
    zoom=st.floats(0, 0.99),
    shear=st.floats(0, 3),
    flip=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_any_amounts_give_frames(rotation, shift, zoom, shear, flip, seed):
    frames = np.full((3, 28, 28), 255, np.uint8)
    changed = augment.augment(frames, augment.Augmentation(rotation, shift, shift, zoom, shear, flip), seed)
    assert changed.shape == frames.shape and changed.dtype == np.uint8


def test_singles_are_the_recipes_changes_one_by_one():
    singles = augment.singles()
    assert list(singles) == ["rotation", "width_shift", "height_shift", "zoom", "shear", "flip"]
    assert singles["rotation"] == augment.Augmentation(rotation=15)


@pytest.mark.parametrize(
    "frames", [np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8), np.zeros((1, 20, 20), np.uint8)]
)
def test_what_is_no_frame_is_refused(frames):
    with pytest.raises(ValueError, match="frames must be uint8"):
        augment.augment(frames)


@pytest.mark.parametrize("amounts", [{"rotation": -1}, {"zoom": 1}])
def test_impossible_amounts_are_refused(amounts):
    with pytest.raises(ValueError, match=next(iter(amounts))):
        augment.Augmentation(**amounts)
