# Everything lives in .venv; removing it undoes `make setup`.

HOST ?= 127.0.0.1
PORT ?= 8501
# The interpreter that .venv is made with; chosen by scripts/python.sh unless named.
PYTHON ?=
# More arguments for pytest, for instance: make test ARGS="-k stop tests/runs"
ARGS ?=
# Processes that run tests; two keep two cores busy.
JOBS ?= 2
# A folder with CIFAR-10 as train.zip and test.zip, a folder per class; measurements on it are skipped without.
CIFAR ?=

BIN := .venv/bin
PRODUCT := .venv/.product
DEVELOPMENT := .venv/.development

.DEFAULT_GOAL := help
.PHONY: help setup run demo test check format bench messages clean

help: ## List what make can do.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(PRODUCT) ## Make .venv with all that the product needs.

run: $(PRODUCT) ## Set up, and open the dashboard (HOST and PORT change its address).
	@$(BIN)/streamlit run server.py --server.address $(HOST) --server.port $(PORT) --server.showEmailPrompt false

demo: $(PRODUCT) ## Fill the store with what a demonstration needs (docs/demo.md), offline, in one to three minutes.
	@$(BIN)/python -m scripts.demo

test: $(DEVELOPMENT) ## Set up, bring a browser, and run every test.
	@$(BIN)/python -m scripts.browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(DEVELOPMENT) ## Style, types and import borders.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEVELOPMENT) ## Put the code in the house's form.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(DEVELOPMENT) ## Measure, and print the table of figures (CIFAR names the folder with the images).
	@$(BIN)/python -m scripts.browser
	@$(BIN)/python -m bench $(if $(CIFAR),--cifar "$(CIFAR)") $(ARGS)

messages: $(DEVELOPMENT) ## Collect every text that users see into locale/vitrine.pot, for translators.
	$(BIN)/pybabel extract -F locale/babel.cfg -k _ -k ngettext:1,2 --project Vitrine -o locale/vitrine.pot .

clean: ## Remove what make and the tools made; your data in .vitrine stays.
	rm -rf .venv .bench-venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment whose interpreter has gone (an upgraded system) is made anew.
ifneq ($(shell $(BIN)/python -c 'import pip; print("whole")' 2>/dev/null),whole)
.PHONY: $(PRODUCT)
endif
$(PRODUCT): requirements.txt
	@if ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
	    python=$$(sh scripts/python.sh $(PYTHON)) || exit 1; \
	    echo "Making .venv with $$python"; \
	    "$$python" -m venv --clear .venv || exit 1; \
	fi
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(PRODUCT)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements-dev.txt
	@touch $@
