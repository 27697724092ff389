# make setup: .venv with the command   make demo: the main job, end to end   make test: everything CI checks
# make bench: every benchmark of speed   make bench-check: no ratio worse than the kept one
PYTHON ?= python3
SERVE ?= 1
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/lock.txt
STAMP := $(VENV)/.installed
UV := $(shell command -v uv 2>/dev/null)

.PHONY: setup demo test lint types lock docs pictures bench bench-check vendor clean

setup: $(STAMP)

$(STAMP): $(LOCK) pyproject.toml
	@echo "Setting up $(VENV) (a minute or two the first time) ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; try: make PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
ifneq ($(UV),)
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(LOCK)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@touch $(STAMP)

demo: setup
	@$(BIN)/wagewatch -w demo-workspace demo $(if $(filter 0,$(SERVE)),--no-serve,--serve)

test: setup lint types
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

docs: setup
	@$(BIN)/python docs/generate.py

# The pictures of the docs, taken anew from the demo's world (needs Chromium and pdftoppm).
pictures: setup
	@$(BIN)/python docs/pictures.py

# The benchmarks of speed (benchmarks/README.md); FULL=1: full sizes, KEEP=1: keep the figures.
bench: setup
	@$(BIN)/python -m benchmarks.run_all $(if $(FULL),--full) $(if $(KEEP),--keep)

bench-check: setup
	@$(BIN)/python -m benchmarks.check

# The pages' own copies of htmx and uPlot, and of axe for the tests, from requirements/npm.
vendor:
	npm ci --prefix requirements/npm --ignore-scripts --no-audit --no-fund
	cp requirements/npm/node_modules/htmx.org/dist/htmx.min.js serving/web/static/vendor/htmx.min.js
	cp requirements/npm/node_modules/uplot/dist/uPlot.iife.min.js serving/web/static/vendor/uplot.min.js
	cp requirements/npm/node_modules/uplot/dist/uPlot.min.css serving/web/static/vendor/uplot.min.css
	cp requirements/npm/node_modules/axe-core/axe.min.js tests/vendor/axe.min.js
	rm -rf requirements/npm/node_modules

lock:
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet -o $(LOCK)

clean:
	rm -rf $(VENV) demo-workspace .pytest_cache .mypy_cache .ruff_cache .hypothesis
