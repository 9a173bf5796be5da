# The verbs of the project. `make run` and `make test` do all the set-up.
PY = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help install page page-if-node run test lint types floors docs bench

help:  ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /'

# A run compiles the few modules that it imports; for tests all are compiled, by all cores.
PIP = $(PY) -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt

.venv/runs: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(PIP) -e .
	@touch $@

.venv/installed: .venv/runs
	$(PIP) -e '.[dev]'
	$(PY) -m compileall -q -j 0 .venv/lib
	@touch $@

install: .venv/installed  ## Fill .venv

PAGE = src/harmattan/page/built/index.html

page: $(PAGE)  ## Build the review page (needs Node 20)

$(PAGE): $(shell find src/review -name node_modules -prune -o -type f -print)
	cd src/review && npm ci --silent --no-audit --no-fund && npm run --silent build
	@touch $@

# Without Node all else works: commands and tests say what is missing and how to get it.
page-if-node:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory page; else echo "No Node 20, no review page."; fi

run:  ## Forecast from the bundled data, with maps, scores and MLflow; the picture in the README is made here
	@$(MAKE) --no-print-directory -j2 .venv/runs page-if-node
	.venv/bin/harmattan run
	@cp "$$(ls -td releases/burkina/*/ | head -n 1)maps/overview.png" docs/overview.png
	@echo "The commands harmattan and mlflow are in .venv/bin."
	@for page in $$(ls -t releases/*/*.html 2>/dev/null | head -n 2); do echo "Open in a browser: $$page"; done

test: install page-if-node  ## Tests, docstrings and the examples of README and docs
	OMP_NUM_THREADS=1 $(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile
	@if command -v npm >/dev/null; then cd src/review && npm test --silent; fi

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
	@if command -v chromium >/dev/null; then $(PY) benchmarks/page.py; fi
	$(PY) -m pytest README.md docs

bench: install  ## Speed beside the peers
	$(PY) benchmarks/speed.py
	$(PY) benchmarks/shares.py
	$(PY) benchmarks/cluster.py
	$(PY) benchmarks/scale.py
