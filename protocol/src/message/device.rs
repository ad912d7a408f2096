//! `kobai-device/1`: what an enrolled device says to the customer service. Who speaks is the connection's certificate,
//! never a field of a message.

use serde::{Deserialize, Serialize};

use crate::keys::{KeyList, KeyRole, RootSigned};
use crate::message::enrol::CertificateChain;
use crate::message::report::{DeviceReport, ReportAnswer};
use crate::offer::OfferList;
use crate::package::{FeatureList, OptionKind};
use crate::signed::Signable;
use crate::text::{Description, Name};
use crate::{
    ContractPin, ContractUserId, Digest, FailureCode, Licence, LicenceId, Manifest, OptionId, OrderId, OrderState,
    ReleaseVersion, Signed, Text, Ticket, Timestamp, UsageForm,
};

/// What a device can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceRequest {
    /// Who am I to you?
    Hello,
    /// Everything that is for sale.
    Catalogue,
    /// A purchase request: OK on the offer screen. The same order with the same content is answered alike for ever,
    /// but for the ticket, which is always a fresh one.
    Order {
        /// Made by the device, durable there before it is sent.
        order: OrderId,
        /// What to buy.
        option: OptionId,
        /// Who pays, if the device is assigned to no customer or the user says so.
        contract: Option<ContractUserId>,
        /// The contract's PIN, if it has one. Without `contract` it means nothing. It is no part of the order: nobody
        /// keeps it, and a repetition may come without it.
        pin: Option<ContractPin>,
    },
    /// Every chunk is verified and durable.
    Received {
        /// Which order.
        order: OrderId,
        /// The package's digest, as the device has computed it.
        package: Digest,
    },
    /// How to buy. Licence and charge follow, once.
    Choose {
        /// Which order.
        order: OrderId,
        /// One of the forms that were offered.
        form: UsageForm,
        /// For a period: the licence of the same option after whose end it shall begin, so that no day is lost.
        follows: Option<LicenceId>,
    },
    /// The purchase is given up; nothing is charged.
    Abandon {
        /// Which order.
        order: OrderId,
        /// Why.
        reason: AbandonReason,
    },
    /// Where does the order stand?
    Status {
        /// Which order.
        order: OrderId,
    },
    /// Which keys count?
    Keys,
    /// A new certificate for the key of the present one, before that runs out. Repeated it is answered alike.
    Renew {
        /// A PKCS#10 certificate signing request in DER, at most [`CSR_BYTES_MAX`](super::enrol::CSR_BYTES_MAX) bytes,
        /// of the key that the device is enrolled with.
        csr: Vec<u8>,
    },
    /// What became of the licences.
    Report(Box<DeviceReport>),
    /// A licence of this device again, because its key is lost or its record is not to be trusted. Costs nothing.
    Licence {
        /// Which.
        licence: LicenceId,
    },
    /// A licence of this device and the right to fetch its package, because the device has lost one of them or both. Costs
    /// nothing.
    Restore {
        /// Which.
        licence: LicenceId,
    },
    /// May this licence, which was never used, be returned for its price? Repeated it is answered alike.
    Return {
        /// Which.
        licence: LicenceId,
    },
}

/// Why a device gives an order up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AbandonReason {
    /// The user pressed Cancel.
    Cancelled,
    /// It cannot go on.
    Failed(FailureCode),
}

/// What a device is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceReply {
    /// To `Hello`.
    Hello(DeviceInfo),
    /// To `Catalogue`.
    Catalogue(Signed<Catalogue>),
    /// To `Order`: a legitimate purchase by a legitimate customer.
    Authorised(Box<Authorised>),
    /// To `Received`: both ends agree.
    Delivered,
    /// To `Choose` and `Licence`: the licence; the charge is on file.
    Licensed(Signed<Licence>),
    /// To `Abandon`: the order is closed and nothing was charged.
    Abandoned,
    /// To `Status`.
    Status(OrderState),
    /// To `Keys`: the newest list.
    Keys(RootSigned<KeyList>),
    /// To `Renew`. The certificate that asked stays good until its own end.
    Renewed {
        /// The device's certificate and those above it, without the root.
        chain: CertificateChain,
    },
    /// To `Report`.
    Reported(ReportAnswer),
    /// To `Restore`.
    Restored(Box<Restored>),
    /// To `Return`: yes. Its price is credited once its erase receipt is on file.
    Returned,
}

/// What the vendor knows about the device that asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// The customer that the device is assigned to.
    pub customer: Option<Name>,
    /// The version of the newest list of keys; whoever has an older one asks for it.
    pub keys_version: u64,
}

/// The answer to a purchase request that is in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorised {
    /// The order.
    pub order: OrderId,
    /// What will be delivered.
    pub manifest: Signed<Manifest>,
    /// What can be chosen once it is delivered, at prices that no longer change for this order.
    pub offers: OfferList,
    /// The right to fetch it.
    pub ticket: Signed<Ticket>,
    /// `HOST:PORT` of the distribution service; `None` if it is the same as the customer service.
    pub content_server: Option<Text<120>>,
}

/// A licence that a device gets back, and what it needs to have its package again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The licence, for the device's present key.
    pub licence: Signed<Licence>,
    /// The option's name.
    pub name: Bilingual<Name>,
    /// What it does.
    pub description: Bilingual<Description>,
    /// The licence's package.
    pub manifest: Signed<Manifest>,
    /// The right to fetch it; its order is the one that paid for the licence.
    pub ticket: Signed<Ticket>,
    /// `HOST:PORT` of the distribution service; `None` if it is the same as the customer service.
    pub content_server: Option<Text<120>>,
}

/// Everything that is for sale, signed with a release key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Grows with every change; a device refuses a lower one than it has seen.
    pub version: u64,
    /// The first instant at which it must be fetched anew.
    pub expires_at: Timestamp,
    /// At most [`Catalogue::ENTRIES_MAX`].
    pub entries: Vec<CatalogueEntry>,
}

impl Catalogue {
    /// Most options for sale at a time.
    pub const ENTRIES_MAX: usize = 1_000;
}

impl Signable for Catalogue {
    const CONTEXT: &'static str = "kobai catalogue 1";
    const ROLE: KeyRole = KeyRole::Release;
}

/// One option in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueEntry {
    /// The option.
    pub option: OptionId,
    /// Its name.
    pub name: Bilingual<Name>,
    /// What it does.
    pub description: Bilingual<Description>,
    /// Program or font pack.
    pub kind: OptionKind,
    /// What it gives to jobs.
    pub provides: FeatureList,
    /// The release that an order would deliver.
    pub version: ReleaseVersion,
    /// Bytes to download.
    pub stored_bytes: u64,
    /// What can be bought.
    pub offers: OfferList,
}

/// A text in both languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual<T> {
    /// Japanese.
    pub ja: T,
    /// English.
    pub en: T,
}
