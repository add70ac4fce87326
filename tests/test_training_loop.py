"""What the trainings of all networks share: blocks from a second process, checkpoints, the rate."""

import os
import signal

import numpy as np
import pytest

from letters.training import loop


def seed_and_process(seed):
    return seed, os.getpid()


def test_blocks_come_from_a_second_process_in_their_order():
    with loop.drawn(seed_and_process, 7, first=3) as blocks:
        (first, process), (second, same) = next(blocks), next(blocks)
    assert (first, second) == ([7, 3], [7, 4])
    assert process == same != os.getpid()


def test_a_checkpoint_gives_back_what_it_was_given(tmp_path):
    before = [loop.keras.Variable(np.arange(6.0).reshape(2, 3)), loop.keras.Variable(2.5)]
    after = [loop.keras.Variable(np.zeros((2, 3))), loop.keras.Variable(0.0)]
    path = tmp_path / "network.npz"
    assert loop.restore(path, {"model": after}) is None and not after[0].numpy().any()
    loop.save(path, {"model": before}, {"seconds": 1.5})
    assert loop.restore(path, {"model": after}) == {"seconds": 1.5}
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(before, after, strict=True))
    assert [file.name for file in tmp_path.iterdir()] == ["network.npz"]


def test_a_signal_asks_a_training_to_stop_and_is_as_before_afterwards():
    earlier = signal.getsignal(signal.SIGTERM)
    with loop.stop_asked() as asked:
        assert not asked
        signal.raise_signal(signal.SIGTERM)
        assert asked
    assert signal.getsignal(signal.SIGTERM) == earlier


def test_the_rate_rises_and_then_falls():
    rates = [loop.rate_at(progress, warm_up=0.1) for progress in np.linspace(0, 1, 101)]
    highest = int(np.argmax(rates))
    assert 5 <= highest <= 12 and 0.9 < rates[highest] <= 1.01
    assert (np.diff(rates[:highest]) > 0).all() and (np.diff(rates[highest:]) < 0).all()
    assert rates[0] < 0.03 and 0 < rates[-1] < 0.02


def test_a_mean_of_weights_has_its_shares():
    (mean,) = loop.mean_of([np.array([1.0, 2.0])], [np.array([3.0, 6.0])], 0.25)
    assert mean == pytest.approx([2.5, 5.0])
