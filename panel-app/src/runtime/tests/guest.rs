//! Programs of a few instructions, made into components as `option pack` makes them.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Where the answer is, as the canonical ABI lays it out: 0 ok or error, 4 what becomes of the page (0 keep, 1 replace, 2 omit),
/// 8 width, 12 height, 16 resolution, 18 colour, 20 and 24 pixels, 28 and 32 findings, 36 whether a document begins, 40 and
/// 44 its name.
pub(super) const DONE: &str = "(local.get $at)";
/// An answer that keeps the page, to be altered.
pub(super) const KEPT: &str = "";
/// Keeps the page.
pub(super) const KEEP: &str = "(local.get $at)";
/// Leaves the page out.
pub(super) const OMIT: &str = "(i32.store8 (i32.add (local.get $at) (i32.const 4)) (i32.const 2))";
/// Answers with the page that came.
pub(super) const REPLACE: &str = "
    (i32.store8 (i32.add (local.get $at) (i32.const 4)) (i32.const 1))
    (i32.store (i32.add (local.get $at) (i32.const 8)) (local.get $width))
    (i32.store (i32.add (local.get $at) (i32.const 12)) (local.get $height))
    (i32.store16 (i32.add (local.get $at) (i32.const 16)) (local.get $dpi))
    (i32.store8 (i32.add (local.get $at) (i32.const 18)) (local.get $colour))
    (i32.store (i32.add (local.get $at) (i32.const 20)) (local.get $px))
    (i32.store (i32.add (local.get $at) (i32.const 24)) (local.get $length))";
/// The same, as a whole program.
pub(super) const PASS: &str = "
    (i32.store8 (i32.add (local.get $at) (i32.const 4)) (i32.const 1))
    (i32.store (i32.add (local.get $at) (i32.const 8)) (local.get $width))
    (i32.store (i32.add (local.get $at) (i32.const 12)) (local.get $height))
    (i32.store16 (i32.add (local.get $at) (i32.const 16)) (local.get $dpi))
    (i32.store8 (i32.add (local.get $at) (i32.const 18)) (local.get $colour))
    (i32.store (i32.add (local.get $at) (i32.const 20)) (local.get $px))
    (i32.store (i32.add (local.get $at) (i32.const 24)) (local.get $length))
    (local.get $at)";
/// One line was found: `name`, by 90 percent.
pub(super) const LINE: &str = "
    (i32.store (i32.add (local.get $at) (i32.const 28)) (local.get $found))
    (i32.store (i32.add (local.get $at) (i32.const 32)) (i32.const 1))
    (i32.store (i32.add (local.get $found) (i32.const 4)) (i32.const 1024))
    (i32.store (i32.add (local.get $found) (i32.const 8)) (i32.const 4))
    (i32.store (i32.add (local.get $found) (i32.const 12)) (i32.const 1))
    (i32.store (i32.add (local.get $found) (i32.const 16)) (i32.const 1))
    (i32.store (i32.add (local.get $found) (i32.const 20)) (i32.const 2))
    (i32.store (i32.add (local.get $found) (i32.const 24)) (i32.const 2))
    (i32.store8 (i32.add (local.get $found) (i32.const 28)) (i32.const 90))";
/// A document `name` begins.
pub(super) const BEGINS: &str = "
    (i32.store8 (i32.add (local.get $at) (i32.const 36)) (i32.const 1))
    (i32.store (i32.add (local.get $at) (i32.const 40)) (i32.const 1024))
    (i32.store (i32.add (local.get $at) (i32.const 44)) (i32.const 4))";

/// A program whose `process` is this code.
pub(super) struct Guest {
    process: String,
    start: String,
    describe: String,
    self_test: String,
    memory_pages: u32,
}

impl Guest {
    pub(super) fn new(process: &str) -> Self {
        Self {
            process: process.to_owned(),
            start: String::new(),
            describe: String::new(),
            self_test: String::new(),
            memory_pages: 2,
        }
    }

    /// This code runs before anything is called.
    pub(super) fn starting_with(start: &str) -> Self {
        Self { start: start.to_owned(), ..Self::new(KEEP) }
    }

    /// So many pages of 64 KiB from the start.
    pub(super) fn with_memory(self, memory_pages: u32) -> Self {
        Self { memory_pages, ..self }
    }

    /// Describes one setting, an odd number from 1 to 9; then this code.
    pub(super) fn with_setting(self, lie: &str) -> Self {
        let words = [(3000, 1024), (3004, 4), (3008, 1024), (3012, 4), (3016, 1024), (3020, 4)];
        let control = [(3024, 2), (3028, 1), (3032, 9), (3036, 2), (3040, 3), (2048, 3000), (2052, 1)];
        let stores = words.iter().chain(&control);
        let describe: String =
            stores.map(|(at, value)| format!("(i32.store (i32.const {at}) (i32.const {value}))")).collect();
        Self { describe: describe + lie, ..self }
    }

    /// Its self-test says `name`.
    pub(super) fn failing_its_test(self) -> Self {
        let self_test = "(i32.store8 (i32.const 2064) (i32.const 1)) (i32.store (i32.const 2068) (i32.const 1024)) \
                         (i32.store (i32.const 2072) (i32.const 4))";
        Self { self_test: self_test.to_owned(), ..self }
    }

    pub(super) fn component(&self) -> Vec<u8> {
        let Self { process, start, describe, self_test, memory_pages } = self;
        let module = format!(
            r#"(module
                (import "kobai:page/formatter@1.0.0" "set-line"
                    (func $set_line (param i32 i32 i32 i32 i32 i32 i32)))
                (memory (export "memory") {memory_pages})
                (table $t 1 funcref)
                (global $heap (mut i32) (i32.const 65536))
                (data (i32.const 1024) "name            \ff\ff\ff\ff            a\0ab\0a            ")
                (func $deep (call $deep) (call $deep))
                (func $start {start})
                (start $start)
                (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
                    (result i32)
                    (local $at i32)
                    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
                    (global.set $heap (i32.add (local.get $at) (local.get $size)))
                    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
                        (then (if (i32.eq (memory.grow (i32.add (i32.const 1)
                            (i32.div_u (local.get $size) (i32.const 65536)))) (i32.const -1)) (then unreachable))))
                    (local.get $at))
                (func (export "kobai:page/program@1.0.0#describe") (result i32) {describe} (i32.const 2048))
                (func (export "kobai:page/program@1.0.0#self-test") (result i32) {self_test} (i32.const 2064))
                (func (export "kobai:page/program@1.0.0#process")
                    (param $width i32) (param $height i32) (param $dpi i32) (param $colour i32)
                    (param $px i32) (param $length i32) (param $settings i32) (param $count i32)
                    (param $kind i32) (param $number i32) (param $pages i32)
                    (param $started i32) (param $started_length i32) (param $device i32) (param $device_length i32)
                    (result i32)
                    (local $at i32) (local $found i32)
                    (local.set $at (i32.const 5000)) (local.set $found (i32.const 5200))
                    {process}))"#
        );
        let mut module = wat::parse_str(module).unwrap();
        let mut resolve = Resolve::default();
        let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../protocol/wit");
        let (package, _) = resolve.push_dir(wit).unwrap();
        let world = resolve.select_world(&[package], Some("page-program")).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }
}
