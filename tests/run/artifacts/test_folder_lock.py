"""One process a folder."""

from __future__ import annotations

import re
import threading

import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.artifacts.folder_lock import lock_folder, wait_for_folder


def test_a_second_run_in_the_folder_is_refused_by_its_name(tmp_path):
    folder = tmp_path / "runs" / "one"
    with lock_folder(folder):
        with pytest.raises(
            FerError, match=rf"^{re.escape(str(folder))}: another fer-train or fer-eval runs in this folder"
        ):
            lock_folder(folder).__enter__()
        with lock_folder(tmp_path / "runs" / "two"):
            pass


def test_the_folder_is_free_afterwards_also_after_an_error(tmp_path):
    with pytest.raises(KeyError), lock_folder(tmp_path):
        raise KeyError
    with lock_folder(tmp_path):
        pass


def test_waiting_ends_with_the_run(tmp_path):
    wait_for_folder(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    ended, waited = threading.Event(), threading.Event()
    watch = threading.Thread(target=lambda: (wait_for_folder(tmp_path), waited.set()))
    with lock_folder(tmp_path):
        watch.start()
        assert not waited.wait(0.2)
        ended.set()
    assert waited.wait(10)
    watch.join()
    wait_for_folder(tmp_path)
    with lock_folder(tmp_path):
        pass
