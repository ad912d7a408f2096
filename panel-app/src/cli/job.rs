//! `panel-app job` and `jobs`: what the machine does, without a screen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use protocol::{ContractPin, ContractUserId, OptionId, RefusalCode, UsageForm};
use serde_json::{Value, json};
use uuid::Uuid;

use super::args::JobArgs;
use super::buy::read_pin;
use super::output::{Fault, Output};
use super::show::{note_text, offer_json, offer_text, option_json};
use crate::core::{
    Command, Core, Failure, FileJob, FilePlace, JobId, JobProgress, JobRow, JobRowState, JobState, JobTask,
    LicenceNote, OfferRow, OptionSummary, Screen, Wanted,
};
use crate::service::Service;

/// How long a command waits for a job: as long as two hundred difficult pages may take.
pub(super) const JOB_PATIENCE: Duration = Duration::from_secs(2 * 3_600);

/// What comes next, or how the job has ended.
enum News {
    Finished(Vec<String>, Option<LicenceNote>),
    Failed(Failure),
    /// These options do what the job needs, the cheapest first.
    Offered(Vec<(OptionSummary, Vec<OfferRow>)>),
    Bought,
    Contract(RefusalCode),
    PriceChanged,
}

/// Who pays, and how.
struct Buyer {
    form: UsageForm,
    contract: Option<ContractUserId>,
    pin: Option<ContractPin>,
}

pub(super) fn job(service: &Service, args: JobArgs, out: Output) -> Result<(), Fault> {
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).map_err(|_| Fault::usage("bad-path", "The path of a file cannot be used."))
    };
    let pin = args.pin_file.as_deref().map(read_pin).transpose()?;
    let buyer = args.buy.map(|form| Buyer { form, contract: args.contract_id.clone(), pin });
    let place = match &args.output {
        // Before a use is spent on a result that has no place.
        Some(folder) if !folder.is_dir() => {
            return Err(Fault::storage("output-unwritable", "There is no such folder for the results."));
        }
        Some(folder) => FilePlace::Folder(absolute(folder)?),
        None => FilePlace::Tray,
    };
    let task = JobTask {
        kind: args.kind.into(),
        programs: args.programs.0,
        face: args.face,
        split: args.split,
        format: args.format.into(),
        without: Vec::new(),
    };
    let inputs = args.input.iter().map(absolute).collect::<Result<_, _>>()?;
    service.apply(Command::RunFiles(FileJob { task, inputs, place, offer: true }));
    let ended = follow(service, buyer.as_ref(), out);
    if ended.is_err() {
        // A job of a script does not outlive it.
        if let Some(job) = service.inspect(Core::job_on_screen).flatten() {
            service.apply(Command::CancelJob(job));
        }
    }
    let (files, left) = ended?;
    let uses_left = match left {
        Some(LicenceNote::Uses(left)) => Some(left),
        _ => None,
    };
    out.print(&json!({ "files": files, "uses_left": uses_left }), || {
        let left = left.map_or(String::new(), |left| format!(" ({})", note_text(left)));
        format!("{}{left}", files.join("\n"))
    });
    Ok(())
}

/// Goes with the job to its end, through as many purchases as it needs.
fn follow(service: &Service, buyer: Option<&Buyer>, out: Output) -> Result<(Vec<String>, Option<LicenceNote>), Fault> {
    loop {
        match service.watch(JOB_PATIENCE, news).ok_or_else(Fault::silent)? {
            News::Finished(files, left) => return Ok((files, left)),
            News::Failed(failure) => return Err(failure.into()),
            News::Bought => service.apply(Command::Dismiss),
            News::Offered(options) => match buyer {
                Some(buyer) => accept(service, buyer, &options)?,
                None => return Err(needed(&options, out)),
            },
            News::Contract(code) => {
                service.apply(Command::Cancel);
                return Err(code.into());
            }
            News::PriceChanged => {
                service.apply(Command::Cancel);
                return Err(Fault::refused("price-changed", "The price has changed; run the command again to see it."));
            }
        }
    }
}

fn news(core: &Core) -> Option<News> {
    match core.view().screen {
        Screen::Job(job) => match job.state {
            JobState::Finished { files, left, .. } => Some(News::Finished(files, left)),
            JobState::Failed(failure) => Some(News::Failed(failure)),
            _ => None,
        },
        Screen::Offer { option, offers, .. } => Some(News::Offered(vec![(option, offers)])),
        Screen::Providers { rows, .. } => {
            Some(News::Offered(rows.into_iter().map(|row| (row.option, row.offers)).collect()))
        }
        Screen::Done { .. } => Some(News::Bought),
        Screen::Failed { failure, .. } => Some(News::Failed(failure)),
        Screen::ContractId { refused, .. } => Some(News::Contract(refused.unwrap_or(RefusalCode::ContractRequired))),
        Screen::Choose { .. } => Some(News::PriceChanged),
        _ => None,
    }
}

/// Buys the cheapest option that is offered in the form.
fn accept(service: &Service, buyer: &Buyer, options: &[(OptionSummary, Vec<OfferRow>)]) -> Result<(), Fault> {
    let offered = |(option, offers): &(OptionSummary, Vec<OfferRow>)| {
        offers.iter().find(|offer| offer.form == buyer.form).map(|offer| (offer.price, option.id.clone()))
    };
    let cheapest: Option<(_, OptionId)> = options.iter().filter_map(offered).min();
    let (_, option) = cheapest.ok_or_else(|| Fault::from(RefusalCode::OfferNotAvailable))?;
    service.apply(Command::OpenOffer(option.clone()));
    let (form, contract, pin) = (buyer.form, buyer.contract.clone(), buyer.pin.clone());
    service.apply(Command::Buy { option, form, contract, pin });
    Ok(())
}

/// The offer, and how to accept it.
fn needed(options: &[(OptionSummary, Vec<OfferRow>)], out: Output) -> Fault {
    let value: Vec<Value> = options
        .iter()
        .map(|(option, offers)| {
            let mut value = option_json(option);
            value["offers"] = offers.iter().map(offer_json).collect();
            value
        })
        .collect();
    out.print(&json!({ "needed": value }), || {
        let line = |(option, offers): &(OptionSummary, Vec<OfferRow>)| {
            let offers: Vec<String> = offers.iter().map(offer_text).collect();
            format!("{:<24} {:<40} {}", option.id, option.name.en.as_str(), offers.join(", "))
        };
        options.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Fault::refused(
        "option-needed",
        "The job needs an option that is not installed. Accept the offer with '--buy FORM'.",
    )
}

pub(super) fn jobs(service: &Service, cancel: Option<Uuid>, out: Output) -> Result<(), Fault> {
    let rows = |core: &Core| core.view().jobs;
    if let Some(job) = cancel {
        let waits = service.inspect(rows).ok_or_else(Fault::silent)?.iter().any(|row| row.job == JobId(job));
        if !waits {
            return Err(Fault::refused("no-such-job", "There is no such job."));
        }
        service.apply(Command::CancelJob(JobId(job)));
    }
    let rows = service.inspect(rows).ok_or_else(Fault::silent)?;
    let value: Vec<Value> = rows.iter().map(row_json).collect();
    out.print(&value, || {
        if rows.is_empty() {
            return "No job waits.".to_owned();
        }
        let line =
            |row: &JobRow| format!("{}  {:<6} {:<10} {}", row.job, kind_name(row), state_name(row), row.document);
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

fn row_json(row: &JobRow) -> Value {
    let mut value = json!({
        "job": row.job.to_string(),
        "kind": kind_name(row),
        "document": row.document,
        "state": state_name(row),
    });
    match &row.state {
        JobRowState::Needs(Wanted::Feature(feature)) => value["needs"] = feature.as_str().into(),
        JobRowState::Needs(Wanted::Option(option)) => value["needs"] = option.as_str().into(),
        JobRowState::Running(JobProgress::Working { page, pages, .. }) => {
            value["page"] = (*page).into();
            value["pages"] = (*pages).into();
        }
        JobRowState::Finished(file) => value["file"] = file.as_str().into(),
        JobRowState::Failed(failure) => value["code"] = failure.code().into(),
        JobRowState::Waiting | JobRowState::Running(_) => {}
    }
    value
}

const fn kind_name(row: &JobRow) -> &'static str {
    match row.kind {
        crate::core::JobKind::Copy => "copy",
        crate::core::JobKind::Print => "print",
        crate::core::JobKind::Scan => "scan",
        crate::core::JobKind::Fax => "fax",
    }
}

const fn state_name(row: &JobRow) -> &'static str {
    match row.state {
        JobRowState::Waiting => "waiting",
        JobRowState::Needs(_) => "needs-option",
        JobRowState::Running(JobProgress::Reading) => "reading",
        JobRowState::Running(JobProgress::Working { .. }) => "working",
        JobRowState::Running(JobProgress::Output) => "output",
        JobRowState::Finished(_) => "finished",
        JobRowState::Failed(_) => "failed",
    }
}

/// The folder of a file that a script names exists.
pub(super) fn has_folder(path: &Path) -> bool {
    !path.is_dir() && path.parent().is_some_and(Path::is_dir)
}
