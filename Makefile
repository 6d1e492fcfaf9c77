# `make run` starts the app, `make test` passes the tests, `make test-long` those that take long; each sets up what it
# needs first.

BIN := .venv/bin
# Three at a time keep two cores busy: many tests wait for a browser or a trainer.
SPREAD := --numprocesses 3 --dist loadfile --no-loadscope-reorder

# Where Python is told to keep nothing that it compiled, each trainer would compile all of TensorFlow anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-long tests lint fix audit clean

run: .venv/app
	$(BIN)/streamlit run app.py

# The linters use what the tests leave of two cores.
test:
	$(MAKE) --jobs 2 tests lint

tests: .venv/compiled
	$(BIN)/python -m pytest -m "not long" $(SPREAD)

test-long: .venv/tests
	$(BIN)/python -m pytest -m long $(SPREAD)

lint: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Asks PyPI, so that it is no part of `make test`, which needs no network.
audit: .venv/tests
	$(BIN)/python scripts/audit.py

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache

.venv/app: requirements.lock requirements-uv.lock scripts/install.sh
	scripts/install.sh requirements.lock
	touch $@

# What the tests use is compiled once; each of those that run side by side would compile it at the same moment. What is
# wrong with it is said when they run.
.venv/compiled: .venv/tests
	-$(BIN)/python -m pytest --collect-only --quiet >/dev/null
	touch $@

.venv/tests: requirements.lock requirements-dev.lock requirements-uv.lock scripts/install.sh tests/browser/chromium.py
	scripts/install.sh requirements-dev.lock
	$(BIN)/python -m tests.browser.chromium
	touch .venv/app $@
