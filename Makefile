# make run: the kiosk.  make test: every check.  Both first make a virtual environment and install into it.
# A fresh machine needs make, and Python 3.11, 3.12 or 3.13 with venv.
SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin

# The first Python that runs, is one of ours and can make a virtual environment; a name on PATH alone proves nothing.
USABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c '$(USABLE)' >/dev/null 2>&1 && echo "$$python" && break; done)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test check fmt doctor clean

run: $(VENV)/.installed-run
	@$(BIN)/miron run

test: $(VENV)/.installed-test
	$(BIN)/python -m pytest

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fmt: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

doctor: $(VENV)/.installed-run
	@$(BIN)/miron doctor

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# An environment whose making was interrupted has no pip; making it again mends it.
$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "Miron needs Python 3.11, 3.12 or 3.13 with venv" \
		"(Debian, Ubuntu: apt install python3-venv); none was found." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed-run: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "Installing Miron into $(VENV); this happens once and takes a minute or two." >&2
	$(PIP_INSTALL) --editable '.[speech,web]'
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "Installing Miron with its tools into $(VENV); this happens once and takes some minutes." >&2
	$(PIP_INSTALL) --editable '.[train,speech,web,study,dev]'
	@touch $@ $(VENV)/.installed-run
