//! Each screen says the right things in both languages, and each button asks for the right thing.

use protocol::UsageForm;

use super::stage::{Stage, stage};
use crate::core::{
    Command, JobKind, JobOrder, JobSource, JobTask, Language, OutputFormat, Place, Screen, SettingWish, View,
};
use crate::ui::samples;

fn sample(name: &str, language: Language) -> View {
    let (_, view) = samples::all().into_iter().find(|(known, _)| *known == name).unwrap();
    View { language, ..view }
}

fn scan(document: &str, task: JobTask) -> JobOrder {
    JobOrder { task, source: JobSource::Glass(vec![document.to_owned()]) }
}

#[test]
fn each_screen_says_what_it_must_in_both_languages() {
    let expected: &[(&str, &[&str], &[&str])] = &[
        (
            "home",
            &[
                "コピー",
                "プリント",
                "スキャン",
                "ファクス",
                "オプションストア",
                "マイオプション",
                "設定",
                "機番 MX-204-0001",
                "オンライン",
                "11月23日 09:41",
                "青葉商事",
            ],
            &[
                "Copy",
                "Print",
                "Scan",
                "Fax",
                "Option store",
                "My options",
                "Settings",
                "S/N MX-204-0001",
                "Online",
                "23 Nov 09:41",
            ],
        ),
        (
            "home-fresh",
            &["まだ販売元に登録されていません", "未登録"],
            &["not registered with the vendor yet", "Not registered"],
        ),
        ("store", &["OCR パッケージ", "￥2,000 から", "￥9,800"], &["OCR package", "from ￥2,000", "￥9,800"]),
        ("store-loading", &["カタログを読み込んでいます"], &["Loading the catalogue"]),
        ("store-empty", &["販売中のオプションはありません"], &["offers no options"]),
        (
            "store-failed",
            &["接続できないか、接続が切れました", "LAN ケーブル"],
            &["connection to the vendor was lost", "network cable"],
        ),
        (
            "offer",
            &[
                "OCR パッケージ",
                "￥20,000",
                "永続利用",
                "￥2,000",
                "10 回利用",
                "ダウンロード 48.3 MB",
                "それまで料金は発生しません",
            ],
            &[
                "OCR package",
                "￥20,000",
                "Permanent use",
                "￥2,000",
                "10 uses",
                "48.3 MB download",
                "nothing is charged before",
            ],
        ),
        ("offer-wanted", &["このスキャンには"], &["This scan job needs"]),
        ("offer-single", &["完了すると ￥9,800 で購入します"], &["is bought for ￥9,800"]),
        ("contract", &["契約ユーザー ID の入力", "10 桁の番号"], &["Contract user ID", "10-digit number"]),
        (
            "contract-refused",
            &["契約ユーザー ID または PIN が正しくありません"],
            &["contract user ID or its PIN was not"],
        ),
        ("contract-blocked", &["あと約 7 分お待ちください"], &["Try again in about 7 minutes"]),
        ("requesting", &["購入内容を確認しています"], &["Checking the purchase"]),
        (
            "downloading",
            &["ダウンロード中", "37 %", "17.9 MB / 48.3 MB", "毎秒 2.1 MB · 残り約 15 秒"],
            &["Downloading", "37 %", "17.9 MB of 48.3 MB", "2.1 MB per second · About 15 s left"],
        ),
        ("downloading-start", &["0 %", "速度を測定しています"], &["0 %", "Measuring the speed"]),
        ("downloading-reconnecting", &["再接続しています", "オフライン"], &["Reconnecting", "Offline"]),
        (
            "choose",
            &["利用方法の選択", "永続利用 ￥20,000", "10 回利用 ￥2,000"],
            &["Choose how to buy", "Permanent use ￥20,000", "10 uses ￥2,000"],
        ),
        ("choose-changed", &["価格が変わりました"], &["price has changed"]),
        ("buying", &["電源を切らないでください"], &["Do not switch the machine off"]),
        (
            "done",
            &["購入が完了しました", "OCR パッケージ", "￥2,000", "10 回利用", "注文番号 01936f2e"],
            &["Purchase complete", "OCR package", "￥2,000", "10 uses", "Order 01936f2e"],
        ),
        (
            "failed-continue",
            &["購入できませんでした", "接続が切れました", "LAN ケーブル", "保存されています", "コード：link-lost"],
            &["could not be completed", "was lost", "network cable", "is kept", "Code: link-lost"],
        ),
        (
            "failed-other",
            &["処理を完了できませんでした", "署名したデータではない"],
            &["That did not work", "not signed by the vendor"],
        ),
        (
            "my-options",
            &[
                "期限なし",
                "残り 2 回",
                "残り 86 日 23 時間",
                "ジョブ終了後に終了",
                "使い切りました",
                "期間が終了しました",
                "削除しました",
            ],
            &[
                "No limit",
                "2 uses left",
                "86 days 23 h left",
                "Ends after this job",
                "All uses used",
                "Period over",
                "Removed ·",
            ],
        ),
        ("my-options-empty", &["利用できるオプションはありません"], &["No options are installed"]),
        (
            "settings",
            &["MX-204-0001", "9f86 d081", "日本語", "English"],
            &["MX-204-0001", "9f86 d081", "日本語", "English"],
        ),
        (
            "server",
            &["サーバーアドレス", "証明書の指紋", "機番", "登録コード"],
            &["Server address", "Fingerprint", "Serial number", "Activation code"],
        ),
        (
            "server-failed",
            &["登録コードが受け付けられませんでした", "activation-refused"],
            &["activation code was not accepted", "activation-refused"],
        ),
        ("server-busy", &["登録しています"], &["Registering"]),
        (
            "job-scan",
            &["請求書_2026年11月.txt", "オプションなし", "未購入 · ￥2,000 から", "残り 2 回"],
            &["meeting-notes.txt", "No option", "Not bought · from ￥2,000", "2 uses left"],
        ),
        ("job-running-page", &["3 / 12 ページ", "OCR パッケージ"], &["Page 3 of 12", "OCR package"]),
        ("job-waiting", &["順番を待っています", "請求書_2026年11月.txt"], &["Waiting for its turn"]),
        (
            "job-needs",
            &["オプションが足りません", "書体 BIZ UDMincho"],
            &["Something is missing", "Font BIZ UDMincho", "buy what is missing"],
        ),
        ("providers", &["選択: 文字認識", "次のいずれか"], &["Choose: Text recognition", "one of the options below"]),
        (
            "jobs",
            &["letter-1.pdf", "順番を待っています", "必要: 書体 BIZ UDMincho", "途中で停止しました"],
            &["letter-1.pdf", "Page 3 of 12", "Needs: Font BIZ UDMincho", "broke off"],
        ),
        ("jobs-empty", &["ジョブはありません"], &["No job waits"]),
        ("job-running", &["「請求書_2026年11月.txt」を処理しています"], &["Processing"]),
        ("job-finished", &["請求書_2026年11月.pdf", "残り 9 回"], &["result is in the tray", "9 uses left"]),
        ("job-used-up", &["最後の 1 回を使い終わり"], &["That was the last use"]),
        (
            "job-failed",
            &["扱える大きさを超えています", "利用回数は減っていません"],
            &["too large", "Nothing was used up"],
        ),
    ];
    for (name, ja, en) in expected {
        for (language, texts) in [(Language::Ja, ja), (Language::En, en)] {
            let harness = stage(sample(name, language));
            for text in *texts {
                assert!(Stage::sees(&harness, text), "{name} in {language:?} does not say {text}");
            }
        }
    }
}

#[test]
fn each_button_asks_for_one_thing() {
    let go = |place| vec![Command::Go(place)];
    let choose = |form: &str| vec![Command::Choose(samples::parse::<UsageForm>(form))];
    let run = || vec![Command::Run(scan("請求書_2026年11月.txt", JobTask::plain(JobKind::Scan)))];
    let id = samples::job_id(1);
    let expected = [
        ("home", "Copy", go(Place::Job(JobKind::Copy))),
        ("home", "Print", go(Place::Job(JobKind::Print))),
        ("home", "Scan", go(Place::Job(JobKind::Scan))),
        ("home", "Fax", go(Place::Job(JobKind::Fax))),
        ("home", "Option store", go(Place::Store)),
        ("home", "My options", go(Place::MyOptions)),
        ("home", "Settings", go(Place::Settings)),
        ("home-fresh", "Register", go(Place::ServerAddress)),
        ("store", "Back", go(Place::Home)),
        ("store", "Refresh", vec![Command::Refresh]),
        ("store", "OCR package", vec![Command::OpenOffer(samples::parse("ocr-package"))]),
        ("store-failed", "Try again", vec![Command::Refresh]),
        ("store-fresh", "Register", go(Place::ServerAddress)),
        ("offer", "OK", vec![Command::Confirm]),
        ("offer", "Cancel", vec![Command::Cancel]),
        ("contract", "Cancel", vec![Command::Cancel]),
        ("requesting", "Cancel", vec![Command::Cancel]),
        ("downloading", "Cancel", vec![Command::Cancel]),
        ("choose", "Permanent use ￥20,000", choose("permanent")),
        ("choose", "10 uses ￥2,000", choose("uses:10")),
        ("choose", "Cancel", vec![Command::Cancel]),
        ("done", "Close", vec![Command::Dismiss]),
        ("done", "My options", vec![Command::Dismiss, Command::Go(Place::MyOptions)]),
        ("done-wanted", "Back to scanning", vec![Command::Dismiss]),
        ("failed-continue", "Continue", vec![Command::Retry]),
        ("failed-continue", "Close", vec![Command::Dismiss]),
        ("failed-again", "Start again", vec![Command::Retry]),
        ("failed-again", "Close", vec![Command::Dismiss]),
        ("failed-give-up", "Close", vec![Command::Dismiss]),
        ("my-options", "Back", go(Place::Home)),
        ("my-options-empty", "Open the option store", go(Place::Store)),
        ("settings", "日本語", vec![Command::SetLanguage(Language::Ja)]),
        ("settings", "English", vec![]), // it is chosen already
        ("settings", "Server address", go(Place::ServerAddress)),
        ("settings", "Back", go(Place::Home)),
        ("server", "Back", go(Place::Settings)),
        ("job-scan", "Back", go(Place::Home)),
        ("job-scan", "Start scanning", run()),
        ("job-running", "Cancel", vec![Command::CancelJob(id)]),
        ("job-running", "Leave it running", go(Place::Home)),
        ("job-waiting", "Cancel", vec![Command::CancelJob(id)]),
        ("job-needs", "Cancel the job", vec![Command::CancelJob(id)]),
        ("job-needs", "Go on without", vec![Command::GoOnWithout(id)]),
        ("job-needs", "See the offer", vec![Command::GetOption(id)]),
        ("providers", "Cancel", vec![Command::Cancel]),
        ("providers", "OCR package", vec![Command::OpenOffer(samples::parse("ocr-package"))]),
        ("home-jobs", "4 jobs", go(Place::Jobs)),
        ("jobs", "Back", go(Place::Home)),
        ("jobs", "Cancel · letter-2.pdf", vec![Command::CancelJob(samples::job_id(2))]),
        ("jobs", "See the offer · letter-3.pdf", vec![Command::GetOption(samples::job_id(3))]),
        ("jobs", "Go on without · letter-3.pdf", vec![Command::GoOnWithout(samples::job_id(3))]),
        ("job-finished", "OK", vec![Command::Dismiss]),
        ("job-failed", "Close", vec![Command::Dismiss]),
    ];
    for (name, button, commands) in expected {
        let mut harness = stage(sample(name, Language::En));
        assert_eq!(Stage::touch(&mut harness, button), commands, "{name}: {button}");
    }
}

#[test]
fn a_failure_that_cannot_be_mended_offers_no_retry() {
    let harness = stage(sample("failed-give-up", Language::En));
    assert!(!Stage::sees(&harness, "Continue") && !Stage::sees(&harness, "Start again"));
}

#[test]
fn a_purchase_that_is_being_written_down_cannot_be_cancelled() {
    let harness = stage(sample("buying", Language::En));
    assert!(!Stage::sees(&harness, "Cancel"));
}

#[test]
fn a_job_runs_with_the_document_and_option_that_were_touched() {
    let mut harness = stage(sample("job-scan", Language::En));
    Stage::touch(&mut harness, "meeting-notes.txt");
    Stage::touch(&mut harness, "OCR package");
    assert!(Stage::sees(&harness, "Start opens the purchase"), "an option that is not bought needs a word");
    let order = scan("meeting-notes.txt", JobTask::plain(JobKind::Scan).with(samples::parse("ocr-package")));
    assert_eq!(Stage::touch(&mut harness, "Start scanning"), [Command::Run(order.clone())]);

    // The purchase comes in between; afterwards the wish is still there.
    let device = harness.state().device.clone();
    device.show(sample("done-wanted", Language::En));
    harness.run_ok();
    device.show(sample("job-scan", Language::En));
    harness.run_ok();
    assert_eq!(Stage::touch(&mut harness, "Start scanning"), [Command::Run(order)]);

    device.show(sample("home", Language::En));
    harness.run_ok();
    device.show(sample("job-scan", Language::En));
    harness.run_ok();
    let fresh = scan("請求書_2026年11月.txt", JobTask::plain(JobKind::Scan));
    assert_eq!(Stage::touch(&mut harness, "Start scanning"), [Command::Run(fresh)]);
}

#[test]
fn an_option_is_removed_only_after_a_second_yes() {
    let mut harness = stage(sample("my-options", Language::En));
    let licence = harness.state().device.clone();
    let licence = crate::ui::Panel::view(&licence).installed[1].licence;
    assert_eq!(Stage::touch(&mut harness, "Remove Barcode sorting"), []);
    assert!(Stage::sees(&harness, "not refunded"));
    assert_eq!(Stage::touch(&mut harness, "Keep it"), []);
    assert!(Stage::sees(&harness, "All uses used"), "the list is back");
    Stage::touch(&mut harness, "Remove Barcode sorting");
    assert_eq!(Stage::touch(&mut harness, "Remove for good"), [Command::Remove(licence)]);
}

#[test]
fn a_removal_that_was_not_answered_is_forgotten_with_the_screen() {
    let mut harness = stage(sample("my-options", Language::En));
    Stage::touch(&mut harness, "Remove Barcode sorting");
    let device = harness.state().device.clone();
    device.show(samples::view(Screen::Home));
    harness.run_ok();
    device.show(sample("my-options", Language::En));
    harness.run_ok();
    assert!(!Stage::sees(&harness, "Remove for good"));
}

#[test]
fn what_a_program_describes_can_be_set_and_goes_along_with_the_job() {
    let mut harness = stage(sample("job-scan", Language::En));
    Stage::touch(&mut harness, "Barcode sorting");
    assert_eq!(Stage::touch(&mut harness, "Settings: Barcode sorting"), []);
    assert!(Stage::sees(&harness, "Darkness") && Stage::sees(&harness, "128"));
    Stage::touch(&mut harness, "Read twice");
    Stage::touch(&mut harness, "Darkness: more");
    Stage::touch(&mut harness, "Darkness: more");
    assert!(Stage::sees(&harness, "160"));
    Stage::touch(&mut harness, "Kind of code: more");
    assert!(Stage::sees(&harness, "Code 39"));
    Stage::touch(&mut harness, "Done");
    Stage::touch(&mut harness, "As PNG");
    Stage::touch(&mut harness, "Divide at separator sheets");
    let mut task = JobTask::plain(JobKind::Scan).with(samples::parse("barcode-reader"));
    let set = |id: &str, value: &str| SettingWish { id: id.to_owned(), value: value.to_owned() };
    task.programs[0].settings = vec![set("twice", "on"), set("darkness", "160"), set("kind", "2")];
    task.split = true;
    task.format = OutputFormat::Png;
    let order = scan("請求書_2026年11月.txt", task);
    assert_eq!(Stage::touch(&mut harness, "Start scanning"), [Command::Run(order)]);
}

#[test]
fn options_work_in_the_order_in_which_they_are_touched() {
    let mut harness = stage(sample("job-scan", Language::En));
    for name in ["OCR package", "Barcode sorting", "OCR package", "OCR package"] {
        Stage::touch(&mut harness, name);
    }
    let task = JobTask::plain(JobKind::Scan);
    let task = task.with(samples::parse("barcode-reader")).with(samples::parse("ocr-package"));
    let order = scan("請求書_2026年11月.txt", task);
    assert_eq!(Stage::touch(&mut harness, "Start scanning"), [Command::Run(order)]);
}

#[test]
fn a_print_job_is_set_in_the_face_that_was_touched() {
    let mut harness = stage(sample("job-print", Language::En));
    Stage::touch(&mut harness, "Font: The machine's own");
    Stage::touch(&mut harness, "BIZ UDMincho");
    Stage::touch(&mut harness, "Done");
    let task = JobTask { face: Some("BIZ UDMincho".to_owned()), ..JobTask::plain(JobKind::Print) };
    let order = scan("請求書_2026年11月.txt", task);
    assert_eq!(Stage::touch(&mut harness, "Start printing"), [Command::Run(order)]);
}
