# `make help` lists the targets. Everything is installed into .venv from the lock files in requirements/.
.DEFAULT_GOAL := help
PYTHON ?= python3.11
venv := .venv/bin
groups := bot backend serving model run build

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

lock: .venv/dev ## write the lock files in requirements/ anew from pyproject.toml
	@compile="$(venv)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-strip-extras pyproject.toml"; set -e; \
	$$compile --upgrade --group dev --group build -o requirements/dev.txt; \
	for group in $(groups); do $$compile --constraint requirements/dev.txt --group $$group -o requirements/$$group.txt; done
