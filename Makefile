# Khanij Atlas. From a bare clone, `make run` serves the portal and `make test` tests it; both fetch what they need.
# What was done is remembered by the dotted files in .venv and beside the browser libraries, so a second start does
# nothing twice.

PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST

# More arguments for pytest, as in `make test ARGS="-k bbox -x"`.
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run test test-slow check format messages bench help clean stale

VENDOR := frontend/static/vendor/.copied
# Our own scripts and styles, each page's in a few files.
BUILT := frontend/static/built/.built
# What judges the pages and their scripts (axe, Lighthouse, tsc); no reader is ever sent any of it.
PROOFS := tests/web/node_modules/.fetched
# With a database of your own (DATABASE_URL) no PostgreSQL is needed on this machine.
DATABASE := $(if $(strip $(DATABASE_URL)),,.venv/.postgis)

# Prints the first Python that is new enough, or says that there is none.
FIND_PYTHON := for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; \
	done; echo 'Khanij Atlas needs Python 3.11 or newer; none was found.' >&2; exit 1

PIP_INSTALL := .venv/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e

run: .venv/.installed $(BUILT) $(DATABASE)  ## serve the portal in the foreground (PORT=8000 HOST=127.0.0.1)
	@exec .venv/bin/khanij serve

test: .venv/.installed-dev $(BUILT) $(PROOFS) $(DATABASE) .venv/.chromium  ## run all tests on a real PostGIS and a real Chromium (ARGS=...)
	.venv/bin/pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

test-slow: .venv/.installed-dev $(BUILT) $(PROOFS) $(DATABASE) .venv/.chromium .venv/.gis  ## run the long proofs (ARGS=...)
	.venv/bin/pytest -m slow $(ARGS)

check: .venv/.installed-dev $(VENDOR) $(PROOFS)  ## lint, formatting, types, security and the import contract
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy app
	.venv/bin/bandit --quiet --recursive --configfile pyproject.toml app
	.venv/bin/lint-imports
	.venv/bin/node tests/web/node_modules/typescript/bin/tsc -p frontend/tsconfig.json

format: .venv/.installed-dev  ## put the code into its usual form
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

messages: .venv/.installed  ## gather the words of pages into the catalogues for translators
	.venv/bin/pybabel -q extract -F babel.cfg -k N_ -k _ -k ngettext:1,2 --add-location=file --sort-by-file --no-wrap --omit-header -o .venv/messages.pot .
	@for code in hi te or mr gu; do .venv/bin/pybabel -q update -i .venv/messages.pot -d app/languages -l $$code \
		--init-missing --ignore-obsolete --no-fuzzy-matching --ignore-pot-creation-date --no-wrap; done

bench: .venv/.installed-dev $(BUILT) $(DATABASE)  ## run the benchmarks (ARGS=...)
	.venv/bin/pytest -s tests/bench $(ARGS)

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

clean:  ## stop the private database and remove everything that was made, its data too
	@if [ -e .postgres ]; then python=$$($(FIND_PYTHON)) && $$python -B -m app.cluster remove; fi
	rm -rf .venv build *.egg-info frontend/node_modules frontend/static/vendor frontend/static/built tests/web/node_modules test-results
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# A virtual environment holds its own address: one that came along with a moved or copied clone is made anew.
ifneq ($(shell test -x .venv/bin/python && cat .venv/.home),$(CURDIR))
.venv/.home: stale
endif
.venv/.home:
	rm -rf .venv
	@python=$$($(FIND_PYTHON)) && $$python -B -m app.machine python && \
	echo "Making the virtual environment .venv with $$($$python --version)" && $$python -m venv .venv
	@pwd -P > $@

.venv/.installed: .venv/.home pyproject.toml constraints.txt
	$(PIP_INSTALL) '.[setup]'
	@touch $@

.venv/.installed-dev: .venv/.installed
	$(PIP_INSTALL) '.[setup,dev]'
	@touch $@

.venv/.postgis .venv/.chromium .venv/.gis: .venv/.%: | .venv/.home
	.venv/bin/python -B -m app.machine $*
	@touch $@

$(VENDOR): frontend/package.json frontend/package-lock.json frontend/copy_vendor.mjs | .venv/.installed
	cd frontend && ../.venv/bin/npm ci --ignore-scripts --no-audit --no-fund
	cd frontend && ../.venv/bin/node copy_vendor.mjs
	@touch $@

$(BUILT): frontend/build.mjs $(VENDOR) $(shell find frontend/bundles frontend/static/js frontend/static/css -type f)
	cd frontend && ../.venv/bin/node build.mjs
	@touch $@

$(PROOFS): tests/web/package.json tests/web/package-lock.json | .venv/.installed
	cd tests/web && ../../.venv/bin/npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
