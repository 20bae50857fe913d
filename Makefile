# `make` prints this list. A target is a line or two; what is longer is a subcommand or a script.

ERPC := $(or $(CARGO_TARGET_DIR),target)/release/erpc-pipe
BENCH_VENV ?= $(or $(ERPC_BENCH_VENV),$(HOME)/.cache/erpc-bench)

# What the program is built from. Cargo takes a while just to find that none of it has changed; it is
# asked all the same where a folder that checkouts share may hold the program of another one.
SOURCES := $(if $(CARGO_TARGET_DIR),ask-cargo,Cargo.toml Cargo.lock rust-toolchain.toml \
           $(shell find src -type f ! -name tests.rs ! -path '*/tests/*'))

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
.PHONY: help quickstart onnxruntime build test test-all check doc ci results reproduce-tables \
        bench bench-setup deny gc clean ask-cargo

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

quickstart: $(ERPC) ## Build, then run experiments/quickstart.toml (synthetic data, no download needed)
	@[ -n "$$ERPC_OFFLINE" ] || ./scripts/fetch-onnxruntime.sh --optional
	$(ERPC) run experiments/quickstart.toml

onnxruntime: ## Fetch ONNX Runtime (optional: backbones run faster with it)
	@./scripts/fetch-onnxruntime.sh

build: ## Build the release binary
	cargo build --release

$(ERPC): $(SOURCES)
	cargo build --release

test: ## Run the tests
	cargo test --release

test-all: ## Run the tests, the slow ones too
	cargo test --release -- --include-ignored

check: ## Format, lints, layering and documentation
	cargo fmt --check
	cargo clippy --release --all-targets -- -D warnings
	cargo test --release --test main architecture
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps

doc: ## Build the documentation of the library and open it
	RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --open

ci: check ## The checks, and what CI runs of tests and experiments
	./.ci/run

results: $(ERPC) ## Run every experiment whose data is there; what is known is reused
	./scripts/run-experiments.sh $(ERPC)

reproduce-tables: $(ERPC) ## Make all tables and pages again; say what moved, what is absent, what came out
	./scripts/reproduce-tables.sh $(ERPC)

bench: $(ERPC) ## Measure against DVC, Snakemake, ONNX Runtime, PyTorch … (what is not installed is skipped)
	./benches/run.sh $(ERPC) $(BENCH_VENV)

bench-setup: ## Install the peers of `make bench` into a virtual environment outside the tree
	python3 -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --requirement benches/requirements.txt

deny: ## Check licences, sources and duplicates of the dependencies (needs cargo-deny)
	cargo deny check bans licenses sources

gc: $(ERPC) ## Remove from the store what no manifest needs any more
	$(ERPC) gc

clean: ## Remove what cargo built; the store and the results stay
	cargo clean
