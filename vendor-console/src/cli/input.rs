//! Argument types of the command line: what is typed becomes a protocol type or a usage error.

use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::str::FromStr;

use protocol::message::staff::Settlement;
use protocol::package::OptionKind;
use protocol::pin::PinError;
use protocol::{ContractPin, Offer, OfferList, Timestamp, UsageForm, Yen};

use zeroize::Zeroizing;

use super::CliError;

/// When charges are invoiced.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum SettlementArg {
    /// At the periodic settlement
    Monthly,
    /// Only when an invoice is asked for
    OnDemand,
}

impl From<SettlementArg> for Settlement {
    fn from(arg: SettlementArg) -> Self {
        match arg {
            SettlementArg::Monthly => Self::Monthly,
            SettlementArg::OnDemand => Self::OnDemand,
        }
    }
}

pub(super) const fn settlement_name(settlement: Settlement) -> &'static str {
    match settlement {
        Settlement::Monthly => "monthly",
        Settlement::OnDemand => "on-demand",
    }
}

/// What kind of software an option is.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum KindArg {
    /// Works on the pages or the text of a job
    Program,
    /// Faces for print jobs
    FontPack,
}

impl From<KindArg> for OptionKind {
    fn from(arg: KindArg) -> Self {
        match arg {
            KindArg::Program => Self::Program,
            KindArg::FontPack => Self::FontPack,
        }
    }
}

pub(super) const fn kind_name(kind: OptionKind) -> &'static str {
    match kind {
        OptionKind::Program => "program",
        OptionKind::FontPack => "font-pack",
    }
}

/// Bytes of the longest line with a PIN that is read.
const PIN_LINE_MAX: u64 = 64;

/// The PIN in a file, or in the first line of standard input for `-`. It is not an argument: those are seen by others.
pub(super) fn read_pin(path: &Path) -> Result<ContractPin, CliError> {
    let mut line = Zeroizing::new(String::new());
    if path == Path::new("-") {
        std::io::stdin().lock().take(PIN_LINE_MAX).read_line(&mut line)?;
    } else {
        std::io::BufReader::new(std::fs::File::open(path)?.take(PIN_LINE_MAX)).read_line(&mut line)?;
    }
    line.trim().parse().map_err(|error: PinError| CliError::Usage(error.to_string()))
}

/// `permanent=20000`, `uses:10=2000`, `days:30=1500`, `metered=30`, `uses:3=trial`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OfferArg(Offer);

impl FromStr for OfferArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (form, price) = text.split_once('=').ok_or("an offer looks like uses:10=2000")?;
        let form: UsageForm = form.parse().map_err(|error: protocol::offer::UsageFormError| error.to_string())?;
        if price == "trial" {
            return Ok(Self(Offer::trial(form)));
        }
        let price: u64 = price.parse().map_err(|_| "a price is a number of whole yen, or trial".to_owned())?;
        let price = Yen::new(price).map_err(|error| error.to_string())?;
        Ok(Self(Offer::new(form, price)))
    }
}

pub(super) fn offer_list(offers: &[OfferArg]) -> Result<OfferList, CliError> {
    OfferList::new(offers.iter().map(|arg| arg.0).collect()).map_err(|error| CliError::Usage(error.to_string()))
}

/// An instant: `2026-11-30` means its first moment in local time; RFC 3339 says it exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InstantArg(pub(super) Timestamp);

impl FromStr for InstantArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a time looks like 2026-11-30 or 2026-11-30T09:00:00+09:00".to_owned();
        let instant = match text.parse::<jiff::civil::Date>() {
            Ok(date) if text.len() == 10 => {
                date.to_zoned_datetime(jiff::tz::TimeZone::system()).map_err(|_| wrong())?.timestamp()
            }
            _ => text.parse::<jiff::Timestamp>().map_err(|_| wrong())?,
        };
        u64::try_from(instant.as_millisecond()).map(|ms| Self(Timestamp::from_ms(ms))).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_a_form_and_a_price_and_nothing_else() {
        let offers: Vec<OfferArg> = ["permanent=20000", "uses:10=2000", "days:30=1500", "metered=30"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let list = offer_list(&offers).unwrap();
        assert_eq!(list.find(UsageForm::Permanent).unwrap().price.amount(), 20_000);
        assert!(offer_list(&[offers[0], "uses:3=trial".parse().unwrap()]).unwrap().as_slice()[1].trial);
        assert!(matches!(offer_list(&["permanent=trial".parse().unwrap()]), Err(CliError::Usage(_))));
        for bad in ["permanent", "uses:0=1", "uses:10=-1", "days:30=1e3", "permanent=1000000000000", "=5"] {
            assert!(bad.parse::<OfferArg>().is_err(), "{bad}");
        }
        assert!(matches!(offer_list(&[offers[0], offers[0]]), Err(CliError::Usage(_))));
    }

    #[test]
    fn a_pin_is_the_first_line_of_its_file_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let file = folder.path().join("pin");
            std::fs::write(&file, text).unwrap();
            read_pin(&file)
        };
        assert_eq!(read("004711\nmore").unwrap(), "004711".parse().unwrap());
        assert_eq!(read("0471").unwrap(), "0471".parse().unwrap());
        for bad in ["", "\n0471", "047", "0471 0471", &"1".repeat(100)] {
            let error = read(bad).unwrap_err();
            assert!(matches!(&error, CliError::Usage(text) if !text.contains("0471")), "{bad}: {error}");
        }
        assert!(matches!(read_pin(&folder.path().join("missing")), Err(CliError::Io(_))));
    }

    #[test]
    fn an_instant_can_be_a_day_or_exact() {
        let exact: InstantArg = "2026-11-30T09:00:00+09:00".parse().unwrap();
        assert_eq!(exact.0.as_ms(), 1_795_996_800_000);
        assert!("2026-11-30".parse::<InstantArg>().is_ok());
        for bad in ["", "yesterday", "2026-13-01", "1969-12-31T00:00:00Z"] {
            assert!(bad.parse::<InstantArg>().is_err(), "{bad}");
        }
    }
}
