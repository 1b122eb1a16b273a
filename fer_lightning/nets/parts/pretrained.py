"""Finds a timm model's pretrained weights: in the local cache, or on a hub that answers at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlparse
from urllib.request import Request, build_opener

import torch
from huggingface_hub import constants, try_to_load_from_cache
from timm.models import PretrainedCfg

from fer_lightning.errors import FerError

NAMES = ("model.safetensors", "pytorch_model.bin")  # in the order in which timm asks the hub
PATIENCE = 3.0  # seconds for a hub to answer; timm itself would try for most of a minute
REACHED = (401, 404)  # the hub's own answers; a proxy that bars the way says 403, 407 or 5xx


def cached_weights(name: str, cfg: PretrainedCfg) -> dict[str, Any]:
    """Changes to `cfg` that make timm read the cached weights of model `name` without asking the hub about them.

    Empty when timm finds or downloads the weights itself.

    Raises:
        FerError: nobody published weights for the model, or they are neither cached nor within reach (known in at
            most four seconds).
    """
    if cfg.hf_hub_id:
        repo, _, revision = cfg.hf_hub_id.partition("@")
        names = (cfg.hf_hub_filename,) if cfg.hf_hub_filename else NAMES
        for file in names:
            found = try_to_load_from_cache(repo, file, cache_dir=constants.HF_HUB_CACHE, revision=revision or None)
            if isinstance(found, str):
                # timm reads a hub's default file as its own format, whatever custom_load says about the url beside it
                return {"file": found, "custom_load": bool(cfg.hf_hub_filename) and str(cfg.custom_load) == "hf"}
        _reach(name, f"{constants.ENDPOINT}/{repo}/resolve/{revision or 'main'}/{names[0]}", constants.HF_HUB_CACHE)
    elif cfg.url:
        url, file = cfg.url if isinstance(cfg.url, tuple) else (cfg.url, Path(urlparse(cfg.url).path).name)
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        if not (folder / file).exists():
            _reach(name, url, str(folder))
    else:
        raise FerError(f"model.net.pretrained=true: timm knows no weights for {name}; set model.net.pretrained=false")
    return {}


def _reach(name: str, url: str, folder: str) -> None:
    problem = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else _problem(url)
    if problem:
        raise FerError(
            f"model.net.pretrained=true: the weights of {name} are not in {folder}, and {url} is out of reach "
            f"({problem}). Set model.net.pretrained=false, or run once on a machine with network and copy the folder "
            f"here (HF_HOME says where the hub's lies)"
        )


def _problem(url: str) -> str | None:
    """Why one short request to `url` fails, through the environment's proxies; None when the server answers."""
    answers: list[str | None] = []

    def ask() -> None:
        try:
            with build_opener().open(Request(url, method="HEAD"), timeout=PATIENCE):  # urlopen keeps its first proxies
                answers.append(None)
        except HTTPError as error:
            answers.append(None if error.code in REACHED else str(error))
        except (URLError, OSError) as error:
            answers.append(str(error))

    # looking up a host's name knows no timeout, hence a thread that can be left behind
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE + 1)
    return answers[0] if answers else f"no answer in {PATIENCE + 1:.0f} s"
