# Everything that a developer or the gate runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
export TWINSPAN_CACHE ?= $(HOME)/.cache/twinspan
# Builds are shared between clones; a folder that can't be made falls back to the clone's own.
CACHE := $(shell mkdir -p "$(TWINSPAN_CACHE)" 2>/dev/null && test -w "$(TWINSPAN_CACHE)" && echo "$(TWINSPAN_CACHE)" || echo "$(ROOT)/target/cache")
export CARGO_TARGET_DIR ?= $(CACHE)/target
export OUT ?= $(ROOT)/target/out
PROFILE ?= debug
PYTHON ?= python3
PYTHON_TAG := $(shell $(PYTHON) -c 'import sys; print(f"{sys.version_info[0]}.{sys.version_info[1]}")' 2>/dev/null)
REQUIREMENTS := tests/requirements.txt
VENV := $(CACHE)/venv-$(PYTHON_TAG)-$(shell sha256sum $(ROOT)/$(REQUIREMENTS) | cut -c1-12)
PY := $(VENV)/bin/python
CARGO_FLAGS := --workspace --locked $(if $(filter release,$(PROFILE)),--release)
LIBRARY := $(CARGO_TARGET_DIR)/$(PROFILE)/libtwinspan_jni.so
MODULE := bindings-python/python/twinspan/_native.abi3.so
MVN := mvn -q -B -f bindings-java/pom.xml -Dtwinspan.library=$(LIBRARY)
JAR := bindings-java/twinspan/target/twinspan.jar
# What tests, examples and the demo are started with.
export PYTHONPATH := $(ROOT)/bindings-python/python
export TWINSPAN_LIBRARY := $(LIBRARY)
export TWINSPAN_JAR := $(ROOT)/$(JAR)
export TWINSPAN_PYTHON := $(PY)
RUN := cd $(ROOT) &&

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

.PHONY: prerequisites
prerequisites:
	@bash tests/checks/prerequisites.sh

# Its name has the hash of the requirements. Clones share it: it is made under a lock, and never made anew under somebody who uses it.
$(VENV)/done: | prerequisites
	@echo "== Python packages"
	@mkdir -p $(CACHE) && exec 9>$(VENV).lock && flock 9 && { test -e $@ || { \
		$(PYTHON) -m venv --clear $(VENV) && \
		$(PY) -m pip install -q --disable-pip-version-check -r $(REQUIREMENTS) && touch $@; }; }

.PHONY: native
native: | prerequisites ## Build the core and both native extensions
	@echo "== Rust ($(PROFILE))"
	@cargo build -q $(CARGO_FLAGS)
	@ln -sf $(CARGO_TARGET_DIR)/$(PROFILE)/lib_native.so $(MODULE)

.PHONY: java
java: native ## Build the Java library
	@echo "== Java"
	@$(MVN) package -DskipTests

.PHONY: build
build: native java $(VENV)/done ## Build everything

.PHONY: demo
demo: build ## Run the main job: four Python and Java nodes decide on every flight of a year
	@$(PY) examples/flights/run.py --out "$(OUT)"

.PHONY: test
test: test-rust test-python test-java test-polyglot ## Run every test
	@echo "== all tests passed"

.PHONY: test-rust
test-rust: | prerequisites
	@echo "== Rust tests"
	@cargo test -q $(CARGO_FLAGS)

.PHONY: test-python
test-python: native $(VENV)/done
	@echo "== Python tests"
	@$(PY) -m pytest -q bindings-python/tests

.PHONY: test-java
test-java: native
	@echo "== Java tests"
	@$(MVN) verify

.PHONY: test-polyglot
test-polyglot: build
	@echo "== tests of both languages together"
	@$(PY) -m pytest -q tests

.PHONY: check
check: native $(VENV)/done ## Check style, types, lints, dependencies and licences; changes nothing
	@echo "== rustfmt, clippy"
	@cargo fmt --all --check
	@cargo clippy -q --workspace --all-targets --locked -- -D warnings
	@echo "== ruff, mypy"
	@$(VENV)/bin/ruff check -q .
	@$(VENV)/bin/ruff format -q --check .
	@$(VENV)/bin/mypy
	@echo "== Java lints"
	@$(MVN) compile -Dlint
	@echo "== arrows, files, licences"
	@$(PY) tests/checks/arrows.py
	@$(PY) tests/checks/files.py
	@$(PY) tests/checks/licences.py

.PHONY: fix
fix: $(VENV)/done ## Format everything and mend what the linters can
	@cargo fmt --all
	@cargo clippy -q --workspace --all-targets --fix --allow-dirty --allow-staged
	@$(VENV)/bin/ruff check -q --fix .
	@$(VENV)/bin/ruff format -q .

.PHONY: bench
bench: ## Measure calls beside other products (QUICK=1: within 6 minutes once built); writes OUT/bench.json
	@$(MAKE) build PROFILE=release
	@$(MAKE) run-bench PROFILE=release

.PHONY: idle
idle: ## Measure what an idle node costs (SECONDS=60); writes OUT/idle.json
	@$(MAKE) build PROFILE=release
	@$(MAKE) run-idle PROFILE=release

# The other products have an environment of their own, in which our package is found by PYTHONPATH.
BENCH_REQUIREMENTS := tests/bench/requirements.txt
BENCH_VENV := $(CACHE)/bench-$(PYTHON_TAG)-$(shell sha256sum $(ROOT)/$(BENCH_REQUIREMENTS) | cut -c1-12)
BENCH := $(BENCH_VENV)/bin/python
PING_PONG := $(CARGO_TARGET_DIR)/ping_pong

$(BENCH_VENV)/done: $(BENCH_REQUIREMENTS) | prerequisites
	@echo "== Python packages of the benchmark"
	@$(PYTHON) -m venv --clear $(BENCH_VENV)
	@$(BENCH) -m pip install -q --disable-pip-version-check -r $(BENCH_REQUIREMENTS)
	@touch $@

# One file without dependencies: an example built by cargo would drag in what the tests need.
$(PING_PONG): core/examples/ping_pong.rs
	@rustc --edition 2024 -O -o $@ $<

.PHONY: bench-agents
bench-agents: $(BENCH_VENV)/done $(PING_PONG)
	@mvn -q -B -Dstyle.color=never -f tests/bench/java/pom.xml package

.PHONY: run-bench
run-bench: bench-agents
	@$(BENCH) tests/bench/run.py --ping-pong "$(PING_PONG)" --out "$(OUT)"

.PHONY: run-idle
run-idle: bench-agents
	@$(BENCH) tests/bench/idle.py --seconds $(or $(SECONDS),60) --out "$(OUT)"

N ?= 20
ROUNDS ?= 20
.PHONY: bootrace
bootrace: build ## Start N processes at once on an empty host, ROUNDS times; writes OUT/bootrace.json
	@$(PY) tests/faults/bootrace.py --processes $(N) --rounds $(ROUNDS) --out "$(OUT)"

.PHONY: surface
surface: build ## Probe every listening socket of the nodes; writes OUT/surface.json
	@$(PY) tests/faults/surface.py --out "$(OUT)"

.PHONY: clean
clean: ## Remove what builds left in this clone
	@rm -rf target bindings-java/target bindings-java/*/target $(MODULE)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
