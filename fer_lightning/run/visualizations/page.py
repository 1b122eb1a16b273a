"""Pages as a run asks for them: each is tried before training, and drawn into the run's folder after the test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import save
from fer_lightning.run.visualizations.sample_selection import Candidates
from fer_lightning.training.classifier import Classifier


class Page(Protocol):
    """A picture of a net at work on faces of its test."""

    def check(self, module: Classifier) -> None:
        """Raises FerError where the page cannot be drawn of this module, by a mistake of the user's."""

    def draw(self, module: Classifier, tested: Candidates, subtitle: str) -> Figure | None:
        """The page; None, and the reason in the log, where the net has nothing of the kind."""


def draw_pages(
    pages: Mapping[str, Page], module: Classifier, tested: Candidates, subtitle: str, folder: Path
) -> dict[str, str]:
    """Draws each page into `<its name>.png`; the files of those that were drawn, by name."""
    files = {}
    for name, page in pages.items():
        figure = page.draw(module, tested, subtitle)
        if figure is not None:
            files[name] = f"{name}.png"
            save(figure, folder / files[name])
    return files
