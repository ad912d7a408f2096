//! How golden bytes are kept: readable text, one page for each part of the wire, compared exactly.

use std::collections::HashSet;
use std::fmt::{Debug, Write};
use std::path::PathBuf;

use protocol::codec;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes in a line of a page.
const LINE_BYTES: usize = 32;

/// An enum of the wire with the names of its variants, in wire order.
pub(crate) trait Variants {
    /// The type's own name.
    const ENUM: &'static str;
    /// Every variant, at the position that is its wire format.
    const NAMES: &'static [&'static str];
    /// The name of this value's variant.
    fn variant(&self) -> &'static str;
}

/// Implements [`Variants`]. The match is exhaustive: a new variant does not compile until it is listed here, and the
/// page does not build until it has a value.
macro_rules! variants {
    ($($enum:ident { $($variant:ident),* $(,)? })*) => { $(
        impl $crate::golden::book::Variants for $enum {
            const ENUM: &'static str = stringify!($enum);
            const NAMES: &'static [&'static str] = &[$(stringify!($variant)),*];
            fn variant(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant),)* }
            }
        }
    )* };
}
pub(crate) use variants;

type Check = Box<dyn Fn(&[u8]) -> Result<(), String>>;

/// One value and its bytes.
pub(crate) struct Entry {
    name: String,
    bytes: Vec<u8>,
    is_enum: bool,
    equals: Check,
    type_decodes: Check,
    round_trips: Check,
}

impl Entry {
    fn of<T>(name: String, value: T, is_enum: bool) -> Self
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug + 'static,
    {
        let read = |bytes: &[u8]| codec::decode::<T>(bytes).map_err(|error| error.to_string());
        let bytes = codec::encode(&value);
        let equals = move |bytes: &[u8]| {
            let decoded = read(bytes)?;
            if decoded == value { Ok(()) } else { Err(format!("decodes to {decoded:?}")) }
        };
        let round_trips = move |bytes: &[u8]| match read(bytes) {
            Err(_) => Ok(()),
            Ok(value) if read(&codec::encode(&value))? == value => Ok(()),
            Ok(value) => Err(format!("{value:?} changes when sent on")),
        };
        Self {
            name,
            bytes,
            is_enum,
            equals: Box::new(equals),
            type_decodes: Box::new(move |bytes| read(bytes).map(drop)),
            round_trips: Box::new(round_trips),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the first four bytes are the position of a variant.
    pub(crate) fn is_enum(&self) -> bool {
        self.is_enum
    }

    pub(crate) fn decodes_to_itself(&self) -> Result<(), String> {
        (self.equals)(&self.bytes)
    }

    /// Whether these bytes are a value of this entry's type.
    pub(crate) fn type_decodes(&self, bytes: &[u8]) -> bool {
        (self.type_decodes)(bytes).is_ok()
    }

    /// Whether these bytes are no value of this entry's type, or one that encodes to an equal one.
    pub(crate) fn survives_round_trip(&self, bytes: &[u8]) -> bool {
        (self.round_trips)(bytes).is_ok()
    }
}

/// A file of golden bytes.
pub(crate) struct Page {
    file: &'static str,
    about: &'static str,
    entries: Vec<Entry>,
    enums: Vec<(&'static str, &'static [&'static str])>,
}

impl Page {
    pub(crate) fn new(file: &'static str, about: &'static str) -> Self {
        Self { file, about, entries: Vec::new(), enums: Vec::new() }
    }

    /// Adds a value that is no enum.
    #[must_use]
    pub(crate) fn value<T>(mut self, name: &str, value: T) -> Self
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug + 'static,
    {
        self.entries.push(Entry::of(name.to_owned(), value, false));
        self
    }

    /// Adds values of an enum: every variant at least once, each with a note that tells it from others of its variant.
    #[must_use]
    pub(crate) fn every<T>(mut self, values: Vec<(&str, T)>) -> Self
    where
        T: Variants + Serialize + DeserializeOwned + PartialEq + Debug + 'static,
    {
        self.enums.push((T::ENUM, T::NAMES));
        let named: HashSet<_> = values.iter().map(|(_, value)| value.variant()).collect();
        for name in T::NAMES {
            assert!(named.contains(name), "{}::{name} has no golden bytes: add a value", T::ENUM);
        }
        for (note, value) in values {
            let (variant, bytes) = (value.variant(), codec::encode(&value));
            let position = T::NAMES.iter().position(|name| *name == variant).and_then(|p| u32::try_from(p).ok());
            assert_eq!(bytes.get(..4), position.map(u32::to_le_bytes).as_ref().map(|b| &b[..]), "{variant} has moved");
            let note = if note.is_empty() { String::new() } else { format!(", {note}") };
            self.entries.push(Entry::of(format!("{}::{variant}{note}", T::ENUM), value, true));
        }
        self
    }

    /// The enums of this page: their names, and those of their variants in wire order.
    pub(crate) fn enums(&self) -> &[(&'static str, &'static [&'static str])] {
        &self.enums
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(self.file)
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("# {}\n# Written by protocol/tests/golden.rs; never edited by hand.\n", self.about);
        for entry in &self.entries {
            let _ = write!(text, "\n{}\n", entry.name);
            for line in entry.bytes.chunks(LINE_BYTES) {
                text.push_str("   ");
                for group in line.chunks(4) {
                    text.push(' ');
                    group.iter().for_each(|byte| _ = write!(text, "{byte:02x}"));
                }
                text.push('\n');
            }
        }
        text
    }

    /// What differs first between this page and the one on file.
    pub(crate) fn compare(&self, on_file: &str) -> Result<(), String> {
        let now = self.to_text();
        if now == on_file {
            return Ok(());
        }
        let (now, on_file): (Vec<_>, Vec<_>) = (now.lines().collect(), on_file.lines().collect());
        let first = now.iter().zip(&on_file).position(|(a, b)| a != b).unwrap_or(now.len().min(on_file.len()));
        let heading = |lines: &[&str]| {
            let upto = &lines[..lines.len().min(first + 1)];
            upto.iter().rev().find(|l| !l.is_empty() && !l.starts_with(' ')).map_or("its end", |v| v).to_owned()
        };
        Err(format!(
            "the wire has changed at line {}, under {}\n  on file: {}\n  now:     {}",
            first + 1,
            heading(&now),
            on_file.get(first).unwrap_or(&"(nothing)"),
            now.get(first).unwrap_or(&"(nothing)"),
        ))
    }
}
