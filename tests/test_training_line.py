"""Lines that are drawn for the line reader, and its training: small ones from end to end."""

import dataclasses
import hashlib
import json
import signal

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from letters import alphabet, characters, compose, pen
from letters.ctc import BLANK, COLUMN_CLASSES, EXTRA, OTHER, OUTPUTS, SPACE
from letters.training import clutter, drawn_lines, hands, line, line_batches, line_errors, line_network, placing
from letters.training import marks as drawn_marks
from letters.training.export import export
from letters.training.strips import Strip

SMALL = line_network.Recipe(filters=(4, 4, 4, 4, 8), batch=8, chunk=64, validation=8, policy="float32", warmup=5)


@pytest.fixture(scope="module")
def strips():
    return drawn_lines.draw(200, seed=4)


@pytest.fixture(scope="module")
def hand():
    return pen.draw_hand(seed=2)


def classes(text):
    return [alphabet.CLASSES.index(char) if char != " " else SPACE for char in text]


def unplaced(pixels, labels):
    """A strip of a real word: nobody knows where its letters are."""
    return Strip(pixels, np.array(labels, np.uint8), np.zeros((0, 2), np.float32), np.zeros(len(labels), np.uint8))


# ------------------------------------------------------------------------------------------------- drawn lines


def test_strips_have_the_shape_that_the_line_finder_gives_them(strips):
    for strip in strips:
        height, width = strip.pixels.shape
        assert strip.pixels.dtype == np.uint8 and height == 48
        assert width % 4 == 0 and 24 <= width <= drawn_lines.WIDEST
        assert strip.pixels.max() > 100  # of 255: there is ink


def test_every_character_has_its_class_and_its_place(strips):
    for strip in strips:
        assert strip.labels.max() < COLUMN_CLASSES and BLANK not in strip.labels
        assert strip.ranges.shape == (len(strip.labels), 2) and strip.marks.shape == strip.labels.shape
        assert not strip.marks[strip.labels >= SPACE].any()
        assert (strip.ranges[:, 0] < strip.ranges[:, 1]).all()
        assert strip.ranges.min() > -6 and strip.ranges.max() < strip.pixels.shape[1] + 6
        middles = strip.ranges[strip.labels < SPACE].mean(axis=1)
        assert (np.diff(middles) > 0).all()
        assert strip.labels[0] != SPACE != strip.labels[-1]
        assert not ((strip.labels[1:] == OTHER) & (strip.labels[:-1] == OTHER)).any()


def test_there_is_ink_where_a_letter_is_said_to_be(hand):
    strip = drawn_lines.write("OWN MUD", hand, "apart", seed=5)
    columns = strip.pixels.max(axis=0)
    for label, (left, right) in zip(strip.labels, strip.ranges, strict=True):
        edge = (right - left) / 4  # softness of the letters beside a space
        inside = columns[round(left + edge) : round(right - edge)]
        assert (inside.max() < 60) if label == SPACE else (inside.max() > 120)


def test_columns_have_the_classes_of_the_text_in_its_order(strips):
    for strip in strips:
        columns = strip.columns()
        assert len(columns) == strip.pixels.shape[1] // 2
        changes = np.concatenate([[True], columns[1:] != columns[:-1]])
        read = [int(label) for label in columns[changes] if label != BLANK]
        assert [label for i, label in enumerate(read) if i == 0 or label != read[i - 1]] == [
            int(label) for i, label in enumerate(strip.labels) if i == 0 or label != strip.labels[i - 1]
        ]


def test_all_sorts_of_text_are_drawn(strips):
    labels = np.concatenate([strip.labels for strip in strips])
    assert set(range(52)) <= set(labels.tolist())
    marks = np.concatenate([strip.marks for strip in strips])
    assert len(set(marks.tolist())) > 0.7 * len(characters.MARKS)
    assert len(set(labels[labels >= EXTRA].tolist())) > 0.8 * len(characters.EXTRA)
    assert (
        0.01 < (labels == OTHER).mean() < 0.1
        and 0.03 < (labels >= EXTRA).mean() < 0.2
        and 0.05 < (labels == SPACE).mean() < 0.25
    )
    letters = [strip.labels[strip.labels < SPACE] for strip in strips]
    capitals = [(of < 26).all() for of in letters if len(of)]
    assert 0.25 < np.mean(capitals) < 0.5
    assert sum(len(of) == 1 for of in letters) >= 3 and sum(len(of) > 10 for of in letters) >= 20


def test_the_mark_of_a_letter_is_known_where_the_letter_is(strips):
    for strip in strips:
        columns, marks = strip.columns(), strip.mark_columns()
        assert ((marks >= 0) == (columns < SPACE)).all()
        assert set(marks[marks > 0].tolist()) == set(strip.marks[strip.marks > 0].tolist())


@pytest.mark.parametrize("letter", "aeioucnslzEI")
def test_marks_stand_above_below_or_across_their_letter(letter):
    rng = np.random.default_rng(0)
    label = alphabet.CLASSES.index(letter)
    bare = [np.array([(0, -0.6), (0.4, 0)], np.float32), np.array([(0.4, 0), (0.5, -0.5)], np.float32)]
    for mark in characters.marks_of(letter)[1:]:
        added = [drawn_marks.put(bare, label, mark, rng) for _ in range(20)]
        own = [stroke for strokes in added for stroke in strokes if not any(stroke is one for one in bare)]
        middle = np.array([stroke[:, 1].mean() for stroke in own])
        name = list(characters.MARKS)[mark]
        place = "below" if name in ("cedilla", "ogonek") else "across" if name == "stroke" else "above"
        assert {"above": middle < -0.6, "below": middle > 0, "across": (middle > -0.7) & (middle < 0)}[place].all()
        assert max(np.ptp(stroke, axis=0).max() for stroke in own) < 1.3


def test_letters_in_cells_are_evenly_spaced_and_wide_cells_have_walls():
    rng = np.random.default_rng(2)
    styles = [style for style in (hands.any_style(rng) for _ in range(400)) if style.cell]
    assert 10 < len(styles) < 60
    hand = hands.DrawnHand(rng)
    for style in styles[:8]:
        signs = [hands.Character(label, hand.letter(label)) for label in (0, 7, 14, 19)]
        (placed,) = placing.place([signs], style, rng)
        pitch = np.diff([(each.left + each.right) / 2 for each in placed])
        assert np.abs(pitch - style.cell).max() < 0.5 * style.cell
        if style.cell > clutter.FAR:
            assert clutter.around(0, 4 * style.cell, hand, style, rng)[0]


def test_a_strip_is_what_its_seed_says():
    first, again, other = drawn_lines.draw(5, seed=1), drawn_lines.draw(5, seed=1), drawn_lines.draw(5, seed=2)
    assert all((a.pixels == b.pixels).all() and (a.ranges == b.ranges).all() for a, b in zip(first, again, strict=True))
    assert any(a.pixels.shape != b.pixels.shape for a, b in zip(first, other, strict=True))


def test_a_given_text_is_written_as_it_is(hand):
    for spacing in hands.SPACINGS:
        strip = drawn_lines.write("Hello big World", hand, spacing, seed=3)
        assert strip.labels.tolist() == classes("Hello big World")


def test_touching_letters_stand_closer_than_those_apart(hand):
    def width(spacing):
        return np.mean([np.ptp(drawn_lines.write("minimum", hand, spacing, seed).ranges) for seed in range(20)])

    assert width("touching") < 0.9 * width("apart")


@pytest.mark.parametrize(("text", "spacing"), [("a1", "apart"), ("", "apart"), ("été", "joined")])
def test_what_the_hand_cannot_write_is_refused(hand, text, spacing):
    with pytest.raises(ValueError, match="no letters for"):
        drawn_lines.write(text, hand, spacing)


def test_an_unknown_spacing_is_refused(hand):
    with pytest.raises(ValueError, match="apart, touching, joined"):
        drawn_lines.write("a", hand, "loose")


# ------------------------------------------------------------------------------------------------------ network


def test_the_network_is_small_and_gives_a_column_for_every_2_px():
    model = line_network.network()
    assert model.count_params() <= 800_000
    for width in (24, 100):
        logits = model(np.zeros((2, 48, width, 1), np.float32))
        columns, marks = line_network.split(logits)
        assert columns.shape == (2, width // 2, COLUMN_CLASSES)
        assert marks.shape == (2, width // 2, len(characters.MARKS))


def test_a_column_sees_two_letters_to_either_side_at_most():
    model = line_network.network(SMALL)
    line.keras.utils.set_random_seed(1)
    pixels = np.random.default_rng(0).uniform(0, 255, (1, 48, 256, 1)).astype(np.float32)
    changed = pixels.copy()
    changed[:, :, 128:132] = 255 - changed[:, :, 128:132]
    differs = np.abs(line_network.split(model(pixels))[0] - line_network.split(model(changed))[0])[0].max(axis=1) > 1e-6
    reach = np.flatnonzero(differs) * 2
    assert 128 - reach.min() <= 52 and reach.max() - 130 <= 52  # px; 25 are a capital's height


def test_an_exported_network_takes_any_width_and_answers_as_before(tmp_path):
    model = line_network.network(SMALL)
    export(model, tmp_path / "line.tflite")
    runtime = Interpreter(str(tmp_path / "line.tflite"), num_threads=1)
    index = runtime.get_input_details()[0]["index"]
    for width in (24, 100, 256):
        pixels = np.random.default_rng(width).uniform(0, 255, (1, 48, width, 1)).astype(np.float32)
        runtime.resize_tensor_input(index, pixels.shape)
        runtime.allocate_tensors()
        runtime.set_tensor(index, pixels)
        runtime.invoke()
        logits = runtime.get_tensor(runtime.get_output_details()[0]["index"])
        assert logits.shape == (1, 1, width // 4, 2 * OUTPUTS)
        assert np.allclose(logits, model(pixels), atol=0.1)


# ----------------------------------------------------------------------------------------------------- training


def test_a_batch_holds_its_strips_and_what_is_known_of_them(strips):
    real = unplaced(strips[0].pixels, strips[0].labels)
    pixels, targets = line_batches.batch_of([real, *strips[1:4]], np.random.default_rng(0), SMALL)
    assert pixels.shape[1:3] == (48, 2 * targets["columns"].shape[1]) and pixels.max() <= 255
    assert targets["known"].tolist() == [0, 1, 1, 1]
    for i, strip in enumerate([real, *strips[1:4]]):
        width = strip.pixels.shape[1]
        assert targets["widths"][i] == width // 2 and (pixels[i, :, width:] == 0).all()
        assert targets["labels"][i, : targets["lengths"][i]].tolist() == strip.labels.tolist()
    assert (targets["columns"][1, : strips[1].pixels.shape[1] // 2] == strips[1].columns()).all()


def test_the_loss_falls_where_the_columns_say_what_is_true(strips):
    trainer = line.Trainer(line_network.network(SMALL))
    line_network.prepare(trainer, SMALL)
    _, targets = line_batches.batch_of(strips[:8], np.random.default_rng(0), SMALL)
    columns = 8 * np.eye(COLUMN_CLASSES, dtype=np.float32)[targets["columns"]]
    marks = 8 * np.eye(len(characters.MARKS), dtype=np.float32)[targets["marks"]]
    right = np.concatenate([columns, marks], axis=-1)
    wrong = np.concatenate([np.roll(columns, 1, axis=-1), marks], axis=-1)
    unmarked = np.concatenate([columns, np.roll(marks, 1, axis=-1)], axis=-1)
    assert float(trainer.compute_loss(y=targets, y_pred=unmarked)) > 1
    good, bad = (float(trainer.compute_loss(y=targets, y_pred=logits)) for logits in (right, wrong))
    assert good < 0.5 < 3 < bad


def test_the_fast_ctc_loss_is_the_one_of_keras(strips):
    _, targets = line_batches.batch_of(strips[:6], np.random.default_rng(0), SMALL)
    logits = np.random.default_rng(1).normal(size=(*targets["columns"].shape, COLUMN_CLASSES)).astype(np.float32)
    lengths = targets["lengths"], targets["widths"]
    plain = line_network.ops.ctc_loss(targets["labels"], logits, *lengths, mask_index=BLANK)
    assert np.allclose(line_network._ctc(targets, logits), plain, rtol=1e-3)


def test_a_strip_too_narrow_for_its_labels_is_told():
    narrow = np.zeros((48, 8), np.uint8)
    assert line_batches.fits(unplaced(narrow, [1, 2, 1, 2]))
    assert not line_batches.fits(unplaced(narrow, [1, 1, 2, 2]))


def test_columns_are_read_without_blanks_repeats_and_signs():
    columns = [BLANK, 7, 7, BLANK, 34, SPACE, SPACE, OTHER, SPACE, 0, BLANK, 0, OTHER]
    assert line_errors.greedy(np.eye(COLUMN_CLASSES)[columns]) == "hi aa"


def test_the_error_rate_is_edits_by_length(strips, monkeypatch):
    told = [5 * np.eye(COLUMN_CLASSES)[strip.columns()] for strip in strips[:20]]
    monkeypatch.setattr(line_errors, "columns_of", lambda model, strips: told)
    assert line_errors.evaluate(None, strips[:20]) < 0.05  # equal neighbours may run into one
    monkeypatch.setattr(line_errors, "columns_of", lambda model, strips: [-columns * 0 for columns in told])
    assert line_errors.evaluate(None, strips[:20]) > 0.8


def test_the_learning_rate_warms_up_holds_and_falls():
    recipe = line_network.Recipe()
    assert line.rate_at(0, 0, recipe) < line.rate_at(0.05, 50, recipe) < line.rate_at(0.09, 500, recipe) == recipe.rate
    assert line.rate_at(0.5, 900, recipe) > line.rate_at(0.9, 2000, recipe) > line.rate_at(1, 9000, recipe) > 0


def real_file(path, strips, **changes):
    parts = {
        "pixels": np.concatenate([strip.pixels for strip in strips], axis=1),
        "widths": np.array([strip.pixels.shape[1] for strip in strips]),
        "labels": np.concatenate([strip.labels for strip in strips]),
        "marks": np.concatenate([strip.marks for strip in strips]),
        "counts": np.array([len(strip.labels) for strip in strips]),
        "split": np.arange(len(strips)) % 2,
    }
    np.savez(path, **{name: part for name, part in (parts | changes).items() if part is not None})
    return path


def test_real_words_are_read_by_their_split(strips, tmp_path):
    read = line_batches.read_real(real_file(tmp_path / "real.npz", strips[:10]), split=1)
    assert [strip.labels.tolist() for strip in read] == [strip.labels.tolist() for strip in strips[1:10:2]]
    assert all((a.pixels == b.pixels).all() for a, b in zip(read, strips[1:10:2], strict=True))


def test_a_strip_without_a_text_teaches_that_there_is_none(strips, tmp_path):
    bare = unplaced(strips[0].pixels, [])
    read = line_batches.read_real(real_file(tmp_path / "real.npz", [bare, strips[1], strips[2]], split=np.zeros(3)))
    assert [len(strip.labels) for strip in read] == [0, len(strips[1].labels), len(strips[2].labels)]
    _, targets = line_batches.batch_of(read, np.random.default_rng(0), SMALL)
    assert targets["known"].tolist() == [1, 0, 0] and (targets["columns"][0] == BLANK).all()


@pytest.mark.parametrize(
    ("changes", "message"), [({"labels": None}, "it has no labels"), ({"counts": np.ones(10, int)}, "do not fit")]
)
def test_a_file_of_something_else_is_refused(strips, tmp_path, changes, message):
    path = real_file(tmp_path / "real.npz", strips[:10], **changes)
    with pytest.raises(ValueError, match=message):
        line_batches.read_real(path)


def test_a_changed_strip_keeps_its_text_and_its_height(strips):
    rng = np.random.default_rng(0)
    for strip in strips[:30]:
        changed = line_batches.augmented(strip, rng)
        assert changed.labels is strip.labels and line_batches.fits(changed)
        assert changed.pixels.shape[0] == 48 and changed.pixels.shape[1] % 4 == 0
        assert (changed.pixels != 0).any()


@pytest.fixture
def drawn_here(monkeypatch, strips):
    """Trainings of the line network get the same strips each time, of this process: no second one to wait for."""

    class Drawing:
        drawn, block = 0, 0

        def __init__(self, recipe, seed, block):
            self.block = block

        def strips(self, count, rng):
            self.block += 1
            return [strips[i] for i in rng.integers(len(strips), size=count)]

        def close(self):
            pass

    monkeypatch.setattr(line, "Drawing", Drawing)


def test_a_training_stopped_by_a_signal_goes_on_where_it_was(tmp_path, drawn_here, monkeypatch):
    def stop_after(steps):
        def step(trainer, *batch):
            trainer.steps = getattr(trainer, "steps", 0) + 1
            if trainer.steps == steps:
                signal.raise_signal(signal.SIGTERM)
            return train_on_batch(trainer, *batch)

        return step

    train_on_batch = line.Trainer.train_on_batch
    monkeypatch.setattr(line.Trainer, "train_on_batch", stop_after(8))
    first = line.train(tmp_path, minutes=60, recipe=SMALL)
    state = json.loads((tmp_path / "line.json").read_text())["state"]
    assert state["step"] == 8 and state["seen"] == 64
    monkeypatch.setattr(line.Trainer, "train_on_batch", stop_after(1))
    second = line.train(tmp_path, minutes=60, recipe=SMALL)
    manifest = json.loads((tmp_path / "line.json").read_text())
    assert manifest["state"]["step"] == 9 and manifest["state"]["block"] > state["block"]
    assert manifest["recipe"]["batch"] == 8
    kernels = zip(first.trainable_variables, second.trainable_variables, strict=True)
    moved = [float(np.abs(np.subtract(a, b)).max()) for a, b in kernels]
    assert 0 < max(moved) < 0.05  # a step away from where it was, not begun anew
    saved = line.keras.models.load_model(tmp_path / "line.keras")
    assert all((a == b).all() for a, b in zip(saved.get_weights(), second.get_weights(), strict=True))


@pytest.fixture
def begun(tmp_path):
    """A network to go on from, and the file that it is in."""
    network, path = line_network.network(SMALL), tmp_path / "begun.keras"
    network.save(path)
    return network, path


def furthest(one, other):
    """How far two networks' weights are apart at most."""
    pairs = zip(one.trainable_variables, other.trainable_variables, strict=True)
    return max(float(np.abs(np.subtract(a, b)).max()) for a, b in pairs)


def test_a_training_can_begin_with_a_trained_network_and_says_with_which(tmp_path, drawn_here, begun):
    network, path = begun
    trained = line.train(tmp_path / "folder", 0.005, recipe=dataclasses.replace(SMALL, rate=0.0), start=path)
    assert furthest(network, trained) < 1e-6
    state = json.loads((tmp_path / "folder" / "line.json").read_text())["state"]
    assert state["start"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_training_can_keep_a_share_of_the_weights_that_it_began_with(tmp_path, drawn_here, begun, monkeypatch):
    network, path = begun
    monkeypatch.setattr(line, "export", lambda *arguments, **facts: None)
    half, whole = (
        line.train(tmp_path / str(keep), 0.005, recipe=dataclasses.replace(SMALL, keep=keep), start=path)
        for keep in (0.5, 1.0)
    )
    assert furthest(network, whole) < 1e-6 < furthest(network, half)


def test_a_training_ends_when_its_time_is_up_and_takes_real_words_in(tmp_path, drawn_here, strips, capsys):
    real = real_file(tmp_path / "real.npz", strips[:40])
    recipe = dataclasses.replace(SMALL, real_from=0.0)
    line.train(tmp_path, minutes=0.02, real=real, recipe=recipe)
    assert "20 strips of real words to train on, 7 to validate on" in capsys.readouterr().out
    state = json.loads((tmp_path / "line.json").read_text())["state"]
    assert state["seconds"] >= 1.2 and state["real_seconds"] > 0 and state["real_strips"] == 20
    assert (tmp_path / "line.tflite").exists() and not (tmp_path / "line.npz").exists()


def test_strips_come_from_a_second_process(monkeypatch):
    monkeypatch.setattr(line.Drawing, "BLOCK", 32)
    drawing = line.Drawing(SMALL, seed=3)
    try:
        drawn = drawing.strips(40, np.random.default_rng(0))
    finally:
        drawing.close()
    expected = [strip for strip in drawn_lines.draw(drawing.BLOCK, [3, 1, 0]) if line_batches.fits(strip)]
    assert len(drawn) >= 40 and drawing.block >= 2
    assert all((a.pixels == b.pixels).all() for a, b in zip(drawn, expected, strict=False))


def test_a_hand_writes_characters_beyond_a_to_z(hand):
    text = "é Ü 7?"
    wider = drawn_lines.widened(hand, text, seed=1)
    page = compose.page(text, wider, "canvas", seed=1)
    assert len(page.boxes) == 4 and set(wider) - set(hand) == {"é", "Ü", "7", "?"}
    with pytest.raises(ValueError, match="nobody knows how to write"):
        drawn_lines.widened(hand, "ж")
