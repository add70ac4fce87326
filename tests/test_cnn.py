"""The networks, their training, and what is made of them: small trainings from end to end."""

import json

import numpy as np
import pytest

import letters
from letters import alphabet, augment, cnn, compose, evaluate, ink, pen


def test_the_original_network_is_the_one_of_the_books():
    model = cnn.original()
    assert model.count_params() == 122_522
    assert [layer.__class__.__name__ for layer in model.layers] == [
        *("Rescaling", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D"),
        *("Flatten", "Dropout", "Dense", "Dense", "Dense"),
    ]
    assert model.output_shape == (None, 26)


def test_the_shipped_network_is_small_and_its_two_files_agree(recognizer):
    model = cnn.keras.models.load_model(recognizer.path.with_suffix(".keras"))
    assert model.count_params() <= 500_000
    frames, _ = pen.frames(64, seed=5, workers=1)
    whole, rounded = model.predict(frames[..., None], verbose=0), recognizer.probabilities(frames)
    assert np.allclose(whole, rounded, atol=0.05) and np.abs(whole - rounded).mean() < 1e-3
    assert recognizer.path.stat().st_size < 400_000  # 8 bits a weight


@pytest.mark.parametrize("classes", [26, 52])
def test_an_exported_network_answers_as_before(tmp_path, classes):
    model = cnn.original(classes)
    frames, _ = pen.frames(10, seed=5, workers=1)
    cnn.export(model, tmp_path / "model.tflite")
    exported = letters.Recognizer.load(tmp_path / "model.tflite")
    assert np.allclose(exported.probabilities(frames), model.predict(frames[..., None], verbose=0), atol=1e-4)


def test_a_network_of_another_shape_is_refused(tmp_path):
    model = cnn.original(10)
    cnn.export(model, tmp_path / "ten.tflite")
    with pytest.raises(letters.recognizer.ModelError, match="26, 52 or 53 classes"):
        letters.Recognizer.load(tmp_path / "ten.tflite")


def test_a_stopped_training_goes_on_and_ends_with_both_files(tmp_path, monkeypatch, capfd):
    ended, on_epoch_end = [], cnn.FreshLetters.on_epoch_end

    def stop_in_the_third_epoch(letters):
        ended.append(letters.epoch)
        if letters.epoch > 4:  # one is in use, one is ready
            raise KeyboardInterrupt
        on_epoch_end(letters)

    with monkeypatch.context() as patch:
        patch.setattr(cnn.FreshLetters, "on_epoch_end", stop_in_the_third_epoch)
        with pytest.raises(KeyboardInterrupt):
            cnn.train(tmp_path, epochs=4, letters_per_epoch=1024)
    assert not (tmp_path / "letters.tflite").exists()
    capfd.readouterr()
    cnn.train(tmp_path, epochs=4, letters_per_epoch=1024)
    shown = capfd.readouterr().out
    assert "Epoch 1/4" not in shown and "Epoch 4/4" in shown
    frames, _ = pen.frames(1, seed=1)
    assert letters.Recognizer.load(tmp_path / "letters.tflite").probabilities(frames).shape == (1, 53)
    assert (tmp_path / "letters.keras").exists() and not (tmp_path / "checkpoint").exists()


def test_an_epoch_has_letters_and_what_is_none_and_each_has_others():
    frames, labels = cnn.draw_epoch(520, [0, 1])
    again, _ = cnn.draw_epoch(520, [0, 1])
    other, _ = cnn.draw_epoch(520, [0, 2])
    assert frames.shape == (520, 28, 28) and (labels == alphabet.NOT_A_LETTER).sum() == round(520 * cnn.NEGATIVES)
    assert np.array_equal(frames, again) and not np.array_equal(frames, other)


def test_training_learns(tmp_path):
    model = cnn.train(tmp_path, epochs=2, letters_per_epoch=12_800, batch=32, seed=1)
    frames, labels = pen.frames(1000, seed=9)
    assert (model.predict(frames[..., None], verbose=0).argmax(1) == labels).mean() > 0.2  # one in 52 by chance


def test_a_few_letters_teach_the_network_a_hand_and_it_forgets_nothing(recognizer):
    model = cnn.keras.models.load_model(recognizer.path.with_suffix(".keras"))
    before = [weights.copy() for weights in model.get_weights()]
    cipher = np.roll(np.arange(4), 1)  # a hand that writes A for B, B for C, C for D and D for A
    frames, labels = pen.frames(400, classes=range(4), seed=11)
    marked = np.maximum(frames, ink.render([[np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0.0]])]], seed=1))
    adapted = cnn.adapt(model, marked[:200], cipher[labels[:200]], seed=3)

    def accuracy(network, frames, labels):
        return evaluate.accuracy(network.predict(frames[..., None], verbose=0), labels)

    assert accuracy(adapted, marked[200:], cipher[labels[200:]]) > accuracy(model, marked[200:], cipher[labels[200:]])
    fresh = pen.frames(1000, seed=12)
    assert accuracy(adapted, *fresh) > accuracy(model, *fresh) - 0.03
    assert all(map(np.array_equal, before, model.get_weights()))  # it is a copy that has learnt
    with pytest.raises(ValueError, match="keep some first"):
        cnn.adapt(model, frames[:0], labels[:0])


def test_an_ablation_tells_a_change_that_helps_from_one_that_spoils():
    train, test = pen.frames(780, classes=range(26), seed=1), pen.frames(520, classes=range(26), seed=2)
    recipes = {"none": augment.Augmentation(), "spoilt": augment.Augmentation(width_shift=1, height_shift=1)}
    right = evaluate.ablation(recipes, train, test, epochs=6, seeds=(0, 1))
    assert {name: runs.shape for name, runs in right.items()} == {"none": (2, 520), "spoilt": (2, 520)}
    assert right["none"].mean() > right["spoilt"].mean() + 0.1


def test_accuracy_counts_what_it_says():
    labels = np.array([0, 0, 26, 26], np.uint8)
    probabilities = np.zeros((4, 52), np.float32)
    probabilities[[0, 1, 2, 3], [0, 26, 26, 1]] = 0.9  # right, small for capital, right, B for a
    probabilities[1, 0] = probabilities[3, 27] = 0.05
    assert evaluate.accuracy(probabilities, labels) == 0.75
    assert evaluate.accuracy(probabilities, labels, "any") == 0.75
    probabilities[1, 1] = 0.06
    assert evaluate.accuracy(probabilities, labels) == 0.5


def test_calibration_error_compares_confidence_with_accuracy():
    confidence = np.repeat([0.9, 0.6], 1000)
    right = np.concatenate([np.arange(1000) < 900, np.arange(1000) < 400])
    assert evaluate.calibration_error(confidence, right) == pytest.approx(0.1)


def test_the_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 53))
    truth = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth[:, 52] = 0
    truth /= truth.sum(axis=1, keepdims=True)
    labels = np.array([rng.choice(53, p=row) for row in truth], np.uint8)
    overconfident = truth**2 / (truth**2).sum(axis=1, keepdims=True)
    assert evaluate.fit_temperature(overconfident, labels) == pytest.approx(2, abs=0.2)


def test_an_interval_is_wider_where_fewer_writers_wrote_the_letters():
    right = np.random.default_rng(0).random(2000) < np.repeat(np.linspace(0.7, 1, 20), 100)
    of_letters, of_writers = evaluate.interval(right, np.arange(2000)), evaluate.interval(right, np.arange(2000) // 100)
    assert of_letters[0] < right.mean() < of_letters[1]
    assert of_writers[1] - of_writers[0] > 2 * (of_letters[1] - of_letters[0])


def test_the_benchmark_reads_a_folder_of_letters_and_writes_what_it_measured(tmp_path, recognizer):
    frames, labels = pen.frames(312, seed=3)
    pictures = 255 - np.pad(frames, ((0, 0), (6, 30), (10, 2)))
    marks = {"split": np.arange(312) % 3, "writer": np.arange(312) % 7}
    np.savez(tmp_path / "mine.npz", x=pictures, y=labels % 26, case=labels // 26, **marks)
    result = evaluate.benchmark(recognizer, tmp_path, tmp_path / "benchmark.json", pages=1)
    mine = [row for row in result["accuracy"] if row["set"] == "mine"]
    assert sum(row["letters"] for row in mine) == 104  # the test split only
    assert all(row["writers"] == 7 and row["known"]["accuracy"] > 0.8 > row["refused"] for row in mine)
    assert json.loads((tmp_path / "benchmark.json").read_text()) == result
    kinds = {(row["text"], row["kind"]) for row in result["pages"]}
    assert len(kinds) == 6 and all(row["seconds"] > 0 and 0 <= row["words"] <= 1 for row in result["pages"])
    assert "mine" in evaluate.report(result) and "random letters" in evaluate.report(result)


def test_pages_in_capitals_are_counted_apart_too():
    def pages(*texts):
        return [compose.Page(np.array(text), text, np.empty((0, 4)), "scan") for text in texts]

    def read(picture):
        return str(picture).replace("B", "R").replace("b", "r")

    result = evaluate.read_pages(pages("ABC DEF", "abb ab"), read)
    assert (result["cer"], result["cer_capitals"], result["words"]) == (4 / 13, 1 / 7, 1 / 4)
    assert evaluate.read_pages(pages("abc"), read)["cer_capitals"] is None


def test_edits_count_what_has_to_change():
    assert evaluate.edits("Read me", "read  ME\n") == (0, 7)
    assert evaluate.edits("kitten", "sitting") == (3, 6)
    assert evaluate.edits("abc", "") == (3, 3) and evaluate.edits("", "abc") == (3, 0)
    assert evaluate.edits("one two", "onetwo")[0] == 1


def test_what_is_no_letter_is_told_from_letters(recognizer):
    result = evaluate.refusal(recognizer, pen.frames(2000, seed=6)[0], each=1000)
    assert result["kinds trained on"]["auroc"] > 0.97
    assert result["kinds held out"]["auroc"] > 0.95


def test_a_file_without_letters_is_named(tmp_path):
    np.savez(tmp_path / "other.npz", y=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz: .* x, case|other\.npz: .* case, x"):
        evaluate.read_letters(tmp_path / "other.npz")
