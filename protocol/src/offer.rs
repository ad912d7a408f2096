//! What can be bought of an option: a usage form at a price.

use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Yen;

/// How an option may be used once it is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UsageForm {
    /// For ever.
    Permanent,
    /// This many uses; at the last one the package is erased.
    Uses(NonZeroU32),
    /// This many days of 24 hours from the moment of the licence; then the package is erased.
    Days(NonZeroU16),
    /// For as long as it is wanted; each use is charged once it is reported.
    Metered,
}

/// Not `permanent`, `uses:N`, `days:N` or `metered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a usage form is permanent, uses:N (1 to 1000000), days:N (1 to 3660) or metered")]
pub struct UsageFormError;

impl UsageForm {
    /// Most uses that one licence can carry.
    pub const MAX_USES: u32 = 1_000_000;
    /// Most days that one licence can last.
    pub const MAX_DAYS: u16 = 3_660;

    /// A form by count.
    pub fn uses(count: u32) -> Result<Self, UsageFormError> {
        NonZeroU32::new(count).filter(|n| n.get() <= Self::MAX_USES).map(Self::Uses).ok_or(UsageFormError)
    }

    /// A form by period.
    pub fn days(count: u16) -> Result<Self, UsageFormError> {
        NonZeroU16::new(count).filter(|n| n.get() <= Self::MAX_DAYS).map(Self::Days).ok_or(UsageFormError)
    }

    /// Whether the right to use ends by itself.
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::Uses(_) | Self::Days(_))
    }

    fn is_within_limits(self) -> bool {
        match self {
            Self::Permanent | Self::Metered => true,
            Self::Uses(n) => n.get() <= Self::MAX_USES,
            Self::Days(n) => n.get() <= Self::MAX_DAYS,
        }
    }
}

impl FromStr for UsageForm {
    type Err = UsageFormError;
    fn from_str(text: &str) -> Result<Self, UsageFormError> {
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| UsageFormError);
        match text.split_once(':') {
            None if text == "permanent" => Ok(Self::Permanent),
            None if text == "metered" => Ok(Self::Metered),
            Some(("uses", n)) => Self::uses(number(n)?),
            Some(("days", n)) => Self::days(u16::try_from(number(n)?).map_err(|_| UsageFormError)?),
            _ => Err(UsageFormError),
        }
    }
}

impl fmt::Display for UsageForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Permanent => f.write_str("permanent"),
            Self::Uses(n) => write!(f, "uses:{n}"),
            Self::Days(n) => write!(f, "days:{n}"),
            Self::Metered => f.write_str("metered"),
        }
    }
}

/// A usage form and its price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// How it may be used.
    pub form: UsageForm,
    /// What that costs: once, or for [`UsageForm::Metered`] each use.
    pub price: Yen,
    /// For nothing, and for each device once.
    pub trial: bool,
}

impl Offer {
    /// A form at a price.
    pub const fn new(form: UsageForm, price: Yen) -> Self {
        Self { form, price, trial: false }
    }

    /// A form to try the option in.
    pub const fn trial(form: UsageForm) -> Self {
        Self { form, price: Yen::ZERO, trial: true }
    }

    /// Most that one metered use can cost: so that the uses of one report, at most [`UsageForm::MAX_USES`], are an amount.
    pub const METERED_PRICE_MAX: Yen = Yen::MAX.divided_by(UsageForm::MAX_USES as u64);

    /// What is charged when the licence is made: nothing if each use is.
    pub const fn price_at_purchase(self) -> Yen {
        match self.form {
            UsageForm::Metered => Yen::ZERO,
            UsageForm::Permanent | UsageForm::Uses(_) | UsageForm::Days(_) => self.price,
        }
    }

    fn is_within_limits(self) -> bool {
        self.form != UsageForm::Metered || self.price <= Self::METERED_PRICE_MAX
    }
}

/// The offers of an option: one to [`OfferList::MAX`], no form twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Offer>", into = "Vec<Offer>")]
pub struct OfferList(Vec<Offer>);

/// Why offers cannot stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OfferListError {
    /// Nothing to buy.
    #[error("an option needs at least one offer")]
    Empty,
    /// More than [`OfferList::MAX`].
    #[error("an option has at most {} offers", OfferList::MAX)]
    TooMany,
    /// Two prices for one form.
    #[error("two offers have the same usage form")]
    SameForm,
    /// A count or period above the limits of [`UsageForm`].
    #[error("{UsageFormError}")]
    Form,
    /// A trial with a price or without an end, or two of them.
    #[error("a trial costs nothing and ends by itself, and an option has at most one")]
    Trial,
    /// A use that costs more than [`Offer::METERED_PRICE_MAX`].
    #[error("a use costs at most {}", Offer::METERED_PRICE_MAX)]
    MeteredPrice,
}

impl OfferList {
    /// Most offers that one option can have.
    pub const MAX: usize = 8;

    /// Checks that the offers can stand together.
    pub fn new(offers: Vec<Offer>) -> Result<Self, OfferListError> {
        if offers.is_empty() {
            return Err(OfferListError::Empty);
        }
        if offers.len() > Self::MAX {
            return Err(OfferListError::TooMany);
        }
        if offers.iter().any(|offer| !offer.form.is_within_limits()) {
            return Err(OfferListError::Form);
        }
        if offers.iter().any(|offer| !offer.is_within_limits()) {
            return Err(OfferListError::MeteredPrice);
        }
        let twice = |(i, offer): (usize, &Offer)| offers[..i].iter().any(|other| other.form == offer.form);
        if offers.iter().enumerate().any(twice) {
            return Err(OfferListError::SameForm);
        }
        let mut trials = offers.iter().filter(|offer| offer.trial);
        let is_trial = |offer: &Offer| offer.price == Yen::ZERO && offer.form.is_temporary();
        if trials.next().is_some_and(|offer| !is_trial(offer)) || trials.next().is_some() {
            return Err(OfferListError::Trial);
        }
        Ok(Self(offers))
    }

    /// All offers, in the vendor's order.
    pub fn iter(&self) -> impl Iterator<Item = &Offer> {
        self.0.iter()
    }

    /// The offers as a slice, never empty.
    pub fn as_slice(&self) -> &[Offer] {
        &self.0
    }

    /// The offer with this form.
    pub fn find(&self, form: UsageForm) -> Option<Offer> {
        self.0.iter().copied().find(|offer| offer.form == form)
    }

    /// The offers without the trial; none if there is nothing else.
    pub fn without_trial(&self) -> Option<Self> {
        Self::new(self.0.iter().copied().filter(|offer| !offer.trial).collect()).ok()
    }

    /// The offer, if there is exactly one: then nothing needs to be chosen.
    pub fn only(&self) -> Option<Offer> {
        match self.0.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }
}

impl TryFrom<Vec<Offer>> for OfferList {
    type Error = OfferListError;
    fn try_from(offers: Vec<Offer>) -> Result<Self, OfferListError> {
        Self::new(offers)
    }
}

impl From<OfferList> for Vec<Offer> {
    fn from(list: OfferList) -> Self {
        list.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_back_as_it_is_written() {
        for text in ["permanent", "uses:10", "days:30", "metered"] {
            assert_eq!(text.parse::<UsageForm>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "uses",
            "uses:0",
            "uses:-1",
            "uses:1000001",
            "days:0",
            "days:3661",
            "days:70000",
            "Permanent",
            "metered:3",
        ] {
            assert_eq!(bad.parse::<UsageForm>(), Err(UsageFormError), "{bad}");
        }
    }

    #[test]
    fn offers_of_one_option_never_have_two_prices_for_one_form() {
        let offer = |form: &str, price| Offer::new(form.parse().unwrap(), Yen::new(price).unwrap());
        assert_eq!(OfferList::new(vec![]), Err(OfferListError::Empty));
        assert_eq!(OfferList::new(vec![offer("uses:10", 1), offer("uses:10", 2)]), Err(OfferListError::SameForm));
        let dear = OfferList::new(vec![offer("metered", 1_000_000)]);
        assert_eq!(dear, Err(OfferListError::MeteredPrice));
        let nine = (1..=9).map(|n| offer(&format!("uses:{n}"), n)).collect();
        assert_eq!(OfferList::new(nine), Err(OfferListError::TooMany));
        let list = OfferList::new(vec![offer("permanent", 20_000), offer("uses:10", 2_000)]).unwrap();
        assert_eq!(list.only(), None);
        assert_eq!(list.find(UsageForm::Permanent).map(|o| o.price.amount()), Some(20_000));
    }

    #[test]
    fn a_trial_costs_nothing_ends_by_itself_and_there_is_one() {
        let trial = |form: &str| Offer::trial(form.parse().unwrap());
        let paid = Offer::new(UsageForm::Permanent, Yen::new(20_000).unwrap());
        let list = OfferList::new(vec![paid, trial("uses:3")]).unwrap();
        assert_eq!(list.without_trial().unwrap().as_slice(), [paid]);
        assert_eq!(OfferList::new(vec![trial("days:7")]).unwrap().without_trial(), None);
        for wrong in [
            vec![paid, trial("uses:3"), trial("days:7")],
            vec![trial("permanent")],
            vec![Offer { price: Yen::new(1).unwrap(), ..trial("uses:3") }],
        ] {
            assert_eq!(OfferList::new(wrong), Err(OfferListError::Trial));
        }
    }

    #[test]
    fn the_uses_of_the_largest_report_at_the_highest_price_are_an_amount() {
        let max = Offer::new(UsageForm::Metered, Offer::METERED_PRICE_MAX);
        assert_eq!(max.price.amount(), 999_999);
        assert!(max.price.times(UsageForm::MAX_USES).is_ok());
        assert_eq!(max.price_at_purchase(), Yen::ZERO);
    }
}
