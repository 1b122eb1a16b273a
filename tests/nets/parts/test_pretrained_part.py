"""Pretrained weights: read from the cache without a network, refused at once when nobody answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from fer_lightning.errors import FerError
from fer_lightning.nets.parts import pretrained
from fer_lightning.nets.parts.pretrained import cached_weights
from fer_lightning.nets.timm_net import TimmNet

NAME, REPO = "resnet10t", "timm/resnet10t.c3_in1k"
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch, tmp_path):
    """An empty cache, a hub where nobody listens, no proxy: the same on every machine."""
    monkeypatch.setattr(constants, "ENDPOINT", NOBODY)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextmanager
def server(code: int) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every HEAD with `code`: its address, and what was asked."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            self.send_response(code)
            self.end_headers()

        def log_message(self, *_args):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()


def cfg(name: str = NAME):
    return timm.get_pretrained_cfg(name)


def test_without_network_it_fails_at_once_and_says_the_way_out(tmp_path):
    start = time.perf_counter()
    with pytest.raises(FerError, match=r"model\.net\.pretrained=false.*HF_HOME") as caught:
        TimmNet(7, NAME, pretrained=True)
    assert time.perf_counter() - start < 5
    assert f"{NOBODY}/{REPO}/resolve/main/model.safetensors" in str(caught.value)
    assert str(tmp_path / "hub") in str(caught.value)


def test_a_hub_that_never_answers_costs_no_patience(monkeypatch):
    monkeypatch.setattr(pretrained, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        start = time.perf_counter()
        with pytest.raises(FerError, match="out of reach"):
            cached_weights(NAME, cfg())
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize("code", [200, 401, 404])
def test_a_hub_that_answers_is_left_to_timm(monkeypatch, code):
    with server(code) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert cached_weights(NAME, cfg()) == {}
    assert asked == [f"/{REPO}/resolve/main/model.safetensors"]


@pytest.mark.parametrize("code", [403, 407, 503])
def test_a_proxy_that_bars_the_way_is_no_hub(monkeypatch, code):
    with server(code) as (address, _):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        with pytest.raises(FerError, match=str(code)):
            cached_weights(NAME, cfg())


def test_the_request_goes_through_the_environments_proxy(monkeypatch):
    with server(200) as (proxy, asked):
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
        assert cached_weights(NAME, cfg()) == {}
    assert asked == [f"http://hub.invalid/{REPO}/resolve/main/model.safetensors"]


def test_offline_mode_asks_nobody(monkeypatch):
    with server(200) as (address, asked):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        with pytest.raises(FerError, match="HF_HUB_OFFLINE"):
            cached_weights(NAME, cfg())
    assert asked == []


def test_a_model_without_published_weights_says_so():
    with pytest.raises(FerError, match="no weights for seresnet18"):
        TimmNet(7, "seresnet18", pretrained=True)


def test_weights_from_a_plain_address_are_found_in_torchs_cache(tmp_path):
    by_url = cfg()
    by_url.hf_hub_id, by_url.url = None, f"{NOBODY}/folder/weights.pth"
    with pytest.raises(FerError, match=r"folder/weights\.pth is out of reach"):
        cached_weights(NAME, by_url)
    (tmp_path / "torch" / "checkpoints").mkdir(parents=True)
    (tmp_path / "torch" / "checkpoints" / "weights.pth").touch()
    assert cached_weights(NAME, by_url) == {}


def cache_weights(hub: Path) -> dict[str, torch.Tensor]:
    """Weights of an RGB net of 1,000 classes, in the layout of the hub's cache."""
    torch.manual_seed(5)
    weights = timm.create_model(NAME).state_dict()
    folder = hub / f"models--{REPO.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("c0ffee")
    (folder / "snapshots" / "c0ffee").mkdir(parents=True)
    save_file(weights, folder / "snapshots" / "c0ffee" / "model.safetensors")
    return weights


@pytest.mark.parametrize("small_stem", [True, False])
def test_cached_weights_load_without_network_into_grey_and_another_class_count(tmp_path, small_stem):
    weights = cache_weights(tmp_path / "hub")
    start = time.perf_counter()
    net = TimmNet(7, NAME, channels=1, pretrained=True, small_stem=small_stem).net
    assert time.perf_counter() - start < 5
    loaded = net.state_dict()
    torch.testing.assert_close(loaded["conv1.0.weight"], weights["conv1.0.weight"].sum(dim=1, keepdim=True))
    assert torch.equal(loaded["layer4.0.conv2.weight"], weights["layer4.0.conv2.weight"])
    assert loaded["fc.weight"].shape[0] == 7
