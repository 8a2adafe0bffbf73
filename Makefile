# Works with GNU make 3.81 too, which macOS has.
# PYTHON=python3.13 make ...   uses another Python (3.11 or newer) for .venv.
PYTHON ?= python3
RUN = .venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help run test test-at-length coverage faults fuzz load soak real-listings docs clients lint format perf scale-out bench bench-run bench-import lock clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-19s %s\n", $$1, $$2}'

run: .venv/project build/help/index.html ## start everything and serve on PORT (8000); NO_DEMO=1 for an empty database
	@exec $(RUN) scripts run

# Three processes on two cores, each with servers of its own: tests spend a third of their time waiting for browsers,
# servers and workers. The tests of a file run in the same process, because they share fixtures. tests/conftest.py
# orders the files, the long ones first, so that all processes finish at about the same time.
IN_THREE = -n 3 --dist loadfile --no-loadscope-reorder
test: .venv/project ## run the tests; ARGS="-k servers -x" picks some, ARGS="-n 0" runs them in one process
	@$(RUN) pytest $(IN_THREE) $(ARGS)

test-at-length: .venv/project ## run the tests with many more random histories, markets and texts (an hour); ARGS as for test
	@AT_LENGTH=1 $(RUN) pytest $(IN_THREE) --timeout 3600 $(ARGS)

# Measuring coverage adds half to the tests' CPU time, so it is not part of `make test`.
coverage: .venv/project ## run the tests and print which lines and branches they run, by file; ARGS as for test
	@$(RUN) pytest $(IN_THREE) --cov --cov-report=term $(ARGS)

faults: .venv/project ## break the system on purpose, in full: kills, lost servers, cut-off hosts, jumping clocks, an upgrade (ten minutes)
	@FAULTS=full $(RUN) pytest tests/faults $(ARGS)

ROLES = admin realtor tenant anonymous
fuzz: .venv/project ## test the whole API against its OpenAPI document at length, as an allowed user and as each role (half an hour); EXAMPLES=200
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(RUN) pytest -n 0 -s tests/api/test_openapi_fuzz.py $(ARGS)
	@for role in $(ROLES); do FUZZ_AS=$$role FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(RUN) pytest -n 0 -s tests/api/test_openapi_fuzz.py $(ARGS) || exit 1; done

load: .venv/project ## measure a running system under load (needs pip install -e '.[load]'); ARGS="--seconds 60"
	@$(RUN) scripts.benchmarks.load $(ARGS)

soak: .venv/project ## load a running system for a long time and report what grows; ARGS="--minutes 30"
	@$(RUN) scripts.benchmarks.soak $(ARGS)

real-listings: .venv/project ## check the feed and new leads' lists on real listings; ARGS="listings.csv --city Москва"
	@$(RUN) scripts.benchmarks.real_listings $(ARGS)

docs: ## build the help, which the web process serves at /help
	@rm -f build/help/index.html && $(MAKE) --no-print-directory build/help/index.html

.PHONY: client
client: .venv/project ## build the wheel of the Python client (clients/python) in build/clients/dist
	@mkdir -p build/clients && [ -x build/clients/python/venv/bin/openapi-python-client ] || { \
		"$(PYTHON)" -m venv build/clients/python/venv && \
		build/clients/python/venv/bin/pip install -q --disable-pip-version-check -r tests/clients/requirements.txt; }
	@$(RUN) scripts openapi > build/clients/openapi.json
	@.venv/bin/python clients/python/make_client.py build/clients/python/venv/bin/openapi-python-client build/clients/openapi.json build/clients/client
	@$(RUN) pip wheel -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -w build/clients/dist build/clients/client
	@ls build/clients/dist/*.whl

clients: .venv/project ## lint the OpenAPI document, test generated clients and every example, install the wheel (needs npm; minutes)
	@CLIENTS=1 $(RUN) pytest -n 0 tests/clients $(ARGS)

lint: .venv/project ## check layout, style, known security mistakes and types
	@$(RUN) ruff format --check --quiet .
	@$(RUN) ruff check --quiet .
	@$(RUN) mypy

format: .venv/project ## format files, sort imports, fix what can be fixed automatically
	@$(RUN) ruff check --quiet --fix .
	@$(RUN) ruff format --quiet .

bench-run: .venv/project ## rescore a market through a real worker, beside the dense floor; SIZE=100k
	@$(RUN) scripts.benchmarks.bench.run $(ARGS)

bench-import: .venv/project ## import a large generated feed twice through a real worker; SIZE=500k
	@$(RUN) scripts.benchmarks.feeds.large $(ARGS)

perf: .venv/project ## compare the ratios of speed with those of the last release, in one run (minutes, on a quiet machine)
	@$(RUN) scripts.benchmarks.perf $(ARGS)

scale-out: .venv/project ## share one run among hosts (network namespaces), and report what each costs; SIZE=40k (needs root)
	@$(RUN) scripts.benchmarks.scale_out $(ARGS)

bench: .venv/project ## measure the engine beside brute force and other libraries
	@$(RUN) scripts bench $(ARGS)

clean: ## delete .venv; the state in var/ stays
	@rm -rf .venv build leadmatch.egg-info

# -- .venv -------------------------------------------------------------------------------------------------------------
# One environment for running and testing, because the tests' own dependencies are small. It is rebuilt when the lock
# file changes or the checkout has moved, because the commands inside contain the full path of their Python.

# The shell compares the folder's name, because it may contain characters that are special to Make ($, #, %).
ifneq ($(shell [ "`cat .venv/made-in 2>/dev/null`" = "`pwd -P`" ] && echo same),same)
.PHONY: .venv/made-in
endif

# `make run` reports a busy port before it creates .venv, not after.
define PORT_IS_FREE
import os, socket, sys
port = os.environ.get("PORT") or "8000"
probe = socket.socket()
probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    probe.bind(("127.0.0.1", int(port)))
except (OSError, ValueError, OverflowError) as error:
    sys.exit(f"make: port {port} cannot be used ({error}): choose another, as in PORT=8001 make run")
endef
export PORT_IS_FREE

.venv/made-in: requirements-dev.lock
	@command -v "$(PYTHON)" >/dev/null || { echo "make: $(PYTHON) not found: install Python 3.11 or newer, or name one, as in make run PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(PYTHON) is too old (`"$(PYTHON)" -V 2>&1`): Python 3.11 or newer is needed, as in make run PYTHON=python3.12" >&2; exit 1; }
	@case " $(MAKECMDGOALS) " in *" run "*) "$(PYTHON)" -c "$$PORT_IS_FREE" || exit 1;; esac
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $(PYTHON) has no venv module: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv (about a minute, once)"
	@rm -rf .venv && "$(PYTHON)" -m venv .venv || { echo "make: cannot make .venv in `pwd`: is the folder writable?" >&2; exit 1; }
	@$(RUN) pip install -qq --disable-pip-version-check --prefer-binary --require-hashes -r requirements-dev.lock
	@pwd -P > $@

# Installed without an index: the build's only requirement, setuptools, is in the lock file.
.venv/project: .venv/made-in setup.cfg pyproject.toml
	@$(RUN) pip install -qq --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

# -- The help ------------------------------------------------------------------------------------------------------------
# A page that cannot be built does not prevent a start; the tests report it.

build/help/index.html: .venv/project $(wildcard docs/*.md docs/*/*.md docs/site/*.py docs/site/theme/*)
	@.venv/bin/python docs/site/build.py build/help || echo "The help is not built; everything else works." >&2

# -- Lock files --------------------------------------------------------------------------------------------------------

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-find-links --no-emit-index-url --no-emit-trusted-host --build-deps-for editable

# Of the build's requirements only setuptools is locked, for the editable install; those of the help are in "dev".
# Run it with the oldest supported Python, so that the pinned versions exist for every supported one.
lock: build/lock/bin/pip-compile ## pin the requirements of setup.cfg; ARGS=--upgrade for the newest versions
	@$(COMPILE) $(ARGS) --extra dev --output-file requirements-dev.lock setup.cfg
	@$(COMPILE) --constraint requirements-dev.lock --output-file requirements.lock setup.cfg

build/lock/bin/pip-compile:
	@"$(PYTHON)" -m venv build/lock
	@build/lock/bin/pip install -qq --disable-pip-version-check 'pip-tools>=7.5'
