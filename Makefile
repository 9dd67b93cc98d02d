# Commands of the project; `make` alone prints them.
SHELL := /bin/sh
.NOTPARALLEL:
.DEFAULT_GOAL := help

PYTHON ?=
WORKERS ?= 2
BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -qq --require-hashes
PYTEST := $(BIN)/python -m pytest -q

# Python may keep what it compiled: the tests start hundreds of processes, and each would compile the whole product anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run tour install setup test test-unit test-services test-house test-browser bench bench-import bench-trace check format lint types contracts \
	translations pins vendor clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.run ## Start web, jobs, RFID gateway and a reader emulator with demo data; Ctrl-C stops all of it
	@exec $(BIN)/python run.py all

tour: .venv/.run ## Play the whole story on a temporary database with real processes; non-zero exit if a step is wrong
	@$(BIN)/python run.py tour

install: .venv/.run ## Build .venv with what the product needs, and load nothing

setup: .venv/.dev ## Build .venv with all that tests and checks need
	@sh scripts/ensure_chromium >/dev/null || [ -z "$$CI" ]

test: setup test-unit test-services test-house test-browser ## Run every test: pure, services on both engines and pages, the house, the browser
	@echo "make test: all of it passed"

test-unit: .venv/.dev ## Run the pure tests and the examples in the docstrings
	@sh scripts/run_tests "pure tests" $(PYTEST) tests/unit wms/core wms/gs1 --doctest-modules

test-services: .venv/.dev ## Run the service tests on SQLite and PostgreSQL, and the pages
	@sh scripts/run_tests "services and pages" $(PYTEST) -n $(WORKERS) --dist worksteal tests/integration tests/web

test-house: .venv/.dev ## Run the tests of the house: contracts, migrations, translations, documents
	@sh scripts/run_tests "the house" $(PYTEST) -n $(WORKERS) --dist worksteal tests/house

test-browser: .venv/.dev ## Play the journeys in a real browser
	@sh scripts/run_tests "journeys" $(PYTEST) -n $(WORKERS) --dist worksteal tests/journeys

bench: .venv/.dev ## Load a million stock rows and measure what is asked of them; QUICK=1 takes a minute
	@$(BIN)/python scripts/bench/scale.py

bench-trace: .venv/.dev ## Trace in plants of up to a million lots, beside the bare statement; QUICK=1 its smallest form, within a minute
	@$(BIN)/python scripts/bench/trace.py

bench-import: .venv/.dev ## Bring in 20,000 rows of a spreadsheet, and refuse a set of hostile files; ENGINE=postgresql for the other engine
	@$(BIN)/python scripts/bench/imports.py

check: setup translations lint types contracts test ## Everything that must hold before a change lands: format, lint, types, contracts, tests
	@echo "make check: all of it passed"

format: .venv/.dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lint: .venv/.dev ## Check format, code and templates
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -W ignore -m djlint --quiet --lint wms/templates mobile_templates

types: .venv/.dev ## Check the types
	@$(BIN)/mypy

contracts: .venv/.dev ## Check that imports go downhill only
	@$(BIN)/lint-imports

translations: .venv/.run ## Compile the catalogues of sentences that people see
	@$(BIN)/python -m wms.web.catalogues

pins: ## Resolve requirements*.in anew into requirements*.txt with hashes (needs uv)
	@sh scripts/pin_requirements

vendor: .venv/.run ## Fetch the front-end files anew into wms/static/vendor (needs npm)
	@cd scripts/vendor && npm ci --ignore-scripts --no-audit --no-fund
	@$(BIN)/python scripts/vendor/copy_files.py

clean: ## Remove what the other commands built; the data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis scripts/vendor/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@sh scripts/make_venv "$(PYTHON)"

.venv/.run: .venv/bin/python requirements.txt
	@echo "Installing what the product needs ..."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
