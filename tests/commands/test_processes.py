"""The commands as processes of their own: from a checkout, as a module, and from a wheel in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
from support import REAL_DATA, TINY

from fer_lightning.results.result import read

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
NO_TORCH = """
import sys
from fer_lightning.commands import train, evaluate
sys.argv, command = ["fer", *sys.argv[2:]], {command}
try:
    command.main()
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"torch", "pytorch_lightning", "timm", "albumentations", "cv2", "wandb", "matplotlib"}} & set(sys.modules)
assert not heavy, heavy
"""


def run(*command, cwd, **environment):
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.mark.parametrize("command", ["train", "evaluate"])
@pytest.mark.parametrize("question", [["--help"], ["--cfg", "job"], ["--hydra-help"]])
def test_questions_are_answered_without_importing_torch(command, question, tmp_path):
    done = run(sys.executable, "-c", NO_TORCH.format(command=command), command, *question, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if question == ["--help"]:
        assert "Groups and their options" in done.stdout
        assert done.stdout.count("\n  fer-") >= 3


def test_the_same_command_in_two_processes_gives_the_same_metrics(tmp_path):
    results = []
    for name in "ab":
        command = (sys.executable, "-m", "fer_lightning.commands.train", *TINY, "trainer.max_epochs=2")
        done = run(*command, f"hydra.run.dir={tmp_path / name}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        results.append(read(tmp_path / name))
    assert results[0].metrics == results[1].metrics
    assert results[0].confusion_matrix == results[1].confusion_matrix
    assert results[0].config_hash == results[1].config_hash


def test_two_jobs_that_start_together_draw_the_faces_once(tmp_path):
    command = [sys.executable, "-m", "fer_lightning.commands.train", "data.faces.images=1500", "debug=fast"]
    environment = {**os.environ, "FER_CACHE": str(tmp_path / "cache")}
    jobs = [
        subprocess.Popen(
            [*command, f"hydra.run.dir={tmp_path / name}"], env=environment, stderr=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    logs = [job.communicate(timeout=600)[1] for job in jobs]
    assert [job.returncode for job in jobs] == [0, 0], logs
    assert sum(log.count("making the set 'synthetic'") for log in logs) == 1
    assert read(tmp_path / "a").metrics == read(tmp_path / "b").metrics


def test_a_wheel_works_in_an_empty_folder(tmp_path):
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    # the dependencies come from this environment: another six gigabytes would prove nothing
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", cwd=tmp_path).stdout.strip()
    )
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    wheel = next((tmp_path / "dist").glob("*.whl"))
    with ZipFile(wheel) as packed:
        assert {name.partition("/")[0].partition("-")[0] for name in packed.namelist()} == {"fer_lightning"}
        assert not [name for name in packed.namelist() if "layouts" in name]
    installed = run(python, "-m", "pip", "install", "--no-deps", "--ignore-installed", "--quiet", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    where = run(python, "-c", "import fer_lightning; print(fer_lightning.__file__)", cwd=empty).stdout
    assert str(site) in where
    trained = run(python.parent / "fer-train", *TINY, "debug=fast", cwd=empty, FER_LOGS="")
    assert trained.returncode == 0, trained.stderr
    assert "accuracy" in trained.stdout
    folder = next((empty / "logs" / "runs").iterdir())
    assert read(folder).choices["data"] == "synthetic"
    own = empty / "mine" / "loss"
    own.mkdir(parents=True)
    (own / "soft.yaml").write_text("_target_: torch.nn.CrossEntropyLoss\nlabel_smoothing: 0.3\n")
    ckpt = folder / "checkpoints" / "best.ckpt"
    tested = run(python.parent / "fer-eval", f"ckpt={ckpt}", "data=synthetic", *TINY, cwd=empty)
    assert tested.returncode == 0, tested.stderr
    composed = run(
        python, "-m", "fer_lightning.commands.train", "--config-dir", "mine", "loss=soft", "--cfg", "job", cwd=empty
    )
    assert "label_smoothing: 0.3" in composed.stdout


def test_make_demo_trains_the_default_model(tmp_path):
    done = run("make", "demo", f"VENV={sys.prefix}", f"DEMO={tmp_path / 'demo'}", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert f"confusion matrix: {tmp_path / 'demo'}/confusion_matrix.png" in done.stdout
    assert read(tmp_path / "demo").metrics["test/accuracy"] > 0.9


@pytest.mark.real_data
def test_real_fer2013_trains_from_the_command_line(tmp_path):
    command = (sys.executable, "-m", "fer_lightning.commands.train", "data=fer2013", "model=stn_cnn")
    limits = ("trainer.max_epochs=1", "trainer.limit_train_batches=60", f"hydra.run.dir={tmp_path}")
    done = run(*command, *limits, cwd=tmp_path, FER_DATA=str(REAL_DATA))
    assert done.returncode == 0, done.stderr
    result = read(tmp_path)
    assert result.counts == {"train": 28709, "val": 3589, "test": 3589}
    assert [sum(row) for row in result.confusion_matrix] == [491, 55, 528, 879, 594, 416, 626]
    assert result.metrics["test/accuracy"] > 879 / 3589  # better than always answering happy
