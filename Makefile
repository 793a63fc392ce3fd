# The two commands of the README are `make demo` and `make test`; both start from a machine with Python >= 3.11 and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
export PIP_REQUIRE_VIRTUALENV := 1
# On both cores; what waits for processes and servers leaves them to others.
SIDE_BY_SIDE := -n 4 --dist worksteal
# A test that hangs in C, where its time-out cannot end it, ends its process, with the stacks of all threads.
NO_HANGS := -o faulthandler_timeout=240 -o faulthandler_exit_on_timeout=true
PATIENT := --timeout 1800
# Of processes, in the soak of tests/faults.
KILLS ?= 60

.PHONY: demo test test-rust faults check install bench screenshots soak lock dist sbom audit clean

demo: $(VENV)/installed  ## the whole thing on a sample service that breaks on purpose
	$(BIN)/logmedic demo

test: $(VENV)/installed-dev  ## every test but the long ones (4 minutes on 2 cores)
	$(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE) $(NO_HANGS) --durations 15

test-rust: $(VENV)/installed-dev  ## the sample service in Rust, built and run beside the one in Python (needs cargo)
	CARGO_TARGET_DIR=$${CARGO_TARGET_DIR:-/tmp/logmedic-cargo} $(BIN)/python -m pytest -m slow tests/examples/test_example_rust.py $(PATIENT)

faults: $(VENV)/installed-dev  ## the sixty faults of docs/faults.md, the model of log files and its mutants, the long ones too
	$(BIN)/python -m pytest tests/faults $(SIDE_BY_SIDE) $(PATIENT) --durations 10

soak: $(VENV)/installed-dev  ## the long ones, and ten times the examples of the others; KILLS=1000 for a million lines
	LOGMEDIC_KILLS=$(KILLS) $(BIN)/python -m pytest -m slow $(PATIENT)
	LOGMEDIC_EXAMPLES=10 $(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE) $(PATIENT)

check: $(VENV)/installed-dev  ## format, lint, types, and the direction of imports
	$(BIN)/ruff format --check src tests benchmarks examples docs
	$(BIN)/ruff check src tests benchmarks examples docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

install: $(VENV)/installed  ## .venv/bin/logmedic

bench: $(VENV)/installed-bench  ## ratios to named peers (needs ripgrep and jq)
	$(BIN)/python benchmarks/run.py

screenshots: $(VENV)/installed-dev  ## docs/images, from the demo in a real Chromium
	$(BIN)/python docs/screenshots.py

lock: $(VENV)/installed-dev  ## pin the newest versions that pyproject.toml allows, with hashes (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--all-extras pyproject.toml requirements/build.in -o requirements/runtime.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--all-extras pyproject.toml requirements/build.in requirements/dev.in -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		requirements/bench.in -o requirements/bench.txt

dist: $(VENV)/installed  ## dist/: source archive and wheel; the same commit gives the same bytes
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/hatchling build

sbom: $(VENV)/installed-dev  ## dist/logmedic.cdx.json: what is shipped with it, with hashes (CycloneDX)
	mkdir -p dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/cyclonedx-py requirements requirements/runtime.txt \
		--pyproject pyproject.toml --output-reproducible --output-file dist/logmedic.cdx.json

audit: $(VENV)/installed-dev  ## known vulnerabilities of what is shipped; fails where nobody can be asked
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements/runtime.txt

clean:
	rm -rf dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .logmedic

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "logmedic needs Python 3.11 or newer: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: $(BIN)/python requirements/runtime.txt pyproject.toml
	$(PIP) install --require-hashes --only-binary :all: -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements/dev.txt
	$(PIP) install --require-hashes --only-binary :all: -r requirements/dev.txt
	@touch $@

# drain3, a peer of the grouping benchmark, comes as source only.
$(VENV)/installed-bench: $(VENV)/installed-dev requirements/bench.txt
	$(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@
