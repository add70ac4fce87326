"""The networks, their training, and what is made of them: small trainings from end to end."""

import numpy as np
import pytest

import letters
from letters import cnn, evaluate, pen


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
    assert np.allclose(model.predict(frames[..., None], verbose=0), recognizer.probabilities(frames), atol=1e-3)


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
    with pytest.raises(letters.recognizer.ModelError, match="26 or 52 classes"):
        letters.Recognizer.load(tmp_path / "ten.tflite")


def test_a_stopped_training_goes_on_and_ends_with_both_files(tmp_path, monkeypatch, capfd):
    frames, drawn, stop = pen.frames, [], [[0, 4]]

    def draw(n, seed, workers):
        drawn.append(seed)
        if seed in stop:
            raise KeyboardInterrupt
        return frames(n, seed=seed, workers=workers)

    monkeypatch.setattr(pen, "frames", draw)
    with pytest.raises(KeyboardInterrupt):
        cnn.train(tmp_path, epochs=4, letters_per_epoch=1024)
    assert not (tmp_path / "letters.tflite").exists()
    capfd.readouterr()
    drawn.clear()
    stop.clear()
    cnn.train(tmp_path, epochs=4, letters_per_epoch=1024)
    shown = capfd.readouterr().out
    assert "Epoch 1/4" not in shown and "Epoch 4/4" in shown
    assert [0, 1] not in drawn and [0, 4] in drawn  # with letters that the first part has not seen
    assert letters.Recognizer.load(tmp_path / "letters.tflite").probabilities(frames(1, seed=1)[0]).shape == (1, 52)
    assert (tmp_path / "letters.keras").exists() and not (tmp_path / "checkpoint").exists()


def test_training_learns(tmp_path):
    model = cnn.train(tmp_path, epochs=2, letters_per_epoch=12_800, seed=1)
    frames, labels = pen.frames(1000, seed=9)
    assert (model.predict(frames[..., None], verbose=0).argmax(1) == labels).mean() > 0.2  # one in 52 by chance


def test_accuracy_counts_what_it_says():
    labels = np.array([0, 0, 26, 26], np.uint8)
    probabilities = np.zeros((4, 52), np.float32)
    probabilities[[0, 1, 2, 3], [0, 26, 26, 1]] = 0.9  # right, small for capital, right, B for a
    probabilities[1, 0] = probabilities[3, 27] = 0.05
    assert evaluate.accuracy(probabilities, labels) == 0.75
    assert evaluate.accuracy(probabilities, labels, "any") == 0.75
    probabilities[1, 1] = 0.06
    assert evaluate.accuracy(probabilities, labels) == 0.5


def test_the_benchmark_reads_a_folder_of_letters_and_writes_what_it_measured(tmp_path, recognizer):
    frames, labels = pen.frames(104, seed=3)
    pictures = 255 - np.pad(frames, ((0, 0), (6, 30), (10, 2)))
    np.savez(tmp_path / "mine.npz", x=pictures, y=labels % 26, case=labels // 26, split=np.arange(104) % 3)
    result = evaluate.benchmark(recognizer, tmp_path, tmp_path / "benchmark.json")
    mine = [row for row in result["accuracy"] if row["set"] == "mine"]
    assert sum(row["letters"] for row in mine) == 34  # the test split only
    assert all(row["case_known"] > 0.7 for row in mine)
    assert result["speed"]["read_per_second"] > 0
    assert (tmp_path / "benchmark.json").stat().st_size > 100


def test_a_file_without_letters_is_named(tmp_path):
    np.savez(tmp_path / "other.npz", y=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz: .* x, case|other\.npz: .* case, x"):
        evaluate.read_letters(tmp_path / "other.npz")
