"""The README's Python example does what it shows."""

from __future__ import annotations

import re
from pathlib import Path

from support import TINY, call

from fer_lightning.commands import train

README = Path(__file__).parents[1] / "README.md"


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(train.main, *TINY, "debug=fast", "hydra.run.dir=logs/demo") == 0
    capsys.readouterr()
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    answers, names = capsys.readouterr().out.splitlines()
    assert answers.count("'") == 2 * 8
    assert names.endswith("(8, 8)")
