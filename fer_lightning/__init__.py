"""Facial expression recognition with PyTorch Lightning and Hydra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fer_lightning.run.load import load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    # torch takes seconds to import, and `fer-train --help` needs only this package's path
    if name == "load":
        from fer_lightning.run.load import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
