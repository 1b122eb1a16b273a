"""Claims of papers: their file, the rule of the verdict worked out by hand, and the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from made_results import make_result
from reports import compact

from fer_lightning.errors import FerError
from tools import update_docs
from tools.claim_verdicts import judge_claims
from tools.claims import read_claims
from tools.claims_table import claims_table

ROOT = Path(__file__).parents[2]
# mean 0.03 and deviation 0.01 or 0.02: half of the interval is 4.30265 / sqrt(3) times the deviation, 0.0248 or 0.0497
CLEAR, NOISY = (0.02, 0.03, 0.04), (0.01, 0.03, 0.05)


def entry(**changed):
    rows = {
        "first": {"row": "edges", "where": {"model": "edge"}},
        "second": {"row": "none", "where": {"model": "plain"}},
    }
    return (
        {"paper": "C", "place": "Table 1", "claim": "Edges help", "says": "better", "results": ["edges"]}
        | rows
        | changed
    )


def written(tmp_path, *entries, **more):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"claims": list(entries), **more}))
    return path


def leave(tmp_path, model, values, metric="test/accuracy", folds=False, **fields):
    for k, value in enumerate(values):
        place = {"fold": k} if folds else {"seed": k}
        metrics = {"metrics": {metric: value}} if metric != "test/accuracy" else {"accuracy": value}
        make_result(
            tmp_path / "results" / "edges" / f"{model}{k}{fields.get('started', '')[:4]}",
            **({"choices": {"model": model}} | place | metrics | fields),
        )


def verdict(tmp_path, **changed):
    older = changed.pop("older", {})
    claims = read_claims(written(tmp_path, entry(**changed), older=older))
    (judged,) = judge_claims(claims, tmp_path / "results")
    return judged


@pytest.mark.parametrize(
    ("gains", "says", "margin", "expected"),
    [
        (CLEAR, "better", 0.0, "agrees"),  # 0.0052 to 0.0548
        ([-gain for gain in CLEAR], "better", 0.0, "disagrees"),
        (NOISY, "better", 0.0, "undecided"),  # -0.0197 to 0.0797
        ([0.0, 0.0, 0.0], "better", 0.0, "undecided"),
        (NOISY, "not_worse", 0.02, "agrees"),
        (NOISY, "not_worse", 0.019, "undecided"),
        ([-gain for gain in CLEAR], "not_worse", 0.005, "disagrees"),
        (CLEAR, "matches", 0.06, "agrees"),
        (CLEAR, "matches", 0.05, "undecided"),
        (CLEAR, "matches", 0.005, "disagrees"),
    ],
)
def test_a_claim_is_decided_where_the_whole_interval_is_inside_or_outside_of_it(
    tmp_path, gains, says, margin, expected
):
    leave(tmp_path, "plain", [0.5, 0.5, 0.5])
    leave(tmp_path, "edge", [0.5 + gain for gain in gains])
    judged = verdict(tmp_path, says=says, margin=margin)
    assert judged.verdict == expected
    assert (judged.reason == "") is (expected != "undecided")


def test_the_difference_the_interval_and_the_folds(tmp_path):
    leave(tmp_path, "plain", [0.5, 0.5, 0.5], folds=True)
    leave(tmp_path, "edge", [0.52, 0.53, 0.54], folds=True)
    judged = verdict(tmp_path)
    assert judged.difference == pytest.approx(0.03)
    assert judged.interval == pytest.approx((0.0051586, 0.0548414), abs=1e-6)
    assert (judged.seeds, judged.folds) == (1, 3)


def test_of_a_loss_the_lower_one_is_better(tmp_path):
    leave(tmp_path, "plain", [1.0, 1.0, 1.0], metric="test/loss")
    leave(tmp_path, "edge", [0.98, 0.97, 0.96], metric="test/loss")
    judged = verdict(tmp_path, metric="test/loss")
    assert (judged.verdict, judged.difference) == ("agrees", pytest.approx(-0.03))


@pytest.mark.parametrize(
    ("plain", "edge", "reason"),
    [
        ([0.5], [0.6], "one run"),
        ([0.5, 0.5], [0.6, 0.61], "2 runs"),
        ([0.5, 0.5, 0.5], [0.6], "one run"),
        ([], [0.6, 0.6, 0.6], "no runs yet"),
    ],
)
def test_fewer_than_three_pairs_decide_nothing(tmp_path, plain, edge, reason):
    leave(tmp_path, "plain", plain)
    leave(tmp_path, "edge", edge)
    judged = verdict(tmp_path)
    assert (judged.verdict, judged.reason) == ("undecided", reason)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"config": {"trainer.max_epochs": 3}}, "different trainer.max_epochs"),
        ({"versions": {"torch": "1.0"}}, "different versions"),
        ({"protocol": "official"}, "different test images"),
    ],
)
def test_rows_that_differ_in_what_the_claim_is_not_about_decide_nothing(tmp_path, fields, reason):
    leave(tmp_path, "plain", [0.5, 0.5, 0.5])
    leave(tmp_path, "edge", [0.52, 0.53, 0.54], **fields)
    judged = verdict(tmp_path)
    assert (judged.verdict, judged.reason) == ("undecided", reason)
    assert judged.difference == pytest.approx(0.03)


def test_runs_of_one_row_that_differ_in_more_than_fold_and_seed_decide_nothing(tmp_path):
    leave(tmp_path, "plain", [0.5, 0.5, 0.5])
    leave(tmp_path, "edge", [0.52, 0.53, 0.54])
    place = tmp_path / "results" / "edges" / "edge2"
    make_result(place, accuracy=0.54, seed=2, choices={"model": "edge"}, config={"optimizer.lr": 0.1})
    assert verdict(tmp_path).reason == "different optimizer.lr"


def test_runs_of_settings_that_have_changed_are_shown_until_both_rows_have_new_ones(tmp_path):
    older = {"edges": yaml.safe_load("2026-06-01")}
    leave(tmp_path, "plain", [0.5, 0.5, 0.5], started="2026-05-31T23:00:00+00:00")
    leave(tmp_path, "edge", [0.52, 0.53, 0.54], started="2026-05-31T23:00:00+00:00")
    assert verdict(tmp_path).verdict == "agrees"
    judged = verdict(tmp_path, older=older)
    assert (judged.verdict, judged.reason, judged.difference) == ("undecided", "older settings", pytest.approx(0.03))
    leave(tmp_path, "edge", [0.42, 0.43, 0.44], started="2027-01-01T00:00:00+00:00")
    assert verdict(tmp_path, older=older).difference == pytest.approx(0.03)
    leave(tmp_path, "plain", [0.5, 0.5, 0.5], started="2027-01-01T00:00:00+00:00")
    judged = verdict(tmp_path, older=older)
    assert (judged.verdict, judged.difference) == ("disagrees", pytest.approx(-0.07))


def test_the_table_stands_between_the_markers_of_a_page(tmp_path):
    leave(tmp_path, "plain", [0.5, 0.5, 0.5])
    leave(tmp_path, "edge", [0.52, 0.53, 0.54])
    written(tmp_path, entry(), entry(paper="E", claim="Equal", says="not_worse", margin=0.01, results=["to_come"]))
    page = tmp_path / "claims.md"
    page.write_text("<!-- claims: claims -->\n<!-- end of table -->\n")
    assert update_docs.main([], tmp_path) == 0
    assert compact(page.read_text()).split("\n")[2:8] == [
        "2 claims: 1 agrees, 0 disagrees, 1 undecided.",
        "",
        "| paper | claim | rows compared | difference | 95 % interval | runs | verdict |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| C, Table 1 | Edges help | edges better than none | +3.0 points | +0.5 to +5.5 | 3 seeds | agrees |",
        "| E, Table 1 | Equal | edges not worse than none within 1.0 points | - | - | - | undecided: no runs yet |",
    ]
    assert update_docs.main(["--check"], tmp_path) == 0
    (tmp_path / "claims.yaml").unlink()
    with pytest.raises(FerError, match=r"claims\.md:1: no file of claims .*claims\.yaml"):
        update_docs.plan(tmp_path)


def test_a_difference_of_another_metric_names_it(tmp_path):
    leave(tmp_path, "plain", [28.0, 28.0, 28.0], metric="test/psnr")
    leave(tmp_path, "edge", [28.2, 28.3, 28.4], metric="test/psnr")
    line = claims_table([verdict(tmp_path, metric="test/psnr")])[-1]
    assert "| +0.300 dB, PSNR " in line


def test_a_broken_result_is_no_missing_run(tmp_path):
    leave(tmp_path, "plain", [0.5, 0.5, 0.5])
    (tmp_path / "results" / "edges" / "plain1" / "result.json").write_text("{")
    with pytest.raises(FerError, match=r"no whole result in .*edges/plain1: keep it again"):
        verdict(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"says": "beter"}, "says=beter; choose among better, not_worse, matches (did you mean better?)"),
        ({"says": "matches"}, "says=matches needs a margin above 0"),
        ({"margin": 0.01}, "says=better needs no margin"),
        ({"metrik": "test/loss"}, "unknown field 'metrik'"),
        ({"results": "edges"}, "results has the wrong type: 'edges'"),
        ({"first": {"row": "edges"}}, "claim 1, first: without where"),
        ({"second": "none"}, "claim 1, second: a str where fields are expected: row, where"),
    ],
)
def test_a_broken_entry_is_told_with_its_place(tmp_path, wrong, message):
    with pytest.raises(FerError, match=re.escape(message)):
        read_claims(written(tmp_path, entry(**wrong)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("claims: [", "cannot be read as YAML"),
        ("- a", "a list where fields are expected"),
        ("claims: 3", "'claims' is no list"),
        ("claims: []\nolder: 3", "older: 3 is no mapping"),
        ("claims: []\nolder: {edges: soon}", "older.edges: soon is no day"),
        ("claims: []\nolder: {edges: 2026-01-01}", "older.edges: no claim uses these results"),
    ],
)
def test_a_broken_file_is_told(tmp_path, text, message):
    (tmp_path / "claims.yaml").write_text(text)
    with pytest.raises(FerError, match=re.escape(message)):
        read_claims(tmp_path / "claims.yaml")


def test_the_committed_claims_name_results_and_experiments_that_exist_or_are_in_the_queue():
    claims = read_claims(ROOT / "docs" / "claims.yaml").claims
    queue = set(re.findall(r"sweep_name=(\S+)", (ROOT / "tools" / "trainings.sh").read_text()))
    kept = {folder.name for folder in (ROOT / "docs" / "results").iterdir()}
    known = queue | kept | {path.stem for path in (ROOT / "conf" / "sweep").glob("*.yaml")}
    assert {name for claim in claims for name in claim.results} <= known
    chosen = [(key, of) for claim in claims for row in (claim.first, claim.second) for key, of in row.wanted.items()]
    groups = {(key, of) for key, of in chosen if "." not in key}
    assert {(key, of) for key, of in groups if not (ROOT / "conf" / key / f"{of}.yaml").is_file()} == set()
