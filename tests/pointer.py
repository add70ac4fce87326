"""The pointer of the browser tests: draws strokes on a canvas of a page, with the mouse or a finger."""

import numpy as np


def points_on(canvas, strokes, size=0.6, centre=(0.5, 0.5)):
    """Strokes in any unit as points of the window, lists of [x, y]; size is a share of the canvas' shorter
    side, centre one of its width and one of its height."""
    box = _box_at_rest(canvas)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    sides = np.array([box["width"], box["height"]])
    scale = size * sides.min() / (high - low).max()
    middle = np.array([box["x"], box["y"]]) + np.array(centre) * sides
    return [((stroke - (low + high) / 2) * scale + middle).tolist() for stroke in strokes]


def _box_at_rest(canvas):
    """Where the canvas is, once it has stopped moving: what is above it may still be laid out."""
    canvas.scroll_into_view_if_needed()
    before, box = None, canvas.bounding_box()
    while before != box:
        canvas.page.wait_for_timeout(150)
        before, box = box, canvas.bounding_box()
    return box


def draw_with_mouse(canvas, strokes, **place):
    mouse = canvas.page.mouse
    for first, *rest in points_on(canvas, strokes, **place):
        mouse.move(*first)
        mouse.down()
        for point in rest:
            mouse.move(*point)
        mouse.up()


def draw_with_finger(canvas, strokes, **place):
    client = canvas.page.context.new_cdp_session(canvas.page)

    def touch(kind, *points):
        points = [{"x": x, "y": y} for x, y in points]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for first, *rest in points_on(canvas, strokes, **place):
        touch("touchStart", first)
        for point in rest:
            touch("touchMove", point)
        touch("touchEnd")
