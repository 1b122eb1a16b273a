from __future__ import annotations

import re
from pathlib import Path

import pytest
from reports import Page, report, row, run, write_metrics

from fer_lightning.results.report import figures
from fer_lightning.results.report.model import MissingJob
from fer_lightning.results.report.page import write_page
from fer_lightning.results.report.rows import pool_counts

HOSTILE = "<script>alert('x')</script>\"'&<b>"
FAILED = MissingJob("fold 1", Path("/runs/b"), "failed", {}, "Traceback\nValueError: nan", "fer-train data.fold=1", "s")


@pytest.fixture
def written(tmp_path):
    def write(made):
        write_page(made, tmp_path / "report.html")
        text = (tmp_path / "report.html").read_text(encoding="utf-8")
        return text, Page(text)

    return write


@pytest.fixture
def hostile(tmp_path):
    folder = tmp_path / "a <script> & b"
    lost = MissingJob(HOSTILE, folder, "failed", {}, f"{HOSTILE}\n{HOSTILE}", HOSTILE, HOSTILE)
    made = run(folder, names=(HOSTILE, "yes"), command=HOSTILE, sweep=HOSTILE, paper={"title": HOSTILE})
    return report(row(runs=[made], missing_jobs=[lost], loss=HOSTILE), title=HOSTILE, notes=[HOSTILE])


def test_a_page_is_whole_html_with_every_tag_closed_and_every_name_once(written, hostile):
    text, page = written(hostile)
    assert text.startswith("<!DOCTYPE html>")
    assert page.elements[0] == ("html", {"lang": "en"})
    ids = page.ids()
    assert len(ids) == len(set(ids))
    goals = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    assert goals
    assert set(goals) <= set(ids)


def test_names_that_look_like_markup_stay_text_wherever_they_stand(written, hostile):
    text, page = written(hostile)
    assert "<script>alert" not in text
    assert len(page.all("script")) == 1
    assert page.all("b") == [{}, {}, {}]  # of the lost job, and of two recalls: none out of a name
    # title, source, key, note, lost job, its log and command, recall's class, paper, command, summary
    assert page.text.count(HOSTILE) >= 11
    assert any(HOSTILE in image["alt"] for image in page.all("img"))


def test_nothing_on_the_page_lies_outside_of_it(written, tmp_path):
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.6])
    made = run(tmp_path, files={"metrics": "metrics.csv"}, command="fer-train paths.data=https://example.org")
    text, page = written(report(row(runs=[made], missing_jobs=[FAILED])))
    loading = [v for _, attributes in page.elements for k, v in attributes.items() if k in ("src", "srcset", "data")]
    assert loading
    assert all(v.startswith("data:image/png;base64,") for v in loading)
    assert not [tag for tag, _ in page.elements if tag in ("link", "iframe", "object", "embed", "base", "form")]
    links = [a["href"] for a in page.all("a")]
    assert all(link.startswith(("#", "./")) for link in links)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttp", text)
    assert text.count("https://") == 1  # the command, which is text
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none';")


def test_counts_of_a_row_are_summed_over_its_runs():
    one, two = run(counts=((7, 3), (2, 8))), run(seed=1, counts=((6, 4), (0, 0)))
    found = pool_counts(row(runs=[one, two]))
    assert found.counts.tolist() == [[13, 7], [2, 8]]
    assert (found.runs, found.right, found.images) == (2, 21, 30)
    assert found.recalls() == [("no", 20, 13 / 20), ("yes", 10, 0.8)]


def test_counts_are_not_summed_over_other_classes_or_of_runs_without():
    assert pool_counts(row(runs=[run(), run(names=("no", "maybe"))])) is None
    assert pool_counts(row(runs=[run(counts=())])) is None
    assert pool_counts(row(mean=None)) is None
    assert pool_counts(row(runs=[run(counts=()), run()])).runs == 1
    assert pool_counts(row(runs=[run(counts=((0, 0), (1, 3)))])).recalls() == [("no", 0, None), ("yes", 4, 0.75)]


def test_recalls_of_the_pooled_counts_are_on_the_page(written):
    both = row(runs=[run(counts=((7, 3), (2, 8))), run(seed=1, counts=((6, 4), (0, 0)))])
    _, page = written(report(both))
    assert "no 65.0 % of 20" in page.text
    assert "yes 80.0 % of 10" in page.text
    heat = [cell for cell in page.all("td") if "style" in cell]
    assert len(heat) == 2
    assert all(re.fullmatch(r"background:#\w{6};color:#\w{6}", cell["style"]) for cell in heat)


def test_a_companion_that_is_absent_takes_its_own_section_only(written, tmp_path):
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.6])
    full = run(tmp_path, files={"metrics": "metrics.csv"})
    _, page = written(report(row(runs=[full], missing_jobs=[FAILED])))
    whole = {"table", "missing", "figures", "recalls", "cost", "rows"}
    assert whole <= set(page.ids())
    assert len(page.all("img")) == 3

    (tmp_path / "metrics.csv").unlink()
    _, page = written(report(row(runs=[full], missing_jobs=[FAILED])))
    assert whole <= set(page.ids())
    assert len(page.all("img")) == 2  # without the learning curves

    bare = run(tmp_path, counts=(), timing={})
    _, page = written(report(row(runs=[bare])))
    assert {"table", "figures", "rows"} <= set(page.ids())
    assert not {"recalls", "cost", "missing"} & set(page.ids())
    assert "No confusion matrix" in page.text


def test_a_report_of_lost_jobs_alone_is_a_page_without_figures(written):
    _, page = written(report(row(mean=None, missing_jobs=[FAILED])))
    assert not page.all("img")
    assert "ValueError: nan" in page.text
    assert "Traceback ValueError: nan" in page.text  # its log
    assert "fer-train data.fold=1" in page.text


def test_only_what_a_test_supports_stands_in_bold(written):
    better, worse = row(0.8, loss="l1"), row(0.7, loss="l2")
    _, page = written(report(better, worse, p=0.001))
    assert len(page.all("strong")) == 1
    assert [tr for tr in page.all("tr") if tr.get("class") == "best"] == [{"class": "best"}]
    for p in (0.3, None):
        _, page = written(report(better, worse, p=p))
        assert not page.all("strong")
        assert not [tr for tr in page.all("tr") if tr.get("class")]


def test_the_table_says_how_it_is_sorted_and_by_what(written):
    rows = [
        row(0.8006, loss="l2", n=1),
        row(0.80055, loss="l1", n=1, missing_jobs=[FAILED], missing_cells=["seed=1", "seed=2"]),
        row(None, loss="", missing_jobs=[FAILED]),
    ]
    text, page = written(report(*rows))
    head = {th["data-kind"] + th["aria-sort"] for th in page.all("th") if "aria-sort" in th}
    assert head == {"textnone", "numberdescending", "numbernone"}
    table = text[text.index('<table id="table">') : text.index("</table>")]
    sorts = [re.findall(r'data-sort="([^"]*)"', line) for line in table.split("<tr")[2:]]
    assert [line[:2] for line in sorts] == [["l2", "0.8006"], ["l1", "0.80055"], ["", ""]]  # not rounded
    assert [line[-1] for line in sorts] == ["", "3", "1"]  # jobs and holes
    assert all(th["scope"] in ("col", "row") for th in page.all("th"))


def test_a_loss_rises_and_keys_that_are_numbers_are_sorted_as_such(written):
    rows = [row(0.5, n=1, lr="0.1"), row(0.6, n=1, lr="1e-3")]
    _, page = written(report(*rows, metric="test/loss"))
    head = [th for th in page.all("th") if "aria-sort" in th]
    assert (head[0]["data-kind"], head[1]["aria-sort"]) == ("number", "ascending")


def test_a_run_is_linked_where_it_lies_near_and_told_where_not(written, tmp_path):
    near, far = run(tmp_path / "runs/fold=0, a#b"), run(Path("/elsewhere/run"), fold=1, seed=3)
    _, page = written(report(row(runs=[near, far])))
    links = [a["href"] for a in page.all("a") if not a["href"].startswith("#")]
    assert links == ["./runs/fold%3D0%2C%20a%23b/"]
    assert "/elsewhere/run" in page.text
    assert "fer-train data.fold=0 seed=0 fer-train data.fold=1 seed=3" in page.text


def test_beyond_the_first_rows_counts_are_in_words_alone(written, monkeypatch):
    monkeypatch.setattr(figures, "CONFUSION_ROWS", 2)
    _, page = written(report(*(row(0.9 - k / 10, loss=f"l{k}") for k in range(4))))
    assert len([image for image in page.all("img") if image["alt"].startswith("confusion matrix")]) == 2
    assert "The first 2 rows have a confusion matrix" in page.text
    assert page.text.count("no 70.0 % of 10") == 4


def test_a_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("the page of before")
    monkeypatch.setattr(figures, "score_picture", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_page(report(row()), path)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "the page of before"
