"""What the tests of a report's page share: results made by hand, their rows, and the page taken apart."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

from fer_lightning.results.report.formatting import format_table
from fer_lightning.results.report.frame import flat
from fer_lightning.results.report.model import Comparison, Report, Row, Run, RunTest, Score
from fer_lightning.results.result import Result

VOID = {"meta", "link", "img", "br", "hr", "input"}


def run(
    folder=Path("/runs/a"),
    accuracy=0.7,
    fold=0,
    seed=0,
    counts=((7, 3), (2, 8)),
    names=("no", "yes"),
    files=None,
    **more,
):
    fields = {
        "config_hash": "0" * 16,
        "choices": {"loss": "l1"},
        "overrides": [],
        "config": {"data": {"fold": fold}},
        "seed": seed,
        "protocol": "kfold",
        "class_names": list(names),
        "metrics": {"test/accuracy": accuracy},
        "confusion_matrix": [list(row) for row in counts],
        "timing": {"fit_seconds": 3600.0, "test_seconds": 360.0, "fit_images_per_second": 500.0},
        "world_size": 1,
        "resumed_from_epoch": None,
        "paper": None,
        "files": files or {},
        "versions": {},
        "started": "2025-01-01T00:00:00+00:00",
        "finished": "2025-01-01T01:00:00+00:00",
    }
    result = Result(**fields | {name: more.pop(name) for name in list(more) if name in fields})
    return Run(folder, result, {}, **{"command": f"fer-train data.fold={fold} seed={seed}", **more})


def row(
    mean=0.7, runs=None, missing_jobs=(), missing_cells=(), sd=0.01, n=2, interval=(0.6, 0.8), reported=None, **key
):
    score = Score(mean, sd if n > 1 else None, n, interval) if mean is not None else Score(None, None, 0, None)
    runs = [run(accuracy=mean)] if runs is None and mean is not None else runs or []
    return Row(key or {"loss": "l1"}, tuple(runs), tuple(missing_jobs), tuple(missing_cells), score, reported)


def report(*rows, p=None, metric="test/accuracy", title="a sweep", notes=()):
    """Of the rows in this order; `p` is that of the first against each other one, None without tests."""
    others = range(1, len(rows)) if p is not None else ()
    tests = tuple(
        Comparison(0, k, "McNemar", 0.02, p, 100, runs=None if p is None else over_three_runs(p)) for k in others
    )
    keys = tuple(dict.fromkeys(key for one in rows for key in one.key))
    return Report(metric, keys, tuple(rows), tests, tuple(notes), title, "2025-01-02T03:04:05+00:00")


def header(made):
    """The names of the columns of a report's table."""
    return list(flat(format_table(made).texts).columns)


def cells(made):
    """The texts of a report's table, a list per row."""
    return flat(format_table(made).texts).to_numpy().tolist()


def compact(text):
    """Markdown whose tables have no blanks that fill up their columns."""
    lines = [re.sub(r" +(?=\||$)", " ", re.sub(r"\| +", "| ", line)) for line in text.split("\n")]
    return "\n".join(re.sub(r":?-{3,}(:?)", r" ---\1 ", line).strip() if line[:1] == "|" else line for line in lines)


def table_texts(table):
    """A frame of texts as lists, its head first."""
    return [list(table.columns), *table.to_numpy().tolist()]


def over_three_runs(p, difference=0.02):
    """A test over three seeds, as the model of a report holds it."""
    return RunTest(3, difference, (difference - 0.01, difference + 0.01), p, difference > 0)


def write_metrics(path, values, metric="val/accuracy", final=None):
    """As a training leaves it: a row of validation and one of training an epoch, then the chosen weights once more."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["epoch", "step", "train/loss", metric])
        for epoch, value in enumerate(values):
            writer.writerow([epoch, epoch, "", value])
            writer.writerow([epoch, epoch, 1.0, ""])
        writer.writerow([len(values), len(values), "", values[-1] if final is None else final])


class Page(HTMLParser):
    """A page's elements, in order, its text outside of scripts and styles, and whether every tag was closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {self.get_starttag_text()}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> opens nowhere"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]
