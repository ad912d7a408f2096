//! Replays the corpus of hostile bytes through every decoder, with mutations by chance, and with a limit on memory.
//!
//! `KOBAI_FUZZ_SECONDS=600 cargo test -p e2e --test fuzz` goes on with other mutations for so long. `KOBAI_BLESS=1` copies
//! the golden bytes of the wire into the corpus, where cargo-fuzz finds them.

#![allow(clippy::unwrap_used, clippy::panic)] // a finding must fail the test

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use e2e::fuzz::{Mutator, TARGETS, Target, target};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Mutations of each file, divided by the target's cost.
const ROUNDS: u64 = 2_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join("fuzz/corpus").join(target.name);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// The golden bytes of the wire for a target: name and bytes.
fn golden(target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut entries = Vec::new();
    for file in std::fs::read_dir(root().join("../protocol/tests/golden")).unwrap() {
        let path = file.unwrap().path();
        let page = path.file_stem().unwrap().to_string_lossy().into_owned();
        let known = TARGETS.iter().find(|target| page.split('-').next() == Some(target.name));
        let owner = known.map_or("values", |target| target.name);
        if path.extension().is_none_or(|extension| extension != "txt") || owner != target.name {
            continue;
        }
        for entry in std::fs::read_to_string(&path).unwrap().split("\n\n").skip(1) {
            let (name, hex) = entry.split_once('\n').unwrap_or((entry, ""));
            let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            let bytes: Vec<u8> = digits.chunks(2).map(byte).collect();
            entries.push((name.trim().to_owned(), bytes));
        }
    }
    entries
}

fn seeds(target: &Target) -> Vec<(String, Vec<u8>)> {
    let named = |(path, bytes): (PathBuf, Vec<u8>)| (path.display().to_string(), bytes);
    let mut seeds: Vec<_> = corpus(target).into_iter().map(named).chain(golden(target)).collect();
    // Most golden bytes are in the corpus as well.
    let mut known = HashSet::new();
    seeds.retain(|(_, bytes)| known.insert(bytes.clone()));
    seeds
}

/// Runs one input; what it did wrong, if anything.
fn fault(target: &Target, input: &[u8]) -> Option<String> {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let ran = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let taken = MEMORY.peak_usage().saturating_sub(before);
    match ran {
        Err(_) => Some("panicked".to_owned()),
        Ok(()) if taken > target.memory_bytes_max => Some(format!("took {taken} bytes of memory")),
        Ok(()) => None,
    }
}

/// Fails with the input, which is kept in a file.
fn check(target: &Target, input: &[u8], origin: &str) {
    if let Some(fault) = fault(target, input) {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-finding", target.name));
        std::fs::write(&kept, input).unwrap();
        panic!("{} {fault} on {} bytes made from {origin}; they are in {}", target.name, input.len(), kept.display());
    }
}

fn mutate(target: &Target, seeds: &[(String, Vec<u8>)], seed: u64) {
    let mut mutator = Mutator::new(seed);
    for (index, (name, bytes)) in seeds.iter().enumerate() {
        let other = &seeds[(index + usize::try_from(seed).unwrap_or_default() + 1) % seeds.len()].1;
        for _ in 0..(ROUNDS / u64::from(target.cost)).max(1) {
            check(target, &mutator.mutate(bytes, other), name);
        }
    }
}

// One test: the memory that is measured is that of the process.
#[test]
fn no_bytes_from_outside_panic_a_decoder_or_make_it_take_memory() {
    if std::env::var_os("KOBAI_BLESS").is_some() {
        bless();
    }
    let all: Vec<_> = TARGETS.iter().map(|target| (target, seeds(target))).collect();
    for (target, seeds) in &all {
        assert!(!seeds.is_empty(), "{} has no corpus", target.name);
        check(target, b"", "nothing");
        for (name, bytes) in seeds {
            check(target, bytes, name);
        }
        mutate(target, seeds, 1);
    }
    let seconds = std::env::var("KOBAI_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 1;
    while Instant::now() < until {
        rounds += 1;
        for (target, seeds) in &all {
            mutate(target, seeds, rounds);
        }
    }
    println!(
        "{} targets, {} seeds, {rounds} rounds",
        all.len(),
        all.iter().map(|(_, seeds)| seeds.len()).sum::<usize>()
    );
    // The finder finds: a decoder that believed a length would be seen.
    let greedy = Target { run: |_| drop(vec![0_u8; 5 << 20]), ..*target("device") };
    assert!(fault(&greedy, b"x").is_some_and(|fault| fault.contains("memory")));
}

fn bless() {
    for target in TARGETS {
        let folder = root().join("fuzz/corpus").join(target.name);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in golden(target) {
            let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            std::fs::write(folder.join(format!("golden-{}", name.trim_matches('-').to_lowercase())), bytes).unwrap();
        }
    }
}
