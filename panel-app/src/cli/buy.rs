//! `panel-app buy` and `cancel`: a purchase without a screen.

use std::io::{BufRead as _, Read as _};
use std::path::Path;

use protocol::pin::PinError;
use protocol::{ContractPin, ContractUserId, OptionId, OrderId, RefusalCode, UsageForm};
use serde_json::json;
use zeroize::Zeroizing;

use super::PATIENCE;
use super::output::{Fault, Output};
use super::show::{order_json, stage_name};
use crate::core::{Command, Core, Failure, FailureAdvice, OrderRecord, Screen, Stage};
use crate::service::Service;

/// Bytes of the longest line with a PIN that is read.
const PIN_LINE_MAX: u64 = 64;

/// How a purchase has ended.
enum End {
    Done(OrderId),
    Failed(Failure, FailureAdvice),
    Contract(RefusalCode, Option<u64>),
    PriceChanged,
    Other(OptionId),
}

pub(super) fn buy(
    service: &Service,
    option: &OptionId,
    form: UsageForm,
    contract: Option<ContractUserId>,
    pin: Option<ContractPin>,
    out: Output,
) -> Result<(), Fault> {
    check_unfinished(service, option, form, contract.as_ref())?;
    service.apply(Command::Buy { option: option.clone(), form, contract, pin });
    let wanted = option.clone();
    let end = service.watch(PATIENCE, move |core| end_of_purchase(core, &wanted)).ok_or_else(Fault::silent)?;
    match end {
        End::Done(order) => {
            let record = service.inspect(move |core| core.orders().find(|o| o.id == order).cloned());
            let record = record.flatten().ok_or_else(Fault::silent)?;
            service.apply(Command::Dismiss);
            out.print(&order_json(&record), || {
                let (licence, state) = (protocol::LicenceId::from(order), stage_name(record.stage));
                let form = match record.stage {
                    Stage::Done(form, _) => form,
                    _ => form,
                };
                format!("order {order}\nstate {state}\nlicence {licence} ({form})")
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
        End::Contract(code, wait_ms) => {
            service.apply(Command::Cancel);
            Err(match wait_ms {
                Some(wait_ms) => Fault::refused(
                    code.code(),
                    format!("{} Try again in {} seconds.", code.sentence(), wait_ms.div_ceil(1_000)),
                ),
                None => code.into(),
            })
        }
        End::PriceChanged => Err(Fault::refused(
            "price-changed",
            "The price has changed. See 'catalogue', then run the command again to accept it, or 'cancel'.",
        )),
        End::Other(other) => Err(Fault::refused(
            "purchase-unfinished",
            format!("A purchase of {other} is unfinished. Finish it with 'buy {other}', or end it with 'cancel'."),
        )),
    }
}

/// The PIN in a file, or the first line of standard input for `-`. It is not an argument: those are seen by others.
pub(super) fn read_pin(path: &Path) -> Result<ContractPin, Fault> {
    let mut line = Zeroizing::new(String::new());
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(PIN_LINE_MAX).read_line(&mut line).map(drop)
    } else {
        let file = std::fs::File::open(path);
        file.and_then(|file| std::io::BufReader::new(file.take(PIN_LINE_MAX)).read_line(&mut line).map(drop))
    };
    read.map_err(|error| Fault::usage("no-pin", format!("The PIN cannot be read: {error}.")))?;
    line.trim().parse().map_err(|error: PinError| Fault::usage("no-pin", format!("The file holds no PIN: {error}.")))
}

/// An unfinished purchase of the option is continued only if it is the one that is asked for.
fn check_unfinished(
    service: &Service,
    option: &OptionId,
    form: UsageForm,
    contract: Option<&ContractUserId>,
) -> Result<(), Fault> {
    let wanted = option.clone();
    let unfinished = service.inspect(move |core| {
        let open = |o: &&OrderRecord| !matches!(o.stage, Stage::Abandoning(_));
        core.unfinished().filter(open).find(|o| o.option.id == wanted).cloned()
    });
    let Some(order) = unfinished.flatten() else { return Ok(()) };
    let is_other = |text: &str| {
        let advice = format!("Finish that one first, or end it with 'cancel'. ({})", order.id);
        Err(Fault::refused("purchase-unfinished", format!("{text} {advice}")))
    };
    if contract.is_some() && order.contract.as_ref() != contract {
        return is_other("An unfinished purchase of this option names another contract user ID.");
    }
    match (order.stage, &order.authorised) {
        (Stage::Buying(chosen), _) if chosen != form => {
            is_other("An unfinished purchase of this option is in another form, and may be charged already.")
        }
        (_, Some(authorised)) if authorised.offers.find(form).is_none() => Err(RefusalCode::OfferNotAvailable.into()),
        _ => Ok(()),
    }
}

fn end_of_purchase(core: &Core, wanted: &OptionId) -> Option<End> {
    match core.view().screen {
        Screen::Done { order, .. } => Some(End::Done(order)),
        Screen::Failed { failure, advice, .. } => Some(End::Failed(failure, advice)),
        // The price is not the one of the catalogue any more: somebody has to see it first.
        Screen::Choose { option, .. } if option.id == *wanted => Some(End::PriceChanged),
        Screen::ContractId { refused, blocked_until, .. } => {
            let wait_ms = blocked_until.map(|until| until.ms_since(core.view().now));
            Some(End::Contract(refused.unwrap_or(RefusalCode::ContractRequired), wait_ms))
        }
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
        let open: Vec<_> = core.unfinished().map(|o| o.id.to_string()).collect();
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
