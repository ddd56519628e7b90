# The commands of everyday work. The build itself is Meson's (meson.build); these are short names.
SHELL := /bin/bash
RELEASE := build-release
SLUICE := $(RELEASE)/src/sluice
RUN_ARGS ?= serve --quickstart
SECONDS ?= 20

.DEFAULT_GOAL := help
.PHONY: help run build test check bench fuzz format clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Install what is missing, build, and start the gateway on :8080
	@exec $(SLUICE) $(RUN_ARGS)

build: ## Build the console and the release program (build-release/)
	@tools/bootstrap build
	@tools/console
	@[ -e $(RELEASE)/build.ninja ] || meson setup $(RELEASE) --buildtype=release -Db_lto=true
	@ninja -C $(RELEASE) $(SLUICE:$(RELEASE)/%=%)

test: ## Run every test: check, unit, threads, fuzzers, end to end
	@tools/bootstrap test
	@tools/test

check: ## The quick loop, under a minute: format, tidy, unit tests with sanitizers
	@tools/test --quick

bench: ## Compare with nginx and a bare relay on this machine; prints a table
	@tools/bootstrap test
	@tests/bench/run

fuzz: ## Run the fuzzers, SECONDS=20 each
	@tools/bootstrap test
	@tools/fuzz $(SECONDS)

format: ## Let clang-format lay out every C file that git tracks
	@git ls-files -z -- '*.c' '*.h' | xargs -0 -r clang-format -i

clean: ## Remove every build directory (not .deps/)
	@rm -rf build build-*
