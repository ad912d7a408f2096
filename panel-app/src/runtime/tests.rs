//! Programs that keep to the rules, and programs that break each of them.

mod guest;

use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::content_key::ContentKey;
use protocol::package::{FeatureList, PackageContent, ProgramLimits};
use protocol::{Digest, LicenceId, Manifest, ReleaseVersion};
use uuid::Uuid;

use self::guest::Guest;
use super::*;
use crate::core::{JobKind, RecordsKey};
use crate::page::Colour;
use crate::program::{Area, Control, Fate, Finding, Label, LetteringError, Mask, Unsuitable, Value};

const PLENTY: u64 = 1_000_000_000;

fn limits() -> ProgramLimits {
    ProgramLimits::new(16, PLENTY).unwrap()
}

fn runtime() -> Runtime {
    Runtime::new(RuntimeConfig::default()).unwrap()
}

fn page() -> Page {
    Page::new(4, 3, 300, Colour::Grey, (0..12).collect()).unwrap()
}

fn place() -> Place {
    Place {
        kind: JobKind::Scan,
        number: 2,
        pages: 3,
        started: "2026-11-25 09:30".to_owned(),
        device: "HK-320-0001".to_owned(),
    }
}

fn run_with(guest: &Guest, runtime: &Runtime, limits: ProgramLimits) -> Result<PageOutcome, ProgramFault> {
    let program = runtime.compile(&guest.component(), limits)?;
    program.process(&page(), &[], &place(), Arc::new(Boxes), &Cancel::new())
}

fn run(guest: &Guest) -> Result<PageOutcome, ProgramFault> {
    run_with(guest, &runtime(), limits())
}

/// What a program is told to answer is not allowed.
fn lie(process: &str) -> String {
    match run(&Guest::new(process)) {
        Err(ProgramFault::Answer(why)) => why,
        other => panic!("{other:?} of {process}"),
    }
}

#[test]
fn a_page_goes_through_a_program_as_it_is() {
    let outcome = run(&Guest::new(guest::PASS)).unwrap();
    assert_eq!(outcome, PageOutcome { fate: Fate::Replace(page()), findings: Vec::new(), begins: None });
    let kept = run(&Guest::new(guest::KEEP)).unwrap();
    assert_eq!(kept, PageOutcome { fate: Fate::Keep, findings: Vec::new(), begins: None });
}

#[test]
fn a_program_finds_things_leaves_pages_out_and_begins_documents() {
    let outcome = run(&Guest::new(&format!("{}{}{}{}", guest::OMIT, guest::LINE, guest::BEGINS, guest::DONE))).unwrap();
    assert_eq!(outcome.fate, Fate::Omit);
    assert_eq!(outcome.begins.as_deref(), Some("name"));
    let Finding::Line(line) = &outcome.findings[0] else { panic!("{:?}", outcome.findings) };
    assert_eq!((line.text.as_str(), line.confidence), ("name", 90));
    assert_eq!(line.area, Area { x: 1, y: 1, width: 2, height: 2 });
}

#[test]
fn a_program_sees_the_settings_and_the_place_that_it_is_passed() {
    // The value of the first setting and the number of the page come back as resolution.
    let body = format!(
        "{} (i32.store16 (i32.add (local.get $at) (i32.const 16)) (i32.add (i32.load (i32.add (local.get $settings) \
         (i32.const 12))) (i32.add (local.get $number) (local.get $kind)))) {}",
        guest::REPLACE,
        guest::DONE
    );
    let program = runtime().compile(&Guest::new(&body).component(), limits()).unwrap();
    let settings = [Chosen { id: "threshold".to_owned(), value: Value::Number(100) }];
    let outcome = program.process(&page(), &settings, &place(), Arc::new(Boxes), &Cancel::new()).unwrap();
    let Fate::Replace(page) = outcome.fate else { panic!() };
    assert_eq!(page.dpi(), 100 + 2 + 2, "the setting, the second page, a scan");
}

#[test]
fn nothing_of_one_page_is_there_for_the_next() {
    // Counts its calls in memory, and breaks off at the second.
    let body = format!(
        "(if (i32.load (i32.const 8)) (then unreachable)) (i32.store (i32.const 8) (i32.const 1)) {}",
        guest::KEEP
    );
    let program = runtime().compile(&Guest::new(&body).component(), limits()).unwrap();
    for _ in 0..3 {
        program.process(&page(), &[], &place(), Arc::new(Boxes), &Cancel::new()).unwrap();
    }
}

#[test]
fn a_program_that_breaks_off_ends_that_page_and_no_other() {
    let runtime = runtime();
    let good = runtime.compile(&Guest::new(guest::PASS).component(), limits()).unwrap();
    for (body, what) in [
        ("unreachable", "unreachable"),
        ("(i32.store (i32.const -4) (i32.const 1)) (i32.const 0)", "out of bounds"),
        ("(call $deep) (i32.const 0)", "stack"),
        ("(i32.div_s (i32.const 1) (i32.const 0))", "zero"),
    ] {
        match run_with(&Guest::new(body), &runtime, limits()) {
            Err(ProgramFault::Trap(why)) => assert!(why.contains(what), "{why}"),
            other => panic!("{other:?}"),
        }
        good.process(&page(), &[], &place(), Arc::new(Boxes), &Cancel::new()).unwrap();
    }
}

#[test]
fn a_program_that_never_ends_runs_out_of_fuel() {
    assert_eq!(run(&Guest::new("(loop $l (br $l)) (i32.const 0)")), Err(ProgramFault::OutOfFuel));
    assert_eq!(run(&Guest::starting_with("(loop $l (br $l))")), Err(ProgramFault::OutOfFuel), "already when it starts");
}

#[test]
fn what_fuel_does_not_stop_the_watchdog_does() {
    let watchdog = Duration::from_millis(100);
    let runtime = Runtime::new(RuntimeConfig { watchdog, ..RuntimeConfig::default() }).unwrap();
    let endless = ProgramLimits::new(16, ProgramLimits::FUEL_MAX).unwrap();
    let started = Instant::now();
    assert_eq!(
        run_with(&Guest::new("(loop $l (br $l)) (i32.const 0)"), &runtime, endless),
        Err(ProgramFault::TimedOut)
    );
    assert!(started.elapsed() >= watchdog);
    let filling = "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l)) (i32.const 0)";
    assert_eq!(run_with(&Guest::new(filling), &runtime, endless), Err(ProgramFault::TimedOut), "one unit for 64 KiB");
}

#[test]
fn a_cancelled_job_does_not_wait_for_its_program() {
    let runtime = runtime();
    let endless = ProgramLimits::new(16, ProgramLimits::FUEL_MAX).unwrap();
    let program = runtime.compile(&Guest::new("(loop $l (br $l)) (i32.const 0)").component(), endless).unwrap();
    let cancel = Cancel::new();
    let stopped = std::thread::scope(|scope| {
        let running = scope.spawn(|| program.process(&page(), &[], &place(), Arc::new(Boxes), &cancel));
        cancel.stop();
        running.join().unwrap()
    });
    assert_eq!(stopped, Err(ProgramFault::Cancelled));
}

#[test]
fn a_memory_bomb_is_stopped_at_the_limit_of_the_manifest() {
    let grow = "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable";
    assert_eq!(run(&Guest::new(grow)), Err(ProgramFault::OutOfMemory));
    let at_once = Guest::new(guest::KEEP).with_memory(1_000);
    assert_eq!(run(&at_once), Err(ProgramFault::OutOfMemory), "62 MiB from the start");
    let enough = ProgramLimits::new(64, PLENTY).unwrap();
    run_with(&at_once, &runtime(), enough).unwrap();
    let tables =
        "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1)))) unreachable";
    assert_eq!(run(&Guest::new(tables)), Err(ProgramFault::OutOfMemory));
}

#[test]
fn a_page_that_does_not_fit_into_a_programs_memory_is_told_as_that() {
    let program =
        runtime().compile(&Guest::new(guest::PASS).component(), ProgramLimits::new(1, PLENTY).unwrap()).unwrap();
    let large = Page::white(2_000, 2_000, 300, Colour::Grey).unwrap();
    let refused = program.process(&large, &[], &place(), Arc::new(Boxes), &Cancel::new());
    assert_eq!(refused, Err(ProgramFault::OutOfMemory));
}

#[test]
fn no_lie_of_a_program_is_believed() {
    let at = |offset: u32, value: &str| format!("(i32.store (i32.add (local.get $at) (i32.const {offset})) {value})");
    let replace = |lies: &str| lie(&format!("{}{lies}{}", guest::REPLACE, guest::DONE));
    assert!(replace(&at(8, "(i32.const 5)")).contains("size"), "wider than its pixels");
    replace(&at(8, "(i32.const 0)"));
    replace(&at(8, "(i32.const -1)"));
    replace(&at(20, "(i32.const -16)"));
    replace(&at(24, "(i32.const -1)"));
    replace(&at(24, "(i32.const 11)"));
    replace("(i32.store16 (i32.add (local.get $at) (i32.const 16)) (i32.const 7))");
    replace("(i32.store8 (i32.add (local.get $at) (i32.const 18)) (i32.const 2))");

    let keep = |lies: &str| lie(&format!("{}{lies}{}", guest::KEPT, guest::DONE));
    keep("(i32.store8 (i32.add (local.get $at) (i32.const 0)) (i32.const 7))");
    keep("(i32.store8 (i32.add (local.get $at) (i32.const 4)) (i32.const 7))");
    // Behind the page that was passed in, all zeros.
    let many = format!("{}{}{}{}", guest::LINE, at(28, "(i32.const 65600)"), at(32, "(i32.const 2001)"), guest::DONE);
    match run(&Guest::new(&many).with_memory(4)) {
        Err(ProgramFault::Answer(why)) => assert!(why.contains("2001"), "{why}"),
        other => panic!("{other:?}"),
    }
    keep(&format!("{}{}", guest::LINE, at(32, "(i32.const 100000000)")));
    keep(&format!("{}{}", guest::LINE, at(28, "(i32.const 3)")));

    let found = |lies: &str| lie(&format!("{}{}{lies}{}", guest::KEPT, guest::LINE, guest::DONE));
    let entry =
        |offset: u32, value: &str| format!("(i32.store (i32.add (local.get $found) (i32.const {offset})) {value})");
    assert!(found(&entry(12, "(i32.const 3)")).contains("outside"));
    found(&entry(20, "(i32.const 0)"));
    found(&entry(12, "(i32.const -1)"));
    found(&entry(8, "(i32.const 4001)"));
    found(&entry(8, "(i32.const 0)"));
    assert!(found(&entry(4, "(i32.const 1040)")).contains("utf-8"), "bytes that are no text");
    found("(i32.store8 (i32.add (local.get $found) (i32.const 28)) (i32.const 101))");
    found("(i32.store8 (local.get $found) (i32.const 2))");
    found(
        "(i32.store8 (local.get $found) (i32.const 1)) (i32.store (i32.add (local.get $found) (i32.const 8)) (i32.const 41))",
    );

    let begins = |lies: &str| lie(&format!("{}{}{lies}{}", guest::KEPT, guest::BEGINS, guest::DONE));
    begins(&at(44, "(i32.const 0)"));
    begins(&at(44, "(i32.const 121)"));
    begins(&at(40, "(i32.const 1056)"));
}

#[test]
fn a_program_may_say_that_it_cannot() {
    let failure = |which: u8| {
        run(&Guest::new(&format!(
            "(i32.store8 (local.get $at) (i32.const 1)) (i32.store8 (i32.add (local.get $at) (i32.const 4)) (i32.const \
             {which})) (i32.store (i32.add (local.get $at) (i32.const 8)) (i32.const 1024)) (i32.store (i32.add \
             (local.get $at) (i32.const 12)) (i32.const 4)) {}",
            guest::DONE
        )))
    };
    let name = || "name".to_owned();
    assert_eq!(failure(0), Err(ProgramFault::Unsuitable(Unsuitable::Page, name())));
    assert_eq!(failure(1), Err(ProgramFault::Unsuitable(Unsuitable::Setting, name())));
    assert_eq!(failure(2), Err(ProgramFault::Failed(name())));
    assert!(matches!(failure(3), Err(ProgramFault::Answer(_))));
}

#[test]
fn a_program_describes_itself_and_lies_about_that_are_not_believed() {
    let describe = |guest: Guest| runtime().compile(&guest.component(), limits()).unwrap().describe();
    assert_eq!(describe(Guest::new(guest::KEEP)), Ok(Vec::new()));
    let settings = describe(Guest::new(guest::KEEP).with_setting("")).unwrap();
    let label = Label { ja: "name".to_owned(), en: "name".to_owned() };
    let control = Control::Number { min: 1, max: 9, step: 2, initial: 3 };
    assert_eq!(settings, [Setting { id: "name".to_owned(), label, control }]);
    for lie in [
        "(i32.store (i32.const 2052) (i32.const 13))",   // settings
        "(i32.store (i32.const 3004) (i32.const 0))",    // no id
        "(i32.store (i32.const 3000) (i32.const 1056))", // an id of other characters
        "(i32.store (i32.const 3012) (i32.const 201))",  // a long label
        "(i32.store8 (i32.const 3024) (i32.const 4))",   // no such control
        "(i32.store (i32.const 3028) (i32.const 10))",   // an empty range
        "(i32.store (i32.const 3036) (i32.const 0))",    // no step
        "(i32.store (i32.const 3040) (i32.const 4))",    // not one of the numbers
        "(i32.store8 (i32.const 3024) (i32.const 1)) (i32.store (i32.const 3032) (i32.const 0))", // no choices
        "(i32.store8 (i32.const 3024) (i32.const 3)) (i32.store (i32.const 3028) (i32.const 0))", // a text of nothing
    ] {
        let answer = describe(Guest::new(guest::KEEP).with_setting(lie));
        assert!(matches!(answer, Err(ProgramFault::Answer(_))), "{answer:?} of {lie}");
    }
}

#[test]
fn a_release_that_fails_its_self_test_says_so() {
    let test = |guest: Guest| runtime().compile(&guest.component(), limits()).unwrap().self_test();
    assert_eq!(test(Guest::new(guest::KEEP)), Ok(()));
    assert_eq!(test(Guest::new(guest::KEEP).failing_its_test()), Err(ProgramFault::Failed("name".to_owned())));
}

#[test]
fn the_formatter_draws_for_a_program() {
    struct Ink;
    impl Lettering for Ink {
        fn faces(&self) -> Vec<String> {
            vec!["Ink".to_owned()]
        }
        fn set_line(&self, text: &str, face: Option<&str>, pixels_an_em: u32) -> Result<Mask, LetteringError> {
            assert_eq!((text, face, pixels_an_em), ("name", None, 20));
            Ok(Mask { width: 4, height: 3, coverage: vec![0x77; 12] })
        }
    }
    // The mask comes back as the page.
    let body = format!(
        "(call $set_line (i32.const 1024) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 20) \
         (i32.const 4000)) (local.set $px (i32.load (i32.const 4012))) {} {}",
        guest::REPLACE,
        guest::DONE
    );
    let program = runtime().compile(&Guest::new(&body).component(), limits()).unwrap();
    let outcome = program.process(&page(), &[], &place(), Arc::new(Ink), &Cancel::new()).unwrap();
    let Fate::Replace(drawn) = outcome.fate else { panic!() };
    assert_eq!(drawn.pixels(), [0x77; 12]);
}

#[test]
fn what_is_no_program_of_the_world_is_not_run() {
    let invalid = |component: &[u8]| match runtime().compile(component, limits()) {
        Err(ProgramFault::Invalid(why)) => why,
        other => panic!("{other:?}"),
    };
    invalid(b"");
    invalid(b"(component)");
    invalid(b"\0asm\x0d\0\x01\0garbage");
    invalid(&wat::parse_str("(module)").unwrap());
    assert!(invalid(&wat::parse_str("(component)").unwrap()).contains("kobai:page/program"));
    let good = Guest::new(guest::KEEP).component();
    invalid(&good[..good.len() / 2]);
    let clock =
        r#"(component (import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64))))))"#;
    assert!(invalid(&wat::parse_str(clock).unwrap()).contains("wasi:clocks"));
}

struct Kept {
    folder: tempfile::TempDir,
    cache: CodeCache,
    manifest: Manifest,
}

const KEY: ContentKey = ContentKey::from_bytes([7; 32]);

fn kept() -> Kept {
    let folder = tempfile::tempdir().unwrap();
    let cache = CodeCache::new(folder.path().to_owned(), RecordsKey::from_bytes([1; 32]));
    let manifest = Manifest {
        option: "pass".parse().unwrap(),
        version: ReleaseVersion(1),
        content: PackageContent::Program(limits()),
        provides: FeatureList::default(),
        content_bytes: 1,
        chunks: vec![Digest([0; 32])],
    };
    Kept { folder, cache, manifest }
}

fn licence(n: u128) -> LicenceId {
    LicenceId(Uuid::from_u128(n))
}

impl Kept {
    /// Whether a program had to be compiled.
    fn compiles(&self, licence: LicenceId, key: &ContentKey) -> bool {
        let mut compiled = false;
        let content = || {
            compiled = true;
            Ok::<_, ProgramFault>(Guest::new(guest::PASS).component())
        };
        let program = runtime().load(&self.cache.entry(licence, &self.manifest, key), limits(), content).unwrap();
        program.process(&page(), &[], &place(), Arc::new(Boxes), &Cancel::new()).unwrap();
        compiled
    }

    fn files(&self) -> Vec<std::path::PathBuf> {
        std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

#[test]
fn a_program_is_compiled_once_for_its_licence_and_key() {
    let kept = kept();
    assert!(kept.compiles(licence(1), &KEY));
    assert!(!kept.compiles(licence(1), &KEY));
    assert!(kept.compiles(licence(2), &KEY), "another licence");
    assert!(kept.compiles(licence(1), &ContentKey::from_bytes([8; 32])), "another key");
}

#[test]
fn compiled_code_is_no_longer_readable_than_the_package() {
    let kept = kept();
    kept.compiles(licence(1), &KEY);
    let image = std::fs::read(&kept.files()[0]).unwrap();
    assert!(!image.windows(4).any(|window| window == b"\x7fELF" || window == b"name"));
    std::fs::write(&kept.files()[0], &image[..image.len() / 2]).unwrap();
    assert!(kept.compiles(licence(1), &KEY), "half an image is none");
}

#[test]
fn compiled_code_dies_with_its_licence() {
    let kept = kept();
    for n in 1..=3 {
        kept.compiles(licence(n), &KEY);
    }
    kept.cache.forget(licence(1));
    kept.cache.forget(licence(1));
    assert_eq!(kept.files().len(), 2);
    std::fs::write(kept.folder.path().join("half.new"), b"x").unwrap();
    kept.cache.keep_only(&[licence(3)]);
    let path = kept.folder.path().join(format!("{}.code", licence(3).0));
    assert_eq!(kept.files(), [path]);
}
