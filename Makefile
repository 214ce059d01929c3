# Mainstem's tasks. `make help` lists them; `make run` and `make test` need Python 3.11 or newer only.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Compiling the modules anew at each start would take longer than most commands do.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup assets run demo-large test browser check format bench docs lock clean

help: ## list these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

$(VENV)/run-ready: requirements/build.txt requirements/run.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mainstem needs Python 3.11 or newer; PYTHON=python3.12 make ... names another one.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what Mainstem needs into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev-ready: $(VENV)/run-ready requirements/dev.txt
	@echo "installing what checks and tests need"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

# Pages are styled and driven by what npm packages are built into; nothing of it is committed.
BUILT := src/mainstem/web/static/built/version.txt
$(BUILT): $(VENV)/run-ready $(wildcard assets/*.* src/mainstem/web/static/*.* src/mainstem/web/static/js/*.js) \
		$(shell find src/mainstem -name '*.html' -not -path 'src/mainstem/unify/*')
	@$(BIN)/python assets/build.py --has-node || $(PIP) install --require-hashes -r requirements/assets.txt
	@echo "building the pages' style and script"
	@$(BIN)/python assets/build.py

assets: $(BUILT) ## build the pages' style, script, fonts and icons

setup: $(VENV)/run-ready ## install what running needs, into .venv

run: setup assets ## merge five legacy databases (or bring in your own: SQLITE=file), prove it, serve the page
	@$(BIN)/mainstem quickstart $(if $(SQLITE),--sqlite "$(SQLITE)")

demo-large: setup assets ## the same with a million rows a source, in a database of its own
	@$(BIN)/mainstem quickstart --large

test: $(VENV)/dev-ready assets ## run all tests
	@$(BIN)/pytest -n 3 -q

browser: $(VENV)/dev-ready assets ## walk the pages with a real browser (Debian's Chromium is installed if missing)
	@program=$${MAINSTEM_BROWSER:-$$(sh tests/browser/chromium.sh)} && MAINSTEM_BROWSER=$$program $(BIN)/pytest tests/browser -q

check: $(VENV)/dev-ready assets ## lint, types, import contracts, and our own audit of this repository
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python assets/node_modules/htmx.org/dist/scripts/upgrade-check.py src/mainstem/*/templates 2>/dev/null
	@$(BIN)/mainstem audit --code src --code benchmarks --code tests --fail-on warning

format: $(VENV)/dev-ready ## format the code and mend what the linter can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: $(VENV)/dev-ready ## measure speed; each benchmark prints ratios (ONLY=move runs one)
	@$(BIN)/python -m benchmarks $(ONLY)

docs: $(VENV)/dev-ready ## write the generated reference pages anew
	@$(BIN)/python -m mainstem.unify.audit.pages docs/reference/checks
	@$(BIN)/mainstem check --list > docs/reference/checks.md

lock: $(VENV)/dev-ready ## pin the requirements anew, with hashes and without index addresses
	@for list in build run dev assets; do $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
		--strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
		--output-file requirements/$$list.txt requirements/$$list.in; done

clean: ## remove the environment and caches (the database under MAINSTEM_HOME stays)
	@rm -rf $(VENV) build assets/node_modules src/mainstem/web/static/built .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
