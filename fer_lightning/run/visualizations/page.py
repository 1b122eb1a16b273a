"""The interface of pages: they are checked before training and drawn after the test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import save
from fer_lightning.run.visualizations.sample_selection import Candidates
from fer_lightning.training.classifier import Classifier


class Page(Protocol):
    """A visualization of a net on test faces."""

    def check(self, module: Classifier) -> None:
        """Raises FerError if the settings of the page do not fit this module."""

    def draw(self, module: Classifier, tested: Candidates, subtitle: str) -> Figure | None:
        """Draws the page; returns None and logs the reason if it does not apply to the net."""


def draw_pages(
    pages: Mapping[str, Page], module: Classifier, tested: Candidates, subtitle: str, folder: Path
) -> dict[str, str]:
    """Draws each page into `<name>.png`; returns the files by name."""
    files = {}
    for name, page in pages.items():
        figure = page.draw(module, tested, subtitle)
        if figure is not None:
            files[name] = f"{name}.png"
            save(figure, folder / files[name])
    return files
