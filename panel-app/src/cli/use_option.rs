//! `panel-app use` and `remove`: what is done with an installed option.

use std::path::Path;

use protocol::OptionId;
use serde_json::json;

use super::job::{JOB_PATIENCE, has_folder};
use super::output::{Fault, Output};
use super::show::note_text;
use crate::core::{
    Command, Failure, FileJob, FilePlace, JobFault, JobKind, JobState, JobTask, LicenceNote, OutputFormat, Screen,
};
use crate::service::Service;

pub(super) fn use_option(
    service: &Service,
    option: &OptionId,
    input: &Path,
    output: &Path,
    out: Output,
) -> Result<(), Fault> {
    let absolute = |path: &Path| {
        std::path::absolute(path).map_err(|_| Fault::usage("bad-path", "The path of a file cannot be used."))
    };
    let (input, output) = (absolute(input)?, absolute(output)?);
    // Before a use is spent on a result that has no place.
    if !has_folder(&output) {
        return Err(Fault::storage(
            "output-unwritable",
            "There is no folder for the result, or its name is a folder's.",
        ));
    }
    let is_png = output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let format = if is_png { OutputFormat::Png } else { OutputFormat::Pdf };
    let task = JobTask { format, ..JobTask::plain(JobKind::Scan).with(option.clone()) };
    let (inputs, place) = (vec![input], FilePlace::File(output));
    service.apply(Command::RunFiles(FileJob { task, inputs, place, offer: false }));
    let end = service.watch(JOB_PATIENCE, |core| match core.view().screen {
        Screen::Job(job) => match job.state {
            JobState::Finished { output, left, .. } => Some(Ok((output, left))),
            JobState::Failed(failure) => Some(Err(failure)),
            _ => None,
        },
        _ => None,
    });
    let (file, left) = end.ok_or_else(Fault::silent)?.map_err(Fault::from)?;
    let uses_left = match left {
        Some(LicenceNote::Uses(left) | LicenceNote::TimeAndUses(_, left)) => Some(left),
        _ => None,
    };
    let mut value = json!({ "option": option, "output": file, "uses_left": uses_left });
    if let Some(LicenceNote::Used(used)) = left {
        value["used"] = used.into();
    }
    out.print(&value, || {
        let left = left.map_or(String::new(), |left| format!(" ({})", note_text(left)));
        format!("{file}{left}")
    });
    Ok(())
}

pub(super) fn remove(service: &Service, option: &OptionId, out: Output) -> Result<(), Fault> {
    let wanted = option.clone();
    let licences = service.inspect(move |core| {
        let installed = core.view().installed;
        installed.into_iter().filter(|o| o.option.id == wanted).flat_map(|o| o.licences).collect::<Vec<_>>()
    });
    let licences = licences.ok_or_else(Fault::silent)?;
    if licences.is_empty() {
        return Err(Failure::Job(JobFault::NotInstalled).into());
    }
    for licence in &licences {
        service.apply(Command::Remove(*licence));
    }
    let wanted = option.clone();
    let left = service.inspect(move |core| core.view().installed.iter().any(|o| o.option.id == wanted));
    if left != Some(false) {
        return Err(Failure::Fault(protocol::FailureCode::Storage).into());
    }
    let removed: Vec<String> = licences.iter().map(ToString::to_string).collect();
    out.print(&json!({ "option": option, "removed": removed }), || format!("{option} is removed and erased."));
    Ok(())
}
