//! `panel-app catalogue`, `options`, `orders`: what there is.

use protocol::message::device::Bilingual;
use protocol::time::HOUR_MS;
use protocol::{Offer, UsageForm};
use serde_json::{Value, json};

use super::PATIENCE;
use super::output::{Fault, Output};
use crate::core::{
    Abandoned, Command, Failure, LicenceNote, OptionSummary, OrderRecord, Progress, Screen, Soon, Stage, WarnAt,
};
use crate::service::Service;

pub(super) fn catalogue(service: &Service, out: Output) -> Result<(), Fault> {
    service.apply(Command::Go(crate::core::Place::Store));
    let rows = service.watch(PATIENCE, |core| match (core.catalogue_fetch(), core.view().screen) {
        (None, _) => None,
        (Some(Some(failure)), _) | (_, Screen::Store(Progress::Failed(failure))) => Some(Err(failure)),
        (Some(None), Screen::Store(Progress::Ready(rows))) => Some(Ok(rows)),
        (Some(None), _) => Some(Err(Failure::NotEnrolled)),
    });
    let rows = rows.ok_or_else(Fault::silent)?.map_err(Fault::from)?;
    let value: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut value = option_json(&row.option);
            value["offers"] = row.offers.iter().map(offer_json).collect();
            value["installed"] = row.installed.into();
            value
        })
        .collect();
    out.print(&value, || {
        let line = |row: &crate::core::StoreRow| {
            let offers: Vec<String> = row.offers.iter().map(offer_text).collect();
            let mark = if row.installed { "  [installed]" } else { "" };
            format!("{:<24} {:<40} {}{mark}", row.option.id, row.option.name.en.as_str(), offers.join(", "))
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

pub(super) fn options(service: &Service, out: Output) -> Result<(), Fault> {
    let installed = service.inspect(|core| core.view().installed).ok_or_else(Fault::silent)?;
    let value: Vec<Value> = installed
        .iter()
        .map(|row| {
            let mut value = option_json(&row.option);
            value["licence"] = row.licence.to_string().into();
            value["form"] = row.form.to_string().into();
            value["price_yen"] = row.price.amount().into();
            value["since_ms"] = row.since.as_ms().into();
            value["licences"] = row.licences.iter().map(ToString::to_string).collect();
            match row.left {
                LicenceNote::Uses(left) => value["uses_left"] = left.into(),
                LicenceNote::Time(left_ms) => value["left_ms"] = left_ms.into(),
                LicenceNote::TimeAndUses(left_ms, left) => {
                    value["left_ms"] = left_ms.into();
                    value["uses_left"] = left.into();
                }
                LicenceNote::Used(used) => value["used"] = used.into(),
                LicenceNote::Locked(reason) => value["locked"] = reason.name().into(),
                LicenceNote::Unlimited | LicenceNote::Ending => {}
            }
            if let Some(due) = row.contact_due {
                value["contact_due_ms"] = due.as_ms().into();
            }
            match row.soon {
                Some(Soon::Uses(left)) => value["warning"] = json!({ "kind": "uses", "uses_left": left }),
                Some(Soon::Over(left_ms)) => value["warning"] = json!({ "kind": "period", "left_ms": left_ms }),
                Some(Soon::Contact(left_ms)) => value["warning"] = json!({ "kind": "contact", "left_ms": left_ms }),
                None => {}
            }
            value
        })
        .collect();
    out.print(&value, || {
        if installed.is_empty() {
            return "No option is installed.".to_owned();
        }
        let line = |row: &crate::core::InstalledOption| {
            let warning = match row.soon {
                Some(Soon::Contact(left_ms)) => {
                    format!("  [locks in {} hours without the vendor]", left_ms.div_ceil(HOUR_MS))
                }
                Some(Soon::Uses(_) | Soon::Over(_)) => "  [ends soon]".to_owned(),
                None => String::new(),
            };
            format!("{:<24} {:<12} {}{warning}", row.option.id, row.form.to_string(), note_text(row.left))
        };
        installed.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

pub(super) fn orders(service: &Service, out: Output) -> Result<(), Fault> {
    let orders: Vec<OrderRecord> =
        service.inspect(|core| core.orders().cloned().collect()).ok_or_else(Fault::silent)?;
    let value: Vec<Value> = orders.iter().map(order_json).collect();
    out.print(&value, || {
        if orders.is_empty() {
            return "There are no orders.".to_owned();
        }
        let line = |o: &OrderRecord| format!("{}  {:<24} {}", o.id, o.option.id, stage_name(o.stage));
        orders.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(())
}

/// When the panel warns, changed as far as something else is said.
pub(super) fn warn(service: &Service, uses: Option<u32>, days: Option<u16>, out: Output) -> Result<(), Fault> {
    let before = service.inspect(|core| core.view().warn).ok_or_else(Fault::silent)?;
    let wanted = WarnAt { uses: uses.unwrap_or(before.uses), days: days.unwrap_or(before.days) };
    if wanted != before {
        service.apply(Command::WarnAt(wanted));
    }
    let warn = service.inspect(|core| core.view().warn).ok_or_else(Fault::silent)?;
    if warn != wanted {
        return Err(Failure::Fault(protocol::FailureCode::Storage).into());
    }
    out.print(&json!({ "uses": warn.uses, "days": warn.days }), || {
        format!("Warns at {} uses and at {} days left.", warn.uses, warn.days)
    });
    Ok(())
}

/// An order for scripts.
pub(super) fn order_json(order: &OrderRecord) -> Value {
    let mut value = json!({
        "order": order.id.to_string(),
        "option": order.option.id,
        "state": stage_name(order.stage),
        "created_at_ms": order.created_at.as_ms(),
    });
    match order.stage {
        Stage::Done(form, price) => {
            value["licence"] = protocol::LicenceId::from(order.id).to_string().into();
            value["form"] = form.to_string().into();
            value["price_yen"] = price.amount().into();
        }
        Stage::Buying(form) => value["form"] = form.to_string().into(),
        Stage::Refused(code) => value["code"] = code.code().into(),
        Stage::Abandoning(Abandoned::Failed(code)) | Stage::Abandoned(Abandoned::Failed(code)) => {
            value["code"] = code.code().into();
        }
        _ => {}
    }
    value
}

/// The stable name of a stage.
pub(super) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Requested => "requested",
        Stage::Downloading => "downloading",
        Stage::Confirming => "confirming",
        Stage::Choosing => "choosing",
        Stage::Buying(_) => "buying",
        Stage::Done(..) => "done",
        Stage::Refused(_) => "refused",
        Stage::Abandoning(_) => "abandoning",
        Stage::Abandoned(Abandoned::Cancelled) => "cancelled",
        Stage::Abandoned(Abandoned::Failed(_)) => "failed",
    }
}

pub(super) fn option_json(option: &OptionSummary) -> Value {
    let both = |text: &Bilingual<protocol::text::Name>| json!({ "ja": text.ja.as_str(), "en": text.en.as_str() });
    json!({
        "option": option.id,
        "name": both(&option.name),
        "version": option.version.0,
        "download_bytes": option.stored_bytes,
    })
}

pub(super) fn offer_json(offer: &Offer) -> Value {
    json!({ "form": offer.form.to_string(), "price_yen": offer.price.amount(), "trial": offer.trial })
}

pub(super) fn offer_text(offer: &Offer) -> String {
    if offer.trial {
        format!("{} to try", form_text(offer.form))
    } else {
        format!("{} {}", form_text(offer.form), offer.price)
    }
}

fn form_text(form: UsageForm) -> String {
    match form {
        UsageForm::Permanent => "permanent".to_owned(),
        UsageForm::Uses(n) => format!("{n} uses"),
        UsageForm::Days(n) => format!("{n} days"),
        UsageForm::Metered => "each use".to_owned(),
    }
}

/// What is left, for people.
pub(super) fn note_text(note: LicenceNote) -> String {
    match note {
        LicenceNote::Unlimited => "for ever".to_owned(),
        LicenceNote::Uses(left) => format!("{left} uses left"),
        LicenceNote::Time(left_ms) if left_ms >= 48 * HOUR_MS => format!("{} days left", left_ms / (24 * HOUR_MS)),
        LicenceNote::Time(left_ms) => format!("{} hours left", left_ms.div_ceil(HOUR_MS)),
        LicenceNote::TimeAndUses(left_ms, left) => {
            format!("{}, then {left} uses", note_text(LicenceNote::Time(left_ms)))
        }
        LicenceNote::Used(used) => format!("{used} uses so far"),
        LicenceNote::Ending => "ends after the running job".to_owned(),
        LicenceNote::Locked(reason) => format!("locked: {}", reason.name()),
    }
}
