from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from reports import cells, header, report, row, run

from fer_lightning.results.escaping import latex_text
from fer_lightning.results.metric_names import label
from fer_lightning.results.report.model import MissingJob
from fer_lightning.results.report.write_tables import SHOWN, write_latex

HOSTILE = '\\input{x} {a} $b$ & c_d #1 50% ~^ <e> |f| [g] *h* `i` "j" k--l ± \x1b[31m'
DOCUMENT = r"\documentclass{article}\usepackage{booktabs}\begin{document}\input{report}\end{document}"


def written(made, folder):
    write_latex(made, folder / "report.tex")
    return (folder / "report.tex").read_text(encoding="utf-8")


def failed(name="fold 1", reason="Traceback\nValueError: nan"):
    return MissingJob(name, Path("/runs/b"), "failed", {}, reason, "fer-train data.fold=1", "s")


def hostile():
    return report(
        row(loss=HOSTILE, key=f"[{HOSTILE}", missing_jobs=[failed(HOSTILE, HOSTILE)]),
        row(mean=0.6, loss="*", key="-1", runs=[run(paper={"value": 0.7})], reported=0.7),
        p=0.001,
        title=HOSTILE,
        notes=[HOSTILE],
    )


def body(text):
    return [line.strip() for line in text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()]


def test_a_row_is_a_line_of_cells(tmp_path):
    first = row(mean=0.713, sd=0.008, n=3, interval=(0.701, 0.725), reported=0.72, loss="l1")
    text = written(report(first, row(mean=None, missing_jobs=[failed()], loss="l2")), tmp_path)
    one, two = body(text)
    assert one.startswith(r"l1 & 71.3 $\pm$ 0.8 (3) & 70.1--72.5 & 72.0 & $-$0.7 &")
    assert two.startswith(r"l2 & -- &  &")
    assert two.endswith(r"& 1 failed \\")
    assert one.endswith(r" &  \\")


def test_a_long_name_of_a_column_stands_in_two_lines(tmp_path):
    text = written(report(row(reported=0.7)), tmp_path)
    assert r"& \shortstack[r]{95 \%\\ interval} & paper, \% & \shortstack[r]{minus paper,\\ points} &" in text


def test_the_table_has_the_rules_of_booktabs_and_a_column_for_each_cell(tmp_path):
    made = hostile()
    text = written(made, tmp_path)
    assert [name for name in re.findall(r"\\(\w+rule)\b", text)] == ["toprule", "midrule", "bottomrule"]
    assert re.findall(r"\\(begin|end)\{(\w+)\}", text) == [
        *(("begin", "table"), ("begin", "tabular"), ("end", "tabular")),
        *(("begin", "minipage"), ("end", "minipage"), ("end", "table")),
    ]
    assert rf"\begin{{tabular}}{{@{{}}ll{'r' * (len(header(made)) - 2)}@{{}}}}" in text
    assert len(body(text)) == len(cells(made))
    for line in body(text):
        assert len(re.findall(r"(?<!\\)&", line)) == len(header(made)) - 1
    preamble = text.splitlines()[0]
    assert preamble.startswith("%")
    assert "|" not in text.removeprefix(preamble)  # no vertical rule


def test_whatever_a_name_holds_is_text():
    assert latex_text("a_b & 50% of {x}, $1 #2") == r"a\_b \& 50\% of \{x\}, \$1 \#2"
    assert latex_text("\\input") == r"\textbackslash{}input"
    assert latex_text("[1] * --x ~^") == r"{[}1{]} {*} -{}-{}x \textasciitilde{}\textasciicircum{}"
    assert latex_text("p < 0.05\n\nnext") == r"p \textless{} 0.05 next"
    assert latex_text("\x1b[31mred\x00") == r"{[}31mred"


def test_nothing_is_left_that_latex_would_take_for_a_command(tmp_path):
    text = written(hostile(), tmp_path).partition("\n")[2]
    ours = {
        *("begin", "end", "centering", "setlength", "tabcolsep", "shortstack", "caption", "par", "medskip"),
        *("toprule", "midrule", "bottomrule"),
        *("linewidth", "footnotesize", "raggedright", "textbf", "pm", "char", "textbackslash", "textasciitilde"),
        *("textasciicircum", "textless", "textgreater", "textbar"),
    }
    assert set(re.findall(r"\\([A-Za-z]+)", text)) <= ours
    bare = re.sub(r"\\[A-Za-z]+|\\[\\{}$&#_%]", "", text)
    assert not re.search(r"[%#_^~\\<>|`\"]", bare)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    # an optional argument or a star right behind the end of a line would be its argument
    assert not re.search(r"(\\\\|rule)\s*[\[*]", text)


@pytest.mark.parametrize(("p", "strong"), [(0.001, True), (0.2, False), (None, False)])
def test_the_best_is_bold_only_where_a_test_supports_it(tmp_path, p, strong):
    text = written(report(row(mean=0.8, loss="l1"), row(mean=0.6, loss="l2"), p=p), tmp_path)
    assert (r"\textbf{l1} & \textbf{80.0 $\pm$ 1.0 (2)} &" in text) is strong
    assert (r"\textbf" in text) is strong


def test_the_caption_says_metric_test_and_n(tmp_path):
    text = written(report(row(loss="l1"), row(mean=0.6, n=1, loss="l2"), p=0.01), tmp_path)
    assert (
        r"\caption{a sweep: accuracy in percent of 3 runs. "
        "First row against the others: McNemar, Holm-corrected, on 100 images.}" in text
    )
    loss = report(row(mean=1.2, n=1, loss="l1"), metric="test/loss")
    assert rf"\caption{{a sweep: {label('test/loss')} of 1 run.}}" in written(loss, tmp_path)


def test_what_is_missing_is_named_and_the_rest_counted(tmp_path):
    made = report(row(missing_jobs=[failed(f"job {k}") for k in range(SHOWN + 3)]))
    text = written(made, tmp_path)
    assert r"Missing: job 0: ValueError: nan\par" in text
    assert f"job {SHOWN - 1}:" in text
    assert f"job {SHOWN}:" not in text
    assert r"Missing: 3 more, see report.md\par" in text


def test_rows_that_differ_in_nothing_have_a_name(tmp_path):
    assert body(written(replace(report(row(loss="")), keys=()), tmp_path))[0].startswith("all runs & ")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on PATH")
def test_it_compiles(tmp_path):
    write_latex(hostile(), tmp_path / "report.tex")
    (tmp_path / "main.tex").write_text(DOCUMENT)
    # without the drawing of glyphs, which needs more fonts than compiling
    command = ["pdflatex", "-draftmode", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Missing character" not in (tmp_path / "main.log").read_text(errors="replace")
