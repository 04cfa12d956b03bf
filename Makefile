# Everything that a developer or the gate runs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
# What builds leave is shared between clones; where the folder can't be made, a clone keeps its own.
TWINSPAN_CACHE ?= $(HOME)/.cache/twinspan
CACHE := $(shell mkdir -p "$(TWINSPAN_CACHE)" 2>/dev/null && test -w "$(TWINSPAN_CACHE)" && echo "$(TWINSPAN_CACHE)" || echo "$(ROOT)/target/cache")
export CARGO_TARGET_DIR ?= $(CACHE)/target
export OUT ?= $(ROOT)/target/out
PROFILE ?= debug
PYTHON ?= python3
# The JDK: JAVA_HOME, else the one whose javac is found. Maven and the launchers of Java programs take the same.
export JAVA_HOME ?= $(patsubst %/bin/javac,%,$(shell readlink -f "$$(command -v javac)" 2>/dev/null))
export PATH := $(if $(JAVA_HOME),$(JAVA_HOME)/bin:)$(PATH)

# Python packages, in a virtual environment for each interpreter and list.
PYTHON_TAG := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
REQUIREMENTS := $(ROOT)/tests/requirements.txt
VENV := $(CACHE)/venv-$(PYTHON_TAG)-$(shell sha256sum $(REQUIREMENTS) | cut -c1-12)
PY := $(VENV)/bin/python

# Always the whole workspace: with other packages or features cargo compiles the dependencies once more.
CARGO_FLAGS := --workspace --locked
BUILT := $(CARGO_TARGET_DIR)/$(PROFILE)
# The clone's own copies: another clone may build over the shared ones at any time.
NATIVE := $(ROOT)/target/native/$(PROFILE)
LIBRARY := $(NATIVE)/libtwinspan_jni.so
MODULE := $(ROOT)/bindings-python/python/twinspan/_native.abi3.so
MVN := mvn -q -B -Dstyle.color=never -f bindings-java/pom.xml -Dtwinspan.library=$(LIBRARY)
JARS := $(ROOT)/bindings-java/twinspan/target

FORMATTER_VERSION := 1.28.0
FORMATTER := $(CACHE)/google-java-format-$(FORMATTER_VERSION)-all-deps.jar
FETCH := org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy
JAVA_FORMAT := tests/checks/java_format.sh $(FORMATTER)

# A gRPC client for shells: tests call the cluster with it.
GRPCURL_VERSION := 1.9.4
GRPCURL := $(CACHE)/grpcurl-$(GRPCURL_VERSION)

# A second type checker: tests hold generated stubs against it.
PYRIGHT_VERSION := 1.1.414
PYRIGHT := $(CACHE)/pyright-$(PYRIGHT_VERSION)

# What tests, examples and the demo are started with.
export PYTHONPATH := $(ROOT)/bindings-python/python
export TWINSPAN_PYTHON := $(PY)
export TWINSPAN_LIBRARY := $(LIBRARY)
export TWINSPAN_JAR := $(JARS)/twinspan.jar
export TWINSPAN_CLASSPATH := $(JARS)/twinspan.jar:$(JARS)/lib/*
export TWINSPAN_COMMAND := $(NATIVE)/twinspan
export TWINSPAN_GRPCURL := $(GRPCURL)
export TWINSPAN_PYRIGHT := $(PYRIGHT)
export HYPOTHESIS_STORAGE_DIRECTORY := $(ROOT)/target/hypothesis

# Announces a stage, runs it and prints how long it took.
STAGE := @tests/checks/stage.sh

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r target text; do printf '  %-16s%s\n' "$$target" "$$text"; done

.PHONY: prerequisites
prerequisites:
	@PYTHON=$(PYTHON) tests/checks/prerequisites.sh

# The folder's name has the hash of the list. Clones share it: made under a lock, and never again under somebody who uses it.
$(VENV)/done: | prerequisites
	$(STAGE) "Python packages" flock "$(CACHE)/venv.lock" tests/checks/venv.sh $(PYTHON) $(VENV) $(REQUIREMENTS)

$(GRPCURL): | prerequisites
	$(STAGE) "grpcurl" flock "$(CACHE)/grpcurl.lock" tests/checks/grpcurl.sh $(GRPCURL_VERSION) $(GRPCURL)

$(PYRIGHT): | prerequisites
	$(STAGE) "pyright" flock "$(CACHE)/pyright.lock" tests/checks/pyright.sh $(PYRIGHT_VERSION) $(PYRIGHT)

$(FORMATTER): | prerequisites
	@cd $(CACHE) && mvn -q -B -Dstyle.color=never $(FETCH) -DoutputDirectory=. \
		-Dartifact=com.google.googlejavaformat:google-java-format:$(FORMATTER_VERSION):jar:all-deps

.PHONY: native
native: | prerequisites ## Build the core and both native extensions
	$(STAGE) "Rust ($(PROFILE))" cargo build -q $(CARGO_FLAGS) $(if $(filter release,$(PROFILE)),--release)
	@tests/checks/take.sh $(BUILT) $(NATIVE) libtwinspan_jni.so lib_native.so twinspan
	@ln -sfn $(NATIVE)/lib_native.so $(MODULE)

.PHONY: java
java: native ## Build the Java library
	$(STAGE) "Java" $(MVN) package -DskipTests

.PHONY: build
build: native java $(VENV)/done ## Build everything

.PHONY: env
env: ## Print the settings for programs of your own: eval "$(make env)"
	@echo 'export PATH="$(VENV)/bin:$(JAVA_HOME)/bin:$(NATIVE):$$PATH"'
	@echo 'export PYTHONPATH="$(PYTHONPATH)"'
	@echo 'export CLASSPATH=".:$(TWINSPAN_CLASSPATH)"'
	@echo 'export LD_LIBRARY_PATH="$(NATIVE)"'

.PHONY: demo
demo: build ## Run the main job: Python and Java nodes decide on every flight of a year, two of them are killed (FLIGHTS=20000, SEED=, KILL=no)
	@$(PY) examples/flights/run.py --out "$(OUT)" $(if $(filter no,$(KILL)),--no-kill)

.PHONY: test
test: native $(VENV)/done ## Run every test
	@$(MAKE) test-rust test-java test-python test-polyglot JAVA_BUILT=yes
	@echo "== all tests passed"

# Each run has clusters of its own, whose state goes with it.
.PHONY: test-rust
test-rust: | prerequisites ## Run the tests of the core
	@home=$$(mktemp -d /tmp/ts-XXXXXX); trap 'rm -rf "$$home"' EXIT; \
		TWINSPAN_HOME="$$home" tests/checks/stage.sh "Rust tests" cargo test -q $(CARGO_FLAGS)

# Verifying also makes the jar, so that `make test` calls Maven once.
.PHONY: test-java
test-java: $(if $(JAVA_BUILT),,native) ## Run the tests of the Java library
	$(STAGE) "Java tests" $(MVN) verify

.PHONY: test-python
test-python: $(if $(JAVA_BUILT),,native) $(VENV)/done ## Run the tests of the Python library
	$(STAGE) "Python tests" $(PY) -m pytest -q bindings-python/tests

.PHONY: test-polyglot
test-polyglot: $(if $(JAVA_BUILT),,build) drift-java vectors-rust $(GRPCURL) $(PYRIGHT) ## Run the tests that need both languages
	$(STAGE) "tests of both languages together" $(PY) -m pytest -q tests

.PHONY: check
check: check-rust check-python check-java check-project ## Check style, types, lints, dependencies, licences and docs; changes no source

.PHONY: check-rust
check-rust: native
	$(STAGE) "rustfmt" cargo fmt --all --check
	$(STAGE) "clippy" cargo clippy -q $(CARGO_FLAGS) --all-targets -- -D warnings

.PHONY: check-python
check-python: $(VENV)/done
	$(STAGE) "ruff" $(VENV)/bin/ruff check -q .
	$(STAGE) "ruff format" $(VENV)/bin/ruff format -q --check .
	$(STAGE) "mypy" $(PY) -m mypy --no-error-summary

.PHONY: check-java
check-java: native $(FORMATTER)
	$(STAGE) "google-java-format" $(JAVA_FORMAT) --dry-run --set-exit-if-changed
	$(STAGE) "javac -Xlint -Xdoclint" $(MVN) test-compile

.PHONY: check-project
check-project: $(VENV)/done
	$(STAGE) "arrows of the core" $(PY) tests/checks/arrows.py
	$(STAGE) "files" $(PY) tests/checks/files.py
	$(STAGE) "licences" $(PY) tests/checks/licences.py
	$(STAGE) "docs" $(PY) tests/checks/docs.py

.PHONY: fix
fix: $(VENV)/done $(FORMATTER) ## Format everything and mend what the linters can
	@cargo fmt --all
	@cargo clippy -q $(CARGO_FLAGS) --all-targets --fix --allow-dirty --allow-staged
	@$(VENV)/bin/ruff check -q --fix . || true
	@$(VENV)/bin/ruff format -q .
	@$(PY) tests/vectors/page.py --write
	@$(JAVA_FORMAT) --replace
	@$(JAVA_FORMAT) --replace # what it broke into lines it may order anew

.PHONY: bench
bench: ## Measure calls beside other products (QUICK=1: within 7 minutes once built); writes OUT/bench.json
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

$(BENCH_VENV)/done: | prerequisites
	$(STAGE) "Python packages of the benchmark" flock "$(CACHE)/venv.lock" tests/checks/venv.sh $(PYTHON) $(BENCH_VENV) $(BENCH_REQUIREMENTS)

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

# The Java side of the values' checks, with the libraries that it needs beside the product's.
.PHONY: drift-java
drift-java: $(if $(JAVA_BUILT),,build)
	$(STAGE) "Java side of the values' checks" mvn -q -B -Dstyle.color=never -f tests/drift/java/pom.xml package

.PHONY: vectors-rust
vectors-rust: | prerequisites
	$(STAGE) "Rust side of the vectors" cargo build -q $(CARGO_FLAGS) --example vectors $(if $(filter release,$(PROFILE)),--release)
	@tests/checks/take.sh $(BUILT)/examples $(NATIVE) vectors

.PHONY: vectors
vectors: drift-java vectors-rust ## Decode and encode every golden vector in each language; writes OUT/vectors.{rust,python,java}.json
	@$(PY) tests/vectors/run.py --rust "$(NATIVE)/vectors" --out "$(OUT)"

SEEDED = $(if $(SEED),--seed $(SEED))

.PHONY: values
values: drift-java vectors-rust ## Generated values round all four pairs, and the decoders against each other (SEED=, LONG=1: 1,000,000 values a pair); writes OUT/values.json
	@$(PY) tests/drift/run.py --rust "$(NATIVE)/vectors" $(SEEDED) $(if $(LONG),--long) --out "$(OUT)"

N ?= 20
ROUNDS ?= 20
.PHONY: bootrace
bootrace: build ## Start N processes at once on an empty host, ROUNDS times; writes OUT/bootrace.json
	@$(PY) tests/faults/bootrace.py --processes $(N) --rounds $(ROUNDS) --out "$(OUT)"

.PHONY: surface
surface: build ## Probe every listening socket of the nodes; writes OUT/surface.json
	@$(PY) tests/faults/surface.py --self-test
	@$(PY) tests/faults/surface.py --out "$(OUT)"

.PHONY: scenarios
scenarios: build ## Play every scenario in each pair of languages and both faces (SCENARIO=name: some); writes OUT/scenarios.json
	@$(PY) tests/scenarios/run.py --out "$(OUT)" --scenario "$(SCENARIO)"

.PHONY: errors
errors: build ## Compare what errors look like on either side with the golden traces (REWRITE=1 keeps the new ones, in the docs too)
	@$(if $(REWRITE),$(PY) tests/errors/page.py --write)
	@REWRITE=$(REWRITE) $(PY) -m pytest -q tests/errors

.PHONY: kill
kill: build ## Kill providers under load (SECONDS=60, SEED=); writes OUT/kill.json
	@$(PY) tests/faults/kill.py --seconds $(or $(SECONDS),60) $(SEEDED) --out "$(OUT)"

.PHONY: faults
faults: build ## Stop, hold, cut off, reset and slow down providers, on this host and between network namespaces (root, nft); writes OUT/faults.json
	@$(PY) tests/faults/faults.py $(if $(FAULT),--only "$(FAULT)") --out "$(OUT)"

.PHONY: balance
balance: build ## Make providers slow, failing and well again beside sound ones (about 3 minutes); writes OUT/balance.json
	@$(PY) tests/faults/balance.py --out "$(OUT)"

.PHONY: trickle
trickle: build ## Read streams one item a second (SECONDS=180); writes OUT/trickle.json
	@$(PY) tests/faults/trickle.py --seconds $(or $(SECONDS),180) --out "$(OUT)"

.PHONY: cancel
cancel: build ## Cancel COUNT=10000 calls in each pair at random moments; writes OUT/cancel.json
	@$(PY) tests/faults/cancel.py --count $(or $(COUNT),10000) $(SEEDED) --out "$(OUT)"

.PHONY: nest
nest: build ## Call back and forth between small pools, 1,000 times eight calls deep; writes OUT/nest.json
	@$(PY) tests/faults/nest.py --out "$(OUT)"

.PHONY: overload
overload: build ## Ask ten times as much as a provider can do (SECONDS=30 in each language); writes OUT/overload.json
	@$(PY) tests/faults/overload.py --seconds $(or $(SECONDS),30) --out "$(OUT)"

CALLS ?= 1000000
.PHONY: leaks
leaks: build ## Make CALLS=1000000 calls and see that nothing stays behind; writes OUT/leaks.json
	@$(PY) tests/faults/leaks.py --calls $(CALLS) --out "$(OUT)"

.PHONY: loom
loom: | prerequisites ## Model-check who reads the links (about 4 minutes)
	$(STAGE) "loom" env RUSTFLAGS="--cfg twinspan_loom" CARGO_TARGET_DIR="$(CACHE)/loom" cargo test -q -p twinspan --lib --locked link::lead

.PHONY: clean
clean: ## Remove what builds left in this clone; the shared folder stays
	@rm -rf target bindings-java/target bindings-java/*/target tests/bench/java/target $(MODULE)
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "kept: $(CACHE)"
