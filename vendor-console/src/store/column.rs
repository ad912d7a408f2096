//! From the types of the field to columns and back. What is read is checked like anything from outside: a database that
//! was edited by hand gives an error, not a wrong charge.

use std::str::FromStr;

use protocol::message::report::{FaultKind, Standing};
use protocol::message::staff::FlagReason;
use protocol::offer::{Offer, OfferList};
use protocol::package::{Feature, FeatureList, OptionKind, PackageContent, ProgramLimits};
use protocol::text::TextError;
use protocol::{
    Digest, EndReason, FailureCode, LicenceId, LockReason, OrderId, OrderState, RefusalCode, Text, Timestamp, Yen,
};
use serde::{Deserialize, Serialize};

use super::StoreError;

fn corrupt(what: &str, value: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{value} as {what}"))
}

pub(super) fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| corrupt("a number", value))
}

pub(super) fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| corrupt("a count", value))
}

pub(super) fn small(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| corrupt("a number", value))
}

pub(super) fn ms(time: Timestamp) -> Result<i64, StoreError> {
    integer(time.as_ms())
}

pub(super) fn time(ms: i64) -> Result<Timestamp, StoreError> {
    unsigned(ms).map(Timestamp::from_ms)
}

pub(super) fn amount(yen: Yen) -> Result<i64, StoreError> {
    integer(yen.amount())
}

pub(super) fn yen(amount: i64) -> Result<Yen, StoreError> {
    Yen::new(unsigned(amount)?).map_err(|_| corrupt("an amount", amount))
}

pub(super) fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| corrupt("a digest", bytes.len()))
}

pub(super) fn parse<T: FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| corrupt(std::any::type_name::<T>(), text))
}

pub(super) fn words<const MAX: usize>(text: &str) -> Result<Text<MAX>, StoreError> {
    Text::new(text).map_err(|error: TextError| corrupt("a text", error))
}

pub(super) const fn kind_name(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::Program => "program",
        OptionKind::FontPack => "font-pack",
    }
}

pub(super) fn kind(name: &str) -> Result<OptionKind, StoreError> {
    match name {
        "program" => Ok(OptionKind::Program),
        "font-pack" => Ok(OptionKind::FontPack),
        other => Err(corrupt("a kind of option", other)),
    }
}

/// Why an order is refused or failed, for its own column.
pub(super) const fn reason(state: OrderState) -> Option<&'static str> {
    match state {
        OrderState::Refused(code) => Some(code.code()),
        OrderState::Failed(code) => Some(code.code()),
        _ => None,
    }
}

pub(super) fn failure(code: &str) -> Result<FailureCode, StoreError> {
    let found = FailureCode::ALL.iter().copied().find(|failure| failure.code() == code);
    found.ok_or_else(|| corrupt("a failure", code))
}

pub(super) fn state(name: &str, reason: Option<&str>) -> Result<OrderState, StoreError> {
    match (name, reason) {
        ("authorised", None) => Ok(OrderState::Authorised),
        ("sent", None) => Ok(OrderState::Sent),
        ("received", None) => Ok(OrderState::Received),
        ("delivered", None) => Ok(OrderState::Delivered),
        ("licensed", None) => Ok(OrderState::Licensed),
        ("cancelled", None) => Ok(OrderState::Cancelled),
        ("expired", None) => Ok(OrderState::Expired),
        ("failed", Some(code)) => failure(code).map(OrderState::Failed),
        ("refused", Some(code)) => {
            let found = RefusalCode::ALL.iter().copied().find(|refusal| refusal.code() == code);
            found.map(OrderState::Refused).ok_or_else(|| corrupt("a refusal", code))
        }
        (name, _) => Err(corrupt("a state", name)),
    }
}

/// Where a licence stands, for its columns: state, reason, instant.
pub(super) fn standing_columns(
    standing: Standing,
) -> Result<(&'static str, Option<&'static str>, Option<i64>), StoreError> {
    Ok(match standing {
        Standing::Active => ("active", None, None),
        Standing::Locked(reason) => ("locked", Some(reason.name()), None),
        Standing::Ended(reason, at) => ("ended", Some(reason.name()), Some(ms(at)?)),
    })
}

pub(super) fn standing(state: &str, reason: Option<&str>, at: Option<i64>) -> Result<Standing, StoreError> {
    let unknown = || corrupt("where a licence stands", state);
    match (state, reason, at) {
        ("active", None, _) => Ok(Standing::Active),
        ("locked", Some(reason), _) => {
            let found = LockReason::ALL.into_iter().find(|lock| lock.name() == reason);
            found.map(Standing::Locked).ok_or_else(unknown)
        }
        ("ended", Some(reason), Some(at)) => {
            let found = EndReason::ALL.into_iter().find(|end| end.name() == reason);
            Ok(Standing::Ended(found.ok_or_else(unknown)?, time(at)?))
        }
        _ => Err(unknown()),
    }
}

pub(super) fn flag(name: &str) -> Result<FlagReason, StoreError> {
    FlagReason::ALL.into_iter().find(|flag| flag.name() == name).ok_or_else(|| corrupt("a flag", name))
}

/// `clock-set-back:3600000`, `record-edited:01938a5e-...`.
pub(super) fn fault_text(kind: FaultKind) -> String {
    match kind {
        FaultKind::ClockSetBack(ms) => format!("clock-set-back:{ms}"),
        FaultKind::ClockJumped(ms) => format!("clock-jumped:{ms}"),
        FaultKind::RecordEdited(licence) => format!("record-edited:{licence}"),
        FaultKind::RecordMissing(licence) => format!("record-missing:{licence}"),
        FaultKind::SealBroken => "seal-broken:".to_owned(),
    }
}

pub(super) fn fault(text: &str) -> Result<FaultKind, StoreError> {
    let unknown = || corrupt("what a device has noticed", text);
    let (kind, detail) = text.split_once(':').ok_or_else(unknown)?;
    let ms = || detail.parse().map_err(|_| unknown());
    let licence = || detail.parse::<OrderId>().map(LicenceId::from).map_err(|_| unknown());
    Ok(match kind {
        "clock-set-back" => FaultKind::ClockSetBack(ms()?),
        "clock-jumped" => FaultKind::ClockJumped(ms()?),
        "record-edited" => FaultKind::RecordEdited(licence()?),
        "record-missing" => FaultKind::RecordMissing(licence()?),
        "seal-broken" if detail.is_empty() => FaultKind::SealBroken,
        _ => return Err(unknown()),
    })
}

/// The names of the states in which something can still happen to an order.
pub(super) const OPEN_STATES: [&str; 4] = ["authorised", "sent", "received", "delivered"];

#[derive(Serialize, Deserialize)]
struct OfferColumn {
    form: String,
    yen: u64,
    #[serde(default)]
    trial: bool,
}

pub(super) fn offers_json(offers: &OfferList) -> Result<String, StoreError> {
    let columns: Vec<_> = offers
        .iter()
        .map(|offer| OfferColumn { form: offer.form.to_string(), yen: offer.price.amount(), trial: offer.trial })
        .collect();
    serde_json::to_string(&columns).map_err(|error| corrupt("offers", error))
}

pub(super) fn offers(json: &str) -> Result<OfferList, StoreError> {
    let columns: Vec<OfferColumn> = serde_json::from_str(json).map_err(|error| corrupt("offers", error))?;
    let offers = columns
        .into_iter()
        .map(|column| {
            let price = Yen::new(column.yen).map_err(|error| corrupt("offers", error))?;
            Ok(Offer { form: parse(&column.form)?, price, trial: column.trial })
        })
        .collect::<Result<_, StoreError>>()?;
    OfferList::new(offers).map_err(|error| corrupt("offers", error))
}

pub(super) fn provides_json(provides: &FeatureList) -> Result<String, StoreError> {
    let names: Vec<_> = provides.iter().map(Feature::as_str).collect();
    serde_json::to_string(&names).map_err(|error| corrupt("features", error))
}

pub(super) fn provides(json: &str) -> Result<FeatureList, StoreError> {
    serde_json::from_str(json).map_err(|error| corrupt("features", error))
}

/// What a program may take; `None` and `None` are a font pack.
pub(super) fn package_content(
    memory_mib: Option<i64>,
    fuel_per_page: Option<i64>,
) -> Result<PackageContent, StoreError> {
    let (memory_mib, fuel_per_page) = match (memory_mib, fuel_per_page) {
        (None, None) => return Ok(PackageContent::FontPack),
        (Some(memory_mib), Some(fuel_per_page)) => (memory_mib, fuel_per_page),
        half => return Err(corrupt("limits", format_args!("{half:?}"))),
    };
    let memory_mib = u16::try_from(memory_mib).map_err(|_| corrupt("limits", memory_mib))?;
    let limits = ProgramLimits::new(memory_mib, unsigned(fuel_per_page)?);
    limits.map(PackageContent::Program).map_err(|error| corrupt("limits", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_state_reads_back_as_it_was_written() {
        use OrderState::{Authorised, Cancelled, Delivered, Expired, Licensed, Received, Sent};
        let plain = [Authorised, Sent, Received, Delivered, Licensed, Cancelled, Expired];
        let refused = RefusalCode::ALL.iter().copied().map(OrderState::Refused);
        let failed = FailureCode::ALL.iter().copied().map(OrderState::Failed);
        for written in plain.into_iter().chain(refused).chain(failed) {
            assert_eq!(state(written.name(), reason(written)).unwrap(), written);
            assert_eq!(OPEN_STATES.contains(&written.name()), written.is_open(), "{written:?}");
        }
        assert!(state("licensed", Some("busy")).is_err());
        assert!(state("refused", None).is_err());
    }

    #[test]
    fn standings_and_faults_read_back_as_they_were_written() {
        let at = Timestamp::from_ms(5);
        let mut standings = vec![Standing::Active];
        standings.extend(LockReason::ALL.map(Standing::Locked));
        standings.extend(EndReason::ALL.map(|reason| Standing::Ended(reason, at)));
        for written in standings {
            let (state, reason, at) = standing_columns(written).unwrap();
            assert_eq!(standing(state, reason, at).unwrap(), written);
        }
        assert!(standing("locked", None, None).is_err() && standing("ended", Some("used-up"), None).is_err());
        let licence = LicenceId(uuid::Uuid::from_u128(7));
        for kind in [
            FaultKind::ClockSetBack(u64::MAX),
            FaultKind::ClockJumped(0),
            FaultKind::RecordEdited(licence),
            FaultKind::RecordMissing(licence),
            FaultKind::SealBroken,
        ] {
            assert_eq!(fault(&fault_text(kind)).unwrap(), kind);
        }
        assert!(fault("seal-broken").is_err() && fault("clock-jumped:x").is_err());
    }

    #[test]
    fn offers_read_back_as_they_were_written_and_nothing_else_does() {
        let offer = |form: &str, price| Offer::new(form.parse().unwrap(), Yen::new(price).unwrap());
        let trial = Offer::trial("days:7".parse().unwrap());
        let list = OfferList::new(vec![offer("permanent", 20_000), offer("uses:10", 2_000), trial]).unwrap();
        assert_eq!(offers(&offers_json(&list).unwrap()).unwrap(), list);
        for bad in ["", "[]", r#"[{"form":"uses:0","yen":1}]"#, r#"[{"form":"permanent","yen":-1}]"#] {
            assert!(matches!(offers(bad), Err(StoreError::Corrupt(_))), "{bad}");
        }
    }

    #[test]
    fn what_a_release_may_take_and_gives_reads_back() {
        let list = FeatureList::new(vec!["deskew".parse().unwrap(), "clean-up".parse().unwrap()]).unwrap();
        assert_eq!(provides(&provides_json(&list).unwrap()).unwrap(), list);
        assert!(provides(r#"["deskew","deskew"]"#).is_err() && provides(r#"["OCR"]"#).is_err());
        let limits = ProgramLimits::new(64, 5).unwrap();
        assert_eq!(package_content(Some(64), Some(5)).unwrap(), PackageContent::Program(limits));
        assert_eq!(package_content(None, None).unwrap(), PackageContent::FontPack);
        for bad in [(None, Some(1)), (Some(1), None), (Some(0), Some(1)), (Some(70_000), Some(1)), (Some(1), Some(-1))]
        {
            assert!(package_content(bad.0, bad.1).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_that_do_not_fit_are_errors() {
        assert!(integer(u64::MAX).is_err());
        assert!(time(-1).is_err());
        assert!(yen(i64::MAX).is_err());
        assert!(small(1 << 32).is_err());
    }
}
