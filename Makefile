# make run: the kiosk.  make test: every check.  Both make a virtual environment first, if there is none.
# A fresh machine needs Python 3.11, 3.12 or 3.13 with venv, and make.
PYTHON ?= $(shell command -v python3.13 || command -v python3.12 || command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP_RUN := $(VENV)/.installed-run
STAMP_TEST := $(VENV)/.installed-test

.PHONY: run test check fmt bench doctor clean

run: $(STAMP_RUN)
	$(BIN)/miron run

test: $(STAMP_TEST)
	$(BIN)/python -m pytest

check: $(STAMP_TEST)
	$(BIN)/ruff check . && $(BIN)/mypy

fmt: $(STAMP_TEST)
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

doctor: $(STAMP_RUN)
	$(BIN)/miron doctor

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(STAMP_RUN): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(STAMP_TEST): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,dev]'
	touch $@ $(STAMP_RUN)
