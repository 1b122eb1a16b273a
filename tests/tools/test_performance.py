"""The benchmark runs at tiny sizes and writes its schema; no speed is asserted."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from reports import compact
from support import call

from fer_lightning.errors import FerError
from tools.performance import __main__ as bench
from tools.performance.child_process import run
from tools.performance.figures import BARE, OURS, Figure, ratio
from tools.performance.many_faces import read
from tools.performance.step_times import StepTimes

TINY = ("--sizes", "500,600", "--rounds", 1, "--steps", 2, "--batch", 8, "--threads", 1, "--widths", "4,4,4")
PER_SIZE = {
    *("training_images_per_second", "training_ratio", "waiting_share", "seconds_to_first_step"),
    *("training_images_per_cpu_second", "training_cpu_ratio", "cpu_seconds_to_first_step", "training_peak_memory"),
    *("prediction_milliseconds", "prediction_ratio", "prediction_cpu_milliseconds", "prediction_cpu_ratio"),
    "prediction_peak_memory",
}


@pytest.mark.slow
def test_a_tiny_benchmark_writes_every_figure_and_the_page(tmp_path, capsys):
    page = tmp_path / "performance.md"
    assert call(bench.main, *TINY, "--out", tmp_path / "out", "--page", page, "--scratch", tmp_path) == 0
    found = json.loads((tmp_path / "out" / "bench.json").read_text())
    assert found["schema_version"] == 1
    assert found["command"].startswith("python -m tools.performance --sizes 500,600 ")
    assert len(found["load_average"]) == 2
    assert set(found["versions"]) == {"Python", "torch", "commit"}
    for figure in found["figures"]:
        assert len(figure["values"]) == 1
        assert figure["min"] == figure["median"] == figure["max"] >= 0
        assert figure["side"] in (OURS, BARE)
    for images in (500, 600):
        names = {figure["name"] for figure in found["figures"] if figure["images"] == images}
        assert names >= PER_SIZE
    shares = [figure["median"] for figure in found["figures"] if figure["name"] == "waiting_share"]
    assert len(shares) == 6  # two augmentations of the smaller size, one of the larger, of both sides
    assert all(0 < share < 1 for share in shares)
    assert sum(figure["name"] == "process_seconds" for figure in found["figures"]) == 3
    assert {f"| {name} |" in compact(page.read_text()) for name in ("none", "flip_crop", "500", "600", "1", "64")} == {
        True
    }
    assert "nan" not in page.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("bench-")] == []  # data sets of gigabytes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--sizes", "1000,x"], "--sizes 1000,x: give whole numbers of 500 or more"),
        (["--sizes", "100"], "--sizes 100: give whole numbers of 500 or more"),
        (["--rounds", "0"], "--rounds 0: choose 1 or more"),
        (["--batch", "600"], "--batch 600: choose 500 or less"),
        (["--scratch", "nowhere"], "--scratch nowhere is no folder"),
        (["--sizes", "1000,900000000000"], "the data sets need"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_measured(words, said, tmp_path, capsys):
    assert call(bench.main, "--out", tmp_path / "out", *words) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert said in printed
    assert not (tmp_path / "out").exists()


def test_an_interruption_keeps_the_rounds_that_are_finished(tmp_path, monkeypatch, capsys):
    rounds = iter([10.0, 12.0])

    def measure_round(self):
        if (value := next(rounds, None)) is None:
            raise KeyboardInterrupt
        key = "training_images_per_second", "images/s", 500, "augment=none"
        return {(key[0], side, *key[1:]): value * (1 + (side == BARE)) for side in (OURS, BARE)}

    monkeypatch.setattr(bench.Bench, "prepare", lambda self, images: None)
    monkeypatch.setattr(bench.Bench, "round", measure_round)
    assert call(bench.main, "--sizes", 500, "--rounds", 3, "--out", tmp_path) == 0
    cells = "| none | wall clock | 11 (10 to 12) | 22 (20 to 24) | 0.500 (0.500 to 0.500) | - | - |"
    assert cells in " ".join(capsys.readouterr().out.split())
    found = json.loads((tmp_path / "bench.json").read_text())
    assert "--sizes 500 --rounds 2 --steps 20 --batch 128 " in found["command"]
    assert {figure["name"] for figure in found["figures"]} == {"training_images_per_second", "training_ratio"}


def test_no_two_of_many_images_are_equal_and_every_class_is_there(tmp_path):
    faces = read(tmp_path, images=1_200, subjects=20)
    assert len(np.unique(faces.array.reshape(1_200, -1), axis=0)) == 1_200
    assert isinstance(faces.array, np.memmap)
    assert set(faces.label.tolist()) == set(range(8))
    assert len(set(faces.subject.tolist())) == 20


def test_rate_and_waiting_are_of_all_steps_but_the_first(tmp_path):
    # the first step ends at 10; until the end of the last at 16 two steps of 2 s and two waits of 1 s
    waits = [(0, 3), (10, 11), (13, 14), (16, 99)]
    StepTimes([(3, 10), (11, 13), (14, 16)], waits, cpu=[(1, 2), (2, 3), (3, 4)]).write(tmp_path / "t")
    times = StepTimes.read(tmp_path / "t")
    assert times.first_step == 3
    assert times.images_per_second(batch_size=12) == 2 * 12 / 6
    assert times.images_per_cpu_second(batch_size=12) == 2 * 12 / 2
    assert times.cpu_before_first_step == 1
    assert times.waiting_share == pytest.approx(2 / 6)


def test_a_ratio_is_of_neighbours_in_time():
    # a machine that became ten times slower between two rounds
    found = ratio("training_ratio", Figure("x", OURS, "s", (10.0, 1.0, 8.0)), Figure("x", BARE, "s", (20.0, 2.0, 8.0)))
    assert found.values == (0.5, 0.5, 1.0)
    assert found.plain()["median"] == 0.5


def test_a_process_is_measured_from_outside_and_a_failure_is_told(tmp_path):
    python = sys.executable
    small = run([python, "-c", "import time; time.sleep(0.3)"], {}, tmp_path / "log")
    large = run([python, "-c", "import time; x = b'1' * 200_000_000; time.sleep(0.3)"], {}, tmp_path / "log")
    assert small.seconds >= 0.3
    assert 0 < small.cpu_seconds < small.seconds
    if small.peak is not None:  # where there is a /proc
        assert 190e6 < large.peak - small.peak < 230e6
        assert 190e6 < large.anonymous - small.anonymous < 230e6
    with pytest.raises(FerError, match="exit code 3\nfor a reason"):
        run([python, "-c", "print('for a reason'); raise SystemExit(3)"], {}, tmp_path / "log")
