//! `kobai-staff/1`: what the vendor's staff do, from a window or a script. Staff are known by their certificates.
//!
//! Rows of customers, devices and options have a revision, which grows whenever their fields are changed. A change says which
//! revision it was made from, and is refused as [`crate::RefusalCode::Stale`] if that is no longer the last one: nobody undoes
//! what they have not seen.

mod distributions;
mod goods;
mod ledger;
mod licences;
mod people;
mod team;

use serde::{Deserialize, Serialize};

use crate::audit::{AuditHead, AuditRow};
use crate::keys::{KeyId, KeyList, KeyRequest, KeyRole, RootSigned};
use crate::message::enrol::CertificateChain;
use crate::package::file::PackageHeader;
use crate::staff_role::StaffRole;
use crate::text::SearchText;
use crate::{
    ActivationCode, ContractPin, ContractUserId, CustomerId, DeviceSerial, InvoiceNumber, LicenceId, OptionId, Signed,
    StaffName, Timestamp, Yen,
};
pub use distributions::DistributionRow;
pub use goods::{DeliveryRow, OptionFields, OptionRow, OrderRow, ReleaseRow};
pub use ledger::{ChargeFilter, ChargeRow, ChargedUses, INVOICE_LINES_MAX, InvoiceDocument, InvoiceRow};
pub use licences::{DeviceAlarmRow, DeviceDecision, Ending, FlagReason, LicenceFilter, LicenceRow};
pub use people::{
    ContractRow, CustomerFields, CustomerRef, CustomerRow, DeviceFields, DeviceRow, DeviceState, Settlement,
};
pub use team::{
    CreditRow, Decision, InvoiceCredit, Proposal, ProposalKind, ProposalRow, Reason, Rules, StaffRow, Verdict,
};

/// Most rows of one page.
pub const PAGE_ROWS_MAX: u16 = 500;

/// What staff can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StaffRequest {
    /// Who am I?
    Whoami,
    /// The figures of the first page.
    Overview,
    /// Customers, by number.
    Customers(Query),
    /// A new customer, with a first contract.
    CreateCustomer(CustomerFields),
    /// Other fields for a customer.
    UpdateCustomer {
        /// Which.
        customer: CustomerId,
        /// Of the row that was changed.
        revision: u32,
        /// All fields as they shall be.
        fields: CustomerFields,
    },
    /// A further contract for a customer.
    AddContract {
        /// Whose.
        customer: CustomerId,
    },
    /// Ends a contract, or lets it live again.
    SetContract {
        /// Which.
        contract: ContractUserId,
        /// Whether purchases can name it.
        active: bool,
    },
    /// Devices, by serial number.
    Devices(Query),
    /// A new device, with an activation code.
    RegisterDevice(DeviceFields),
    /// Other fields for a device.
    UpdateDevice {
        /// Of the row that was changed.
        revision: u32,
        /// All fields as they shall be.
        fields: DeviceFields,
    },
    /// A new activation code for a device, which replaces an unused one; enrolling with it replaces the certificate.
    NewActivationCode {
        /// Which.
        serial: DeviceSerial,
    },
    /// The device may no longer do anything.
    RevokeDevice {
        /// Which.
        serial: DeviceSerial,
    },
    /// Options, by id.
    Options(Query),
    /// A new option, without a release and therefore not yet for sale.
    CreateOption(OptionFields),
    /// Other fields for an option. Orders already authorised keep their offers.
    UpdateOption {
        /// Of the row that was changed.
        revision: u32,
        /// All fields as they shall be.
        fields: OptionFields,
    },
    /// A new release. Exactly as many bytes of content as the header says follow this message on the same stream.
    Publish {
        /// Of which option.
        option: OptionId,
        /// The header of the package file.
        package: PackageHeader,
    },
    /// Orders, newest first.
    Orders {
        /// Which page.
        query: Query,
        /// Of this customer only.
        customer: Option<CustomerId>,
        /// Open ones only.
        open_only: bool,
    },
    /// Charges, newest first.
    Charges {
        /// Which page.
        query: Query,
        /// Which charges.
        filter: ChargeFilter,
    },
    /// Invoices, newest first.
    Invoices {
        /// Which page.
        query: Query,
        /// Of this customer only.
        customer: Option<CustomerId>,
    },
    /// One invoice with its lines.
    Invoice {
        /// Which.
        number: InvoiceNumber,
    },
    /// Invoices one customer's charges that are on no invoice yet, at once.
    CreateInvoice {
        /// Who.
        customer: CustomerId,
        /// Charges before this instant; `None` means all until now.
        until: Option<Timestamp>,
    },
    /// The periodic settlement: invoices the charges before `until` of every customer who is settled monthly.
    Settle {
        /// The end of the period, not included.
        until: Timestamp,
    },
    /// Tells of changes until the stream ends: first one [`StaffReply::Changed`] at once, then one after each change.
    Watch,
    /// Which keys count, and which sign.
    Keys,
    /// Makes what the root must sign to change the keys. Where the root's key is, it signs at once, and the change is
    /// made. A second request voids the first one that was not answered by the root.
    ProposeKeys(KeyChange),
    /// A list that the root has signed elsewhere: from now on it counts.
    ImportKeys(RootSigned<KeyList>),
    /// Another PIN for a contract, or none. Wrong tries at the contract are forgotten.
    SetContractPin {
        /// Which.
        contract: ContractUserId,
        /// What whoever types the ID must know besides; `None` if the ID alone is enough.
        pin: Option<ContractPin>,
    },
    /// Licences, newest first.
    Licences {
        /// Which page.
        query: Query,
        /// Which licences.
        filter: LicenceFilter,
    },
    /// Ends a licence before its time; the device erases it as soon as it hears of it.
    RevokeLicence {
        /// Which.
        licence: LicenceId,
    },
    /// Devices that have noticed something or of which the vendor has, those that wait for a decision first.
    DeviceAlarms(Query),
    /// Decides about a device whose temporary licences are locked.
    DecideDevice {
        /// Which.
        serial: DeviceSerial,
        /// What becomes of its temporary licences.
        decision: DeviceDecision,
    },
    /// The staff, by name.
    Staff(Query),
    /// A new member of staff, whose key never leaves its owner.
    AddStaff {
        /// Who.
        name: StaffName,
        /// Trusted with what.
        role: StaffRole,
        /// A PKCS#10 request in DER; only its key counts.
        csr: Vec<u8>,
    },
    /// Another certificate for a member of staff; the one before counts no more.
    ReissueStaff {
        /// Whose.
        name: StaffName,
        /// A PKCS#10 request in DER; only its key counts.
        csr: Vec<u8>,
    },
    /// Another role for a member of staff.
    SetStaffRole {
        /// Whose.
        name: StaffName,
        /// Which.
        role: StaffRole,
    },
    /// The member of staff may no longer do anything, for ever.
    RevokeStaff {
        /// Who.
        name: StaffName,
    },
    /// What waits for a second person, or once did, newest first.
    Proposals {
        /// Which page.
        query: Query,
        /// What waits only.
        open_only: bool,
    },
    /// Says yes or no to what somebody else has proposed. One's own can only be rejected, which takes it back.
    Decide {
        /// What kind of proposal it is: that says which roles may decide.
        kind: ProposalKind,
        /// Its number.
        number: u32,
        /// Yes or no.
        verdict: Verdict,
    },
    /// Gives a customer back what was charged, or a part of it.
    Credit {
        /// Ledger number of the charge.
        charge: u64,
        /// How much; with all other credits of the charge at most its amount.
        amount: Yen,
        /// Why.
        reason: Reason,
    },
    /// Credits, newest first.
    Credits {
        /// Which page.
        query: Query,
        /// Of this customer only.
        customer: Option<CustomerId>,
        /// Of this charge only.
        charge: Option<u64>,
    },
    /// Another limit for credits without a second person. A higher one needs a second person itself.
    SetCreditLimit {
        /// The limit as it shall be.
        limit: Yen,
    },
    /// From now on a second person is needed. There is no way back.
    RequireSecondPerson,
    /// The audit log, newest first.
    Audit(Query),
    /// The audit log as it was written, oldest first, to check its chain.
    AuditChain {
        /// The lines after the one with this number.
        after: u64,
        /// Lines at most; 0 and more than [`PAGE_ROWS_MAX`] mean [`PAGE_ROWS_MAX`].
        limit: u16,
    },
    /// Distribution services on hosts of their own, newest first.
    Distributions(Query),
    /// The distribution service may no longer report anything, for ever.
    RevokeDistribution {
        /// Its number.
        number: u32,
    },
    /// Refuses a customer's purchases, or allows them again.
    SuspendCustomer {
        /// Which.
        customer: CustomerId,
        /// Whether purchases are refused.
        suspended: bool,
    },
    /// A licence is not to be used until it is reinstated; the device hears of it at its next contact.
    SuspendLicence {
        /// Which.
        licence: LicenceId,
    },
    /// A suspended licence may be used again.
    ReinstateLicence {
        /// Which.
        licence: LicenceId,
    },
    /// What is left of a licence goes to another device of the same customer, as soon as its device has proved that it has
    /// erased it.
    MoveLicence {
        /// Which.
        licence: LicenceId,
        /// Whereto.
        to: DeviceSerial,
        /// The device is lost and will prove nothing; it must be revoked already. What is left by the books goes at once.
        lost: bool,
    },
    /// For how many days what is sold from now on can be returned unused.
    SetReturnDays {
        /// At most [`Rules::RETURN_DAYS_MAX`]; 0 means not at all.
        days: u8,
    },
}

/// What is to change about the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyChange {
    /// A new key signs from now on. The one before it still counts, those before that no longer.
    Rotate(KeyRole),
    /// The key never counts again. If it is the one that signs, a new one takes its place.
    Revoke(KeyId),
}

/// What staff are answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StaffReply {
    /// To `Whoami`.
    Whoami {
        /// The name in the certificate.
        name: StaffName,
        /// The role on file.
        role: StaffRole,
        /// The end of the audit log, for the client to keep.
        head: Signed<AuditHead>,
        /// The keys that count, one of which has signed it.
        keys: RootSigned<KeyList>,
    },
    /// To `Overview`.
    Overview(Overview),
    /// To `Customers`.
    Customers(Page<CustomerRow>),
    /// To whatever makes or changes a customer or contract: the customer as it is now.
    Customer(CustomerRow),
    /// To `Devices`.
    Devices(Page<DeviceRow>),
    /// To whatever changes a device: the device as it is now.
    Device(DeviceRow),
    /// To `RegisterDevice` and `NewActivationCode`. The code is shown this once; the vendor keeps only its hash.
    Activation {
        /// The device as it is now.
        device: DeviceRow,
        /// To be typed at the panel.
        code: ActivationCode,
    },
    /// To `Options`.
    Options(Page<OptionRow>),
    /// To whatever makes or changes an option: the option as it is now.
    Option(OptionRow),
    /// To `Orders`.
    Orders(Page<OrderRow>),
    /// To `Charges`.
    Charges {
        /// The rows.
        page: Page<ChargeRow>,
        /// Sum of all charges that the filter finds, not only of this page.
        sum: Yen,
    },
    /// To `Invoices` and `Settle`.
    Invoices(Page<InvoiceRow>),
    /// To `Invoice` and `CreateInvoice`.
    Invoice(InvoiceDocument),
    /// To `Watch`: something of these kinds may have changed.
    Changed(Vec<Topic>),
    /// To `Keys` and `ImportKeys`, and to `ProposeKeys` where the root's key is: the keys as they are now.
    Keys(KeyStatus),
    /// To `ProposeKeys` where the root's key is not: to be signed where it is.
    KeyRequest(KeyRequest),
    /// To `Licences`.
    Licences(Page<LicenceRow>),
    /// To whatever changes a licence: the licence as it is now.
    Licence(LicenceRow),
    /// To `DeviceAlarms`.
    DeviceAlarms(Page<DeviceAlarmRow>),
    /// To `DecideDevice`: the device as it is now.
    DeviceAlarm(DeviceAlarmRow),
    /// To `Staff`.
    Staff(Page<StaffRow>),
    /// To `SetStaffRole` and `RevokeStaff`: the member of staff as it is now.
    StaffMember(StaffRow),
    /// To `AddStaff` and `ReissueStaff`.
    StaffCertificate {
        /// The member of staff as it is now.
        member: StaffRow,
        /// Up to the root.
        chain: CertificateChain,
    },
    /// To `Proposals`.
    Proposals(Page<ProposalRow>),
    /// To `Decide`; and to `Credit` and `SetCreditLimit` if a second person is needed: what waits for it.
    Proposal(ProposalRow),
    /// To `Credits`.
    Credits(Page<CreditRow>),
    /// To `Credit`: it is on file.
    Credit(CreditRow),
    /// To `SetCreditLimit`, `RequireSecondPerson` and `SetReturnDays`: the rules as they are now.
    Rules(Rules),
    /// To `Audit`.
    Audit(Page<AuditRow>),
    /// To `AuditChain`.
    AuditChain(Vec<AuditRow>),
    /// To `Distributions`.
    Distributions(Page<DistributionRow>),
    /// To `RevokeDistribution`: the distribution service as it is now.
    Distribution(DistributionRow),
}

/// The keys of the vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyStatus {
    /// Those that count.
    pub list: KeyList,
    /// Those that sign now, one for each role.
    pub signing: Vec<KeyId>,
    /// Whether the root's key is on the server's machine.
    pub root_is_here: bool,
    /// Private keys that are in the server's data folder, and when they were put there.
    pub here: Vec<(KeyId, Timestamp)>,
}

/// Kinds of things that a window shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Topic {
    /// Customers and contracts.
    Customers,
    /// Devices.
    Devices,
    /// Options and releases.
    Options,
    /// Orders and deliveries.
    Orders,
    /// Charges, credits and invoices.
    Charges,
    /// Licences, and what devices have noticed.
    Licences,
    /// The staff and the rules that they work under.
    Staff,
    /// What waits for a second person.
    Proposals,
    /// The audit log.
    Audit,
    /// The keys that sign, and distribution services.
    Keys,
}

/// Which rows of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Rows whose id or name contains this, in whatever case.
    pub search: Option<SearchText>,
    /// Rows to leave out at the start.
    pub offset: u32,
    /// Rows at most; 0 and more than [`PAGE_ROWS_MAX`] mean [`PAGE_ROWS_MAX`].
    pub limit: u16,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows asked for.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

/// The figures of the first page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// Customers on file.
    pub customers: u64,
    /// Devices that have a living certificate.
    pub devices_enrolled: u64,
    /// Options that can be bought.
    pub options_for_sale: u64,
    /// Orders that are not finished.
    pub orders_open: u64,
    /// Charges that are on no invoice.
    pub uninvoiced: Yen,
    /// All charges.
    pub charged: Yen,
    /// Devices whose certificate two machines were seen to use.
    pub devices_cloned: u64,
    /// Licences that are over and of which no device has said that they are erased.
    pub licences_not_erased: u64,
    /// Devices whose temporary licences are locked until staff decide.
    pub devices_flagged: u64,
    /// All credits.
    pub credited: Yen,
    /// What waits for a second person.
    pub proposals_open: u64,
    /// The rules that staff work under.
    pub rules: Rules,
    /// Licences that end or lock soon, by [`Ending::default`].
    pub licences_ending: u64,
}
