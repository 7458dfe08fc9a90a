# Every target sets itself up: a fresh clone needs Python 3.11 or later and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEV := $(VENV)/.dev

.PHONY: install demo test slow check clean

install: $(DEV)

$(DEV): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,train,chem]'
	touch $@

demo: install
	$(BIN)/retort run recipes/numerics.yaml

test: install
	$(BIN)/pytest --numprocesses 2 --dist worksteal

slow: install
	$(BIN)/pytest -m slow

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) work build .mypy_cache .ruff_cache .pytest_cache
