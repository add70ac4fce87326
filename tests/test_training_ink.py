"""Pages that are drawn for the ink network, what they are put together from, and its training: small ones."""

import contextlib
import dataclasses
import json

import cv2
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from letters.training import drawn_pages, loop, papers
from letters.training import ink as ink_network

SIDE = drawn_pages.SIDE
SMALL = ink_network.Recipe(widths=(4, 4, 4, 4, 4), core_width=4, batch=2, block=2, seed=3)
SHAPE = (120, 160)


@pytest.fixture(scope="module")
def letters():
    return drawn_pages.bank(4)


@pytest.fixture(scope="module")
def pages(letters):
    rng = np.random.default_rng(4)
    return [drawn_pages.draw(letters, rng) for _ in range(120)]


# ------------------------------------------------------------------------------------------------- drawn pages


def test_a_page_has_a_picture_and_two_planes_of_its_size(pages):
    for page in pages:
        assert page.picture.shape == (SIDE, SIDE, 3) and page.ink.shape == page.core.shape == (SIDE, SIDE)
        assert page.picture.dtype == page.ink.dtype == page.core.dtype == np.uint8
        assert set(np.unique(page.core).tolist()) <= {0, 255}


def test_most_pages_have_writing_and_some_have_none(pages):
    written = [page.ink.max() > 128 for page in pages]
    assert 0.75 < np.mean(written) < 0.97
    for page, has_ink in zip(pages, written, strict=True):
        assert has_ink or not page.core.any()


def test_a_blank_page_has_no_ink_and_no_line(letters):
    rng = np.random.default_rng(0)
    blanks = [drawn_pages.draw(letters, rng, blank=True) for _ in range(20)]
    assert not any(page.ink.any() or page.core.any() for page in blanks)
    assert max(page.picture.std() for page in blanks) > 10  # some have frames, shadows, a desk


def test_a_bare_page_has_nothing_on_it_and_a_page_of_one_letter_has_its_ink(letters):
    rng = np.random.default_rng(4)
    bare = [drawn_pages.draw_bare(rng) for _ in range(10)]
    assert not any(page.ink.any() or page.core.any() for page in bare)
    pages, labels = zip(*(drawn_pages.draw_letter(letters, rng) for _ in range(40)), strict=True)
    assert np.mean([page.ink.max() > 100 for page in pages]) > 0.9  # few are hidden
    assert set(labels) <= set(range(52)) and len(set(labels)) > 20


def test_a_page_is_what_its_seed_says(letters):
    first, again, other = (drawn_pages.draw(letters, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert np.array_equal(first.picture, again.picture) and np.array_equal(first.ink, again.ink)
    assert not np.array_equal(first.picture, other.picture)


def test_ink_mostly_differs_from_the_ground_beside_it(pages):
    differences = []
    for page in pages:
        ink = page.ink > 200
        beside = cv2.dilate(ink.astype(np.uint8), np.ones((15, 15))).astype(bool) & (page.ink == 0)
        if ink.sum() > 100 and beside.sum() > 100:
            colours = [page.picture[where].astype(float).mean(axis=0) for where in (ink, beside)]
            differences.append(np.linalg.norm(colours[0] - colours[1]))
    assert np.mean(np.array(differences) > 15) > 0.85


# ------------------------------------------------------------------------------------------ papers and light


def drawn(part, count=40):
    rng = np.random.default_rng(1)
    return [part(SHAPE, rng) for _ in range(count)]


def test_a_texture_neither_lightens_nor_darkens_and_has_one_strength():
    textures = drawn(papers._texture)
    for plane in textures:
        assert plane.shape == SHAPE and np.isfinite(plane).all()
        assert abs(plane.mean()) < 1e-3 and plane.std() < 1.001
    assert np.mean([plane.std() > 0.99 for plane in textures]) > 0.9


def test_tiles_are_around_1_and_have_joints():
    for plane in drawn(papers._tiles):
        assert plane.shape == SHAPE and np.isfinite(plane).all()
        assert 0.3 < np.median(plane) < 1.9
    assert np.mean([len(np.unique(plane)) > 2 for plane in drawn(papers._tiles)]) > 0.9


def test_thin_shadows_are_thin():
    planes = drawn(papers._thin_shadows)
    assert all(plane.min() >= 0 and plane.max() <= 1 + 1e-6 for plane in planes)
    assert np.mean([(plane > 0.5).mean() for plane in planes]) < 0.35
    assert np.mean([plane.max() > 0.1 for plane in planes]) > 0.8


def test_grain_stains_and_folds_stay_near_the_brightness_of_the_paper():
    planes = drawn(papers._grain, 120)
    assert all(0.7 < np.median(plane) < 1.3 for plane in planes)
    assert np.mean([plane.std() > 0.001 for plane in planes]) > 0.6


def test_light_is_never_negative_and_falls_in_many_ways():
    lights = drawn(papers._light)
    assert all(light.shape == (*SHAPE, 3) and light.min() >= 0 for light in lights)
    assert np.mean([np.ptp(light) > 0.2 for light in lights]) > 0.5


def test_colours_of_ink_stand_out_from_their_ground():
    rng = np.random.default_rng(2)
    for _ in range(300):
        ground, inks = papers._colours(rng)
        for ink in inks:
            assert np.linalg.norm(ink - ground) >= papers.LEAST_CONTRAST - 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_what_a_sheet_does_not_show_is_hidden(seed):
    ink = np.zeros((SIDE, SIDE), np.float32)
    ink[100:110, 60:190] = 1
    picture, visible = papers.compose(ink, None, np.array([60, 90, 190, 110]), 20.0, np.random.default_rng(seed))
    assert picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8
    assert visible.shape == (SIDE, SIDE) and set(np.unique(visible).tolist()) <= {0.0, 1.0}
    assert visible[100:110, 100:150].mean() > 0.9


# ------------------------------------------------------------------------------------------------ the network


def test_the_network_gives_ink_of_the_pictures_size_and_cores_of_half_of_it():
    ink, core = ink_network.network(SMALL)(np.zeros((2, SIDE, SIDE, 3), np.float32))
    assert ink.shape == (2, SIDE, SIDE, 1) and core.shape == (2, SIDE // 2, SIDE // 2, 1)
    assert ink_network.network().count_params() < 500_000


def test_the_loss_is_lowest_for_the_truth():
    rng = np.random.default_rng(0)
    truth = (rng.random((2, 8, 8, 1)) < 0.2).astype(np.float32)
    loss = ink_network.plane_loss(0.3)
    right, half, wrong = (float(loss(truth, np.float32(20) * sign * (truth - 0.5))) for sign in (1, 0, -1))
    assert 0 <= right < 0.01 < half < wrong


def test_overlap_is_1_where_everything_is_found():
    block = ink_network.draw_block([0, 1], 2)

    class Knowing:
        def predict(self, pictures, **options):
            return [plane[..., None].astype(np.float32) - 127.5 for plane in block[1:]]

    assert ink_network.overlap(Knowing(), block) == {"ink": 1.0, "cores": 1.0}


class AskedAfterTwoBlocks:
    left = 2

    def __bool__(self):
        self.left -= 1
        return self.left < 0


def test_a_stopped_training_goes_on_and_ends_with_its_files(tmp_path, blocks_drawn_here, monkeypatch):
    monkeypatch.setattr(ink_network, "VALIDATION", 2)
    with monkeypatch.context() as patch:
        patch.setattr(loop, "stop_asked", lambda: contextlib.nullcontext(AskedAfterTwoBlocks()))
        _, stopped = ink_network.train(tmp_path, 60, SMALL)
    assert stopped.blocks == 2 and (tmp_path / "ink.npz").exists()
    minutes = stopped.seconds / 60 + 1e-6  # time for one more block
    model, state = ink_network.train(tmp_path, minutes, SMALL)
    assert state.blocks == 3 and not (tmp_path / "ink.npz").exists()
    assert {"minutes", "loss", "ink", "cores"} == set(state.history[-1])
    ink_network.export(model, tmp_path, SMALL, minutes, state)
    manifest = json.loads((tmp_path / "ink.json").read_text())
    assert manifest["state"]["blocks"] == 3 and manifest["recipe"]["widths"] == [4] * 5
    assert (tmp_path / "ink.keras").exists()


def test_a_training_can_keep_a_share_of_the_weights_that_it_began_with(tmp_path, blocks_drawn_here, monkeypatch):
    monkeypatch.setattr(ink_network, "VALIDATION", 2)
    begun = ink_network.network(SMALL)
    begun.save(tmp_path / "ink.keras")
    ended = [
        ink_network.train(tmp_path / str(keep), 1e-6, dataclasses.replace(SMALL, keep=keep), tmp_path / "ink.keras")[0]
        for keep in (0.0, 0.5)  # one block each
    ]
    before, after, kept = (model.get_weights() for model in (begun, *ended))
    for old, new, mean in zip(before, after, kept, strict=True):
        assert np.allclose(mean, (old + new) / 2, atol=1e-6)
    assert any(not np.allclose(old, new) for old, new in zip(before, after, strict=True))


def test_an_exported_network_takes_any_size_and_answers_as_before(tmp_path):
    model = ink_network.network(SMALL)
    ink_network.export(model, tmp_path, SMALL, 0.0, loop.State())
    runner = Interpreter(str(tmp_path / "ink.tflite"))
    (into,) = runner.get_input_details()
    free = ink_network.network(SMALL, side=None)
    free.set_weights(model.get_weights())
    for height, width in ((64, 128), (192, 64)):
        picture = np.random.default_rng(height).uniform(0, 255, (1, height, width, 3)).astype(np.float32)
        runner.resize_tensor_input(into["index"], picture.shape)
        runner.allocate_tensors()
        runner.set_tensor(into["index"], picture)
        runner.invoke()
        found = sorted((runner.get_tensor(out["index"]) for out in runner.get_output_details()), key=np.size)
        expected = sorted((1 / (1 + np.exp(-np.array(plane))) for plane in free(picture)), key=np.size)
        for one, other in zip(found, expected, strict=True):
            assert one.shape == other.shape and np.abs(one - other).max() < 0.05
