//! One view of every kind, for the tests and for `examples/gallery.rs`; not part of the product.
#![allow(unreachable_pub)] // the gallery includes this file

use std::str::FromStr;

use protocol::message::device::Bilingual;
use protocol::package::{Feature, FeatureList, OptionKind};
use protocol::time::{DAY_MS, HOUR_MS};
use protocol::{FailureCode, LicenceId, Offer, OrderId, RefusalCode, ReleaseVersion, Text, Timestamp, UsageForm, Yen};

use crate::core::{
    ActiveDownload, DocumentRow, EndReason, EndedOption, Failure, FailureAdvice, InstalledOption, JobFault, JobId,
    JobKind, JobOptionRow, JobProgress, JobRow, JobRowState, JobState, JobView, Language, LicenceNote, LinkState,
    LockReason, More, OptionSummary, Progress, Returning, Screen, Soon, StoreRow, View, Wanted, WarnAt,
};
use crate::program::{Control, Label, Setting};

/// 2026-11-23 09:41 in Japan.
pub const NOW: Timestamp = Timestamp::from_ms(1_795_394_460_000);

pub fn parse<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub fn both<const MAX: usize>(ja: &str, en: &str) -> Bilingual<Text<MAX>> {
    Bilingual { ja: Text::new(ja).unwrap(), en: Text::new(en).unwrap() }
}

pub fn offer(form: &str, price: u64) -> Offer {
    Offer::new(parse(form), Yen::new(price).unwrap())
}

pub fn order() -> OrderId {
    parse("01936f2e-7c1a-7b52-9d4e-6a0f3b8c2d11")
}

fn licence(last: u8) -> LicenceId {
    LicenceId::from(parse::<OrderId>(&format!("01936f2e-7c1a-7b52-9d4e-6a0f3b8c2d{last:02x}")))
}

fn option(id: &str, name: (&str, &str), about: (&str, &str), kind: OptionKind, stored_bytes: u64) -> OptionSummary {
    OptionSummary {
        id: parse(id),
        name: both(name.0, name.1),
        description: both(about.0, about.1),
        kind,
        version: ReleaseVersion(3),
        stored_bytes,
    }
}

pub fn ocr() -> OptionSummary {
    option(
        "ocr-package",
        ("OCR パッケージ", "OCR package"),
        (
            "スキャンした原稿の文字を読み取り、検索やコピーができるテキスト付きの PDF に変換します。日本語と英語に対応しています。",
            "Reads the characters on scanned originals and turns them into PDF files with text that can be searched and copied. Japanese and English.",
        ),
        OptionKind::Program,
        48_300_000,
    )
}

fn mincho() -> OptionSummary {
    option(
        "mincho-fonts",
        ("明朝体フォントパック", "Mincho font pack"),
        ("公文書や挨拶状に適した明朝体 3 書体です。", "Three serif faces for official documents and greetings."),
        OptionKind::FontPack,
        21_700_000,
    )
}

pub fn catalogue() -> Vec<StoreRow> {
    let row = |option, offers: &[Offer], installed| StoreRow { option, offers: offers.to_vec(), installed };
    vec![
        row(ocr(), &[offer("permanent", 20_000), offer("uses:10", 2_000)], false),
        row(mincho(), &[offer("permanent", 9_800)], true),
        row(
            option(
                "barcode-reader",
                ("バーコード仕分け", "Barcode sorting"),
                (
                    "表紙のバーコードを読み取り、保存先のフォルダーへ自動で仕分けます。",
                    "Reads barcodes on cover sheets and files scans into the right folders by itself.",
                ),
                OptionKind::Program,
                6_400_000,
            ),
            &[offer("permanent", 35_000), offer("uses:100", 4_500), offer("days:30", 3_000)],
            true,
        ),
        row(
            option(
                "gothic-fonts",
                ("ユニバーサルデザイン・ゴシックフォントパック", "Universal design gothic font pack"),
                (
                    "読み間違いにくいゴシック体 4 書体です。掲示物や説明書に適しています。",
                    "Four sans-serif faces that are hard to misread, for notices and manuals.",
                ),
                OptionKind::FontPack,
                33_000_000,
            ),
            &[offer("permanent", 12_000), offer("days:90", 2_400)],
            false,
        ),
        row(
            option(
                "stamp-remover",
                ("裏写り除去", "Show-through removal"),
                (
                    "薄い用紙の裏写りや地色を取り除き、読みやすくします。",
                    "Removes show-through and background colour from thin paper.",
                ),
                OptionKind::Program,
                3_100_000,
            ),
            &[offer("uses:50", 1_500)],
            false,
        ),
        row(
            option(
                "translation",
                ("翻訳コピー", "Translating copy"),
                (
                    "英文の原稿を日本語に翻訳し、元の割り付けのまま複写します。",
                    "Copies English originals in Japanese with the same layout.",
                ),
                OptionKind::Program,
                812_000_000,
            ),
            &[offer("uses:10", 8_000), offer("days:30", 15_000)],
            false,
        ),
    ]
}

fn installed() -> Vec<InstalledOption> {
    let rows = catalogue();
    let since = Timestamp::from_ms(NOW.as_ms() - 3 * DAY_MS);
    let one = |last, row: usize, form: &str, price, left| InstalledOption {
        licence: licence(last),
        option: rows[row].option.clone(),
        form: parse::<UsageForm>(form),
        price: Yen::new(price).unwrap(),
        since,
        left,
        licences: vec![licence(last)],
        more: match left {
            LicenceNote::Uses(_) => Some(More::TopUp),
            LicenceNote::Time(_) | LicenceNote::TimeAndUses(..) => Some(More::Renew),
            _ => None,
        },
        soon: match left {
            LicenceNote::Uses(left @ ..=3) => Some(Soon::Uses(left)),
            _ => None,
        },
        contact_due: None,
        returnable: None,
    };
    vec![
        one(1, 1, "permanent", 9_800, LicenceNote::Unlimited),
        one(2, 2, "uses:100", 4_500, LicenceNote::Uses(2)),
        one(3, 3, "days:90", 2_400, LicenceNote::Time(86 * DAY_MS + 23 * HOUR_MS)),
        one(4, 5, "uses:10", 8_000, LicenceNote::Ending),
        InstalledOption {
            soon: Some(Soon::Contact(2 * DAY_MS - HOUR_MS)),
            contact_due: Some(NOW.plus_ms(2 * DAY_MS - HOUR_MS)),
            ..one(5, 0, "metered", 30, LicenceNote::Used(1_284))
        },
    ]
}

fn ended() -> Vec<EndedOption> {
    let rows = catalogue();
    let one = |last, row: usize, form: &str, reason, days: u64| EndedOption {
        licence: licence(last),
        name: rows[row].option.name.clone(),
        form: parse(form),
        reason,
        ended_at: Timestamp::from_ms(NOW.as_ms() - days * DAY_MS),
    };
    vec![
        one(9, 0, "uses:10", EndReason::UsedUp, 9),
        one(10, 5, "days:30", EndReason::PeriodOver, 40),
        one(11, 4, "uses:50", EndReason::Removed, 41),
        one(12, 2, "uses:100", EndReason::Revoked, 50),
    ]
}

/// A panel in the middle of a working day.
pub fn view(screen: Screen) -> View {
    View {
        screen,
        language: Language::Ja,
        serial: Some(parse("MX-204-0001")),
        vendor: Some("options.vendor.example.co.jp:4433".to_owned()),
        ca_fingerprint: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
        customer: Some(Text::new("株式会社 青葉商事").unwrap()),
        link: LinkState::Up,
        now: NOW,
        clock_in_doubt: false,
        warn: WarnAt::default(),
        installed: installed(),
        jobs: vec![],
        returning: Returning::No,
    }
}

/// A panel whose clock is wrong, with a licence for each reason to be locked.
fn locked() -> View {
    let mut view = view(Screen::MyOptions { ended: ended() });
    for (option, reason) in view.installed.iter_mut().zip(LockReason::ALL) {
        option.left = LicenceNote::Locked(reason);
        option.soon = None;
    }
    View { clock_in_doubt: true, ..view }
}

/// A panel as it leaves the factory.
pub fn fresh(screen: Screen) -> View {
    View {
        serial: None,
        vendor: None,
        ca_fingerprint: None,
        customer: None,
        link: LinkState::NotEnrolled,
        installed: vec![],
        returning: Returning::No,
        ..view(screen)
    }
}

/// A panel of a device that belongs to no customer.
fn unassigned(screen: Screen) -> View {
    View { customer: None, ..view(screen) }
}

pub fn job(kind: JobKind, state: JobState) -> Screen {
    let documents = match kind {
        JobKind::Copy => vec![("会議資料.txt", 18_400)],
        _ => vec![("請求書_2026年11月.txt", 4_210), ("meeting-notes.txt", 12_900), ("見積依頼（青葉商事様）.txt", 913)],
    };
    let documents = documents.into_iter().map(|(name, bytes)| DocumentRow { name: name.to_owned(), bytes }).collect();
    Screen::Job(JobView { kind, documents, options: job_options(), state })
}

/// The id of a sample job.
pub fn job_id(n: u8) -> JobId {
    JobId(protocol::uuid::Uuid::from_u128(u128::from(n)))
}

/// What a job can be done with.
fn job_options() -> Vec<JobOptionRow> {
    let label = |ja: &str, en: &str| Label { ja: ja.to_owned(), en: en.to_owned() };
    let setting = |id: &str, label, control| Setting { id: id.to_owned(), label, control };
    let settings = || {
        let kinds = vec![label("QR コード", "QR code"), label("コード 39", "Code 39")];
        vec![
            setting("twice", label("二度読み", "Read twice"), Control::Toggle { initial: false }),
            setting(
                "darkness",
                label("濃さ", "Darkness"),
                Control::Number { min: 0, max: 255, step: 16, initial: 128 },
            ),
            setting("kind", label("コードの種類", "Kind of code"), Control::Choice { choices: kinds, initial: 0 }),
            setting("prefix", label("名前の頭", "Prefix"), Control::Text { max_chars: 40, initial: "INV".to_owned() }),
        ]
    };
    let features = |id: &str| -> Vec<Feature> {
        match id {
            "ocr-package" => vec![parse("text-recognition")],
            "mincho-fonts" => vec![parse("face:BIZ UDMincho"), parse("face:BIZ UDPMincho")],
            "barcode-reader" => vec![parse("code-reading")],
            _ => vec![],
        }
    };
    let row = |row: StoreRow| JobOptionRow {
        provides: FeatureList::new(features(row.option.id.as_str())).unwrap(),
        settings: if row.option.id.as_str() == "barcode-reader" { settings() } else { vec![] },
        option: row.option,
        offers: row.offers,
        installed: row.installed,
    };
    catalogue().into_iter().map(row).collect()
}

fn jobs() -> Vec<JobRow> {
    let row = |n: u8, kind, state| JobRow { job: job_id(n), kind, document: format!("letter-{n}.pdf"), state };
    let working = JobProgress::Working { page: 3, pages: 12, program: Some(ocr().name) };
    vec![
        row(1, JobKind::Scan, JobRowState::Running(working)),
        row(2, JobKind::Copy, JobRowState::Waiting),
        row(3, JobKind::Print, JobRowState::Needs(Wanted::Feature(parse("face:BIZ UDMincho")))),
        row(4, JobKind::Fax, JobRowState::Running(JobProgress::Output)),
        row(5, JobKind::Scan, JobRowState::Finished("scan-letter-5-1a2b3c4d.pdf".to_owned())),
        row(6, JobKind::Print, JobRowState::Failed(Failure::Job(JobFault::ProgramFailed))),
    ]
}

fn invoice() -> String {
    "請求書_2026年11月.txt".to_owned()
}

fn running(progress: JobProgress) -> JobState {
    JobState::Running { job: job_id(1), document: invoice(), progress }
}

fn needs(feature: &str) -> JobState {
    JobState::Needs { job: job_id(1), document: invoice(), wanted: Wanted::Feature(parse(feature)) }
}

/// A view of every kind, by name.
pub fn all() -> Vec<(&'static str, View)> {
    let ocr_offers = || vec![offer("permanent", 20_000), offer("uses:10", 2_000)];
    let download = |done_bytes, bytes_per_second, reconnecting| Screen::Downloading {
        option: ocr(),
        download: ActiveDownload { done_bytes, total_bytes: 48_300_000, bytes_per_second, reconnecting },
    };
    let failed = |failure, advice| Screen::Failed { option: Some(ocr()), failure, advice };
    let done = |wanted_by| Screen::Done { option: ocr(), offer: offer("uses:10", 2_000), order: order(), wanted_by };
    let address = |busy, failed| Screen::ServerAddress { busy, failed };
    let lost = Failure::Fault(FailureCode::LinkLost);
    vec![
        ("home", view(Screen::Home)),
        ("home-fresh", fresh(Screen::Home)),
        ("store", view(Screen::Store(Progress::Ready(catalogue())))),
        ("store-loading", view(Screen::Store(Progress::Loading))),
        ("store-empty", view(Screen::Store(Progress::Ready(vec![])))),
        ("store-failed", View { link: LinkState::Down, ..view(Screen::Store(Progress::Failed(lost))) }),
        ("store-fresh", fresh(Screen::Store(Progress::Failed(Failure::NotEnrolled)))),
        ("offer", view(Screen::Offer { option: ocr(), offers: ocr_offers(), wanted_by: None })),
        ("offer-wanted", view(Screen::Offer { option: ocr(), offers: ocr_offers(), wanted_by: Some(JobKind::Scan) })),
        (
            "offer-single",
            view(Screen::Offer { option: mincho(), offers: vec![offer("permanent", 9_800)], wanted_by: None }),
        ),
        ("contract", unassigned(Screen::ContractId { option: ocr(), refused: None, blocked_until: None })),
        (
            "contract-refused",
            unassigned(Screen::ContractId {
                option: ocr(),
                refused: Some(RefusalCode::ContractRefused),
                blocked_until: None,
            }),
        ),
        (
            "contract-blocked",
            unassigned(Screen::ContractId {
                option: ocr(),
                refused: Some(RefusalCode::TooManyAttempts),
                blocked_until: Some(NOW.plus_ms(7 * 60_000)),
            }),
        ),
        ("requesting", view(Screen::Requesting { option: ocr() })),
        ("downloading", view(download(17_900_000, Some(2_140_000), false))),
        ("downloading-start", view(download(0, None, false))),
        ("downloading-reconnecting", View { link: LinkState::Down, ..view(download(31_000_000, None, true)) }),
        ("choose", view(Screen::Choose { option: ocr(), offers: ocr_offers() })),
        ("choose-changed", view(Screen::Choose { option: mincho(), offers: vec![offer("permanent", 10_800)] })),
        (
            "choose-three",
            view(Screen::Choose {
                option: ocr(),
                offers: vec![offer("permanent", 20_000), offer("uses:10", 2_000), offer("days:30", 3_500)],
            }),
        ),
        (
            "choose-many",
            view(Screen::Choose {
                option: ocr(),
                offers: vec![
                    offer("permanent", 20_000),
                    offer("uses:1", 300),
                    offer("uses:1000000", 19_000),
                    offer("days:1", 500),
                    offer("days:365", 9_000),
                ],
            }),
        ),
        (
            "choose-metered",
            view(Screen::Choose { option: ocr(), offers: vec![offer("permanent", 20_000), offer("metered", 30)] }),
        ),
        ("offer-metered", view(Screen::Offer { option: ocr(), offers: vec![offer("metered", 30)], wanted_by: None })),
        (
            "done-metered",
            view(Screen::Done { option: ocr(), offer: offer("metered", 30), order: order(), wanted_by: None }),
        ),
        ("buying", view(Screen::Buying { option: ocr(), offer: offer("uses:10", 2_000) })),
        ("done", view(done(None))),
        ("done-wanted", view(done(Some(JobKind::Scan)))),
        ("failed-continue", view(failed(lost, FailureAdvice::Continue))),
        ("failed-again", view(failed(Failure::Refused(RefusalCode::OrderClosed), FailureAdvice::StartAgain))),
        ("failed-give-up", view(failed(Failure::Refused(RefusalCode::DeviceRevoked), FailureAdvice::GiveUp))),
        (
            "failed-other",
            view(Screen::Failed { option: None, failure: Failure::NotGenuine, advice: FailureAdvice::GiveUp }),
        ),
        ("my-options", view(Screen::MyOptions { ended: ended() })),
        ("my-options-locked", locked()),
        ("my-options-empty", View { installed: vec![], ..view(Screen::MyOptions { ended: vec![] }) }),
        ("settings", view(Screen::Settings)),
        ("settings-fresh", fresh(Screen::Settings)),
        ("server", fresh(address(false, None))),
        ("server-enrolled", view(address(false, None))),
        ("server-busy", view(address(true, None))),
        (
            "server-failed",
            View {
                link: LinkState::NotEnrolled,
                ..view(address(false, Some(Failure::Refused(RefusalCode::ActivationRefused))))
            },
        ),
        ("job-copy", view(job(JobKind::Copy, JobState::Idle))),
        ("job-scan", view(job(JobKind::Scan, JobState::Idle))),
        ("job-print", view(job(JobKind::Print, JobState::Idle))),
        ("job-fax", view(job(JobKind::Fax, JobState::Idle))),
        ("job-running", view(job(JobKind::Scan, running(JobProgress::Reading)))),
        (
            "job-running-page",
            view(job(JobKind::Scan, running(JobProgress::Working { page: 3, pages: 12, program: Some(ocr().name) }))),
        ),
        ("job-waiting", view(job(JobKind::Copy, JobState::Waiting { job: job_id(1), document: invoice() }))),
        ("job-needs", view(job(JobKind::Print, needs("face:BIZ UDMincho")))),
        (
            "providers",
            view(Screen::Providers {
                feature: parse("text-recognition"),
                wanted_by: JobKind::Scan,
                rows: catalogue().into_iter().take(3).collect(),
            }),
        ),
        ("jobs", View { jobs: jobs(), ..view(Screen::Jobs) }),
        ("jobs-empty", view(Screen::Jobs)),
        ("home-jobs", View { jobs: jobs(), ..view(Screen::Home) }),
        (
            "job-finished",
            view(job(
                JobKind::Scan,
                JobState::Finished {
                    output: "請求書_2026年11月.pdf".to_owned(),
                    files: vec!["請求書_2026年11月.pdf".to_owned(), "請求書_2026年11月.txt".to_owned()],
                    left: Some(LicenceNote::Uses(9)),
                },
            )),
        ),
        (
            "job-used-up",
            view(job(
                JobKind::Scan,
                JobState::Finished {
                    output: "meeting-notes.pdf".to_owned(),
                    files: vec!["meeting-notes.pdf".to_owned()],
                    left: Some(LicenceNote::Uses(0)),
                },
            )),
        ),
        ("job-failed", view(job(JobKind::Print, JobState::Failed(Failure::Job(JobFault::DocumentTooLarge))))),
    ]
}
