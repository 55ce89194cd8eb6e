# Everything one does with dsnb; `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo lab test nightly check bench reference clean

help:  ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.installed  ## run the quickstart notebook on real weather data and tell what happened
	@$(BIN)/python scripts/demo.py

lab: $(VENV)/.installed  ## open the quickstart notebook in JupyterLab
	@cd notebooks && ../$(BIN)/jupyter lab quickstart.ipynb

test: $(VENV)/.tested  ## run every test
	@$(BIN)/python -m pytest -n 2

nightly: $(VENV)/.tested  ## run the longer modes of the tests too
	@$(BIN)/python -m pytest -n 2 -m "nightly or not nightly"

check: $(VENV)/.checked  ## check style and types: ruff, mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/.tested  ## measure speed as ratios, side by side in one run
	@$(BIN)/python -m tests.benchmarks

reference: $(VENV)/.installed  ## write the README's verb reference anew from the declarations
	@$(BIN)/python scripts/reference.py

clean:  ## remove what make made
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dsnb needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	@echo "Installing dsnb into $(VENV) (a minute, once) …"
	@$(PIP) install -e .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PIP) install -e ".[test]"
	@touch $@

$(VENV)/.checked: $(VENV)/.installed
	@$(PIP) install -e ".[check]"
	@touch $@
