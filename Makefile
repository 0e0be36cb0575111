# A fresh machine needs Python 3.11 or newer and make, nothing more. `make help` lists the targets.
# A stamp is written when a step is complete, so a second run costs nothing and a half-finished one
# is done again. Works with GNU make 3.81 (macOS) and newer.

VENV := .venv
BIN := $(VENV)/bin
INSTALL := sh requirements/install.sh

RUNTIME := $(VENV)/.runtime-ready
DEV := $(VENV)/.dev-ready
NODE := node_modules/.runtime-ready
NODE_DEV := node_modules/.dev-ready

SOURCES := ledger contracts api nodes benchmarks tests
WORKERS ?= 2

# A Node that came from PyPI lies in the environment; one that is on PATH comes first.
export PATH := $(PATH):$(CURDIR)/$(BIN)

.PHONY: help setup setup-dev demo demo-stop test lint format bench contracts lock clean
.DEFAULT_GOAL := help

ifneq ($(MAKECMDGOALS),clean)
$(shell $(INSTALL) check)
endif

help:
	@echo "make setup      create .venv and node_modules with what running needs"
	@echo "make demo       four regions on a real chain; DETACH=1 returns, demo-stop ends it"
	@echo "make test       everything that checks behaviour (WORKERS=n processes, ARGS=pytest's)"
	@echo "make lint       ruff, mypy, import direction, unused and undeclared dependencies"
	@echo "make bench      figures, each with its ratio to a reference of the same run"
	@echo "make contracts  rebuild the committed contract artifacts"
	@echo "make format     format the source    make lock   resolve dependencies again"
	@echo "make clean      remove environments and caches, not data (var/)"

setup: $(RUNTIME) $(NODE)

setup-dev: $(DEV) $(NODE_DEV)

$(RUNTIME): requirements/build.lock requirements/runtime.lock pyproject.toml
	@$(INSTALL) python runtime
	@touch $@

$(DEV): requirements/build.lock requirements/dev.lock pyproject.toml
	@$(INSTALL) python dev
	@touch $(RUNTIME) $@

$(NODE): package.json package-lock.json .npmrc requirements/node.lock | $(RUNTIME)
	@$(INSTALL) node runtime
	@touch $@

$(NODE_DEV): package.json package-lock.json .npmrc requirements/node.lock | $(DEV)
	@$(INSTALL) node dev
	@touch $(NODE) $@

demo: setup
	@$(BIN)/license-ledger demo $(if $(filter 1,$(DETACH)),--detach) $(ARGS)

demo-stop: setup
	@$(BIN)/license-ledger demo --stop

test: setup-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

lint: setup-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: setup-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

bench: setup-dev
	$(BIN)/python -m benchmarks $(ARGS)

contracts: setup-dev
	$(BIN)/python -m contracts.compile

lock: setup-dev
	@sh requirements/lock.sh

clean:
	rm -rf $(VENV) node_modules build *.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
