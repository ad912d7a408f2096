//! `panel-app buy` and `cancel`: a purchase without a screen.

use protocol::{ContractUserId, OptionId, OrderId, RefusalCode, UsageForm};
use serde_json::json;

use super::PATIENCE;
use super::output::{Fault, Output};
use super::show::{order_json, stage_name};
use crate::core::{Command, Core, Failure, FailureAdvice, Screen};
use crate::service::Service;

/// How a purchase has ended.
enum End {
    Done(OrderId),
    Failed(Failure, FailureAdvice),
    Contract(RefusalCode),
    Other(OptionId),
}

pub(super) fn buy(
    service: &Service,
    option: &OptionId,
    form: UsageForm,
    contract: Option<ContractUserId>,
    out: Output,
) -> Result<(), Fault> {
    service.apply(Command::Buy { option: option.clone(), form, contract });
    let wanted = option.clone();
    let end = service.watch(PATIENCE, move |core| end_of_purchase(core, &wanted)).ok_or_else(Fault::silent)?;
    match end {
        End::Done(order) => {
            let record = service.inspect(move |core| core.orders().find(|o| o.id == order).cloned());
            let record = record.flatten().ok_or_else(Fault::silent)?;
            service.apply(Command::Dismiss);
            out.print(&order_json(&record), || {
                let licence = protocol::LicenceId::from(order);
                format!("order {order}\nstate {}\nlicence {licence} ({form})", stage_name(record.stage))
            });
            Ok(())
        }
        End::Failed(failure, advice) => {
            // What can go on stays as it is, for the next `buy`; the rest is closed.
            if advice != FailureAdvice::Continue {
                service.apply(Command::Dismiss);
            }
            Err(failure.into())
        }
        End::Contract(code) => {
            service.apply(Command::Cancel);
            Err(code.into())
        }
        End::Other(other) => Err(Fault::refused(
            "purchase-unfinished",
            format!("A purchase of {other} is unfinished. Finish it with 'buy {other}', or end it with 'cancel'."),
        )),
    }
}

fn end_of_purchase(core: &Core, wanted: &OptionId) -> Option<End> {
    match core.view().screen {
        Screen::Done { order, .. } => Some(End::Done(order)),
        Screen::Failed { failure, advice, .. } => Some(End::Failed(failure, advice)),
        Screen::ContractId { refused, .. } => Some(End::Contract(refused.unwrap_or(RefusalCode::ContractRequired))),
        Screen::Requesting { option }
        | Screen::Downloading { option, .. }
        | Screen::Choose { option, .. }
        | Screen::Buying { option, .. }
            if option.id != *wanted =>
        {
            Some(End::Other(option.id))
        }
        _ => None,
    }
}

pub(super) fn cancel(service: &Service, out: Output) -> Result<(), Fault> {
    let is_buying = |core: &Core| matches!(core.view().screen, Screen::Buying { .. });
    if service.inspect(is_buying).unwrap_or(false) {
        let text = "The choice is made and may be charged already; the purchase can only be finished.";
        return Err(Fault::refused(RefusalCode::AlreadyLicensed.code(), text));
    }
    service.apply(Command::Cancel);
    service.apply(Command::Dismiss);
    let told = service.watch(PATIENCE, |core| {
        let open: Vec<_> = core.orders().filter(|o| !o.stage.is_final()).map(|o| o.id.to_string()).collect();
        (open.is_empty() || core.view().link == crate::core::LinkState::Down).then_some(open)
    });
    let open = told.ok_or_else(Fault::silent)?;
    if !open.is_empty() {
        return Err(Fault::network(
            "link-lost",
            "The purchase is cancelled here; the vendor is told when it can be reached.",
        ));
    }
    out.print(&json!({ "unfinished": open }), || "No purchase is unfinished.".to_owned());
    Ok(())
}
