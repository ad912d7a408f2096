# Short names for what is typed often. `just` lists them; nothing here is needed to build, test or run.

# List these.
default:
    @just --list

# The demo world with both windows.
demo *ARGS:
    cargo run --release -- {{ ARGS }}

# The demo world without a display: the whole story, step by step.
headless:
    cargo run --release -- --headless

# What the README says: all tests.
test *ARGS:
    cargo test --workspace {{ ARGS }}

# Kill the real programs at each system call that writes, or let it fail, and see that everything is whole.
sweep *ARGS:
    cargo run -p e2e --bin sweep -- {{ ARGS }}

# Tests, each in a process of its own (needs cargo-nextest).
nextest *ARGS:
    cargo nextest run --workspace {{ ARGS }}

# Feed hostile bytes to everything that decodes, for so many minutes in all. With cargo-fuzz and a nightly toolchain, guided
# by coverage; without, by chance.
fuzz MINUTES="10":
    tests/fuzz/run {{ MINUTES }}

# Format and lint, as CI does.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# Everything that CI does.
ci:
    .ci/run

# Write the golden bytes of the wire anew, then look at what has changed.
bless:
    KOBAI_BLESS=1 cargo test -p protocol --test golden
    git diff --stat protocol/tests/golden

# The vendor's server alone, in ./vendor-data, without any GUI crate.
server *ARGS:
    cargo run --release -p vendor-console --no-default-features --bin vendor-server -- {{ ARGS }}

# Licences, banned crates, sources (needs cargo-deny).
deny:
    cargo deny --all-features check bans licenses sources

# The options' programs, built anew and put beside their sources (a toolchain for wasm32-unknown-unknown: see the script).
options *IDS:
    fixtures/options/build.sh {{ IDS }}
    cargo test -p fixtures --test options

# Builds the programs somewhere else and sees that they behave like those beside their sources.
options-check:
    fixtures/options/build.sh --into target/options
    KOBAI_OPTIONS=$PWD/target/options cargo test -p fixtures --test options

# The programs' own tests, natively.
options-test *ARGS:
    cargo test --manifest-path fixtures/options/Cargo.toml --locked {{ ARGS }}
