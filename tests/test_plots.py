"""The style of the figures: readable on light and dark grounds, and what is written on a map of letters."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from letters import plots


@pytest.fixture(autouse=True)
def style():
    with matplotlib.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def contrast(one, other):
    """The contrast of two colours as WCAG defines it, from 1 to 21."""
    bright = []
    for color in (one, other):
        channels = np.array(to_rgb(color))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        bright.append(float(linear @ (0.2126, 0.7152, 0.0722)))
    return (max(bright) + 0.05) / (min(bright) + 0.05)


@pytest.mark.parametrize("ground", ["#ffffff", "#111111"])
def test_text_and_colours_stand_out_from_light_and_dark_grounds(ground):
    assert contrast(plots.GREY, ground) > 4.3
    assert min(contrast(color, ground) for color in (plots.BLUE, plots.ORANGE, plots.GREEN, plots.PURPLE)) > 3
    text = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    assert {matplotlib.rcParams[name] for name in text} == {plots.GREY}


def test_a_figure_as_a_picture_has_a_transparent_ground_and_is_shown_only_once():
    plots.letter_map(np.eye(2), np.array([0, 26]), "Two letters")
    picture = plots.as_picture()
    assert picture.dtype == np.uint8 and picture.shape[2] == 4
    assert (picture[..., 3] == 0).mean() > 0.9 and picture[..., 3].max() == 255
    assert plt.get_fignums() == []


def test_each_island_has_one_label_of_the_classes_that_it_consists_of():
    labels = np.array([2] * 5 + [28] * 5 + [0] + [1] * 6 + list(range(30, 40)) + [7])
    island = np.repeat([0, 1, 2, -1], [11, 6, 10, 1])
    places = np.random.default_rng(0).random((len(labels), 2)) + 10 * island[:, None]
    plots.islands(places, labels, island, "Islands")
    assert [text.get_text() for text in plt.gca().texts] == ["C c", "B", ""]
