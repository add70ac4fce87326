"""The networks, their training, and what is made of them: small trainings from end to end."""

import contextlib
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from strokes import write_strokes

import letters
from letters import alphabet, augment, ctc, metrics, pen, writing
from letters.training import classic, cut_letters, drawn_lines, loop, seen_letters
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


def test_the_manifest_of_a_network_says_what_its_classes_are(tmp_path):
    letter_network.export(classic.network(52), tmp_path / "model.tflite", minutes=3)
    manifest = json.loads((tmp_path / "model.json").read_text())
    assert manifest["classes"] == list(alphabet.CLASSES) and manifest["minutes"] == 3
    assert manifest["sha256"] == hashlib.sha256((tmp_path / "model.tflite").read_bytes()).hexdigest()
    (tmp_path / "model.json").write_text(json.dumps(manifest | {"classes": ["A", "B"]}))
    with pytest.raises(letters.recognizer.ModelError, match="the 2 classes of its manifest"):
        letters.Recognizer.load(tmp_path / "model.tflite")
    (tmp_path / "model.json").unlink()
    with pytest.raises(letters.recognizer.ModelError, match="no manifest"):
        letters.Recognizer.load(tmp_path / "model.tflite")


def test_a_network_with_other_classes_is_not_exported(tmp_path):
    with pytest.raises(ValueError, match="26, 52 or 53 classes, not 10"):
        letter_network.export(classic.network(10), tmp_path / "ten.tflite")


def weights(model):
    return np.concatenate([values.ravel() for values in model.get_weights()])


def test_a_stopped_training_goes_on_and_ends_with_its_files(tmp_path, blocks_drawn_here, monkeypatch):
    recipe = letter_network.Recipe(block=512, seed=3)

    class AskedAfterTwoBlocks:
        left = 2

        def __bool__(self):
            self.left -= 1
            return self.left < 0

    monkeypatch.setattr(letter_network, "VALIDATION", 260)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "stop_asked", lambda: contextlib.nullcontext(AskedAfterTwoBlocks()))
        stopped = letter_network.train(tmp_path, 60, recipe)
    with np.load(tmp_path / "letter.npz") as checkpoint:
        state = json.loads(str(checkpoint["state"]))
    assert state["blocks"] == 2 and state["seconds"] > 0
    ended = letter_network.train(tmp_path, state["seconds"] / 60 + 1e-6, recipe)  # time for one more block
    manifest = json.loads((tmp_path / "letter.json").read_text())
    assert manifest["state"]["blocks"] == 3 and manifest["recipe"]["block"] == 512
    assert {"minutes", "loss", "known", "any"} == set(manifest["state"]["history"][-1])
    assert not np.array_equal(weights(stopped), weights(ended))
    frames, _ = pen.frames(1, seed=1)
    assert letters.Recognizer.load(tmp_path / "letter.tflite").probabilities(frames).shape == (1, 53)
    assert (tmp_path / "letter.keras").exists() and not (tmp_path / "letter.npz").exists()


def test_a_block_has_letters_and_others_and_each_seed_has_its_own():
    recipe = letter_network.Recipe(block=520)
    frames, labels = letter_network.draw_block([0, 1], recipe)
    again, _ = letter_network.draw_block([0, 1], recipe)
    other, _ = letter_network.draw_block([0, 2], recipe)
    assert frames.shape == (520, 28, 28)
    assert (labels == alphabet.NOT_A_LETTER).sum() == round(520 * recipe.negatives)
    assert np.array_equal(frames, again) and not np.array_equal(frames, other)


def test_real_strokes_join_the_drawn_ones(tmp_path):
    letters, labels = pen.draw(104, classes=range(52), seed=2)
    boxed = [[(stroke - stroke.min()) * 200 for stroke in letter] for letter in letters]
    path = write_strokes(tmp_path / "strokes.npz", boxed, labels)
    recipe = letter_network.Recipe(block=520, strokes=1.0, spoilt=0.0, negatives=0.0)
    frames, labels = letter_network.draw_block([0, 1], recipe, letter_network.Given(strokes=path))
    assert frames.shape == (520, 28, 28) and len(np.unique(labels)) > 40


def test_spoilt_letters_are_frames_that_differ():
    frames, _ = pen.frames(52, seed=4, workers=1)
    rng = np.random.default_rng(0)
    spoilt = [letter_network.spoil(frame, frames[0], rng) for frame in frames]
    assert all(one.shape == (28, 28) and one.dtype == np.uint8 and one.max() == 255 for one in spoilt)
    changed = [np.abs(one.astype(int) - frame).mean() for one, frame in zip(spoilt, frames, strict=True)]
    assert np.mean(np.array(changed) > 1) > 0.8 and max(changed) < 90
    empty = np.zeros((28, 28), np.uint8)
    assert all(np.array_equal(letter_network.spoil(empty, empty, rng), empty) for _ in range(20))


def test_training_learns(tmp_path, blocks_drawn_here, monkeypatch):
    monkeypatch.setattr(loop, "rate_at", lambda progress, warm_up: 0.5)
    monkeypatch.setattr(letter_network, "VALIDATION", 260)
    model = letter_network.train(tmp_path, 1e-6, letter_network.Recipe(block=6400, batch=16, seed=1))  # one block
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
    train, test = pen.frames(520, classes=range(26), seed=1), pen.frames(520, classes=range(26), seed=2)
    recipes = {"none": augment.Augmentation(), "spoilt": augment.Augmentation(width_shift=1, height_shift=1)}
    right = classic.ablation(recipes, train, test, epochs=6, seeds=(0, 1))
    assert {name: runs.shape for name, runs in right.items()} == {"none": (2, 520), "spoilt": (2, 520)}
    assert right["none"].mean() > right["spoilt"].mean() + 0.1


def test_letters_are_cut_out_of_a_strip_with_the_classes_of_its_text(recognizer):
    hand = pen.draw_hand(seed=4)
    right = total = 0
    for number, text in enumerate(["HELLO", "quick", "Stone age", "MIXED", "brown"]):
        strip = drawn_lines.write(text, hand, "apart", seed=number)
        (columns,) = recognizer.columns([strip.pixels])
        cut = list(cut_letters.cut(strip.pixels, strip.labels, columns[:, : ctc.COLUMN_CLASSES]))
        assert all(frame.shape == (28, 28) and frame.dtype == np.uint8 for frame, _ in cut)
        names = [alphabet.CLASSES[label].lower() for _, label in cut]
        total += len(text.replace(" ", ""))
        right += len(names) if "".join(names) in text.lower().replace(" ", "") or len(names) < len(text) else 0
    assert right > 0.5 * total


def test_nothing_is_cut_out_of_a_strip_with_something_unnamed_or_too_little_room():
    columns = np.full((12, ctc.COLUMN_CLASSES), 1 / ctc.COLUMN_CLASSES, np.float32)
    strip = np.full((48, 24), 200, np.uint8)
    assert list(cut_letters.cut(strip, np.array([0, ctc.OTHER, 1]), columns)) == []
    assert list(cut_letters.cut(strip, np.arange(20), columns)) == []


def test_cut_letters_and_digits_join_the_drawn_ones(tmp_path):
    shown, labels = pen.frames(40, classes=[0, 30], seed=3, workers=1)
    np.savez(tmp_path / "cut.npz", x=shown, y=labels % 26, case=labels // 26, split=np.zeros(40, np.uint8))
    recipe = letter_network.Recipe(block=400, cut=1.0, spoilt=0.0, negatives=0.0)
    given = letter_network.Given(cut=tmp_path / "cut.npz")
    frames, known = letter_network.draw_block([0, 1], recipe, given)
    assert frames.shape == (400, 28, 28) and set(known.tolist()) == {0, 30}


def test_what_the_ink_network_sees_joins_the_drawn_letters(tmp_path, monkeypatch):
    monkeypatch.setattr(seen_letters, "BLOCK", 24)
    shown, labels = seen_letters.see([0, 1])
    assert shown.dtype == labels.dtype == np.uint8 and shown.shape == (len(labels), 28, 28)
    assert (
        8 < len(labels) <= 48 and (labels < alphabet.NOT_A_LETTER).sum() > 4 and labels.max() <= alphabet.NOT_A_LETTER
    )
    assert np.array_equal(seen_letters.see([0, 1])[0], shown)

    np.savez(tmp_path / "seen.npz", x=shown[:1], label=labels[:1])
    recipe = letter_network.Recipe(block=400, seen=0.25, spoilt=0.0, negatives=0.0)
    frames, known = letter_network.draw_block([0, 1], recipe, letter_network.Given(seen=tmp_path / "seen.npz"))
    assert frames.shape == (400, 28, 28) and (known == labels[0]).sum() >= 100


@pytest.mark.parametrize(
    ("box", "shared"), [((0, 0, 4, 2), 1.0), ((2, 0, 4, 2), 1 / 3), ((4, 0, 1, 2), 0.0), ((9, 9, 1, 1), 0.0)]
)
def test_boxes_overlap_by_what_they_share_of_both(box, shared):
    assert seen_letters.overlap((0, 0, 4, 2), box) == pytest.approx(shared)
    assert seen_letters.overlap((0, 0, 0, 0), (1, 1, 0, 0)) == 0
