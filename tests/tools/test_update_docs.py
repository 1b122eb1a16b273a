"""The tables and pictures of docs/ are those of the results beside them, and `make tables` draws them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_results import make_result
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from reports import compact

from tools import update_docs

ROOT = Path(__file__).parents[2]

PAGE = """# Paper A

Before.

<!-- table: paper_a -->
what was here
<!-- end of table -->

Between, and a marker to read:

```
<!-- table: NAME -->
```

<!-- rotation: turned -->
<!-- end of table -->

After.
"""


@pytest.fixture
def docs(tmp_path):
    docs = tmp_path / "docs"
    for row in ("CNN", "STN-CNN"):
        for column in ("raw", "more"):
            paper = {"title": "Paper A", "table": "Table 2", "row": row, "column": column, "value": 0.9}
            make_result(
                docs / "results" / "paper_a" / f"{row}{column}", paper=paper, choices={"experiment": row + column}
            )
    for angle in (0, 30):
        make_result(
            docs / "results" / "turned" / str(angle),
            config={"ckpt": "best.ckpt", "data.rotate": angle},
            intervals={"test/accuracy": [0.7, 0.8]},
        )
    (docs / "papers").mkdir()
    (docs / "papers" / "a.md").write_text(PAGE)
    return docs


def state(docs):
    return {path: path.read_bytes() for path in docs.rglob("*") if path.is_file()}


def test_the_committed_pages_are_what_the_results_say():
    planned = update_docs.plan(ROOT / "docs")
    wrong = [path.name for path, content in planned.items() if not update_docs.is_up_to_date(path, content)]
    assert wrong == [], "run make tables"


def test_tables_and_pictures_stand_between_the_markers_and_the_rest_stays(docs):
    assert update_docs.main([], docs) == 0
    text = (docs / "papers" / "a.md").read_text()
    before, after = text.split("<!-- table: paper_a -->\n\n")
    assert before == "# Paper A\n\nBefore.\n\n"
    table, _, rest = compact(after).partition("\n\n<!-- end of table -->")
    assert table.startswith("**Paper A, Table 2: accuracy, %**\n\n| row | ")
    assert table.endswith("\n\n![the table above as bars](../images/paper_a_bars.png)")
    assert "what was here" not in text
    assert rest.startswith(
        "\n\nBetween, and a marker to read:\n\n```\n<!-- table: NAME -->\n```\n\n<!-- rotation: turned -->\n\n| angle"
    )
    assert rest.endswith(
        "![the table above as curves](../images/turned_rotation.png)\n\n<!-- end of table -->\n\nAfter.\n"
    )
    assert sorted(path.name for path in (docs / "images").iterdir()) == ["paper_a_bars.png", "turned_rotation.png"]


def test_a_second_run_changes_no_byte_and_check_is_content(docs, capsys):
    assert update_docs.main(["--check"], docs) == 1
    assert "a.md is not what the results say: make tables" in capsys.readouterr().out
    assert not (docs / "images").exists()
    update_docs.main([], docs)
    before = state(docs)
    assert update_docs.main([], docs) == 0
    assert state(docs) == before
    capsys.readouterr()
    assert update_docs.main(["--check"], docs) == 0
    assert capsys.readouterr().out == ""


def test_another_result_is_noticed_in_the_page_and_in_the_picture(docs, capsys):
    update_docs.main([], docs)
    paper = {"title": "Paper A", "table": "Table 2", "row": "CNN", "column": "raw", "value": 0.91}
    make_result(docs / "results" / "paper_a" / "CNNraw", paper=paper, choices={"experiment": "CNNraw"})
    assert update_docs.main(["--check"], docs) == 1
    out = capsys.readouterr().out.splitlines()[-2:]
    assert [Path(line.split(" is ")[0]).name for line in out] == ["paper_a_bars.png", "a.md"]


def test_a_picture_that_another_version_drew_of_the_same_results_is_no_change(docs):
    update_docs.main([], docs)
    path = docs / "images" / "paper_a_bars.png"
    with Image.open(path) as picture:
        remarks = PngInfo()
        remarks.add_text(update_docs.SHOWS, picture.info[update_docs.SHOWS])
        picture.convert("RGB").save(path, pnginfo=remarks)
    assert update_docs.main(["--check"], docs) == 0


def test_bars_that_are_no_more_are_removed(docs):
    update_docs.main([], docs)
    for folder in list((docs / "results" / "paper_a").iterdir())[1:]:
        (folder / "result.json").unlink()
    assert update_docs.main(["--check"], docs) == 1
    assert update_docs.main([], docs) == 0
    assert not (docs / "images" / "paper_a_bars.png").exists()
    assert "paper_a_bars" not in (docs / "papers" / "a.md").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("table: paper_a", "table: paper_b", "a.md:5: no results in .*paper_b; choose among paper_a, turned"),
        ("<!-- end of table -->\n\nAfter.", "After.", "a.md:15: this table does not end"),
        ("what was here\n<!-- end of table -->", "x", "a.md:15: the table of line 5 has not ended|a.md:14: the table"),
        ("<!-- rotation: turned -->\n", "", "no table begins above"),
        ("rotation: turned", "rotation: paper_a", "result of a training"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_half_written(docs, capsys, old, new, message):
    page = docs / "papers" / "a.md"
    assert PAGE.count(old) == 1
    page.write_text(PAGE.replace(old, new))
    before = state(docs)
    assert update_docs.main([], docs) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert re.search(message, captured.err)
    assert state(docs) == before


@pytest.fixture
def curved(docs, tmp_path):
    """Kept runs with their curves, and a page that shows them in every way."""
    for name, accuracies in (("cnn", [0.5, 0.7]), ("rcnn", [0.4, 0.6])):
        folder = tmp_path / "sweep" / name
        folder.mkdir(parents=True)
        lines = [f"{epoch},{10 * epoch + 9},{value},{1 - value}" for epoch, value in enumerate(accuracies)]
        (folder / "metrics.csv").write_text("\n".join(["epoch,step,train/accuracy,val/accuracy", *lines, ""]))
        make_result(folder, choices={"model": name}, files={"metrics": "metrics.csv"}, config={"data.batch_size": 50})
    assert update_docs.main(["--keep", str(tmp_path / "sweep"), "--name", "paper_c"], docs) == 0
    markers = ("curves: paper_c", "curves: paper_c train/accuracy over iterations", "table: paper_c with timing")
    blocks = [f"<!-- {marker} -->\n<!-- end of table -->\n" for marker in markers]
    (docs / "c.md").write_text("\n".join(blocks))
    return docs


def test_curves_are_drawn_from_what_was_kept_each_wish_a_picture_of_its_own(curved, capsys):
    assert update_docs.main([], curved) == 0
    first, second, third = compact((curved / "c.md").read_text()).split("<!-- end of table -->\n")[:3]
    assert "| model=cnn | 1 | 50.0 |" in first  # 1 - 0.5 is the highest validation
    assert "![val accuracy over the epochs](images/paper_c_curves.png)" in first
    assert "| model=cnn | 20 | 70.0 |" in second
    assert "(images/paper_c_train_accuracy_over_iterations.png)" in second
    assert "| 0.25 | 0.0556 |" in third  # 50 images at 200 and at 900 a second
    capsys.readouterr()
    assert update_docs.main(["--check"], curved) == 0
    assert capsys.readouterr().out == ""


def test_another_point_of_a_curve_is_noticed_in_its_picture(curved, capsys):
    update_docs.main([], curved)
    capsys.readouterr()
    metrics = curved / "results" / "paper_c" / "cnn" / "metrics.csv"
    metrics.write_text(metrics.read_text().replace("0,9,0.5,0.5", "0,9,0.51,0.5"))
    assert update_docs.main(["--check"], curved) == 1
    (told,) = capsys.readouterr().out.splitlines()  # neither 70 % nor where it was reached has changed
    assert "paper_c_train_accuracy_over_iterations.png is not what the results say" in told


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("curves: paper_a", "paper_a: no run kept what curves need: keep the sweep again"),
        ("curves: paper_c train/acuracy", "curve=train/acuracy: no run logged it; choose among"),
        ("curves: paper_c over steps", "c.md:1: 'over steps' says nothing of a marker for curves: write <!-- curves"),
        ("table: paper_c timing", "c.md:1: 'timing' says nothing of a marker for table: write <!-- table: NAME"),
        ("rotation: turned with timing", "c.md:1: 'with timing' says nothing of a marker for rotation"),
    ],
)
def test_a_marker_that_asks_for_what_there_is_not_is_told(curved, capsys, marker, message):
    (curved / "c.md").write_text(f"<!-- {marker} -->\n<!-- end of table -->\n")
    before = state(curved)
    assert update_docs.main([], curved) == 1
    assert message in capsys.readouterr().err
    assert state(curved) == before


def test_results_are_kept_under_the_name_of_the_sweep_or_another(docs, tmp_path, capsys):
    make_result(tmp_path / "sweeps" / "depths" / "depth=2")
    assert update_docs.main(["--keep", str(tmp_path / "sweeps" / "depths")], docs) == 0
    assert (docs / "results" / "depths" / "depth=2" / "result.json").is_file()
    assert capsys.readouterr().out.strip().endswith("docs/results/depths/depth=2/result.json")
    assert update_docs.main(["--keep", str(tmp_path / "sweeps" / "depths"), "--name", "other"], docs) == 0
    assert (docs / "results" / "other" / "depth=2" / "result.json").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--keep", "nowhere"], "nowhere is no folder"),
        (["--keep", "a", "b"], "give it a name with --name"),
        (["--keep", "a", "--name", "../x y"], "'../x y' is no name for a table"),
    ],
)
def test_what_cannot_be_kept_is_told(docs, capsys, words, message):
    assert update_docs.main(words, docs) == 1
    assert message in capsys.readouterr().err
