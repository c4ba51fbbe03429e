# make demo   the whole thing, running, with a simulated phone company in it
# make test   everything is set up and every test passes (what CI runs)
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin

.PHONY: demo studio test quick check bench gen setup clean help

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 10

$(VENV)/.ready: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(VENV)/.ready  ## the virtual environment with everything in it

demo: setup studio  ## start the hub on http://127.0.0.1:8787 with Tideline Mobile living in it
	$(BIN)/harken demo

studio: setup  ## build the web studio when its sources changed; Node comes with the setup
	$(BIN)/python studio/build.py

test: setup studio check  ## set up everything and pass all tests
	$(BIN)/python -m pytest -n 2

quick: setup  ## the tests that take seconds
	$(BIN)/python -m pytest -n 2 tests/unit tests/contracts src

check: setup  ## style and types
	$(BIN)/ruff format --check src tests benchmarks hatch_build.py studio/build.py
	$(BIN)/ruff check src tests benchmarks hatch_build.py studio/build.py
	$(BIN)/mypy

gen: setup  ## write the generated reference pages
	$(BIN)/python docs/generate.py

bench: setup  ## every headline number beside its limit
	$(BIN)/python -m benchmarks

clean:  ## forget the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
