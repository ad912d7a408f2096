//! `panel-app return`: an option that was never used goes back to the vendor.

use protocol::OptionId;
use serde_json::json;

use super::PATIENCE;
use super::output::{Fault, Output};
use crate::core::{Command, Core, Failure, JobFault, LinkState, ReceiptState, Returning};
use crate::service::Service;

pub(super) fn give_back(service: &Service, option: &OptionId, out: Output) -> Result<(), Fault> {
    let wanted = option.clone();
    // What cannot be returned is tried all the same: the answer tells why.
    let found = service.inspect(move |core| {
        let rows: Vec<_> = core.view().installed.into_iter().filter(|row| row.option.id == wanted).collect();
        let returnable = rows.iter().find_map(|row| row.returnable.map(|it| it.licence));
        returnable.or(rows.first().map(|row| row.licence))
    });
    let licence = found.ok_or_else(Fault::silent)?.ok_or(Failure::Job(JobFault::NotInstalled))?;
    service.apply(Command::Return(licence));
    let answer = service.watch(PATIENCE, |core| match core.view().returning {
        Returning::Asking(_) => None,
        Returning::Failed(failure) => Some(Err(failure)),
        Returning::No => Some(Ok(())),
    });
    answer.ok_or_else(Fault::silent)??;
    let told = service.watch(PATIENCE, move |core: &Core| match core.receipt_of(licence) {
        None | Some(ReceiptState::Filed) => Some(true),
        Some(_) if core.view().link == LinkState::Down => Some(false),
        Some(_) => None,
    });
    let credited = told.unwrap_or(false);
    out.print(&json!({ "option": option, "licence": licence.to_string(), "credited": credited }), || {
        if credited {
            format!("{option} is returned and erased; its price is credited.")
        } else {
            format!("{option} is returned and erased; its price is credited when the vendor can be reached.")
        }
    });
    Ok(())
}
