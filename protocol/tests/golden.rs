//! Golden bytes: every message, value and code of the wire as hex, so that no change of code, compiler or codec can
//! change the wire unseen, and so that another implementation has something to test against.
//!
//! After a deliberate change (append a variant, raise an ALPN version) run with `KOBAI_BLESS=1` and read the diff.

// Helpers of tests fail as tests do.
#![allow(clippy::unwrap_used, clippy::panic)]

mod golden {
    pub(crate) mod book;
    mod content;
    mod derived;
    mod device;
    mod enrol;
    mod signed;
    mod staff;
    mod values;
    mod world;

    /// Every page of golden bytes; a page is a file in `protocol/tests/golden/`.
    pub(crate) fn pages() -> Vec<book::Page> {
        vec![
            values::page(),
            signed::page(),
            enrol::page(),
            device::requests(),
            device::replies(),
            content::page(),
            staff::requests(),
            staff::replies(),
            derived::page(),
        ]
    }
}

use golden::book::{Entry, Page};
use proptest::prelude::*;
use proptest::sample::Index;
use protocol::RefusalCode;
use protocol::refusal::Retry;

const SPECIFICATION: &str = include_str!("../README.md");

fn entries() -> Vec<Entry> {
    golden::pages().into_iter().flat_map(Page::into_entries).collect()
}

#[test]
fn the_specification_tells_every_variant_at_its_position() {
    for page in golden::pages() {
        for (name, variants) in page.enums() {
            let heading = format!("#### `{name}`\n");
            let section = SPECIFICATION.split(&heading).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
            let table = section.lines().skip_while(|line| !line.starts_with("| position |")).skip(2);
            let rows: Vec<&str> = table.take_while(|line| line.starts_with("| ")).collect();
            assert_eq!(rows.len(), variants.len(), "rows of {name}");
            for (position, (row, variant)) in rows.iter().zip(*variants).enumerate() {
                let mut cells = row.split('|').map(str::trim).skip(1);
                assert_eq!(cells.next(), Some(position.to_string().as_str()), "{name}: {row}");
                assert!(cells.any(|cell| cell == format!("`{variant}`")), "{name}: {variant} is not in {row}");
            }
        }
    }
}

#[test]
fn the_specification_tells_of_every_refusal_what_it_means_and_what_to_do() {
    for (position, code) in RefusalCode::ALL.iter().enumerate() {
        let retry = match code.retry() {
            Retry::Never => "never",
            Retry::Later => "later",
            Retry::Corrected => "corrected",
        };
        let (sentence, advice) = (code.sentence(), code.advice());
        let row = format!("| {position} | `{code}` | `{code:?}` | {retry} | {sentence} | {advice} |\n");
        assert!(SPECIFICATION.contains(&row), "protocol/README.md lacks this row:\n{row}");
    }
}

#[test]
fn every_value_has_the_bytes_that_are_on_file() {
    let bless = std::env::var_os("KOBAI_BLESS").is_some();
    for page in golden::pages() {
        let path = page.path();
        if bless {
            std::fs::write(&path, page.to_text()).unwrap();
        }
        // A checkout may have turned line ends into those of its system.
        let on_file = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        page.compare(&on_file).unwrap_or_else(|difference| panic!("{}: {difference}", path.display()));
    }
}

#[test]
fn golden_bytes_decode_to_the_value_that_they_came_from() {
    for entry in entries() {
        entry.decodes_to_itself().unwrap_or_else(|error| panic!("{}: {error}", entry.name()));
    }
}

#[test]
fn a_message_that_lacks_its_last_bytes_or_has_one_more_is_an_error() {
    for entry in entries() {
        for length in 0..entry.bytes().len() {
            assert!(!entry.type_decodes(&entry.bytes()[..length]), "{} cut to {length} bytes", entry.name());
        }
        for more in [0, 1, 255] {
            let extended = [entry.bytes(), &[more]].concat();
            assert!(!entry.type_decodes(&extended), "{} with {more} at its end", entry.name());
        }
    }
}

#[test]
fn a_variant_that_does_not_exist_is_an_error() {
    for entry in entries().iter().filter(|entry| entry.is_enum()) {
        let mut bytes = entry.bytes().to_vec();
        bytes[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(!entry.type_decodes(&bytes), "{}", entry.name());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for entry in entries() {
            let _ = entry.type_decodes(&bytes);
        }
    }

    #[test]
    fn damaged_messages_never_panic_and_never_decode_to_what_they_cannot_say_again(
        which in any::<Index>(), at in any::<Index>(), damage in prop::collection::vec(any::<u8>(), 1..9)
    ) {
        let entries = entries();
        let entry = which.get(&entries);
        let mut bytes = entry.bytes().to_vec();
        prop_assume!(!bytes.is_empty());
        let start = at.index(bytes.len());
        for (byte, new) in bytes[start..].iter_mut().zip(damage) {
            *byte = new;
        }
        prop_assert!(entry.survives_round_trip(&bytes), "{}", entry.name());
    }
}
