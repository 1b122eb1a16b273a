"""The documents name files, verbs, options and keys that exist; the walks of CONTRIBUTING.md work as pasted."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from fer_lightning.run.config.command_flags import move_flags_first
from fer_lightning.run.config.compose import compose, list_options
from fer_lightning.run.config.override_grammar import to_hydra
from fer_lightning.run.config.report_paths import collect_paths

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {"fer-train": "train", "fer-eval": "eval", "fer-audit": "audit", "fer-report": "report"}
RAY = find_spec("hydra_plugins.hydra_ray_launcher") is not None  # an extra, which needs an environment of its own
SHELL = {"", "sh", "bash", "console"}
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.M | re.S)
# the file that a block shows: in backticks at the end of the line above it, or in a comment at its head
NAMED_ABOVE = re.compile(r"`(?P<path>[\w./-]+\.(?:py|yaml|toml))`:?\n\n?\Z")
NAMED_INSIDE = re.compile(r"(?:# @package \w+\n)?# (?P<path>[\w./-]+/[\w.-]+\.(?:py|yaml))\n")


class Block(NamedTuple):
    """Fenced code: its language, its text, and the file that it shows, where it says so."""

    language: str
    body: str
    path: str | None


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = []
    for fence in FENCE.finditer(text):
        named = NAMED_ABOVE.search(text[: fence.start()]) or NAMED_INSIDE.match(fence["body"])
        found.append(Block(fence["language"], fence["body"], named["path"] if named else None))
    return found


def prose(document: Path) -> str:
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def shell_lines(document: Path) -> list[str]:
    bodies = [block.body.replace("\\\n", " ") for block in blocks(document) if block.language in SHELL]
    return [line.strip().removeprefix("$ ") for body in bodies for line in body.splitlines()]


def arguments(line: str) -> tuple[str, list[str]] | None:
    """A command of this project and its arguments; None for any other line."""
    words = shlex.split(re.sub(r"<\w+>", "x", line), comments=True)
    while words and re.match(r"\w+=", words[0]):
        words.pop(0)
    name = Path(words[0]).name if words else ""
    return (name, words[1:]) if name in COMMANDS else None


def overrides_and_folder(words: list[str]) -> tuple[list[str], str | None]:
    """What is composed, and the folder of --config-dir."""
    folders = [word.removeprefix("--config-dir=") for word in words if word.startswith("--config-dir=")]
    return [word for word in words if not word.startswith("-")], folders[0] if folders else None


def choices(override: str) -> list[str]:
    """The single values that a sweep over this override takes."""
    parsed = OverridesParser.create().parse_override(to_hydra(override))
    if not parsed.is_sweep_override():
        return [override]
    key = parsed.get_key_element()
    if "glob(" in override:
        return [f"{key}={option}" for option in list_options(key)]
    return [f"{key}={value}" for value in parsed.sweep_string_iterator()]


def combinations(overrides: list[str]) -> list[list[str]]:
    """Every choice of every sweep, together with the first choices of the others."""
    swept = [choices(override) for override in overrides]
    first = [values[0] for values in swept]
    return [first, *([*first[:n], v, *first[n + 1 :]] for n, values in enumerate(swept) for v in values[1:])]


LINES = [
    pytest.param(document, line, id=f"{document.name}: {line}")
    for document in DOCUMENTS
    for line in shell_lines(document)
    if arguments(line) and (RAY or "hydra/launcher=ray" not in line)
]


@pytest.mark.parametrize(("document", "line"), LINES)
def test_every_command_composes(document, line, tmp_path):
    for block in blocks(document):
        if block.path and block.path.endswith(".yaml"):
            (tmp_path / block.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.path).write_text(block.body)
    command, words = arguments(line)
    words = move_flags_first(words)
    overrides, folder = overrides_and_folder(collect_paths(words) if command == "fer-report" else words)
    # the walks write into conf/ itself
    own = [tmp_path / name for name in (folder, "conf") if name and (tmp_path / name).is_dir()]
    assert folder is None or own, f"no block of {document.name} shows a file in {folder}/"
    search = [f"hydra.searchpath=[{','.join(f'file://{place}' for place in own)}]"] if own else []
    for chosen in combinations(overrides):
        own_folder = [] if command == "fer-report" else ["paths.output_dir=x"]
        assert compose([*search, *chosen, *own_folder], COMMANDS[command])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_relative_link_leads_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", prose(document)):
        place, _, anchor = "".join(target).partition("#")
        if place.startswith(("http:", "https:", "mailto:")):
            continue
        file = document.parent / place if place else document
        assert file.exists(), f"{document.name}: {place}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", prose(file), re.M)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, anchor


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_every_verb_is_in_the_makefile(document):
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    lines = "\n".join(shell_lines(document))
    spoken = re.findall(r"`make ([a-z-]+)", prose(document)) + re.findall(r"^make ([a-z-]+)", lines, re.M)
    assert set(spoken) <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_python_blocks_compile(document):
    for block in blocks(document):
        if block.language == "python":
            assert compile(block.body, document.name, "exec")


@pytest.mark.parametrize("name", sorted(path.name for path in ROOT.glob("*.md")) + ["docs"])
def test_every_option_that_is_named_exists(name):
    """`group=option` in running text; a comma lists several, capitals and dots stand for something else."""
    for document in [ROOT / name] if name.endswith(".md") else DOCUMENTS[2:]:
        shown = {Path(block.path).stem for block in blocks(document) if block.path}
        for group, named in re.findall(r"`(\w+)=([a-z0-9_,]+)`", prose(document)):
            if (ROOT / "conf" / group).is_dir():
                assert set(named.split(",")) <= {*list_options(group), *shown}, f"{document.name}: {group}={named}"


def outside(block: Block) -> bool:
    """Whether it shows a file of the package outside the repository."""
    return str(block.path).startswith("mynets/")


@pytest.mark.slow
def test_the_walk_through_a_package_outside_works_as_pasted(tmp_path):
    found = blocks(ROOT / "CONTRIBUTING.md")
    for block in filter(outside, found):
        (tmp_path / block.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / block.path).write_text(block.body)
    tiny = "data.faces.images=96 data.faces.subjects=10 data.batch_size=16"
    script = "\n".join(block.body for block in found if block.language == "sh" and "mynets" in block.body)
    script = re.sub(r"^(fer-(?:train|eval).*)$", rf"\1 {tiny}", script, flags=re.M)
    # into a folder of its own, from what is installed here
    install = (
        f"{sys.executable} -m pip install --quiet --no-index --no-deps --no-build-isolation --target site ./mynets"
    )
    script = script.replace("pip install ./mynets", f"{install}\nexport PYTHONPATH=site:$OUTSIDE")
    assert "--target site" in script
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    folders = {name: str(tmp_path / name) for name in ("FER_LOGS", "FER_CACHE")}
    environment = {**os.environ, **folders, "FER_LOGS": "logs", "PYTHONPATH": paths, "OUTSIDE": paths}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    assert "names mynets: fer-eval and fer_lightning.load read it with trust=[mynets]" in done.stderr
    assert done.stdout.count("accuracy  ") >= 3


@pytest.mark.slow
def test_the_walks_of_contributing_work_as_pasted(tmp_path):
    for part in ("fer_lightning", "conf", "tests", "tools", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    pasted = [block for block in blocks(ROOT / "CONTRIBUTING.md") if block.path and not outside(block)]
    for block in pasted:
        assert not (tmp_path / block.path).exists(), f"{block.path} is taken: the walk needs another example"
        (tmp_path / block.path).write_text(block.body)
    python = [block.path for block in pasted if block.path.endswith(".py")]
    tests = [path for path in python if path.startswith("tests/")]
    paths = os.pathsep.join([str(tmp_path), str(tmp_path / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths, "MYPYPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    tools = Path(sys.executable).parent
    for command in (
        [tools / "ruff", "check", *python],
        [tools / "ruff", "format", "--check", *python],
        [tools / "mypy"],
        [tools / "lint-imports"],
        [tools / "pytest", *tests, "tests/conf", "tests/nets/test_every_net.py", "tests/training/test_losses.py"],
        [tools / "pytest", "tests/run/config/test_every_option.py", "-k", "all_conv or generalized or paper_a"],
    ):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
