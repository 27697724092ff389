# make setup: .venv with the command and everything the tests need   make demo: the main job, end to end
# make setup-runtime: .venv for a server: no test tools   make test: everything CI checks
# make bundle: an archive to install from where there is no network
# make bench: every benchmark of speed   make bench-check: no ratio worse than the kept one
PYTHON ?= python3
SERVE ?= 1
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements/runtime.txt requirements/build.txt
DEV_LOCK := requirements/dev.txt
STAMP := $(VENV)/.installed
COMPILED := $(VENV)/.compiled
UV := $(shell command -v uv 2>/dev/null)
INSTALL := $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
# Tests import a third of the modules and compile those: pip would take a minute for all. uv does not.
# Of those of the clients they import fewer still.
NO_COMPILE := $(if $(UV),,--no-compile)
# PySpark is built from its sources: to compress its jars again takes half of the time of that.
STORED := DIST_EXTRA_CONFIG=$(CURDIR)/requirements/stored.cfg
# Compiled modules are kept: the tests start some hundred processes, each would compile all of them.
export PYTHONDONTWRITEBYTECODE :=
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate --quiet

.PHONY: setup setup-runtime venv clients demo test pytest lint types imports lock bundle sbom client docs site pictures bench bench-check mutants vendor clean

setup: $(STAMP)

$(STAMP): $(DEV_LOCK) pyproject.toml | venv
	@$(STORED) $(INSTALL) $(NO_COMPILE) --require-hashes -r $(DEV_LOCK)
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# For a server, in a fresh clone: the program itself, not a link to this folder.
setup-runtime: venv
	@$(INSTALL) --require-hashes $(foreach lock,$(LOCKS),-r $(lock))
	@$(INSTALL) --no-deps --no-build-isolation .

venv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; try: make PYTHON=python3.12")'
	@test -x $(BIN)/python || { echo "Setting up $(VENV) (a minute or two the first time) ..."; $(PYTHON) -m venv $(VENV); }

# An environment without Wagewatch, in which tests make a client and load models. pip of .venv fills it. The lock names
# every package, so pip need not ask each what it needs.
clients: venv
	@test -x .venv-clients/bin/python || $(PYTHON) -m venv --without-pip .venv-clients
	@$(if $(UV),$(UV) pip install --quiet --python .venv-clients/bin/python,$(BIN)/python -m pip --python .venv-clients/bin/python install --quiet --disable-pip-version-check) $(NO_COMPILE) --no-deps --require-hashes -r requirements/clients.txt

demo: setup site
	@$(BIN)/wagewatch -w demo-workspace demo $(if $(filter 0,$(SERVE)),--no-serve,--serve)

# mypy, on one core, takes a minute without its cache; pytest need not wait for it.
test: setup
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory -j3 imports types pytest

# Once after setup, one process compiles what collection imports; each of three would compile all of it.
$(COMPILED): $(STAMP)
	@$(BIN)/python -m pytest -p no:xdist --collect-only -qq >/dev/null 2>&1 || true  # pytest says why
	@touch $(COMPILED)

# Three processes on two cores: one waits for a server, a browser or Spark most of the time.
pytest: setup $(COMPILED)
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports

# What the run-time lock holds, as CycloneDX.
sbom:
	@$(PYTHON) requirements/sbom.py

# One archive in dist/ that installs where there is no network. PLATFORM=aarch64, PYTHON_VERSION=3.12: for another
# machine or Python than this one. SPARK=1: with the Spark engine.
bundle: venv
	@$(INSTALL) --require-hashes -r requirements/build.txt -r requirements/docs.txt
	@$(BIN)/python deploy/bundle.py $(if $(PLATFORM),--platform $(PLATFORM)) \
	  $(if $(PYTHON_VERSION),--python $(PYTHON_VERSION)) $(if $(SPARK),--spark)

# A wheel of the client of the HTTP API alone, in dist/.
client: setup
	@cd deploy/client && $(abspath $(BIN))/python -m hatchling build -t wheel -d $(abspath dist)

docs: setup
	@$(BIN)/python docs/generate.py

# The documentation as a site, into the package: the service shows it at /help.
site: setup
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# The pictures of the docs, taken again from the demo's world (needs Chromium and pdftoppm).
pictures: setup
	@$(BIN)/python docs/pictures.py

# The speed benchmarks (benchmarks/README.md); FULL=1: full sizes, KEEP=1: store the figures.
bench: setup
	@$(BIN)/python -m benchmarks.run_all $(if $(FULL),--full) $(if $(KEEP),--keep)

bench-check: setup
	@$(BIN)/python -m benchmarks.check

# Plants small faults one at a time and counts how many the tests notice; KEEP=1: store the score.
mutants: setup
	@$(BIN)/python -m benchmarks.mutation.run $(if $(KEEP),--keep)

# The pages' own copies of htmx and uPlot, and of axe for the tests, from requirements/npm.
# THIRD_PARTY_NOTICES.md names their versions and holds their licences.
vendor:
	npm ci --prefix requirements/npm --ignore-scripts --no-audit --no-fund
	cp requirements/npm/node_modules/htmx.org/dist/htmx.min.js serving/web/static/vendor/htmx.min.js
	cp requirements/npm/node_modules/uplot/dist/uPlot.iife.min.js serving/web/static/vendor/uplot.min.js
	cp requirements/npm/node_modules/uplot/dist/uPlot.min.css serving/web/static/vendor/uplot.min.css
	cp requirements/npm/node_modules/axe-core/axe.min.js tests/vendor/axe.min.js
	cp requirements/npm/node_modules/axe-core/LICENSE tests/vendor/axe-core-LICENSE.txt
	cp requirements/npm/node_modules/axe-core/LICENSE-3RD-PARTY.txt tests/vendor/axe-core-LICENSE-3RD-PARTY.txt
	rm -rf requirements/npm/node_modules

# Pins stay where they are unless the constraints of pyproject.toml moved; to upgrade one package:
# make lock UPGRADE='--upgrade-package NAME'.
lock:
	$(COMPILE) $(UPGRADE) pyproject.toml --extra postgresql -o requirements/runtime.txt
	$(COMPILE) $(UPGRADE) pyproject.toml --extra postgresql --group dev -c requirements/runtime.txt -o $(DEV_LOCK)
	$(COMPILE) $(UPGRADE) pyproject.toml --extra postgresql --extra spark -c $(DEV_LOCK) -o requirements/spark.txt
	$(COMPILE) --group build -c $(DEV_LOCK) -o requirements/build.txt
	$(COMPILE) --group docs -c $(DEV_LOCK) -o requirements/docs.txt
	$(COMPILE) --group clients -o requirements/clients.txt
	$(COMPILE) --group installer -o requirements/installer.txt

clean:
	rm -rf $(VENV) demo-workspace .pytest_cache .mypy_cache .ruff_cache .hypothesis
