//! `panel-app restore`: a device whose store was replaced gets its licences and packages back.

use std::time::Duration;

use serde_json::json;

use super::output::{Fault, Output};
use crate::core::{Failure, LinkState, Restoration};
use crate::service::Service;

/// Large packages take their time; each transfer ends by itself when too little arrives.
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn restore(service: &Service, out: Output) -> Result<(), Fault> {
    if service.inspect(|core| core.enrolment().is_none()) == Some(true) {
        return Err(Failure::NotEnrolled.into());
    }
    let end = service.watch(PATIENCE, |core| match (core.restoration(), core.view().link) {
        (Restoration::Complete, _) => Some(Ok(core.view().installed)),
        (Restoration::NotWritten(fault), _) => Some(Err(Failure::Fault(fault.into()).into())),
        (_, LinkState::Down) => Some(Err(Failure::Fault(protocol::FailureCode::LinkLost).into())),
        (Restoration::PutOff, _) => {
            Some(Err(Fault::refused("restore-unfinished", "Not everything can be fetched now. Try again later.")))
        }
        (Restoration::UnderWay, _) => None,
    });
    let installed = end.ok_or_else(Fault::silent)??;
    let licences: Vec<String> = installed.iter().map(|row| row.licence.to_string()).collect();
    out.print(&json!({ "licences": licences }), || match licences.len() {
        0 => "This device has no licence.".to_owned(),
        1 => "1 licence is here, with its package.".to_owned(),
        n => format!("{n} licences are here, with their packages."),
    });
    Ok(())
}
