# What one does here; `make` lists it. Nothing is repeated that is already done.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench ui clean

# PYTHON makes the virtual environment; without it, the first Python 3.11 or newer that is found.
PYTHON ?=
# The port of `make demo`.
PORT ?= 5000
# Options for pytest (`make test ARGS='-k search'`) or the benchmarks (`make bench ARGS='import --quick'`).
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
UI := src/runstone/server/static/index.html
UI_SOURCES := $(wildcard $(shell git ls-files --cached --others --exclude-standard ui 2>/dev/null))
DEMO := .cache/demo

help:  ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(UI)  ## Make .venv with everything, and build the web UI

demo: setup  ## Train a few models, then show them at http://127.0.0.1:5000 (PORT=… for another port)
	@$(PY) tools/free_port.py '$(PORT)'
	@if [ -f $(DEMO)/done ]; then \
		echo "The demo's runs are in $(DEMO) from before; 'rm -r $(DEMO)' has them trained again."; \
	else \
		rm -rf $(DEMO) && mkdir -p $(DEMO) && \
		$(PY) examples/demo.py --store $(DEMO)/mlruns && touch $(DEMO)/done; \
	fi
	@exec $(VENV)/bin/runstone ui --backend-store-uri $(DEMO)/mlruns --port $(PORT)

test: setup  ## Run every test that this machine can run
	@$(PY) tools/envs.py mlflow-skinny >/dev/null || true
	@$(PY) tools/ui.py test
	@$(PY) -m pytest $(ARGS)

check: setup  ## Formatting, lint, types on three platforms, import floors, the UI's lint
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/pyright --project pyproject.toml --warnings
	@$(VENV)/bin/pyright --project pyproject.toml --warnings --pythonplatform Windows src
	@$(VENV)/bin/pyright --project pyproject.toml --warnings --pythonplatform Darwin src
	@$(VENV)/bin/lint-imports
	@$(PY) tools/ui.py lint

bench: setup  ## Measure Runstone beside the real MLflow
	@$(PY) -m benchmarks $(ARGS)

ui: $(READY)  ## Build the web UI again
	@$(PY) tools/ui.py build

clean:  ## Remove what was built, the caches and the demo's runs (keeps .venv)
	rm -rf .cache dist src/runstone/server/static ui/node_modules .pytest_cache .ruff_cache .import_linter_cache

$(READY): pyproject.toml hatch_build.py
	@python=$$(tools/find-python $(PYTHON)) && { [ -x $(PY) ] || "$$python" -m venv $(VENV); }
	@echo "Installing Runstone and what it is developed with into $(VENV)"
	@RUNSTONE_BUILD_UI=0 $(PY) -m pip install -qq --disable-pip-version-check \
		--editable '.[dev]' $$($(PY) tools/ui.py requirement)
	@$(VENV)/bin/runstone shim install
	@touch $@

$(UI): $(UI_SOURCES) | $(READY)
	@echo "Building the web UI"
	@$(PY) tools/ui.py build
	@touch $@
