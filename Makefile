# Every task of the project. Needs only Python 3.11 or newer, make and git; everything else is installed under .venv and
# .local.
PYTHON ?= python3

TOOLS := .local/tools

# uv reads no pip settings: hand on the two that decide whether an index is reached at all.
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
ifdef PIP_CERT
export SSL_CERT_FILE ?= $(PIP_CERT)
endif
export UV_PYTHON_DOWNLOADS = never
# Without kept bytecode, pytest rewrites and compiles itself, its plug-ins and every test again in each run.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# SAM tells nobody anything, and keeps its notes with the rest.
export SAM_CLI_TELEMETRY = 0
export __SAM_CLI_APP_DIR = $(CURDIR)/$(TOOLS)/sam-notes

UV := $(TOOLS)/uv/bin/uv
SAM := $(TOOLS)/sam/bin/sam
DEV := .venv/.ready
BIN := .venv/bin
STACK_READY := $(DEV) $(TOOLS)/sam/.ready $(TOOLS)/emulator/.ready $(BIN)/relay

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: help
help:  ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# ── setting up ──────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: setup
setup: $(STACK_READY)  ## Install the development tools, SAM and the emulator (kept: next time is instant)

$(UV): requirements/bootstrap.txt
	@echo "── installing uv, the installer"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11+ is needed: make PYTHON=…")'
	@$(PYTHON) -m venv $(TOOLS)/uv
	@$(TOOLS)/uv/bin/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@touch $@

# What the benchmarks run on. A distribution's Python is built with profile-guided optimisation, as Python's own guide
# asks for where figures matter; one that pyenv built is not by default.
BENCH_PYTHON ?= $(or $(shell /usr/bin/python3 -Ic 'import sys; sys.version_info < (3, 11) or print(sys.executable)' \
	2>/dev/null),$(PYTHON))

# One environment from one lock: $(1) its folder, $(2) the lock's name, $(3) the variable that names its Python.
define environment
$(1)/.ready: requirements/$(2).txt $(UV)
	@echo "── installing requirements/$(2).txt into $(1)"
	@$(UV) venv --quiet --allow-existing --python $$($(or $(3),PYTHON)) $(1)
	@$(UV) pip sync --python $(1)/bin/python --require-hashes requirements/$(2).txt 2>&1 | sed '/^ /d'
	@touch $$@
endef
$(eval $(call environment,.venv,dev))
$(eval $(call environment,$(TOOLS)/sam,sam))
$(eval $(call environment,$(TOOLS)/emulator,emulator))
$(eval $(call environment,$(TOOLS)/bench,bench,BENCH_PYTHON))
$(eval $(call environment,$(TOOLS)/audit,audit))
$(eval $(call environment,$(TOOLS)/clients/python,clients))

# The `relay` command (docs/cli.md), from this checkout.
$(BIN)/relay: $(DEV)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: lock
lock: $(UV)  ## Resolve the versions again and write the hash-locked requirement files
	@$(LOCK) -o layers/relay/requirements.txt --group pyproject.toml:layer
	@$(LOCK) -o requirements/dev.txt pyproject.toml --group dev
	@$(LOCK) -o requirements/bench.txt pyproject.toml --group bench
	@for group in sam emulator audit clients lambda-runtime bootstrap; do \
		$(LOCK) -o requirements/$$group.txt --group pyproject.toml:$$group || exit 1; done
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(LOCKFLAGS)

# ── checking ────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: check
check: $(DEV) $(TOOLS)/sam/.ready $(TOOLS)/audit/.ready  ## Check format, lint, types, template, secrets, dependencies
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@AWS_DEFAULT_REGION=eu-central-1 $(SAM) validate --lint
	@$(BIN)/python -m tools.audit secrets
	@$(BIN)/python -m tools.audit dependencies
	@$(MAKE) check-aws

.PHONY: check-aws
check-aws: $(STACK_READY) $(TOOLS)/audit/.ready  ## Check what a live AWS account would reject or stay silent about
	@$(BIN)/python -m tools.lambda_runtime $(UV) $(TOOLS)/lambda-runtime
	@$(BIN)/pytest tests/aws $(ARGS)

.PHONY: check-clients
check-clients: $(DEV) $(TOOLS)/clients/python/.ready $(TOOLS)/clients/.ready  ## Test with clients that others wrote (needs node)
	@$(BIN)/pytest tests/clients -rs $(ARGS)

$(TOOLS)/clients/.ready: tests/clients/package.json tests/clients/package-lock.json
	@echo "── installing tests/clients/package-lock.json into $(@D)"
	@mkdir -p $(@D) && cp $^ $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

.PHONY: format
format: $(DEV)  ## Format the code and fix what ruff can fix
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

.PHONY: test
test: $(STACK_READY)  ## Run unit, integration and end-to-end tests (ARGS="…" goes to pytest)
	@$(BIN)/pytest --ignore=tests/aws $(ARGS)

.PHONY: test-unit
test-unit: $(DEV)  ## Run the unit tests without the slow ones, in seconds
	@$(BIN)/pytest tests/unit -m "not slow" -n auto --hypothesis-profile quick $(ARGS)

.PHONY: conformance
conformance: $(DEV)  ## Run the cases of the event contract and print how many of each group pass
	@PYTHONPATH=.:layers/relay $(BIN)/python -m tests.conformance

.PHONY: test-browser
test-browser: $(STACK_READY)  ## Run the tests in a real Chromium, and fail where there is none
	@tools/ensure_chromium.sh
	@REQUIRE_BROWSER=1 $(BIN)/pytest tests/browser tests/e2e/test_browser.py tests/unit/test_browser_scripts.py $(ARGS)

.PHONY: scripts
scripts: $(DEV)  ## Minify the scripts for browsers from web/ into the ingest function
	@PYTHONPATH=. $(BIN)/python -m tools.browser_scripts

SECONDS ?= 60
SEED ?=
.PHONY: fuzz
fuzz: $(DEV)  ## Send mutated requests through the relay for a while (SECONDS=60, SEED=… repeats a run)
	@PYTHONPATH=.:layers/relay:functions/ingest $(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

.PHONY: mutants
mutants: $(DEV)  ## Apply deliberate defects, one at a time, and show which test notices each (ONLY=delivery,auth MATCH=text)
	@PYTHONPATH=.:cli:layers/relay:functions/ingest:functions/dispatch $(BIN)/python -m tests.mutants $(if $(ONLY),--only "$(ONLY)") $(if $(MATCH),--match "$(MATCH)")

.PHONY: trace-event
trace-event: $(DEV)  ## Show which files a flat Purchase passes through in ingest
	@PYTHONPATH=.:layers/relay:functions/ingest $(BIN)/python -m tools.trace_event 2>/dev/null

.PHONY: openapi
openapi: $(DEV)  ## Write the OpenAPI description and the generated parts of the docs, from the code
	@PYTHONPATH=.:layers/relay:functions/ingest $(BIN)/python -m tools.openapi
	@PYTHONPATH=.:layers/relay $(BIN)/python -m tools.event_docs
	@PYTHONPATH=.:layers/relay:cli $(BIN)/python -m tools.metric_docs
	@PYTHONPATH=. $(BIN)/python -m tools.parameter_docs
	@PYTHONPATH=.:layers/relay:cli $(BIN)/python -m tools.cli_docs

.PHONY: capacity
capacity: $(TOOLS)/bench/.ready  ## Write docs/capacity.md, its plots and the figures of the README
	@PYTHONPATH=.:layers/relay:cli $(TOOLS)/bench/bin/python -m tools.capacity

.PHONY: performance
performance: $(TOOLS)/bench/.ready  ## Publish the latest results of `make bench`, write docs/performance.md from them
	@PYTHONPATH=.:layers/relay:cli $(TOOLS)/bench/bin/python -m tools.performance

.PHONY: faults
faults: $(DEV)  ## Run ingest, dispatch and replay among all faults: SEED=… EVENTS=100000 ONLY=scenario (minutes)
	@PYTHONPATH=.:cli:layers/relay $(BIN)/python -m tests.faults --seed $(or $(SEED),1) --events $(or $(EVENTS),100000) $(if $(ONLY),--only "$(ONLY)")

# ── running ─────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: demo
demo: $(STACK_READY)  ## Start everything, send one of each event, show what TikTok received, stop
	@$(BIN)/python -m local.demo

.PHONY: up
up: $(STACK_READY)  ## Start the local stack and leave it running (PARAMS="Key=Value …" overrides parameters)
	@$(BIN)/python -m local.stack up $(PARAMS)

.PHONY: down
down: $(STACK_READY)  ## Stop the local stack
	@$(BIN)/python -m local.stack down

.PHONY: status
status: $(STACK_READY)  ## Say whether the local stack runs, and where
	@$(BIN)/python -m local.stack status

.PHONY: bench
bench: $(TOOLS)/bench/.ready  ## Measure speed, size and memory, each beside a floor or a peer in the same run
	@$(TOOLS)/bench/bin/python -m tools.lambda_runtime $(UV) $(TOOLS)/lambda-runtime
	@$(BENCH) $(ARGS)
BENCH = PYTHONPATH=.:cli:layers/relay:functions/ingest $(TOOLS)/bench/bin/python -m benchmarks

.PHONY: bench-peers
bench-peers: $(TOOLS)/bench/.ready $(TOOLS)/clients/.ready  ## Measure peers that need node (RUDDER_TRANSFORMER=<checkout> for one more)
	@RUDDER_TRANSFORMER="$(RUDDER_TRANSFORMER)" $(BENCH) --peers $(ARGS)

# ── building ────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: build
build: $(TOOLS)/sam/.ready  ## Build what `sam deploy` puts on AWS (arm64, Python 3.13) into .aws-sam
	@$(SAM) build
	@if [ -z "$$(find .aws-sam/build -name '*.pyc' -print -quit)" ]; then \
		echo "Note: there is no Python 3.13 here to compile with, so cold starts will be slower."; fi
	@if [ -z "$$(find .aws-sam/build -name compiled_model.py -print -quit)" ]; then \
		echo "Note: the model is not compiled, so cold starts will be slower; the build of RelayLayer, above, says why."; fi

# What `sam build` runs for each resource with `BuildMethod: makefile`, here, with the folder to fill in
# ARTIFACTS_DIR.
.PHONY: build-RelayLayer build-IngestFunction build-DispatchFunction
build-RelayLayer build-IngestFunction build-DispatchFunction:
	@$(PYTHON) tools/build_artifact.py $(@:build-%=%) "$(ARTIFACTS_DIR)"

.PHONY: clean
clean:  ## Stop the local stack and remove everything that was installed, built or kept
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local.stack down; fi
	@rm -rf .venv .local .aws-sam .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
