# `make start` plays, `make test` proves it; both make their environment first.
# Python 3.11 or later and make are all that is needed. ARGS="..." is handed on.

VENV ?= .venv
BIN := $(VENV)/bin
# Stamps: the environment is made again only when the requirements have changed.
PLAY := $(VENV)/.ready-to-play
DEVELOP := $(VENV)/.ready-to-develop

.DEFAULT_GOAL := help
.PHONY: help start dev test test-ci sim chaos deep lint format types check bench soak match clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: $(PLAY) ## Start an exchange on which three bots trade
	@exec $(BIN)/cxgame --oracle gbm --bots maker,random,momentum $(ARGS)

dev: $(DEVELOP) ## Make the environment for working on cxgame

test: $(DEVELOP) ## Run all tests
	@$(BIN)/python -m pytest $(ARGS)

test-ci: $(DEVELOP) ## Run the tests that take minutes
	@$(BIN)/python -m pytest -m ci $(ARGS)

sim: $(DEVELOP) ## Simulate a server under faults for the seeds SEEDS=0:2000
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),0:2000) $(ARGS)

chaos: $(DEVELOP) ## Kill, hang, cut and fill, ROUNDS=10 times over; says what it came to
	@ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/chaos -m "ci or not ci" $(ARGS)

deep: $(DEVELOP) ## Run the tests that take hours
	@$(BIN)/python -m pytest -m deep $(ARGS)

lint: $(DEVELOP) ## Look for mistakes in style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(DEVELOP) ## Lay out the code
	@$(BIN)/ruff check --fix --exit-zero .
	@$(BIN)/ruff format .

types: $(DEVELOP) ## Check the types
	@$(BIN)/mypy

check: lint types test ## All of the above: what must pass before a commit

bench: $(DEVELOP) ## Measure, and compare with the targets
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEVELOP) ## Watch memory under 1,000 orders/s for MINUTES=60
	@$(BIN)/python -m benchmarks.soak $(MINUTES)

match: $(DEVELOP) ## Hold a five-minute match of 20 bots and compare every frame
	@MATCH_SECONDS=300 $(BIN)/python -m pytest tests/acceptance/test_match.py --log-cli-level=INFO

clean: ## Remove the environment and what tools left; games are kept
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PLAY): requirements.txt setup.py
	@scripts/make_environment $(VENV)
	@touch $@

$(DEVELOP): requirements.txt setup.py
	@scripts/make_environment $(VENV) dev
	@touch $@ $(PLAY)
