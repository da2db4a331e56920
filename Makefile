# Two commands are enough: `make demo` and `make test`. Set-up happens once, by itself.
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/touchpoints

.PHONY: demo test check bench bench-peers heads setup clean

demo: .venv/runtime
	$(RUN) run corpora/kestrel --period 2026Q2 --quiet
	$(RUN) run corpora/kestrel --period 2026Q3

# A file of tests stays in one process: its fixtures are made once. Each process takes 1.3 GB.
test: .venv/development
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

check: .venv/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: .venv/development
	$(BIN)/pytest tests/bench -m bench -s

# BERTopic lives in an environment of its own, with a CPU build of torch.
bench-peers: .venv/runtime .venv-peers/ready
	$(BIN)/python tests/bench/peers/compare.py

heads: .venv/development
	$(BIN)/python tests/bench/train_heads.py
	$(BIN)/python tests/bench/train_acts.py
	$(BIN)/python tests/bench/train_problems.py

setup: .venv/runtime

# --no-deps: the lock names every package, and two that are named by others but never used stay out.
# --no-compile: a third less on disk; Python compiles what it imports. That is done here, for good:
# where it may not keep what it compiled (PYTHONDONTWRITEBYTECODE) each run would lose a second or two.
.venv/runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'import chromadb, langchain_openai, networkx, xlsxwriter, pipeline.run'
	$(BIN)/python -m pipeline.engines.minilm
	@touch $@

.venv/development: .venv/runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements-dev.lock
	@touch $@

# --no-deps: torch would bring CUDA packages of several gigabytes. Where pip's own torch is not a
# CPU build, tell pip first where to find one (PIP_FIND_LINKS).
.venv-peers/ready: tests/bench/peers/requirements.txt
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-deps -r $<
	@.venv-peers/bin/python -c 'import sys, torch; sys.exit(torch.version.cuda and "torch is not a CPU build")'
	@touch $@

clean:
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find outputs -mindepth 1 ! -name .gitkeep -delete
