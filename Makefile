# make up: install and start. make test: install and run every test. The rest is for developers.
.PHONY: up test check fix bench install wheel clean
PYTHON = .venv/bin/python

up:
	@./setup.sh
	@.venv/bin/datahall up $(ARGS)

install:
	@./setup.sh

test:
	@./setup.sh test
	$(PYTHON) -m pytest -n 2 --dist loadscope $(ARGS)

check:
	@./setup.sh test check
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m deptry .
	$(PYTHON) -m vulture
	.venv/bin/codespell

fix:
	@./setup.sh test check
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench:
	@./setup.sh bench
	@for file in benchmarks/*.py; do $(PYTHON) -P $$file || exit 1; done

wheel:
	@./setup.sh
	$(PYTHON) -m pip wheel -q --no-deps --no-build-isolation -w dist .

clean:
	rm -rf .venv dist artefacts
