//! Everything that decodes bytes from outside, as functions that take any bytes. A target panics if its decoder does, or if
//! what it decoded does not keep its promises. `cargo test` replays the corpus through them; `tests/fuzz` is the same under
//! cargo-fuzz.

mod files;
mod mutate;
mod pages;
mod wire;

pub use mutate::Mutator;

/// One decoder, or a few that take the same kind of bytes.
pub struct Target {
    /// Its name, also of its folder in the corpus.
    pub name: &'static str,
    /// Decodes these bytes.
    pub run: fn(&[u8]),
    /// Most memory that it may take at a time, in bytes, for the inputs that fuzzing makes (64 KiB and less).
    pub memory_bytes_max: usize,
    /// How many times slower than the fastest it is, roughly: so many fewer mutations are tried.
    pub cost: u32,
}

const MIB: usize = 1024 * 1024;

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "enrol", run: wire::enrol, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "device", run: wire::device, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "content", run: wire::content, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "staff", run: wire::staff, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "signed", run: wire::signed, memory_bytes_max: 4 * MIB, cost: 4 },
    Target { name: "values", run: wire::values, memory_bytes_max: 4 * MIB, cost: 2 },
    Target { name: "frames", run: wire::frames, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "texts", run: wire::texts, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "package", run: files::package, memory_bytes_max: 4 * MIB, cost: 2 },
    Target { name: "packagefile", run: files::package_file, memory_bytes_max: 4 * MIB, cost: 1 },
    Target { name: "vault", run: files::vault, memory_bytes_max: 4 * MIB, cost: 40 },
    Target { name: "certificate", run: files::certificate, memory_bytes_max: 4 * MIB, cost: 4 },
    Target { name: "program", run: files::program, memory_bytes_max: 64 * MIB, cost: 40 },
    Target { name: "font", run: pages::font, memory_bytes_max: 64 * MIB, cost: 40 },
    Target { name: "document", run: pages::document, memory_bytes_max: 768 * MIB, cost: 200 },
    Target { name: "print", run: pages::print, memory_bytes_max: 64 * MIB, cost: 40 },
    Target { name: "limits", run: files::limits, memory_bytes_max: 4 * MIB, cost: 4 },
];

/// The target with this name.
pub fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).expect("a target of this name")
}
