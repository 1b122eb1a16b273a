"""Tables and curves over data.rotate are those of the results that they were made from."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
from support import call

from fer_lightning.errors import FerError
from fer_lightning.results.result import Result, write
from tools.rotation import collect, lines_of, main


@pytest.fixture
def leave(tmp_path):
    """A function that writes the result of a test of `right` of 20 images below a sweep's folder."""
    plain = Result(
        config_hash="0" * 16,
        choices={"model": "cnn", "data": "jaffe"},
        overrides=[],
        config={"ckpt": "runs/a/checkpoints/best.ckpt", "data": {"rotate": 0}},
        seed=0,
        protocol="test_only",
        class_names=["no", "yes"],
        metrics={"test/accuracy": 0.5},
        confusion_matrix=[[0, 0], [0, 0]],
        timing={},
        world_size=1,
        resumed_from_epoch=None,
        paper=None,
        files={},
        versions={},
        started="",
        finished="",
    )

    def make(job, angle=0.0, right=10, ckpt="runs/a/checkpoints/best.ckpt", model="cnn", data="jaffe", **changes):
        folder = tmp_path / "sweep" / str(job)
        folder.mkdir(parents=True)
        low, high = right / 20 - 0.1, right / 20 + 0.1
        result = replace(
            plain,
            choices={"model": model, "data": data},
            config={"ckpt": ckpt, "data": {"rotate": angle}},
            metrics={"test/accuracy": right / 20},
            intervals={"test/accuracy": [low, high]},
            confusion_matrix=[[right, 20 - right], [0, 0]],
        )
        write(replace(result, **changes), folder)
        return tmp_path / "sweep"

    return make


def test_a_sweep_becomes_a_table_a_csv_and_a_picture_by_rising_angle(leave, capsys):
    for job, (angle, right) in enumerate([(60, 4), (0, 18), (15, 16)]):
        sweep = leave(job, angle, right)
    assert call(main, sweep) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "angle", "images", "accuracy", "95", "%", "interval"]
    assert [line.split()[1:5] for line in lines[1:4]] == [
        ["0", "20", "90.00", "%"],
        ["15", "20", "80.00", "%"],
        ["60", "20", "20.00", "%"],
    ]
    assert lines[1].endswith("80.00 - 100.00 %")
    assert (sweep / "rotation.png").read_bytes().startswith(b"\x89PNG")
    with (sweep / "rotation.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["angle"], row["images"], float(row["accuracy"])) for row in rows] == [
        ("0", "20", 0.9), ("15", "20", 0.8), ("60", "20", 0.2),
    ]  # fmt: skip
    assert rows[2]["result"] == str(sweep / "0" / "result.json")
    assert call(main, sweep) == 0  # what it wrote is no result


def test_the_picture_goes_where_it_is_asked_for_and_the_csv_beside_it(leave, tmp_path):
    sweep = leave(0)
    assert call(main, sweep, "--out", tmp_path / "new" / "curve.svg") == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["curve.csv", "curve.svg"]
    assert not (sweep / "rotation.png").exists()


def test_each_checkpoint_is_a_line_and_shared_model_names_are_told_apart(leave):
    leave(0, 0, 10, "runs/monday/checkpoints/best.ckpt", "cnn")
    leave(1, 0, 11, "runs/tuesday/checkpoints/best.ckpt", "cnn")
    leave(2, 30, 5, "runs/tuesday/checkpoints/best.ckpt", "cnn")
    sweep = leave(3, 0, 12, "runs/friday/checkpoints/best.ckpt", "stn_cnn")
    lines = lines_of(collect([sweep]))
    assert [(line.label, [p.accuracy for p in line.points]) for line in lines] == [
        ("cnn monday", [0.5]),
        ("cnn tuesday", [0.55, 0.25]),
        ("stn_cnn", [0.6]),
    ]


def test_several_folders_are_one_table(leave):
    leave("one", 0), leave("two", 30)
    sweep = leave("three", 60)
    assert [test.point.angle for test in collect([sweep / "two", sweep / "one"])] == [0, 30]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": {"data": {"rotate": 0}}}, "result of a training"),
        ({"config": {"ckpt": "a.ckpt", "data": {}}}, "has no data.rotate"),
        ({"metrics": {"test/accuracy": None}}, "has no test/accuracy"),
        ({"data": "fer2013"}, "data=jaffe.*data=fer2013"),
        ({}, "both test runs/a/checkpoints/best.ckpt at data.rotate=0"),
    ],
)
def test_a_result_that_does_not_belong_is_named(leave, capsys, changes, said):
    leave(0)
    sweep = leave(1, **changes)
    with pytest.raises(FerError, match=said) as error:
        collect([sweep])
    assert str(sweep / "1" / "result.json") in str(error.value)
    assert call(main, sweep) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert not (sweep / "rotation.csv").exists()


def test_a_folder_without_results_and_a_picture_of_no_kind_are_refused(leave, tmp_path, capsys):
    assert call(main, tmp_path / "absent") == 1
    assert "absent: no result.json" in capsys.readouterr().err
    assert call(main, leave(0), "--out", tmp_path / "curve.doc") == 1
    assert "choose a name that ends with .png" in capsys.readouterr().err
