# `make help` lists the verbs. Each makes the environment that it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := logs/demo
JOBS ?= 2  # processes that test at once
MINUTES ?= 30

.PHONY: help install test test-slow check format types bench torture cost tables wheel demo docs clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY)  ## make .venv and install the package with its development tools

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --editable '.[dev]'
	touch $(READY)

demo: $(READY)  ## train the default model on the embedded faces and show what it learned
	$(BIN)/fer-train hydra.run.dir=$(DEMO)
	@echo "confusion matrix: $(abspath $(DEMO))/confusion_matrix.png"

test: $(READY)  ## the fast tests, with coverage (those on real data run where FER_DATA points at FER2013)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(JOBS) -m 'not slow' --cov --cov-report=term:skip-covered

test-slow: $(READY)  ## the tests that start processes or take minutes
	$(BIN)/python -m pytest -m slow

check: $(READY)  ## style, format, types, import arrows, dead config keys
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/conf/test_keys.py

format: $(READY)  ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(READY)  ## check the types
	$(BIN)/mypy

bench: $(READY)  ## fer-train and prediction beside bare PyTorch: speed, start-up, memory, up to a million images
	$(BIN)/python -m tools.performance --page docs/performance.md

torture: $(READY)  ## kill, fill disks and flip bytes for MINUTES (30); each attack ends as undisturbed or in one clear line
	$(BIN)/python tools/torture.py --minutes $(MINUTES)

cost: $(READY)  ## parameters, multiply-adds, memory and images/s of every net, printed and written into docs/cost.md
	$(BIN)/python -m tools.cost --out docs/cost.md

tables: $(READY)  ## draw the tables of docs/ anew from the results in docs/results/
	$(BIN)/python -m tools.update_docs

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m build --wheel

docs: $(READY)  ## draw the contact sheet of the drawn faces anew
	$(BIN)/python -m tools.contact_sheet docs/images/synthetic_faces.png --columns 8

clean:  ## remove what the tools left, and not .venv, data or logs
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
