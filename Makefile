# gpha: the front door. `make help` lists the targets.
SHELL := /bin/bash
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
TOOLS := gpstate gpaddmirrors gpinitstandby gpactivatestandby gprecoverseg gpdemo gpftsd
RELEASE := .build/release
# Nothing that a program needs is looked for beside it.
RELEASE_FLAGS := -c release --static-swift-stdlib --disable-local-rpath
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# Debian's names of everything that is not Swift: headers to build, servers and programs to run and test.
PACKAGES := build-essential pkg-config libpq-dev libssh-dev postgresql-15 postgresql-client-15 openssh-server \
	openssh-client rsync iproute2 util-linux procps mandoc zsh fish \
	mmdebstrap

.PHONY: help completions deps build release test check format demo bench clean shipped install uninstall \
	installcheck deb debcheck

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

deps: ## Install what is missing from Debian's packages (sudo where not root)
	@missing=; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then echo "deps: nothing is missing"; else \
	  echo "deps: installing$$missing"; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get update -qq && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi
	@command -v $(SWIFT) >/dev/null || { echo "deps: no swift in PATH: install Swift 6.2 or later"; exit 1; }

build: ## Build everything for debugging
	$(SWIFT) build

release: ## Build the tools as they are shipped: optimized, static Swift runtime
	$(SWIFT) build $(RELEASE_FLAGS)

# Test targets on clusters of their own that run beside all others: both sides wait more than they work.
BESIDE := (AddMirrorsIntegration|ActivationIntegration|StateIntegration|RemoteShell)Tests

# What the integration tests' clusters are made of: `make test ENGINE=greenplum GPHOME=DIR` uses that installation's server.
ENGINE ?= embedded
# Test targets that run on clusters of either engine.
ON_CLUSTERS := (State|AddMirrors|Standby|Recovery|Rebalance|Activation)IntegrationTests

ifeq ($(ENGINE),greenplum)
test: ## Run all tests: pure ones in seconds, integration on embedded clusters (ENGINE=greenplum GPHOME=DIR: on Greenplum)
	@test -x "$(GPHOME)/bin/postgres" || { echo "make test: ENGINE=greenplum needs GPHOME=DIR, a Greenplum 7 installation"; exit 1; }
	$(SWIFT) build --build-tests
	GPHA_TEST_ENGINE=greenplum GPHOME="$(GPHOME)" $(SWIFT) test --skip-build --no-parallel --filter '$(ON_CLUSTERS)'
else
test:
	@test "$(ENGINE)" = embedded || { echo "make test: ENGINE is embedded or greenplum, not $(ENGINE)"; exit 1; }
	$(SWIFT) build --build-tests
	# Exit tests wait for any child: a process of their own, so that no other test's dead child keeps them waiting.
	@run() { log=.build/test-$$1.log; shift; echo "$(SWIFT) test --skip-build --ignore-lock --no-parallel $$*"; \
	  set -o pipefail; $(SWIFT) test --skip-build --ignore-lock --no-parallel "$$@" 2>&1 | tee $$log; }; \
	rm -f .build/test-*.log; failed=0; \
	run exits --filter ToolSupportTests || failed=1; \
	run beside --filter '$(BESIDE)' & beside=$$!; \
	run others --skip '$(BESIDE)' --skip ToolSupportTests || failed=1; \
	wait $$beside || failed=1; \
	grep -ahE '^. Test run with' .build/test-*.log; \
	[ $$failed = 0 ] || { echo; echo "make test: failed (all of it: .build/test-*.log):"; \
	  grep -aE '✘|^error:|: error:|Fatal error' .build/test-*.log; exit 1; }
endif

check: ## Check the format of all sources and the manual pages
	$(SWIFT) format lint --strict -r -p Package.swift Sources Tests
	cd man && mandoc -Tlint -Wwarning *.7 *.8
	for s in packaging/*.sh packaging/examples/recover-segments; do sh -n $$s || exit 1; done

format: ## Rewrite all sources in the project's format
	$(SWIFT) format -i -r -p Package.swift Sources Tests

demo: deps release ## Start a cluster, mirror it under load, lose a host, prove nothing was lost
	$(RELEASE)/gpdemo tour

completions: build ## Write the completion scripts of bash, zsh and fish anew
	for t in $(TOOLS); do for s in bash zsh fish; do mkdir -p completions/$$s; \
	  .build/debug/$$t --generate-completion-script=$$s | sed "s/ ? h help'/ h help'/" > completions/$$s/$$t.$$s; done; done

bench: release ## Measure the figures of docs/performance.md
	$(RELEASE)/Benchmarks

# The program that is installed: a release build, unless PROGRAM names another one.
PROGRAM ?=
SHIPPED = $(or $(PROGRAM),$(RELEASE)/gpha)
# How many MB an installation may have.
SIZE_LIMIT := 25

shipped:
	@[ -n "$(PROGRAM)" ] || $(SWIFT) build $(RELEASE_FLAGS) --product gpha

install: shipped ## Install the tools: one program, links, manual pages, completions, units (PREFIX=/usr/local, DESTDIR=)
	@packaging/install.sh install "$(DESTDIR)" "$(PREFIX)" "$(SHIPPED)"

uninstall: ## Remove what `make install` put there
	@packaging/install.sh uninstall "$(DESTDIR)" "$(PREFIX)"

installcheck: shipped ## Install below a new folder, look at all of it, measure it, remove it
	@packaging/check-install.sh "$(SHIPPED)" $(SIZE_LIMIT)

deb: shipped ## Build the Debian package, in .build/deb
	@packaging/build-deb.sh "$(SHIPPED)" .build/deb

debcheck: deb ## Install the package on a bare Debian 12 in a folder, make a cluster there (root, mmdebstrap)
	@packaging/check-deb.sh .build/deb/gpha_*.deb --demo

clean: ## Remove the build folders
	rm -rf .build
