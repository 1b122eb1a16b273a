"""Covers run/tracking/trackers.py online: an account, a run, and a server that goes away, all on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

# a process of its own: W&B reads the environment once
SESSION = """
import json, sys, urllib.request
from pathlib import Path
from fer_lightning.run.tracking import trackers
from fer_lightning.run.build import make
from fer_lightning.run.config.compose import compose_job

lines = []
for name in ("whole", "cut"):
    folder = Path(sys.argv[1]) / name
    folder.mkdir()
    job = compose_job(["logger=wandb", "logger.wandb.finish_timeout=3"], folder)
    trackers.check_account(job.config["logger"])
    logger = make("logger.wandb", job.config["logger"]["wandb"])
    trackers.begin([logger], job, job.config["data"]["class_names"])
    logger.log_metrics({"val/accuracy": 0.5, "epoch": 0}, step=1)
    if name == "cut":
        urllib.request.urlopen(sys.argv[2] + "/stop").read()
    lines += trackers.close([logger], failed=False)
print(json.dumps(lines))
"""


class Server(BaseHTTPRequestHandler):
    """As much of W&B's server as a run without files needs; after /stop it answers nothing but errors."""

    asked: dict[str, list[dict]]
    stopped: bool

    def do_GET(self):
        type(self).stopped = True
        self._answer({})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.stopped:
            self.send_error(500)
            return
        if not self.path.endswith("/graphql"):
            self._answer({})
            return
        request = json.loads(body)
        given = request.get("variables") or {}
        self.asked.setdefault(request["operationName"], []).append(given)
        project = {"id": "p", "name": given.get("project"), "entity": {"id": "e", "name": "me"}}
        bucket = {"id": "b", "name": given.get("name"), "displayName": given.get("displayName"), "project": project}
        where = f"http://127.0.0.1:{self.server.server_port}/file/"
        files = [{"name": name, "uploadUrl": where + name} for name in given.get("files", [])]
        answers = {
            "viewer": {"id": "u", "entity": "me", "username": "me", "flags": "{}", "teams": {"edges": []}},
            "upsertBucket": {"bucket": bucket, "inserted": True},
            "createRunFiles": {"runID": "b", "uploadHeaders": [], "files": files},
            "entity": {"organization": None},
            "serverInfo": {"features": []},
            "model": None,
        }
        self._answer({"data": answers})

    do_PUT = do_POST

    def _answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.mark.slow
def test_a_run_online_and_one_whose_server_goes_away(tmp_path):
    handler = type("Handler", (Server,), {"asked": {}, "stopped": False})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    places = {name: str(tmp_path) for name in ("HOME", "WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR")}
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_MODE"}
    environment |= {**places, "WANDB_BASE_URL": url, "WANDB_API_KEY": "0" * 40, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [sys.executable, "-c", SESSION, str(tmp_path), url],
        capture_output=True, text=True, env=environment, timeout=120, check=True,
    )  # fmt: skip
    server.shutdown()
    runs = handler.asked["UpsertBucket"]
    whole, cut = dict.fromkeys(run["name"] for run in runs)
    told = [run for run in runs if run["name"] == whole]
    assert told[0]["displayName"] == "whole"
    assert {"data:synthetic", "model:cnn", "seed:0"} <= set(told[-1]["tags"])
    first, second = json.loads(done.stdout.splitlines()[-1])
    assert first == f"W&B: {url}/me/fer_lightning/runs/{whole}"
    assert second.startswith("W&B has not all of this run (")
    (kept,) = (tmp_path / "cut" / "wandb").glob(f"run-*-{cut}")
    assert second.endswith(f"; later: wandb sync {kept}")
