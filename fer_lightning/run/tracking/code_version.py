"""The version of the code of a run."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import fer_lightning
from fer_lightning.results.result import versions

OURS = ("fer_lightning", "conf", "pyproject.toml")  # what decides a run; a changed page of the docs does not


def get_code_version() -> dict[str, Any]:
    """`version` of the package; where it runs from a git checkout, also its `commit` and whether it is `dirty`.

    Dirty means that a file of the package or of conf/ differs from the commit, or is new.
    """
    found: dict[str, Any] = {"version": versions().get("fer_lightning")}
    root = Path(fer_lightning.__file__).resolve().parents[1]
    commit, top = _git(root, "rev-parse", "HEAD"), _git(root, "rev-parse", "--show-toplevel")
    # an environment may stand inside the checkout of something else, whose commit would say nothing of this package
    if commit and top and Path(top).resolve() == root:
        here = [name for name in OURS if (root / name).exists()]
        found |= {"commit": commit, "dirty": bool(_git(root, "status", "--porcelain", "--", *here))}
    return found


def _git(folder: Path, *arguments: str) -> str | None:
    """What git prints; None without git, or outside a checkout that it trusts."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
