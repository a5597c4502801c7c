# `make start` plays, `make test` proves it; both make their environment first.
# Python 3.11 or later and make are all that is needed. ARGS="..." is handed on.

VENV ?= .venv
BIN := $(VENV)/bin
# Tests wait half of their time, for servers and clocks: four processes keep two cores busy.
SIDE_BY_SIDE := -n 4 --dist loadfile --no-loadscope-reorder
# Python keeps what it has compiled, also where a container says otherwise: the tests start it often.
unexport PYTHONDONTWRITEBYTECODE
# Stamps: the environment is made again only when the requirements have changed.
PLAY := $(VENV)/.ready-to-play
DEVELOP := $(VENV)/.ready-to-develop
CCXT := $(VENV)/.ready-for-ccxt
LIVE := $(VENV)/.ready-for-live-prices
DOCS := $(VENV)/.ready-for-docs
GENERATOR := PYTHON=$(BIN)/python examples/order-generator/manage.sh

.DEFAULT_GOAL := help
.PHONY: help start dev compile test test-ci test-ccxt sim chaos deep lint format types check bench soak match show-network show-simulator clean \
	browser docs screenshots start-mockx stop logs status \
	start-server start-valkey start-oracle start-engine start-page \
	stop-server stop-valkey stop-oracle stop-engine stop-page \
	restart-server restart-valkey restart-oracle restart-engine restart-page \
	logs-server logs-valkey logs-oracle logs-engine logs-page \
	start-periscope stop-periscope restart-periscope logs-periscope \
	examples order-generator order-generator-restart order-generator-restart-reset \
	order-generator-logs order-generator-stop order-generator-status \
	dist version tag release release-patch release-minor release-major release-docker

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { \
		gsub(/ [a-z]+-/, "|", $$1); printf "make %-30s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: $(PLAY) ## Start an exchange on which three bots trade
	@exec $(BIN)/cxgame --oracle gbm --bots maker,random,momentum $(ARGS)

dev: $(DEVELOP) ## Make the environment for working on cxgame

compile: $(DEVELOP) ## Compile the tests once, for all processes that run them
	-@$(BIN)/python -m pytest --collect-only -qq -m "ci or not ci" >/dev/null

test: $(DEVELOP) ## Run all tests
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

test-ci: $(DEVELOP) ## Run the tests that take minutes
	@$(BIN)/python -m pytest -m ci $(SIDE_BY_SIDE) $(ARGS)

browser: ## Install Debian's Chromium, for the tests of the pages
	@command -v chromium >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq chromium; \
	else echo "SKIPPED: chromium is missing, and only root can install it" >&2; fi

test-ccxt: $(DEVELOP) $(CCXT) ## Hold the ccxt classes against our tests and ccxt's own
	@$(BIN)/python -m pytest tests/ccxt tests/network -m "ci or not ci" --tb=native $(SIDE_BY_SIDE) $(ARGS)
	@$(BIN)/python scripts/test_ccxt.py

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
	@MATCH_SECONDS=300 $(BIN)/python -m pytest tests/acceptance/test_match.py -m ci \
		--log-cli-level=INFO

show-network: $(DEVELOP) $(CCXT) ## Trade through a network that cuts and duplicates, for MINUTES=5
	@NETWORK_SECONDS=$$((60 * $(or $(MINUTES),5))) $(BIN)/python -m pytest tests/network -m ci \
		--log-cli-level=INFO $(ARGS)

show-simulator: $(DEVELOP) ## Trade on the simulator under all faults, for MINUTES=5 and SEEDS=20
	@SIMULATOR_SECONDS=$$((60 * $(or $(MINUTES),5))) SIMULATOR_SEEDS=$(or $(SEEDS),20) \
		$(BIN)/python -m pytest tests/simulator/test_under_faults.py -m ci -n 4 --log-level=INFO -rP $(ARGS)

docs: $(DEVELOP) $(DOCS) ## Build the documentation as a site in build/site
	@$(BIN)/python -m scripts.website

screenshots: $(DEVELOP) ## Take the pictures that the site shows, in build/screenshots
	@$(BIN)/python -m scripts.screenshots

# In the background; the services stand in scripts/services. DOCKER=1 acts on containers instead.
ifdef DOCKER
SERVICE := scripts/container
else
SERVICE := VENV=$(VENV) scripts/service
RUNNABLE := $(PLAY)
FEEDABLE := $(if $(ORACLE),,$(LIVE))
endif

start-mockx: $(RUNNABLE) $(FEEDABLE) ## Run the exchange for one user: valkey, oracle, engine, page
	@$(SERVICE) up valkey
	@$(SERVICE) up oracle || echo "Without the oracle, whoever writes tickers to Valkey makes prices."
	@$(SERVICE) up engine $(ARGS)
	@$(SERVICE) up page

start-server start-valkey start-oracle start-engine start-page: $(RUNNABLE) ## Run it in the background
	@$(SERVICE) $(subst -, ,$@) $(ARGS)

stop-server stop-valkey stop-oracle stop-engine stop-page: ## Stop it
	@$(SERVICE) $(subst -, ,$@)

restart-server restart-valkey restart-oracle restart-engine restart-page: $(RUNNABLE) ## Stop and start it
	@$(SERVICE) $(subst -, ,$@) $(ARGS)

logs-server logs-valkey logs-oracle logs-engine logs-page: ## Follow its log; Ctrl-C ends the watching alone
	@$(SERVICE) $(subst -, ,$@)

start-oracle restart-oracle: $(FEEDABLE)

start-periscope stop-periscope restart-periscope logs-periscope: %-periscope: %-page ## The page by its other name

stop: ## Stop all that runs in the background
	@$(SERVICE) stop

logs: ## Follow all logs
	@$(SERVICE) logs

status: ## Say what runs in the background
	@$(SERVICE) status

# examples/README.md explains these.
examples: ## List the examples
	@awk 'FNR == 1 { gsub(/"""/, ""); printf "%-38s %s\n", FILENAME, $$0 }' \
		examples/*.py examples/*/order_generator.py

order-generator: $(PLAY) ## Clear the exchange of `make start-mockx` and send it random orders
	@$(GENERATOR) start --reset $(ARGS)

order-generator-restart: $(PLAY) ## Stop sending and go on, with the same balances
	@$(GENERATOR) stop
	@$(GENERATOR) start $(ARGS)

order-generator-restart-reset: $(PLAY) ## Stop sending and begin anew
	@$(GENERATOR) stop
	@$(GENERATOR) start --reset $(ARGS)

order-generator-logs: ## Follow what is sent
	@$(GENERATOR) logs

order-generator-stop: ## Stop sending, and sum up
	@$(GENERATOR) stop

order-generator-status: ## Say how far it is
	@$(GENERATOR) status

dist: $(DEVELOP) ## Build source distribution and wheel in dist/
	@rm -rf dist
	@$(BIN)/python scripts/build_dist.py dist

# docs/releasing.md explains these.
version: ## Say the version, and what was released
	@scripts/release.sh --version

tag: ## Tag this commit as version=v0.3.0, which it must be already
	@scripts/release.sh --tag-only $(version)

release: ## Release version=v0.3.0: tests, version, changelog, tag
	@scripts/release.sh $(ARGS) $(version)

release-patch: ## Release the next 0.0.x
	@scripts/release.sh $(ARGS) -p

release-minor: ## Release the next 0.x.0
	@scripts/release.sh $(ARGS) -m

release-major: ## Release the next x.0.0
	@scripts/release.sh $(ARGS) -M

release-docker: ## Build the images of the released version=v0.3.0
	@scripts/release.sh --images $(ARGS) $(version)

clean: ## Remove the environment and what tools left; games are kept
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PLAY): requirements.txt setup.py
	@scripts/make_environment $(VENV)
	@touch $@

$(DEVELOP): requirements.txt setup.py
	@scripts/make_environment $(VENV) dev
	@touch $@ $(PLAY)

# Prices of an exchange need ccxt; where it cannot be had, those of a model do without.
$(CCXT): $(DEVELOP)
	@scripts/make_environment $(VENV) dev,test-ccxt
	@touch $@

$(DOCS): $(DEVELOP)
	@scripts/make_environment $(VENV) dev,docs
	@touch $@

$(LIVE): $(PLAY)
	@$(BIN)/python -c 'import ccxt' 2>/dev/null || scripts/make_environment $(VENV) live \
		|| echo "Without ccxt, let a model make the prices: ORACLE=gbm:price=60000"
	@if $(BIN)/python -c 'import ccxt' 2>/dev/null; then touch $@; fi
