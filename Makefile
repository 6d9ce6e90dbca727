# Every target works on a fresh checkout: scripts/setup installs what is missing, once.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HELLO  := src/ring3k/userland/guest/apps/hello.exe

.PHONY: help setup run test check format bench bench-win32 fuzz docs clean
.DEFAULT_GOAL := help

help:
	@echo "make run     run a Windows program: a linter from PyPI, over the sources of its own kernel"
	@echo "make test    run all tests"
	@echo "make check   formatting, lint, types, layer order"
	@echo "make bench   measure, beside Wine where it is installed"
	@echo "make bench-win32  the same for Win32 programs"
	@echo "make fuzz    make random system calls (SECONDS=60 SEED=... ABI=nt51 ENGINE=stub CALL=NtName)"
	@echo "make docs    write the reference page of all system calls"
	@echo "make format  put the sources into the project's format"
	@echo "make clean   remove what was built, and the virtual environment"

setup:
	@PYTHON="$(PYTHON)" scripts/setup

run: setup
	@if program=$$($(BIN)/python -m tests.win32.fetch ruff.exe); then \
		set -x; $(BIN)/ring3k run "$$program" check --no-cache src/ring3k; \
	else \
		set -x; $(BIN)/ring3k run --trace $(HELLO) "two words"; \
	fi

test: setup
	@$(MAKE) -s -j2 -C guest/win32 OUT=$(CURDIR)/guest/build/win32
	@$(BIN)/python -m pytest

check: setup
	@status=0; \
	for one in "ruff check --quiet" "ruff format --check --quiet" mypy "lint-imports --no-cache --no-logo"; do \
		echo "$$one"; $(BIN)/$$one || status=1; \
	done; exit $$status

format: setup
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench-win32: setup
	@$(BIN)/python bench/win32.py

bench: setup
	@$(BIN)/python bench/run.py

SECONDS ?= 60
fuzz: setup
	@$(BIN)/python -m tests.stress.fuzz --debug --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) \
		$(if $(ABI),--abi $(ABI)) $(if $(ENGINE),--engine $(ENGINE)) $(if $(CALL),--call $(CALL))

docs: setup
	@$(BIN)/python scripts/reference

clean:
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache
	find src guest \( -name '*.so' -o -name '*.o' -o -name '*.exe' -o -name '*.dll' \) -type f -delete
