# Two commands matter to most people: `make demo` and `make test`.  `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PEER := .peers/openedx
export PACELINE_PORT ?= 8000
export PACELINE_HOME ?= var
export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.PHONY: help demo test check lint types imports drift docs bench lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.runtime  ## Start everything with a lively sample school and print where to click
	@$(BIN)/paceline demo

test: setup  ## Set up what the tests need, and run them all
	@echo "== Tests (a few minutes; -x stops at the first failure: make test PYTEST='-x')"
	@$(BIN)/python -m pytest $(PYTEST)

check: setup lint types imports drift  ## Everything that must be green before a commit
	@$(BIN)/python -m pytest $(PYTEST)

lint: $(VENV)/.dev
	@echo "== ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.dev
	@echo "== mypy --strict" && $(BIN)/mypy

imports: $(VENV)/.dev
	@echo "== import-linter" && $(BIN)/lint-imports

drift: $(VENV)/.dev
	@echo "== alembic check" && rm -rf $(VENV)/drift && mkdir -p $(VENV)/drift \
		&& PACELINE_STAGE=test PACELINE_HOME=$(VENV)/drift $(BIN)/alembic upgrade head \
		&& PACELINE_STAGE=test PACELINE_HOME=$(VENV)/drift $(BIN)/alembic check

docs: $(VENV)/.dev  ## Write the generated pages of docs/ anew
	@$(BIN)/python -m app.docs

bench: $(VENV)/.dev  ## Measure against peers and limits; writes bench/results and docs/performance.md
	@$(BIN)/python -m bench

lock: $(VENV)/.dev  ## Compile the hashed requirements from pyproject.toml
	@scripts/lock $(BIN)

clean:  ## Remove environments and caches (not var/, where the demo's data is)
	rm -rf $(VENV) .peers .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: setup
setup: $(VENV)/.dev $(PEER)/.ready
	@scripts/find-chromium >/dev/null

$(VENV)/bin/python:
	@scripts/check-python $(PYTHON)
	@echo "== Making an environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "== Installing what Paceline needs (about half a minute)"
	@$(BIN)/pip install --quiet --require-hashes -r requirements.txt || scripts/no-packages
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "== Installing what the tests need (about a minute)"
	@$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt || scripts/no-packages
	@touch $@

$(PEER)/.ready: tests/peers/requirements.txt
	@scripts/check-python $(PYTHON)
	@echo "== Installing Open edX's LTI consumer, an independent platform to test against (about half a minute)"
	@$(PYTHON) -m venv $(PEER)
	@$(PEER)/bin/pip install --quiet -r tests/peers/requirements.txt || scripts/no-packages
	@touch $@
