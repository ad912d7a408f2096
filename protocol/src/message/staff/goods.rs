//! Options and their releases, orders and their deliveries.

use serde::{Deserialize, Serialize};

use super::CustomerRef;
use crate::message::device::Bilingual;
use crate::offer::OfferList;
use crate::package::{FeatureList, OptionKind, PackageContent};
use crate::text::{Description, Name};
use crate::{
    DeviceSerial, Digest, FailureCode, OptionId, OrderId, OrderState, ReleaseVersion, Timestamp, UsageForm, Yen,
};

/// What staff enter about an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionFields {
    /// Never changes.
    pub id: OptionId,
    /// Program or font pack; never changes.
    pub kind: OptionKind,
    /// Its name.
    pub name: Bilingual<Name>,
    /// What it does.
    pub description: Bilingual<Description>,
    /// What can be bought.
    pub offers: OfferList,
    /// Whether it is in the catalogue, given that it has a release.
    pub for_sale: bool,
}

/// An option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionRow {
    /// What staff entered.
    pub fields: OptionFields,
    /// The newest release that can be bought.
    pub release: Option<ReleaseRow>,
    /// The newest release that waits for a second person.
    pub waiting: Option<ReleaseVersion>,
    /// How many licences were sold.
    pub sold: u64,
    /// How often the fields were changed.
    pub revision: u32,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRow {
    /// Which.
    pub version: ReleaseVersion,
    /// Its package.
    pub package: Digest,
    /// What it holds, and what its program may take.
    pub content: PackageContent,
    /// What it gives to jobs.
    pub provides: FeatureList,
    /// Length of the content.
    pub content_bytes: u64,
    /// When it was published.
    pub published_at: Timestamp,
}

/// An order and its delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// The order.
    pub order: OrderId,
    /// Who asked.
    pub device: DeviceSerial,
    /// Who pays; unknown if it was refused for that.
    pub customer: Option<CustomerRef>,
    /// What was asked for.
    pub option: OptionId,
    /// Its name; unknown if there is no such option.
    pub option_name: Option<Bilingual<Name>>,
    /// Where it stands.
    pub state: OrderState,
    /// What was chosen.
    pub form: Option<UsageForm>,
    /// What was charged.
    pub price: Option<Yen>,
    /// The delivery; none if it was refused.
    pub delivery: Option<DeliveryRow>,
    /// When it came.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
}

/// A delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// Bytes of the package.
    pub total_bytes: u64,
    /// Bytes sent in the transfer that runs now; `None` if none runs.
    pub sending_bytes: Option<u64>,
    /// Transfers that broke off.
    pub failed_attempts: u32,
    /// How the last one broke off.
    pub last_failure: Option<FailureCode>,
}
