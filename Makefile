# Every target sets up what it needs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that is 3.11 or newer makes the virtual environment.
PYTHONS := python3 python3.13 python3.12 python3.11
UV_LOCK := requirements-uv.lock
FUZZ_LOCK := requirements-fuzz.lock
VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
UV := $(BIN)/uv
# Written last, so without them a run was interrupted: an environment without MADE is made anew, packages without
# INSTALLED are installed anew. The next `make` goes on from there, whatever Ctrl-C left behind.
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed

# Modules that write a generated file, or compare it with `--check`.
GENERATORS := streams.tools.schemas streams.tools.settings_docs metrics.docs.contract metrics.alerts.rule_file \
	tests.support.kpi_coverage grafana.generator.generate tests.alerts.promtool_files tests.alerts.page
# A run starts hundreds of processes that import the same modules: compiled once, each takes a third of the time.
unexport PYTHONDONTWRITEBYTECODE

# How packages are installed: each is a wheel with a hash of the lock file, so that nothing of theirs runs meanwhile.
CHECKED := --require-hashes --only-binary :all: -r
LOCK = $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	--no-emit-find-links -q

# Arguments of `make demo`, `make test`, `make faults` and `make bench`.
ARGS ?=

# Unit tests share nothing and run on several processors. The others wait more than they work: two processes, each with a
# Kafka and a Redis of its own, take a file of them at a time; they also run where a unit test failed.
ALL_TESTS := status=0; \
	$(PYTHON) -m pytest tests/unit --numprocesses logical --maxprocesses 4 --dist worksteal || status=$$?; \
	$(PYTHON) -m pytest tests --ignore tests/unit --numprocesses 2 --dist loadfile || status=$$?; \
	exit $$status

.PHONY: help setup demo test check faults format bench fuzz compile lock generate

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Make .venv with all dependencies and .venv/bin/veinte
	@:

demo: $(INSTALLED) ## Run a live contact centre on this machine: Kafka, Redis, worker, exporter, simulator, alerts
	@$(BIN)/veinte demo $(ARGS)

test: $(INSTALLED) ## Run all tests, on a real Kafka and Redis that the run starts and stops
	@$(if $(strip $(ARGS)),$(PYTHON) -m pytest $(ARGS),$(ALL_TESTS))

check: $(INSTALLED) ## Check everything: format, lint, types, generated files, tests
	@echo "== format"
	@$(BIN)/ruff format --check .
	@echo "== lint"
	@$(BIN)/ruff check .
	@echo "== types"
	@$(BIN)/mypy
	@echo "== generated files"
	@printf '%s\n' $(GENERATORS) | xargs -P 2 -I MODULE $(PYTHON) -m MODULE --check
	@echo "== tests"
	@$(ALL_TESTS)

faults: $(INSTALLED) ## Inject every kind of fault into real processes and compare the numbers (25 minutes)
	@$(PYTHON) -m tests.faults.campaign $(ARGS)

format: $(INSTALLED) ## Format the code and mend what the linter can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(INSTALLED) ## Measure the throughput of the worker
	@$(PYTHON) -m tests.bench $(ARGS)

fuzz: $(INSTALLED) ## Send any bytes through what reads events and questions, for ARGS="--seconds N"
	@$(UV) pip install --quiet --python $(PYTHON) --target build/atheris $(CHECKED) $(FUZZ_LOCK) || \
		echo "atheris does not install here; Hypothesis draws the inputs" >&2
	@PYTHONPATH=build/atheris $(PYTHON) -m tests.fuzz $(ARGS)

compile: $(INSTALLED) ## Make build/compiled, where the worker's hot modules are machine code
	@rm -rf build/compiled
	@$(PYTHON) deploy/compile.py build/compiled

generate: $(INSTALLED) ## Write the generated files: schemas, pages of settings and KPIs, dashboards, alert rules
	@for module in $(GENERATORS); do $(PYTHON) -m $$module || exit 1; done

lock: $(MADE) ## Pin the newest dependencies that pyproject.toml allows in requirements.lock
	@$(LOCK) pyproject.toml --upgrade --extra stack --group dev -o requirements.lock
	@echo uv | $(LOCK) - --upgrade --no-annotate -o $(UV_LOCK)
	@echo atheris | $(LOCK) - --upgrade --no-annotate -o $(FUZZ_LOCK)
	@echo "wrote requirements.lock, $(UV_LOCK), $(FUZZ_LOCK)"

$(MADE): | $(UV_LOCK)
	@if [ -e $(INSTALLED) ]; then touch $@; exit 0; fi; \
	for python in $(PYTHONS); do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "making $(VENV) with $$("$$python" --version)"; \
			"$$python" -m venv --clear $(VENV) || { \
				echo "make: Python cannot make a virtual environment; on Debian and Ubuntu install python3-venv" >&2; \
				rm -rf $(VENV); exit 1; }; \
			echo "installing $$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' $(UV_LOCK)) (checked by hash), which installs the rest"; \
			$(PYTHON) -m pip install --quiet --disable-pip-version-check $(CHECKED) $(UV_LOCK); \
			touch $@; \
			exit 0; \
		fi; \
	done; \
	echo "make: Python 3.11 or newer is needed and none is on PATH (looked for: $(PYTHONS));" \
		"install one, or name it: make setup PYTHONS=/path/to/python3" >&2; \
	exit 1

$(INSTALLED): requirements.lock pyproject.toml | $(MADE)
	@echo "installing $$(grep -c '^[a-zA-Z0-9]' requirements.lock) packages of requirements.lock (checked by hash), and veinte itself"
	@test -e $@ && anew= || anew=--reinstall; rm -f $@; \
	$(UV) pip sync --quiet $$anew --require-hashes --only-binary :all: --python $(PYTHON) requirements.lock || { \
		status=$$?; test $$status -lt 128 || exit $$status; \
		echo "uv could not; trying pip, which may know a mirror of yours"; \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check $(CHECKED) requirements.lock; }
	@$(UV) pip install --quiet --no-deps --no-build-isolation --python $(PYTHON) --editable .
	@touch $@
	@echo "ready: $(BIN)/veinte"
