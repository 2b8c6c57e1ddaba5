# Redshank: all build output goes to build/, nothing else is touched.
GO      ?= go
CC      ?= gcc
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
CFLAGS  ?= -O2 -g
HOSTC   := $(CC) $(CFLAGS) -std=gnu11 -Wall -Wextra -Werror
HOSTSRC := $(wildcard test/host/*.c)
FUZZTIME ?= 1m
WINETIME ?= 600
# The compiler for Windows, and the path of Wine's loader on Debian.
MINGW   ?= x86_64-w64-mingw32-gcc
WINE    ?= $(firstword $(wildcard /usr/lib/wine/wine64) wine64)
WINEENV := WINEPREFIX=$(CURDIR)/build/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml='
# -static: the DLL must not depend on a DLL of the compiler.
WINHOST := $(MINGW) $(CFLAGS) -std=gnu11 -Wall -Wextra -Werror -static
WINGO   := GOOS=windows GOARCH=amd64 CC=$(MINGW)
# Build output depends neither on the folder nor on the time of the build. What is
# compiled for the artefacts is compiled the same way for tests, vet and staticcheck,
# so that it is compiled once: everything without C, and packages with C as libraries.
export GOFLAGS ?= -trimpath
GOBUILD := $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
PURE    := CGO_ENABLED=0
# What go test leaves out, as it takes long or runs artefacts (see CONTRIBUTING.md).
FULL    := REDSHANK_TESTS=full
SHARED  := GOFLAGS='$(GOFLAGS) -buildmode=c-shared'
OBJECT  := $(GOBUILD) -buildmode=c-shared
WINDLL  := CGO_ENABLED=1 CGO_LDFLAGS='-O2 -g -static' $(WINGO) $(OBJECT)
LINUX   := GOOS=linux CGO_ENABLED=1
ARMCC   ?= aarch64-linux-gnu-gcc
QEMU    ?= qemu-aarch64
# Packages with unit tests; test/ itself contains end-to-end tests.
UNITS   := ./analytics/... ./plugin/...

.PHONY: checks suites soak build windows demo score test test-windows e2e-windows vet lint unit race fuzz bench bench-host bench-scale bench-memory instructions e2e dist test-dist test-arm64 clean

build:
	$(OBJECT) -o build/out_redshank.so ./plugin
	CGO_ENABLED=0 $(GOBUILD) -o build/redshank ./plugin
	$(HOSTC) -rdynamic -o build/host $(HOSTSRC) -ldl -lpthread

# Artefacts for the end-to-end suites only: a plugin that crashes on demand, and a
# host whose function table ends after the first entry.
build/.e2e: build
	$(OBJECT) -tags fault -o build/fault.so ./plugin
	$(HOSTC) -DOLD_HOST -o build/host-old $(HOSTSRC) -ldl -lpthread

.PHONY: build/.e2e

windows:
	$(WINDLL) -o build/out_redshank.dll ./plugin
	CGO_ENABLED=0 $(WINGO) $(GOBUILD) -o build/redshank.exe ./plugin

# The suites of e2e, with the DLL in the host for Windows under Wine. The
# Linux artefacts are built too, for comparison.
test-windows: build windows build/wine/.ready
	$(WINDLL) -tags fault -o build/fault.dll ./plugin
	$(WINHOST) -o build/host.exe $(HOSTSRC) -lpthread
	$(WINHOST) -DOLD_HOST -o build/host-old.exe $(HOSTSRC) -lpthread
	@$(WINEENV) WINE=$(WINE) $(FULL) $(PURE) timeout $(WINETIME) $(GO) test -count=1 -v ./test -target windows > build/windows.log; status=$$?; \
	grep -E '^(ok|FAIL|panic|--- FAIL)|SKIPPED' build/windows.log; \
	test $$status = 0 || { cat build/windows.log; exit $$status; }

# A separate Wine prefix, with the library that Debian's Wine lacks (see prng.c).
# Programs in the prefix have no network and no screen.
build/wine/.ready: test/windows/prng.c
	rm -rf build/wine
	mkdir -p build
	$(WINEENV) timeout $(WINETIME) $(WINE) wineboot -i
	$(MINGW) $(CFLAGS) -Wall -Wextra -Werror -shared -static -o build/wine/drive_c/windows/system32/bcryptprimitives.dll $< -ladvapi32
	touch $@

# A tool that is not installed is skipped with a message; in CI that is an error.
e2e-windows:
	@if command -v $(MINGW) >/dev/null && command -v $(WINE) >/dev/null; then $(MAKE) --no-print-directory test-windows; \
	elif test "$(CI)" = true; then echo "no $(MINGW) or no $(WINE)"; exit 1; \
	else echo "SKIPPED: no $(MINGW) or no $(WINE), nothing was tried on Windows"; fi

# Recall and false incidents of the detections in labelled worlds of many days:
# WORLD=home, or others for five other organisations, or the name of one of them;
# SEEDS=1,2,3 DAYS=10 SIZE=0 (as many people as the world has); SCORE=-h prints the other flags.
WORLD   ?= home
SEEDS   ?= 1,2,3
DAYS    ?= 10
SIZE    ?= 0
score:
	$(GO) run ./test/score -world $(WORLD) -seeds $(SEEDS) -days $(DAYS) -size $(SIZE) $(SCORE)

demo: build
	$(GO) run ./test/demo

# Two lanes in parallel, because the suites in an agent mostly wait. Within a lane one
# step after the other, as the steps share the folder build/ or use all cores.
test: build/.e2e
	@$(MAKE) --no-print-directory -j2 --output-sync=target checks suites

checks:
	@$(MAKE) --no-print-directory -j1 vet lint unit race test-arm64

suites:
	@$(MAKE) --no-print-directory -j1 e2e e2e-windows

vet:
	$(PURE) $(GO) vet ./...
	$(SHARED) $(GO) vet ./plugin ./test/bench/getrecord ./analytics
	$(SHARED) $(GO) vet -tags fault ./plugin
	GOOS=windows $(PURE) $(GO) vet $(UNITS)
	@if git grep -nE '^(<<<<<<<|>>>>>>>) '; then echo "merge markers"; exit 1; fi
	@test -z "$$(gofmt -l analytics plugin test .ci)" || { echo "gofmt:"; gofmt -l analytics plugin test .ci; exit 1; }

lint:
	$(PURE) $(GO) build -modfile=.ci/tools.mod -o build/staticcheck honnef.co/go/tools/cmd/staticcheck
	$(PURE) build/staticcheck ./...
	$(SHARED) build/staticcheck ./plugin ./test/bench/getrecord ./analytics
	$(SHARED) build/staticcheck -tags fault ./plugin
	cd .ci/dist && $(PURE) ../../build/staticcheck ./...

# Fuzz seeds and allocation budgets are unit tests too; the race detector
# changes allocations, so they run without it first.
unit:
	$(FULL) $(PURE) $(GO) test $(UNITS)

# The packages with goroutines: an instance and its sinks, which run the whole
# engine, the readers of a replay, and lists that are read while a policy is in use.
# The engine itself processes one chunk at a time, and plugin/document has pure
# functions only.
race:
	$(GO) test -race -run Refresh ./analytics/policy
	$(GO) test -race ./plugin/agent ./plugin/collect ./plugin/delivery/... ./plugin/drill ./plugin/replay/... ./plugin/store/...

# Skips are printed, so that a skipped suite is not mistaken for a passed one. More
# agents than cores run at once, as they mostly wait.
e2e: build/.e2e
	@$(FULL) $(PURE) $(GO) test -count=1 -parallel 6 -v ./test/... > build/e2e.log; status=$$?; \
	if test $$status = 0; then grep -E '^(ok|FAIL)|SKIPPED' build/e2e.log | awk '!seen[$$0]++'; \
	else grep -vE '^ *(=== |--- (PASS|SKIP)|PASS)' build/e2e.log; fi; exit $$status

# Tests that take minutes: 50 kills, 20 reloads, a checkpoint with every byte flipped
# and cut at every length.
soak: build/.e2e
	$(FULL) REDSHANK_SOAK=1 $(GO) test -count=1 -timeout 60m -run 'Checkpoint' -v ./plugin/agent
	$(FULL) REDSHANK_SOAK=1 REDSHANK_KILLS=50 $(GO) test -count=1 -timeout 60m -run 'Killed|ReloadsKeepState' -v ./test

# The micro-benchmarks: two minutes on two idle cores.
bench:
	$(GO) test -run '^$$' -bench . -benchmem $(UNITS)

# CPU of whole processes, as a table for the README; BENCH=-h prints the flags.
# Reads four kinds of input: routine traffic, a hostile log, a flood of addresses,
# and many days of mixed traffic with attacks in it.
INPUTS ?= routine hostile flood mixed
bench-host: build build/out_getrecord.so
	for kind in $(INPUTS); do $(GO) run ./test/bench -input $$kind $(BENCH) || exit 1; done

# CPU of workers, two instances, a state_path and a start of the agent; cost of a
# record as the tables grow to a million entries; saving and loading full tables.
bench-scale: build build/out_getrecord.so
	$(GO) run ./test/bench -only scale $(BENCH)
	$(GO) run ./test/bench/memory
	$(GO) test -run '^$$' -bench '^BenchmarkLargeCheckpoint$$' -benchtime 1x ./plugin/agent

build/out_getrecord.so: test/bench/getrecord/main.go
	$(GO) build -trimpath -buildmode=c-shared -o $@ ./test/bench/getrecord

# Memory and cost of the tables as they fill, and under a flood that must not grow
# them; BENCH=-h prints the flags.
bench-memory:
	$(GO) run ./test/bench/memory -users 1000 $(BENCH)
	$(GO) run ./test/bench/memory -max-ips 200000 -users 1000000 -addresses 10000000

# Instructions per record, under valgrind, which CI can compare from run to run.
instructions:
	CGO_ENABLED=0 $(GO) build -trimpath -o build/instructions ./test/bench/instructions
	build/instructions

# go test fuzzes one target of one package at a time.
fuzz:
	@for package in $$($(GO) list $(UNITS)); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; \
	done

# Archives, deb and rpm packages, lists of contents and checksums in build/dist.
STAGE   := build/stage
AGAINCACHE ?= $(CURDIR)/build/again/cache
EPOCH   = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct))
dist:
	rm -rf $(STAGE) build/dist
	$(LINUX) GOARCH=amd64 CC=$(CC) $(OBJECT) -o $(STAGE)/linux-amd64/out_redshank.so ./plugin
	GOOS=linux GOARCH=amd64 CGO_ENABLED=0 $(GOBUILD) -o $(STAGE)/linux-amd64/redshank ./plugin
	$(LINUX) GOARCH=arm64 CC=$(ARMCC) $(OBJECT) -o $(STAGE)/linux-arm64/out_redshank.so ./plugin
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GOBUILD) -o $(STAGE)/linux-arm64/redshank ./plugin
	$(WINDLL) -o $(STAGE)/windows-amd64/out_redshank.dll ./plugin
	CGO_ENABLED=0 $(WINGO) $(GOBUILD) -o $(STAGE)/windows-amd64/redshank.exe ./plugin
	$(PURE) $(GO) run ./plugin/command/reference $(STAGE)/share $(VERSION) $$(date -u -d @$(EPOCH) +%F)
	SOURCE_DATE_EPOCH=$(EPOCH) $(PURE) $(GO) run -C .ci/dist . \
	  -root $(CURDIR) -stage $(CURDIR)/$(STAGE) -out $(CURDIR)/build/dist -version $(VERSION)

# Checks that the packages of this commit are identical when built in another folder
# nothing, are the same; and what they install works.
test-dist: dist
	cd .ci/dist && $(PURE) $(GO) vet ./... && $(PURE) $(GO) test ./...
	$(FULL) $(PURE) $(GO) test -count=1 -v -run '^TestPackage' ./test
	@if ! git diff --quiet HEAD; then echo "SKIPPED: uncommitted changes, a second build has nothing to be the same as"; else \
	rm -rf build/again && git clone -q . build/again/redshank && \
	GOCACHE=$(AGAINCACHE) $(MAKE) --no-print-directory -C build/again/redshank dist VERSION=$(VERSION) >/dev/null && \
	diff build/dist/SHA256SUMS build/again/redshank/build/dist/SHA256SUMS && rm -rf build/again && echo "ok: two builds, the same packages"; fi

# The engine on an emulated machine, which is seven times slower, except the tests that
# take long there; the scenarios of analytics/scenario stand for those of the analytics.
# It has no C in it.
test-arm64:
	@if command -v $(QEMU) >/dev/null; then CGO_ENABLED=0 GOARCH=arm64 $(GO) test -vet=off -skip '^TestScenarios$$|SignalsNeed|SynchronisingSays|UnderFlood|ADamaged|EnrichFixtures|ChangesNothing|Hostile|Budget' -exec $(QEMU) ./analytics/...; \
	elif test "$(CI)" = true; then echo "no $(QEMU)"; exit 1; \
	else echo "SKIPPED: no $(QEMU), nothing was tried on arm64"; fi

clean:
	rm -rf build
