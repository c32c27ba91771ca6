# Meterside. `make run` starts the product, `make test` tests it, `make help` lists the rest.
# Needs make and a Python of 3.12 or later with its venv module; everything else is fetched by name and hash.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
POSTGRESQL_ARGS ?= -q

# The first interpreter that is new enough and can make an environment; pyenv's are tried by path,
# because its shims answer 127 for a version that the folder has not selected.
FIND_PYTHON = for candidate in $${METERSIDE_PYTHON:-} python3.14 python3.13 python3.12 python3 \
    $$(ls -d $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.1[2-9]*/bin/python3 2>/dev/null | sort -rV); do \
  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; \
  then echo "$$candidate"; exit 0; fi; done; \
  echo "Meterside needs Python 3.12 or later with the venv module (Debian, Ubuntu: apt install python3 python3-venv)." >&2; exit 1

# $(1): a file of hash-locked requirements. uv where it works, else pip.
define install
  python="$$( $(FIND_PYTHON) )"; \
  if [ ! -x $(BIN)/python ]; then echo "Making $(VENV) with $$python"; "$$python" -m venv $(VENV); fi; \
  uv="$$(type -P uv || true)"; if [ -n "$$uv" ] && ! "$$uv" --version >/dev/null 2>&1; then uv=""; fi; \
  echo "Installing $(1)"; \
  if [ -n "$$uv" ]; then VIRTUAL_ENV=$(CURDIR)/$(VENV) "$$uv" pip install --quiet --require-hashes -r $(1); \
  else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); fi; \
  touch $@
endef

$(VENV)/.runtime: requirements/runtime.txt
	@$(call install,requirements/runtime.txt)

$(VENV)/.cluster: requirements/cluster.txt
	@$(call install,requirements/cluster.txt)

$(VENV)/.dev: requirements/dev.txt
	@$(call install,requirements/dev.txt)

$(VENV)/.bench: requirements/bench.txt
	@$(call install,requirements/bench.txt)

TRANSLATIONS := $(wildcard locale/*/LC_MESSAGES/*.po)
COMPILED := $(TRANSLATIONS:.po=.mo)

$(COMPILED): %.mo: %.po
	@$(BIN)/python -m babel.messages.frontend --quiet compile --input-file $< --output-file $@ \
	  --locale $(word 2,$(subst /, ,$<))

.PHONY: help setup run display test test-postgresql check format bench fuzz lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: $(VENV)/.runtime ## Install what the product needs
	@$(MAKE) $(COMPILED)

run: setup ## Start the portal with a synthetic household whose meter pushes real telegrams
	@$(BIN)/python manage.py demo $(RUN_ARGS)

display: setup ## Start the in-home display in this terminal (DISPLAY_ARGS="--port /dev/ttyUSB0")
	@$(BIN)/python -m display $(DISPLAY_ARGS)

test: $(VENV)/.dev ## Install what the tests need, then run them all (PYTEST_ARGS="tests/display -k kiosk")
	@$(MAKE) $(COMPILED)
	@bash tests/services.sh
	@if [ -n "$(PYTEST_ARGS)" ]; then $(BIN)/python -m pytest $(PYTEST_ARGS); else \
	  $(BIN)/python -m pytest -m "not journey" -n auto --dist loadfile; \
	  $(BIN)/python -m pytest -m journey; \
	  $(MAKE) test-postgresql; fi

# What touches the database, a second time; browsers and whole processes bring their own database.
test-postgresql: $(VENV)/.dev ## The portal's tests once more on a temporary PostgreSQL (POSTGRESQL_ARGS="-k store")
	@bash tests/with_postgresql.sh $(BIN)/python -m pytest tests/portal tests/architecture -m "not journey" \
	  -n 2 -p no:cacheprovider $(POSTGRESQL_ARGS)

check: $(VENV)/.dev ## Linters, types and import contracts
	@$(MAKE) $(COMPILED)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python manage.py makemigrations --check --dry-run --settings portal.settings.test

format: $(VENV)/.dev ## Put every file into the house's form
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.bench ## Measure, as ratios against peers and limits in one run (BENCH="sml store")
	@$(MAKE) $(COMPILED)
	@$(BIN)/python tests/benchmarks/run.py $(BENCH)

fuzz: $(VENV)/.dev ## Throw damaged telegrams at every decoder (FUZZ_SECONDS=60)
	@$(BIN)/python tests/fuzz/fuzz_decoders.py --seconds $${FUZZ_SECONDS:-60}

# Needs uv. The locked files name packages and hashes, never a host.
LOCK = uv pip compile --quiet --python-version 3.12 --universal --generate-hashes --no-header pyproject.toml
lock: ## Lock the newest allowed versions of every requirement
	@$(LOCK) --upgrade --extra cluster --group test --group check --group bench -o requirements/bench.txt
	@$(LOCK) -c requirements/bench.txt --extra cluster --group test --group check -o requirements/dev.txt
	@$(LOCK) -c requirements/bench.txt --extra cluster -o requirements/cluster.txt
	@$(LOCK) -c requirements/bench.txt -o requirements/runtime.txt

clean: ## Remove the environment and what the tools left behind (never the household's data in var/)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/output
