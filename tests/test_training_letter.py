"""The networks, their training, and what is made of them: small trainings from end to end."""

from pathlib import Path

import numpy as np
import pytest

import letters
from letters import alphabet, augment, metrics, pen, writing
from letters.training import classic
from letters.training import letter as letter_network

KERAS = Path(__file__).parents[1] / "models" / "letter.keras"


def test_the_original_network_is_the_one_of_the_books():
    model = classic.network()
    assert model.count_params() == 122_522
    assert [layer.__class__.__name__ for layer in model.layers] == [
        *("Rescaling", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D"),
        *("Flatten", "Dropout", "Dense", "Dense", "Dense"),
    ]
    assert model.output_shape == (None, 26)


def test_the_shipped_network_is_small_and_its_two_files_agree(recognizer):
    model = letter_network.keras.models.load_model(KERAS)
    assert model.count_params() <= 500_000
    frames, _ = pen.frames(64, seed=5, workers=1)
    whole, rounded = model.predict(frames[..., None], verbose=0), recognizer.probabilities(frames)
    assert np.allclose(whole, rounded, atol=0.05) and np.abs(whole - rounded).mean() < 1e-3
    assert recognizer.path.stat().st_size < 400_000  # 8 bits a weight


@pytest.mark.parametrize("classes", [26, 52])
def test_an_exported_network_answers_as_before(tmp_path, classes):
    model = classic.network(classes)
    frames, _ = pen.frames(10, seed=5, workers=1)
    letter_network.export(model, tmp_path / "model.tflite")
    exported = letters.Recognizer.load(tmp_path / "model.tflite")
    assert np.allclose(exported.probabilities(frames), model.predict(frames[..., None], verbose=0), atol=1e-4)


def test_a_network_of_another_shape_is_refused(tmp_path):
    model = classic.network(10)
    letter_network.export(model, tmp_path / "ten.tflite")
    with pytest.raises(letters.recognizer.ModelError, match="26, 52 or 53 classes"):
        letters.Recognizer.load(tmp_path / "ten.tflite")


def test_a_stopped_training_goes_on_and_ends_with_both_files(tmp_path, monkeypatch, capfd):
    ended, on_epoch_end = [], letter_network.FreshLetters.on_epoch_end

    def stop_in_the_third_epoch(letters):
        ended.append(letters.epoch)
        if letters.epoch > 4:  # one is in use, one is ready
            raise KeyboardInterrupt
        on_epoch_end(letters)

    with monkeypatch.context() as patch:
        patch.setattr(letter_network.FreshLetters, "on_epoch_end", stop_in_the_third_epoch)
        with pytest.raises(KeyboardInterrupt):
            letter_network.train(tmp_path, epochs=4, letters_per_epoch=1024)
    assert not (tmp_path / "letter.tflite").exists()
    capfd.readouterr()
    letter_network.train(tmp_path, epochs=4, letters_per_epoch=1024)
    shown = capfd.readouterr().out
    assert "Epoch 1/4" not in shown and "Epoch 4/4" in shown
    frames, _ = pen.frames(1, seed=1)
    assert letters.Recognizer.load(tmp_path / "letter.tflite").probabilities(frames).shape == (1, 53)
    assert (tmp_path / "letter.keras").exists() and not (tmp_path / "checkpoint").exists()


def test_an_epoch_has_letters_and_what_is_none_and_each_has_others():
    frames, labels = letter_network.draw_epoch(520, [0, 1])
    again, _ = letter_network.draw_epoch(520, [0, 1])
    other, _ = letter_network.draw_epoch(520, [0, 2])
    assert frames.shape == (520, 28, 28)
    assert (labels == alphabet.NOT_A_LETTER).sum() == round(520 * letter_network.NEGATIVES)
    assert np.array_equal(frames, again) and not np.array_equal(frames, other)


def test_training_learns(tmp_path):
    model = letter_network.train(tmp_path, epochs=2, letters_per_epoch=12_800, batch=32, seed=1)
    frames, labels = pen.frames(1000, seed=9)
    assert (model.predict(frames[..., None], verbose=0).argmax(1) == labels).mean() > 0.2  # one in 52 by chance


def test_a_few_letters_teach_the_network_a_hand_and_it_forgets_nothing(recognizer):
    model = letter_network.keras.models.load_model(KERAS)
    before = [weights.copy() for weights in model.get_weights()]
    cipher = np.roll(np.arange(4), 1)  # a hand that writes A for B, B for C, C for D and D for A
    frames, labels = pen.frames(400, classes=range(4), seed=11)
    marked = np.maximum(frames, writing.render([[np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0.0]])]], seed=1))
    adapted = letter_network.adapt(model, marked[:200], cipher[labels[:200]], seed=3)

    def accuracy(network, frames, labels):
        return metrics.accuracy(network.predict(frames[..., None], verbose=0), labels)

    assert accuracy(adapted, marked[200:], cipher[labels[200:]]) > accuracy(model, marked[200:], cipher[labels[200:]])
    fresh = pen.frames(1000, seed=12)
    assert accuracy(adapted, *fresh) > accuracy(model, *fresh) - 0.03
    assert all(map(np.array_equal, before, model.get_weights()))  # it is a copy that has learnt
    with pytest.raises(ValueError, match="keep some first"):
        letter_network.adapt(model, frames[:0], labels[:0])


def test_an_ablation_tells_a_change_that_helps_from_one_that_spoils():
    train, test = pen.frames(780, classes=range(26), seed=1), pen.frames(520, classes=range(26), seed=2)
    recipes = {"none": augment.Augmentation(), "spoilt": augment.Augmentation(width_shift=1, height_shift=1)}
    right = classic.ablation(recipes, train, test, epochs=6, seeds=(0, 1))
    assert {name: runs.shape for name, runs in right.items()} == {"none": (2, 520), "spoilt": (2, 520)}
    assert right["none"].mean() > right["spoilt"].mean() + 0.1
