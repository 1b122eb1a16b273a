from __future__ import annotations

import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.report.discover_runs import find_folders


def names(folders):
    return [folder.name for folder in folders]


def test_a_file_a_run_and_any_folder_above_are_taken(tmp_path, make_result):
    run = make_result(tmp_path / "logs" / "runs" / "a")
    make_result(tmp_path / "logs" / "runs" / "b")
    assert names(find_folders([run / "result.json"]).runs) == ["a"]
    assert names(find_folders([run]).runs) == ["a"]
    assert names(find_folders([tmp_path]).runs) == ["a", "b"]


def test_what_two_paths_lead_to_counts_once(tmp_path, make_result):
    run = make_result(tmp_path / "logs" / "a")
    (tmp_path / "link").symlink_to(tmp_path / "logs")
    assert names(find_folders([tmp_path, tmp_path / "logs", run, tmp_path / "link", run / "result.json"]).runs) == ["a"]


def test_links_are_followed_and_loops_end(tmp_path, make_result):
    make_result(tmp_path / "elsewhere" / "a")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "logs")
    (tmp_path / "logs" / "dangling").symlink_to(tmp_path / "nowhere")
    assert names(find_folders([tmp_path / "logs"]).runs) == ["a"]


def test_hidden_folders_and_what_lies_within_a_run_are_not_looked_through(tmp_path, make_result):
    run = make_result(tmp_path / "a")
    for inner in (run / "wandb" / "x", run / "checkpoints", tmp_path / ".trash"):
        make_result(inner)
    make_result(run / "again")
    make_result(tmp_path / "wandb" / "b")  # a folder of that name that is within no run
    assert names(find_folders([tmp_path]).runs) == ["a", "again", "b"]


def test_of_a_sweep_only_the_named_jobs_count(tmp_path, make_result, make_sweep):
    sweep = make_sweep(tmp_path / "by_loss", {"loss=l1": {}, "loss=l2": {"state": "failed"}})
    make_result(sweep / "loss=l1")
    aside = make_result(sweep / "loss=l1.0123456789abcdef")
    alone = make_result(tmp_path / "alone")
    for paths in ([tmp_path], [alone, sweep], [*sorted(sweep.iterdir()), alone], [sweep / "sweep.json", alone]):
        found = find_folders(paths)
        assert list(found.sweeps) == [sweep]
        assert names(found.runs) == ["alone"]
    assert find_folders([aside]).runs == [aside]  # asked for by itself
    assert find_folders([sweep / "loss=l1"]).runs == [sweep / "loss=l1"]


def test_what_a_later_run_has_moved_aside_counts_only_by_its_own_name(tmp_path, make_result):
    make_result(tmp_path / "logs" / "demo")
    aside = [make_result(tmp_path / "logs" / f"demo.0123456789abcdef{number}") for number in ("", ".2")]
    make_result(tmp_path / "logs" / "other.0123456789abcdef")  # no run has taken its place
    assert names(find_folders([tmp_path]).runs) == ["demo", "other.0123456789abcdef"]
    assert find_folders([aside[0], tmp_path]).runs == [aside[0], *find_folders([tmp_path]).runs]


def test_a_broken_sweep_file_is_told_and_every_result_below_counts(tmp_path, make_result, caplog):
    make_result(tmp_path / "loss=l1")
    for text in ("{", "[]", '{"jobs": 3}', '{"jobs": [{"name": "a"}]}'):
        (tmp_path / "sweep.json").write_text(text)
        assert names(find_folders([tmp_path]).runs) == ["loss=l1"]
        assert str(tmp_path / "sweep.json") in caplog.records[-1].getMessage()
    assert len(caplog.records) == 4


@pytest.mark.parametrize(
    ("path", "message"), [("nowhere", "does not exist"), ("notes.txt", "neither a result.json nor")]
)
def test_what_is_no_result_is_refused(tmp_path, path, message):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FerError, match=message):
        find_folders([tmp_path / path])
