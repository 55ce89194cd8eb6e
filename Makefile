# Everything one does with dsnb; `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Node and jlpm come with the wheels in the venv.
JLPM := cd labextension && PATH="$(CURDIR)/$(BIN):$$PATH" jlpm

.DEFAULT_GOAL := help
.PHONY: help demo lab dev test nightly check bench screenshots reference clean

help:  ## list what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(VENV)/.installed  ## run the quickstart notebook on real weather data and tell what happened
	@$(BIN)/python scripts/demo.py

lab: $(VENV)/.installed  ## open the quickstart notebook in JupyterLab
	@cd notebooks && ../$(BIN)/jupyter lab quickstart.ipynb

dev: $(VENV)/.developed  ## open JupyterLab with the front end rebuilt at every change
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/dev.sh

test: $(VENV)/.tested chromium  ## run the tests
	@$(JLPM) test
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "not nightly"

nightly: $(VENV)/.tested chromium  ## run the longer modes of the tests too
	@$(BIN)/python -m pytest -n 2 --dist loadfile -m "nightly or not nightly"

check: $(VENV)/.checked  ## check style and types: ruff, mypy --strict, TypeScript strict, eslint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(JLPM) lint

bench: $(VENV)/.tested chromium  ## measure speed as ratios, side by side in one run
	@$(BIN)/python -m tests.benchmarks

screenshots: $(VENV)/.tested chromium  ## take the README's pictures anew
	@DSNB_SCREENSHOTS=1 $(BIN)/python -m pytest -q tests/ui/test_screenshots.py

reference: $(VENV)/.installed  ## write the README's verb reference anew from the declarations
	@$(BIN)/python scripts/reference.py

# The browser of the tests; Playwright's own is not used.
.PHONY: chromium
chromium:
	@command -v chromium > /dev/null || { \
		echo "Installing Chromium for the browser tests …"; \
		SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		{ $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq chromium; } > /dev/null 2>&1 \
		|| { echo "The browser tests need Chromium: apt-get install chromium"; exit 1; }; }

clean:  ## remove what make made
	rm -rf labextension/node_modules labextension/lib dsnb/labextension
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dsnb needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

# The front end is built into the installation, so it is made anew when its sources change.
FRONTEND := $(wildcard labextension/*.json labextension/yarn.lock labextension/src/*.ts* \
	labextension/src/*/*.ts* labextension/style/* labextension/schema/*)

$(VENV)/.installed: $(VENV)/.made pyproject.toml $(FRONTEND)
	@echo "Installing dsnb into $(VENV) (a minute or two, once) …"
	@$(PIP) install -e . 2>&1 | { grep -v "^WARNING: Location" || true; }
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "Installing what the tests need …"
	@$(PIP) install -e ".[test]"
	@touch $@

$(VENV)/.checked: $(VENV)/.installed
	@$(PIP) install -e ".[check]"
	@touch $@

$(VENV)/.developed: $(VENV)/.checked
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/jupyter-builder develop . --overwrite
	@touch $@
