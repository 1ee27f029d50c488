# make up: install and start. make test: install and run every test. The other targets are for developers.
# make install: set up again, even if nothing has changed.
.PHONY: up test test-fast check fix bench install wheel clean
PYTHON = .venv/bin/python
# Tests run in an order shuffled by this seed: make test SEED=7
SEED = 1
PYTEST = $(PYTHON) -m pytest -n 2 --dist loadscope --random-order-seed=$(SEED)

up:
	@./setup.sh
	@.venv/bin/datahall up $(ARGS)

install:
	@rm -f .venv/.datahall-setup
	@./setup.sh

test:
	@./setup.sh test
	$(PYTEST) --durations=20 $(ARGS)

test-fast:
	@./setup.sh test
	$(PYTEST) -q -m "not slow" $(ARGS)

check:
	@./setup.sh test check
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m deptry .
	$(PYTHON) -m vulture
	.venv/bin/codespell
	$(PYTHON) -m pytest -q tests/test_layout.py

fix:
	@./setup.sh test check
	$(PYTHON) -m ruff check --fix --exit-zero --quiet .
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check .

bench:
	@./setup.sh bench test
	@status=0; for file in benchmarks/*.py; do $(PYTHON) -P $$file || status=1; done; exit $$status

wheel:
	@./setup.sh
	$(PYTHON) -m pip wheel -q --no-deps -w dist .

clean:
	rm -rf .venv dist artefacts
