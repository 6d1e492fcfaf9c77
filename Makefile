# `make run` starts the app, `make test` passes the tests; each sets up what it needs first.

BIN := .venv/bin

.PHONY: run test lint fix clean

run: .venv/app
	$(BIN)/streamlit run app.py

test: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

lint: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: .venv/tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache

.venv/app: requirements.txt scripts/install.sh
	scripts/install.sh requirements.txt
	touch $@

.venv/tests: requirements.txt requirements-dev.txt scripts/install.sh tests/browser/chromium.py
	scripts/install.sh requirements-dev.txt
	$(BIN)/python -m tests.browser.chromium
	touch .venv/app $@
