//! What jobs make of documents, with programs of this machine's own in place of the sandbox.

use std::collections::BTreeMap;
use std::sync::{Mutex, mpsc};

use protocol::package::{FeatureList, OptionKind, ProgramLimits};
use protocol::{ContentKey, LicenceId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::programs::Content;
use super::*;
use crate::core::{JobId, JobProgram, OutputFormat, SettingWish};
use crate::data::Device;
use crate::link::test_vendor::TestPackage;
use crate::page::Colour;
use crate::page::patch::{Patch, sheet};
use crate::page::png;
use crate::page::read::Document;
use crate::program::{Area, Chosen, Control, Finding, Label, PageOutcome, TextLine, Value};

const JOB: JobId = JobId(Uuid::from_u128(2));

type Work = fn(&Page, &[Chosen], &Place) -> Result<PageOutcome, ProgramFault>;

/// A program that is a function of this test.
struct Native(Work);

impl PageProgram for Native {
    fn describe(&self) -> Result<Vec<Setting>, ProgramFault> {
        let label = Label { ja: "濃さ".to_owned(), en: "Darkness".to_owned() };
        let control = Control::Number { min: 0, max: 9, step: 1, initial: 5 };
        Ok(vec![Setting { id: "darkness".to_owned(), label, control }])
    }

    fn process(
        &self,
        page: &Page,
        settings: &[Chosen],
        place: &Place,
        _: Arc<dyn Lettering>,
        _: &Cancel,
    ) -> Result<PageOutcome, ProgramFault> {
        (self.0)(page, settings, place)
    }
}

/// Programs by the first byte of their content.
struct Natives(BTreeMap<u8, Work>);

impl Programs for Natives {
    fn open(
        &self,
        _: &JobOption,
        _: &ContentKey,
        _: ProgramLimits,
        content: &Content<'_>,
    ) -> Result<Arc<dyn PageProgram>, Stop> {
        let content: Zeroizing<Vec<u8>> = content()?;
        let work = content.first().and_then(|first| self.0.get(first)).ok_or(JobFault::OptionDamaged)?;
        Ok(Arc::new(Native(*work)))
    }
}

fn outcome(fate: Fate) -> PageOutcome {
    PageOutcome { fate, findings: Vec::new(), begins: None }
}

fn keep(_: &Page, _: &[Chosen], _: &Place) -> Result<PageOutcome, ProgramFault> {
    Ok(outcome(Fate::Keep))
}

/// Paints the whole page as dark as it is set.
fn darken(page: &Page, settings: &[Chosen], _: &Place) -> Result<PageOutcome, ProgramFault> {
    let Value::Number(level) = settings[0].value else { panic!("{settings:?}") };
    let mut page = page.clone();
    page.pixels_mut().fill(u8::try_from(level).unwrap());
    Ok(outcome(Fate::Replace(page)))
}

/// Leaves even pages out.
fn omit_even(_: &Page, _: &[Chosen], place: &Place) -> Result<PageOutcome, ProgramFault> {
    Ok(outcome(if place.number.is_multiple_of(2) { Fate::Omit } else { Fate::Keep }))
}

fn omit_all(_: &Page, _: &[Chosen], _: &Place) -> Result<PageOutcome, ProgramFault> {
    Ok(outcome(Fate::Omit))
}

/// Reads the number of the page.
fn read(_: &Page, _: &[Chosen], place: &Place) -> Result<PageOutcome, ProgramFault> {
    let area = Area { x: 1, y: 1, width: 2, height: 2 };
    let line = Finding::Line(TextLine { text: format!("page {}", place.number), area, confidence: 90 });
    Ok(PageOutcome { fate: Fate::Keep, findings: vec![line], begins: None })
}

/// Odd pages are separators that name what follows.
fn divide(_: &Page, _: &[Chosen], place: &Place) -> Result<PageOutcome, ProgramFault> {
    let begins = (!place.number.is_multiple_of(2)).then(|| "invoice/7".to_owned());
    let fate = if begins.is_some() { Fate::Omit } else { Fate::Keep };
    Ok(PageOutcome { fate, findings: Vec::new(), begins })
}

fn trap(_: &Page, _: &[Chosen], _: &Place) -> Result<PageOutcome, ProgramFault> {
    Err(ProgramFault::Trap("unreachable".to_owned()))
}

fn bomb(_: &Page, _: &[Chosen], _: &Place) -> Result<PageOutcome, ProgramFault> {
    Err(ProgramFault::OutOfMemory)
}

const WORKS: [(u8, Work); 8] = [
    (b'k', keep),
    (b'd', darken),
    (b'e', omit_even),
    (b'a', omit_all),
    (b'r', read),
    (b's', divide),
    (b't', trap),
    (b'b', bomb),
];

struct World {
    temp: tempfile::TempDir,
    device: Device,
    tools: JobTools,
}

/// A device without documents.
fn world() -> World {
    let temp = tempfile::tempdir().unwrap();
    let (device, _) = Device::open(temp.path()).unwrap();
    let tools = JobTools {
        documents: Documents::new(&device.dir),
        chunks: device.store.chunks(),
        vault: device.vault.clone(),
        programs: Arc::new(Natives(BTreeMap::from(WORKS))),
    };
    World { temp, device, tools }
}

impl World {
    /// Lays a document on the glass.
    fn lay(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.temp.path().join("glass").join(name), bytes).unwrap();
    }

    /// Lays white pages on the glass, a file each.
    fn pages(&self, count: u32) -> JobRun {
        let names: Vec<String> = (1..=count).map(|n| format!("page-{n}.png")).collect();
        for name in &names {
            self.lay(name, &png::write(&Page::white(20, 30, 100, Colour::Grey).unwrap()));
        }
        run(DocumentSource::Glass(names), "letter.tif")
    }

    /// Installs an option whose content is this.
    fn install(&self, kind: OptionKind, content: &[u8], provides: &[&str]) -> JobOption {
        let mut package = TestPackage::new(kind, content);
        let features = provides.iter().map(|feature| feature.parse().unwrap()).collect();
        package.manifest.provides = FeatureList::new(features).unwrap();
        let chunks: Vec<_> = (0..).zip(package.chunks.iter().cloned()).collect();
        self.device.store.chunks().insert(package.manifest.digest(), &chunks, || true).unwrap();
        let licence = LicenceId(Uuid::from_bytes(*protocol::Digest::of(content).0.first_chunk().unwrap()));
        self.device.vault.keep(licence, &package.key).unwrap();
        JobOption { licence, manifest: package.manifest }
    }

    fn with(&self, run: JobRun, programs: &str) -> JobRun {
        let program = |content: u8| {
            let option = self.install(OptionKind::Program, &[content], &[]);
            JobProgram { option, settings: Vec::new() }
        };
        JobRun { programs: programs.bytes().map(program).collect(), ..run }
    }

    /// What the job tells, without its progress.
    fn tell(&self, run: &JobRun) -> Vec<Input> {
        let told = Mutex::new(Vec::new());
        self.tools.run(run, &Cancel::new(), &|input| told.lock().unwrap().push(input));
        let told = told.into_inner().unwrap();
        told.into_iter().filter(|input| !matches!(input, Input::JobProgress(..))).collect()
    }

    fn end(&self, run: &JobRun) -> Result<Vec<(String, Vec<u8>)>, JobFault> {
        match self.tell(run).pop() {
            Some(Input::JobDone(_, end)) => end.map(|output| {
                let file =
                    |file: crate::core::MadeFile| (format!("{}.{}", file.stem, file.extension), file.bytes.to_vec());
                output.files.into_iter().map(file).collect()
            }),
            other => panic!("{other:?}"),
        }
    }

    fn names(&self, run: &JobRun) -> Vec<String> {
        self.end(run).unwrap().into_iter().map(|(name, _)| name).collect()
    }
}

fn run(source: DocumentSource, document: &str) -> JobRun {
    JobRun {
        job: JOB,
        kind: JobKind::Scan,
        source,
        document: document.to_owned(),
        programs: Vec::new(),
        fonts: Vec::new(),
        face: None,
        split: false,
        format: OutputFormat::Pdf,
        without: Vec::new(),
        started: protocol::Timestamp::from_ms(0),
        device: None,
    }
}

fn page_count(bytes: &[u8]) -> u32 {
    Document::open(bytes.to_vec(), &Cancel::new()).unwrap().page_count()
}

#[test]
fn pages_of_several_files_become_one_document() {
    let world = world();
    let run = world.pages(3);
    let files = world.end(&run).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].0.as_str(), page_count(&files[0].1)), ("letter.pdf", 3));
    assert!(matches!(world.tell(&run)[0], Input::JobRead(JOB, 3)));
}

#[test]
fn programs_work_one_after_the_other_with_what_was_set() {
    let world = world();
    let mut run = world.with(world.pages(1), "kd");
    run.programs[1].settings = vec![SettingWish { id: "darkness".to_owned(), value: "3".to_owned() }];
    run.format = OutputFormat::Png;
    let files = world.end(&run).unwrap();
    let page = Document::open(files[0].1.clone(), &Cancel::new()).unwrap().page(0, &Cancel::new()).unwrap();
    assert_eq!(files[0].0, "letter.png");
    assert!(page.pixels().iter().all(|pixel| *pixel == 3));
    for (id, value) in [("darkness", "10"), ("darkness", "dark"), ("colour", "3")] {
        run.programs[1].settings = vec![SettingWish { id: id.to_owned(), value: value.to_owned() }];
        assert_eq!(world.end(&run), Err(JobFault::SettingUnsuitable), "{id}={value}");
    }
}

#[test]
fn a_page_that_is_left_out_is_in_no_document() {
    let world = world();
    let files = world.end(&world.with(world.pages(5), "ek")).unwrap();
    assert_eq!(page_count(&files[0].1), 3);
    assert_eq!(world.end(&world.with(world.pages(5), "a")), Ok(vec![]));
}

#[test]
fn separators_divide_and_name_documents_and_no_two_are_named_alike() {
    let world = world();
    let run = world.with(world.pages(6), "s");
    assert_eq!(world.names(&run), ["invoice-7.pdf", "invoice-7-2.pdf", "invoice-7-3.pdf"]);
    assert_eq!(world.names(&JobRun { format: OutputFormat::Png, ..run }).len(), 3);
}

#[test]
fn every_page_is_a_file_if_pages_are_wanted() {
    let world = world();
    let run = JobRun { format: OutputFormat::Png, ..world.pages(2) };
    assert_eq!(world.names(&run), ["letter-p1.png", "letter-p2.png"]);
}

#[test]
fn what_was_read_lies_beside_the_document() {
    let world = world();
    let files = world.end(&world.with(world.pages(2), "r")).unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["letter.pdf", "letter.txt", "letter.json"]);
    assert_eq!(files[1].1, b"page 1\n\x0cpage 2\n");
    let index: serde_json::Value = serde_json::from_slice(&files[2].1).unwrap();
    assert_eq!(index["found"][1]["text"], "page 2");
    assert_eq!(index["found"][1]["page"], 2);
}

#[test]
fn a_program_that_fails_fails_its_job_and_says_how() {
    let world = world();
    assert_eq!(world.end(&world.with(world.pages(2), "kt")), Err(JobFault::ProgramFailed));
    assert_eq!(world.end(&world.with(world.pages(2), "b")), Err(JobFault::ProgramTooGreedy));
    assert_eq!(world.end(&world.with(world.pages(2), "x")), Err(JobFault::OptionDamaged));
}

#[test]
fn no_key_no_use_and_a_damaged_package_is_not_run() {
    let world = world();
    let run = world.with(world.pages(1), "k");
    let option = run.programs[0].option.clone();
    world.tools.chunks.drop_package(option.manifest.digest()).unwrap();
    assert_eq!(world.end(&run), Err(JobFault::OptionDamaged));
    world.device.vault.destroy(option.licence).unwrap();
    assert_eq!(world.end(&run), Err(JobFault::NotInstalled));
}

#[test]
fn what_is_no_document_is_refused() {
    let world = world();
    let glass = |name: &str| run(DocumentSource::Glass(vec![name.to_owned()]), name);
    assert_eq!(world.end(&glass("nothing.png")), Err(JobFault::DocumentUnreadable));
    world.lay("noise.bin", &[0xFF, 0xFE, 0, 1]);
    assert_eq!(world.end(&glass("noise.bin")), Err(JobFault::DocumentUnsuitable));
    world.lay("cut.png", &png::write(&Page::white(20, 30, 100, Colour::Grey).unwrap())[..60]);
    assert_eq!(world.end(&glass("cut.png")), Err(JobFault::DocumentUnreadable));
}

#[test]
fn a_text_is_set_in_faces_and_a_face_that_is_missing_is_what_the_job_needs() {
    let world = world();
    world.lay("letter.txt", "前略\nHello".as_bytes());
    let text =
        JobRun { kind: JobKind::Print, ..run(DocumentSource::Glass(vec!["letter.txt".to_owned()]), "letter.txt") };
    assert_eq!(world.names(&text), ["letter.pdf"]);
    let named = JobRun { face: Some("Hack".to_owned()), ..text };
    assert_eq!(world.tell(&named), [Input::JobNeeds(JOB, vec!["face:Hack".parse().unwrap()])]);
    let font = world.install(OptionKind::FontPack, epaint_default_fonts::HACK_REGULAR, &["face:Hack"]);
    assert_eq!(world.names(&JobRun { fonts: vec![font], ..named }), ["letter.pdf"]);
}

#[test]
fn a_separator_sheet_needs_a_program_that_reads_codes_where_documents_are_to_be_divided() {
    let world = world();
    world.lay("a.png", &png::write(&Page::white(2_480, 3_508, 300, Colour::Grey).unwrap()));
    world.lay("b.png", &png::write(&sheet(Patch::Transfer).unwrap()));
    let names = vec!["a.png".to_owned(), "b.png".to_owned()];
    let plain = run(DocumentSource::Glass(names), "a.png");
    let split = JobRun { split: true, ..plain.clone() };
    let needs = Input::JobNeeds(JOB, vec!["code-reading".parse().unwrap()]);
    assert_eq!(world.tell(&split), [needs]);
    assert_eq!(world.names(&plain), ["a.pdf"], "nobody wants it divided");
    let without = JobRun { without: vec!["code-reading".parse().unwrap()], ..split.clone() };
    assert_eq!(world.names(&without), ["a.pdf"], "nobody wants it any more");
    let option = world.install(OptionKind::Program, b"k", &["code-reading"]);
    let with = JobRun { programs: vec![JobProgram { option, settings: Vec::new() }], ..split };
    assert_eq!(world.names(&with), ["a.pdf"]);
}

#[test]
fn a_job_on_its_own_thread_ends_once_and_a_cancelled_one_never() {
    let world = world();
    let run = world.pages(1);
    let (send, receive) = mpsc::channel();
    let job = Job::start(world.tools.clone(), run.clone(), move |input| send.send(input).unwrap()).unwrap();
    let ends = receive.iter().filter(|input| matches!(input, Input::JobDone(..))).count();
    assert_eq!(ends, 1);
    drop(job);
    let cancel = Cancel::new();
    cancel.stop();
    world.tools.run(&run, &cancel, &|input| assert!(!matches!(input, Input::JobDone(..)), "{input:?}"));
}
