# Redshank: what is built goes to build/, nothing else is touched.
GO      ?= go
CC      ?= gcc
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
CFLAGS  ?= -O2 -g
HOSTC   := $(CC) $(CFLAGS) -std=gnu11 -Wall -Wextra -Werror
HOSTSRC := $(wildcard test/host/*.c)
FUZZTIME ?= 1m
# Packages with unit tests; test/ itself is end to end.
UNITS   := ./analytics/... ./plugin/...

.PHONY: build demo test vet lint unit race fuzz bench bench-host e2e clean

build:
	$(GO) build -trimpath -buildmode=c-shared -ldflags '$(LDFLAGS)' -o build/out_redshank.so ./plugin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/redshank ./plugin
	$(HOSTC) -rdynamic -o build/host $(HOSTSRC) -ldl -lpthread

# What only the end-to-end suites load: a plugin that crashes on demand, and a
# host whose table of functions ends after the first.
build/.e2e: build
	$(GO) build -trimpath -tags fault -buildmode=c-shared -o build/fault.so ./plugin
	$(HOSTC) -DOLD_HOST -o build/host-old $(HOSTSRC) -ldl -lpthread

.PHONY: build/.e2e

demo: build
	$(GO) run ./test/demo

test: vet lint unit race e2e

vet:
	$(GO) vet ./...
	$(GO) vet -tags fault ./plugin
	@test -z "$$(gofmt -l analytics plugin test)" || { echo "gofmt:"; gofmt -l analytics plugin test; exit 1; }

lint:
	$(GO) tool -modfile=.ci/tools.mod staticcheck ./...
	$(GO) tool -modfile=.ci/tools.mod staticcheck -tags fault ./plugin

# Fuzz seeds and allocation budgets are unit tests too; the race detector
# changes allocations, so they run without it first.
unit:
	$(GO) test $(UNITS)

race:
	$(GO) test -race $(UNITS)

# Skips are shown, so that nobody takes a skipped suite for a passed one.
e2e: build/.e2e
	@$(GO) test -count=1 -v ./test/... > build/e2e.log; status=$$?; \
	if test $$status = 0; then grep -E '^(ok|FAIL)|SKIPPED' build/e2e.log | awk '!seen[$$0]++'; \
	else grep -vE '^ *(=== |--- (PASS|SKIP)|PASS)' build/e2e.log; fi; exit $$status

bench:
	$(GO) test -run '^$$' -bench . -benchmem $(UNITS)

# CPU of whole processes, as a table for the README; BENCH=-h tells its flags.
bench-host: build
	$(GO) build -trimpath -buildmode=c-shared -o build/out_getrecord.so ./test/bench/getrecord
	$(GO) run ./test/bench $(BENCH)

# go test fuzzes one target of one package at a time.
fuzz:
	@for package in $$($(GO) list $(UNITS)); do \
	  for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
	    echo "$$package $$target"; \
	    $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
	  done; \
	done

clean:
	rm -rf build
