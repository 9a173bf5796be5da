# The verbs of the project. `make run` and `make test` do all the set-up.
PY = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help install run test lint types floors docs bench

help:  ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /'

.venv/installed: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

install: .venv/installed  ## Fill .venv

run: install  ## Forecast from the bundled data, with maps, scores and MLflow; the picture in the README is made here
	.venv/bin/harmattan run
	@cp "$$(ls -td releases/burkina/*/ | head -n 1)maps/overview.png" docs/overview.png
	@echo "The commands harmattan and mlflow are in .venv/bin."

test: install  ## Tests, docstrings and the examples of README and docs
	$(PY) -m pytest

lint: install  ## Style
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: install  ## mypy, strict
	.venv/bin/mypy

floors: install  ## Imports go down only
	.venv/bin/lint-imports

docs: install  ## Make the measured tables of docs/ again and run every example
	$(PY) benchmarks/skill.py
	$(PY) benchmarks/worlds.py
	$(PY) benchmarks/expansion.py
	$(PY) benchmarks/fronts.py
	@if [ -d "$${HARMATTAN_SHARED:-../shared}/data/bench" ]; then $(PY) benchmarks/views.py; fi
	$(PY) -m pytest README.md docs

bench: install  ## Speed beside the peers
	$(PY) benchmarks/speed.py
