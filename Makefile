# The front door. Every target is a thin wrapper of a CMake preset or of a script, and installs missing
# packages first (scripts/setup); without make, call the scripts themselves.

PREFIX ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-asan test-tsan bench fuzz format lint docs install clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## install the packages that the build, the tests and the developers' tools need
	scripts/setup --dev

build:  ## build everything, release
	scripts/build release

demo:  ## compare three deployments of one model, with a table at the end
	scripts/demo

test:  ## build everything and run every test
	scripts/test release

test-asan:  ## the tests under the address and undefined-behaviour sanitizers
	scripts/test asan

test-tsan:  ## the tests under the thread sanitizer
	scripts/test tsan

bench:  ## micro-benchmarks, then whole runs with their outputs checked
	scripts/bench

fuzz:  ## every fuzzer for FUZZ_SECONDS (default 60) each
	scripts/fuzz

format:  ## format the C++ files in place
	git ls-files '*.cc' '*.h' | xargs clang-format -i

lint:  ## formatting, shell scripts and Python files
	scripts/lint

docs:  ## run every command that the documentation shows, and check its links
	scripts/test release -R '^docs/'

install: build  ## install the program and its catalogue under PREFIX (default /usr/local)
	cmake --install build/release --prefix $(PREFIX)

clean:  ## remove everything that was built
	rm -rf build
