from __future__ import annotations

import pytest
from legible import assert_legible, words

from tools.rotation_curve import Line, Point, draw_rotation_curve


def falling(label, start=0.8, angles=(0, 15, 30, 45, 60)):
    return Line(label, [Point(a, start - a / 100, start - a / 100 - 0.05, start - a / 100 + 0.05) for a in angles])


def curves(figure):
    return [line for line in figure.axes[0].lines if line.get_marker() not in ("None", None, "")]


@pytest.mark.parametrize(
    "lines",
    [
        [falling("cnn")],
        [falling("cnn"), falling("stn_cnn", 0.8)],
        [falling(f"model of an uncommonly long name {i}", 0.7 + i / 100) for i in range(9)],
        [falling("all", angles=range(0, 61, 1))],
        [falling("one point", angles=[30])],
        [falling("short", angles=(0, 15)), falling("long", angles=(0, 90))],
    ],
)
def test_every_model_is_a_line_of_its_own_name_that_can_be_read(lines):
    figure = draw_rotation_curve(lines, "tested on jaffe " * 4, "a remark " * 12)
    assert_legible(figure)
    assert len(curves(figure)) == len(lines)
    looks = {(line.get_color(), line.get_linestyle(), line.get_marker()) for line in curves(figure)}
    assert len(looks) == len(lines)
    for line in lines:
        assert any(word.rstrip("…") and line.label.startswith(word.rstrip("…")) for word in words(figure))


def test_points_stand_at_their_accuracy_and_intervals_at_their_ends():
    figure = draw_rotation_curve([Line("cnn", [Point(0, 0.7, 0.65, 0.74), Point(30, 0.4, 0.3, 0.5)])])
    (curve,) = curves(figure)
    assert curve.get_xdata() == pytest.approx([0, 30])
    assert curve.get_ydata() == pytest.approx([70, 40])
    spans = [line.get_ydata() for line in figure.axes[0].lines if line is not curve]
    assert [tuple(map(round, span)) for span in spans] == [(65, 74), (30, 50)]


def test_intervals_of_two_models_at_one_angle_stand_side_by_side():
    figure = draw_rotation_curve([falling("a"), falling("b")])
    one, other = curves(figure)
    middle = [(a + b) / 2 for a, b in zip(one.get_xdata(), other.get_xdata(), strict=True)]
    assert middle == pytest.approx([0, 15, 30, 45, 60])
    assert one.get_xdata()[0] < other.get_xdata()[0]


def test_no_line_is_refused():
    for lines in ([], [Line("empty", [])]):
        with pytest.raises(ValueError, match="at least one"):
            draw_rotation_curve(lines)
