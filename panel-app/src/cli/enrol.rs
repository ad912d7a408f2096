//! `panel-app enrol`: registers this device with the vendor.

use serde_json::json;

use super::PATIENCE;
use super::args::EnrolArgs;
use super::output::{Fault, Output};
use crate::core::{Command, EnrolForm, Place, Screen};
use crate::service::Service;

pub(super) fn enrol(service: &Service, args: EnrolArgs, out: Output) -> Result<(), Fault> {
    let EnrolArgs { vendor, ca_fingerprint, serial, code } = args;
    service.apply(Command::Go(Place::ServerAddress));
    service.apply(Command::Enrol(EnrolForm { vendor, ca_fingerprint, serial, code }));
    let outcome = service.watch(PATIENCE, |core| match core.view().screen {
        Screen::ServerAddress { busy: true, .. } => None,
        Screen::ServerAddress { failed: Some(failure), .. } => Some(Err(failure)),
        _ => core.enrolment().cloned().map(Ok),
    });
    let enrolment = outcome.ok_or_else(Fault::silent)?.map_err(Fault::from)?;
    let value = json!({
        "serial": enrolment.serial,
        "vendor": enrolment.vendor,
        "ca_fingerprint": enrolment.ca_fingerprint.to_string(),
    });
    out.print(&value, || format!("{} is enrolled with {}.", enrolment.serial, enrolment.vendor));
    Ok(())
}
