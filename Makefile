# `make help` lists the targets. Everything is installed into .venv from the lock files in requirements/.
.DEFAULT_GOAL := help
.PHONY: help run test test-fast test-containers bench lint format lock
bin := .venv/bin
groups := bot backend serving tensorflow model run train build

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: .venv/run ## install, start everything, print a poem, serve the page until Ctrl-C; needs no TensorFlow
	@exec $(bin)/python -m deploy

test: .venv/dev ## run the whole test suite
	@$(bin)/python -m pytest --numprocesses auto --dist worksteal

test-fast: .venv/dev ## run the quick tests alone, those not marked slow (about a minute on two cores)
	@$(bin)/python -m pytest --numprocesses auto --dist worksteal -m "not slow and not engine"

test-containers: .venv/dev ## build the images, bring them up on a Docker engine and test them (minutes)
	@$(bin)/python -m pytest -m engine

bench: .venv/dev ## measure speed and memory of the shipped poet (minutes, on an idle machine)
	@$(bin)/python -m benchmarks

lint: .venv/dev ## check style and types
	@$(bin)/ruff check && $(bin)/ruff format --check && $(bin)/mypy

format: .venv/dev ## put the code into its one form
	@$(bin)/ruff check --fix --quiet && $(bin)/ruff format --quiet

lock: .venv/dev ## update the lock files in requirements/ from pyproject.toml
	@compile="$(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-strip-extras pyproject.toml"; set -e; \
	$$compile --upgrade --group dev --group build --output-file requirements/dev.txt >/dev/null; \
	for group in $(groups); do \
	  $$compile --constraint requirements/dev.txt --group $$group --output-file requirements/$$group.txt >/dev/null; \
	done

.venv/%: requirements/%.txt requirements/build.txt deploy/install
	@PYTHON="$(PYTHON)" deploy/install $*
