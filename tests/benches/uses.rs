//! A use of a counted option: the transaction that holds decrement, result and seal, beside a bare redb commit of 100 bytes with
//! the same durability; and the whole use, from the wish to the file in its place.

#![allow(clippy::unwrap_used, clippy::panic)] // a bench whose set-up fails has no figures

use std::time::Instant;

use e2e::process::say;
use e2e::{Device, OptionSpec, Vendor, package_content};
use panel_app::core::{
    Change, ClockRecord, JobId, JobResult, LicenceRecord, LicenceState, OptionSummary, ReceiptState, RecordsKey,
    ResultFile, ResultPlace, Seal,
};
use panel_app::store::Store;
use protocol::message::device::Bilingual;
use protocol::package::{FeatureList, Manifest, OptionKind};
use protocol::{Digest, LicenceId, OrderId, ReleaseVersion, Timestamp, UsageForm, Yen};

const COMMITS: u32 = 2_000;
const WHOLE_USES: u32 = 300;
const ROUNDS: usize = 5;
const BARE: redb::TableDefinition<'_, u32, &[u8]> = redb::TableDefinition::new("bare");

fn main() {
    let (mut bare, mut metered) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(bare_commits());
        metered.push(metered_commits());
    }
    let median = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (bare, metered, whole) = (median(&mut bare), median(&mut metered), whole_uses());
    say(&format!("a use of a counted option, median of {ROUNDS} times {COMMITS}:"));
    say(&format!("  bare redb commit of 100 bytes, two-phase  {bare:6.0} a second"));
    say(&format!(
        "  decrement and result                      {metered:6.0} a second, ratio {:.2} (target 0.80)",
        metered / bare
    ));
    say(&format!("  whole use, document to file               {whole:6.0} a second, ratio {:.2}", whole / bare));
}

fn rate(count: u32, started: Instant) -> f64 {
    f64::from(count) / started.elapsed().as_secs_f64()
}

fn bare_commits() -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let database = redb::Database::create(dir.path().join("bare.redb")).unwrap();
    let started = Instant::now();
    for n in 0..COMMITS {
        let mut txn = database.begin_write().unwrap();
        txn.set_two_phase_commit(true);
        txn.open_table(BARE).unwrap().insert(0, [n.to_le_bytes()[0]; 100].as_slice()).unwrap();
        txn.commit().unwrap();
    }
    rate(COMMITS, started)
}

fn metered_commits() -> f64 {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path()).unwrap();
    let mut licence = licence();
    let mut seal = Seal::new(RecordsKey::from_bytes([1; 32]));
    let started = Instant::now();
    for n in 0..COMMITS {
        licence.uses_left = Some(COMMITS - n);
        let job = |n: u32| JobId(uuid(n));
        let file = ResultFile { place: ResultPlace::Tray("scan.txt".to_owned()), bytes: vec![7; 100].into() };
        let result = JobResult { job: job(n), files: vec![file], sent: None };
        let mut changes = vec![Change::Licence(licence.clone().into()), Change::JobResult(result)];
        if let Some(before) = n.checked_sub(1) {
            changes.push(Change::ForgetJobResult(job(before)));
        }
        let clock = ClockRecord { now: Timestamp::from_ms(u64::from(n)), ..ClockRecord::default() };
        let sealed = seal.write(&changes, clock, [n.to_le_bytes()[0]; 16]);
        changes.push(Change::Seal(Box::new(sealed)));
        store.commit(&changes).unwrap();
    }
    rate(COMMITS, started)
}

fn uuid(n: u32) -> protocol::uuid::Uuid {
    protocol::uuid::Uuid::from_u128(u128::from(n) + 1)
}

fn licence() -> LicenceRecord {
    let option = OptionSummary {
        id: "ocr-package".parse().unwrap(),
        name: Bilingual { ja: "文字認識".parse().unwrap(), en: "Text recognition".parse().unwrap() },
        description: Bilingual { ja: "説明".parse().unwrap(), en: "What it does".parse().unwrap() },
        kind: OptionKind::Program,
        version: ReleaseVersion(1),
        stored_bytes: 1_016,
    };
    let manifest = Manifest {
        option: option.id.clone(),
        version: option.version,
        content: package_content(option.kind),
        provides: FeatureList::default(),
        content_bytes: 1_000,
        chunks: vec![Digest([1; 32])],
    };
    LicenceRecord {
        id: LicenceId::from(OrderId(uuid(0))),
        option,
        manifest,
        form: UsageForm::uses(COMMITS).unwrap(),
        price: Yen::new(2_000).unwrap(),
        issued_at: Timestamp::from_ms(0),
        starts_at: Timestamp::from_ms(0),
        return_until: None,
        uses_left: Some(COMMITS),
        metering: None,
        was_used: false,
        state: LicenceState::Active,
        lock: None,
        receipt: ReceiptState::None,
        vendor: protocol::CaFingerprint::of(b"bench"),
    }
}

fn whole_uses() -> f64 {
    let vendor = Vendor::start();
    let content = b"format = \"kobai-rules/1\"\nname = \"x\"\n[[map]]\nfrom = \"O\"\nto = \"0\"\n";
    let form = format!("uses:{}", WHOLE_USES * 2);
    let offers = [(form.as_str(), 1)];
    vendor.publish(&OptionSpec { id: "zero", kind: OptionKind::Program, offers: &offers, content });
    let customer = vendor.customer("Bench");
    let device = Device::enrolled(&vendor, "BENCH-0", Some(&customer));
    device.buy("zero", &form);
    let started = Instant::now();
    for _ in 0..WHOLE_USES {
        device.use_on("zero", "1OO").unwrap();
    }
    rate(WHOLE_USES, started)
}
