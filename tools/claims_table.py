"""The table of docs/claims.md: each claim of a paper with the two rows, their difference and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from fer_lightning.results.metric_names import format_difference, label, points
from fer_lightning.results.report.write_tables import markdown_table
from fer_lightning.results.summary import NONE
from tools.claim_verdicts import AGREES, DISAGREES, UNDECIDED, Verdict
from tools.claims import BETTER, MATCHES, NOT_WORSE, Claim

RELATION = {BETTER: "better than", NOT_WORSE: "not worse than", MATCHES: "as good as"}


def claims_table(verdicts: Sequence[Verdict]) -> list[str]:
    """The lines: how many claims have which verdict, and the table.

    Args:
        verdicts: in the order of the table.
    """
    counts = Counter(verdict.verdict for verdict in verdicts)
    told = ", ".join(f"{counts[name]} {name}" for name in (AGREES, DISAGREES, UNDECIDED))
    texts = [
        {
            "paper": f"{verdict.claim.paper}, {verdict.claim.place}",
            "claim": verdict.claim.claim,
            "rows compared": _rows(verdict.claim),
            "difference": _difference(verdict),
            "95 % interval": _interval(verdict),
            "runs": _runs(verdict),
            "verdict": f"{verdict.verdict}: {verdict.reason}" if verdict.reason else verdict.verdict,
        }
        for verdict in verdicts
    ]
    table = pd.DataFrame(texts, dtype=object)
    return [f"{len(verdicts)} claims: {told}.", "", *markdown_table(table, table.shape[1])]


def _rows(claim: Claim) -> str:
    said = f"{claim.first.row} {RELATION[claim.says]} {claim.second.row}"
    if claim.says == BETTER:
        return said
    return f"{said} within {format_difference(claim.margin, claim.metric).lstrip('+')}{_unit(claim)}"


def _difference(verdict: Verdict) -> str:
    if verdict.difference is None:
        return NONE
    metric = verdict.claim.metric
    of = "" if metric == "test/accuracy" else f", {label(metric)}"
    return f"{format_difference(verdict.difference, metric)}{_unit(verdict.claim)}{of}"


def _unit(claim: Claim) -> str:
    return points(claim.metric).replace(",", "")


def _interval(verdict: Verdict) -> str:
    if verdict.interval is None:
        return NONE
    return " to ".join(format_difference(end, verdict.claim.metric) for end in verdict.interval)


def _runs(verdict: Verdict) -> str:
    if verdict.difference is None:
        return NONE
    counts = [(verdict.seeds, "seed"), *[(verdict.folds, "fold")] * (verdict.folds > 1)]
    return ", ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts)
