//! Messages of `kobai-staff/1`.

use protocol::audit::{AuditHead, AuditLine, AuditRow, Link};
use protocol::keys::KeyRequest;
use protocol::message::enrol::CertificateChain;
use protocol::message::report::{DeviceFault, FaultKind, Standing};
use protocol::message::staff::{
    ChargeFilter, ChargeRow, ChargedUses, ContractRow, CreditRow, CustomerFields, CustomerRef, CustomerRow, Decision,
    DeliveryRow, DeviceAlarmRow, DeviceDecision, DeviceFields, DeviceRow, DeviceState, DistributionRow, Ending,
    FlagReason, InvoiceCredit, InvoiceDocument, InvoiceRow, KeyChange, KeyStatus, LicenceFilter, LicenceRow,
    OptionFields, OptionRow, OrderRow, Overview, Page as Rows, Proposal, ProposalKind, ProposalRow, Query, ReleaseRow,
    Rules, Settlement, StaffReply, StaffRequest, StaffRow, Topic, Verdict,
};
use protocol::package::OptionKind;
use protocol::{
    ActivationCode, CustomerId, FailureCode, InvoiceNumber, KeyRole, OrderState, RefusalCode, ReleaseVersion, Signed,
    StaffName, StaffRole, UsageForm,
};

use super::book::{Page, variants};
use super::world::{
    LATER, NOW, contract, features, key_list, licence_key, manifest, names, offers, option, order, package_header, pin,
    serial, signed_key_list, text, uses, yen,
};

variants! {
    StaffRequest {
        Whoami, Overview, Customers, CreateCustomer, UpdateCustomer, AddContract, SetContract, Devices,
        RegisterDevice, UpdateDevice, NewActivationCode, RevokeDevice, Options, CreateOption, UpdateOption, Publish,
        Orders, Charges, Invoices, Invoice, CreateInvoice, Settle, Watch, Keys, ProposeKeys, ImportKeys,
        SetContractPin, Licences, RevokeLicence, DeviceAlarms, DecideDevice, Staff, AddStaff, ReissueStaff,
        SetStaffRole, RevokeStaff, Proposals, Decide, Credit, Credits, SetCreditLimit, RequireSecondPerson, Audit,
        AuditChain, Distributions, RevokeDistribution, SuspendCustomer,
        SuspendLicence, ReinstateLicence, MoveLicence, SetReturnDays,
    }
    StaffReply {
        Whoami, Overview, Customers, Customer, Devices, Device, Activation, Options, Option, Orders, Charges,
        Invoices, Invoice, Changed, Keys, KeyRequest, Licences, Licence, DeviceAlarms, DeviceAlarm, Staff,
        StaffMember, StaffCertificate, Proposals, Proposal, Credits, Credit, Rules, Audit, AuditChain, Distributions,
        Distribution,
    }
}

fn key_status() -> KeyStatus {
    let list = key_list();
    let signing: Vec<_> = list.keys().iter().map(protocol::keys::KeyEntry::id).collect();
    let here = signing.iter().map(|id| (*id, NOW)).collect();
    KeyStatus { list, signing, root_is_here: true, here }
}

const CUSTOMER: CustomerId = CustomerId(12);
const INVOICE: InvoiceNumber = InvoiceNumber(34);

pub(crate) fn requests() -> Page {
    let (serial, option) = (serial(), option());
    let query = || Query { search: Some(text("青空")), offset: 20, limit: 10 };
    let customer = Some(CUSTOMER);
    let everything = ChargeFilter { customer, from: Some(NOW), until: Some(LATER), uninvoiced_only: true };
    let alarming = LicenceFilter { customer, device: Some(serial.clone()), alarms_only: true, ending: None };
    let ending = LicenceFilter { ending: Some(Ending::default()), ..LicenceFilter::default() };
    Page::new("staff-requests.txt", "kobai-staff/1, what staff ask.").every(vec![
        ("", StaffRequest::Whoami),
        ("", StaffRequest::Overview),
        ("all", StaffRequest::Customers(Query::default())),
        ("search", StaffRequest::Customers(query())),
        ("", StaffRequest::CreateCustomer(customer_fields())),
        ("", StaffRequest::UpdateCustomer { customer: CUSTOMER, revision: 2, fields: customer_fields() }),
        ("", StaffRequest::AddContract { customer: CUSTOMER }),
        ("", StaffRequest::SetContract { contract: contract(), active: false }),
        ("", StaffRequest::Devices(query())),
        ("", StaffRequest::RegisterDevice(device_fields())),
        ("", StaffRequest::UpdateDevice { revision: 2, fields: DeviceFields { customer: None, ..device_fields() } }),
        ("", StaffRequest::NewActivationCode { serial: serial.clone() }),
        ("", StaffRequest::RevokeDevice { serial: serial.clone() }),
        ("", StaffRequest::Options(query())),
        ("", StaffRequest::CreateOption(option_fields())),
        ("", StaffRequest::UpdateOption { revision: 2, fields: OptionFields { for_sale: false, ..option_fields() } }),
        ("", StaffRequest::Publish { option, package: package_header() }),
        ("all", StaffRequest::Orders { query: Query::default(), customer: None, open_only: false }),
        ("open ones of C-0012", StaffRequest::Orders { query: query(), customer, open_only: true }),
        ("all", StaffRequest::Charges { query: Query::default(), filter: ChargeFilter::default() }),
        ("some", StaffRequest::Charges { query: query(), filter: everything }),
        ("", StaffRequest::Invoices { query: query(), customer }),
        ("", StaffRequest::Invoice { number: INVOICE }),
        ("until now", StaffRequest::CreateInvoice { customer: CUSTOMER, until: None }),
        ("until then", StaffRequest::CreateInvoice { customer: CUSTOMER, until: Some(LATER) }),
        ("", StaffRequest::Settle { until: LATER }),
        ("", StaffRequest::Watch),
        ("", StaffRequest::Keys),
        ("rotate", StaffRequest::ProposeKeys(KeyChange::Rotate(KeyRole::Release))),
        ("", StaffRequest::ImportKeys(signed_key_list())),
        ("a PIN", StaffRequest::SetContractPin { contract: contract(), pin: Some(pin()) }),
        ("none", StaffRequest::SetContractPin { contract: contract(), pin: None }),
        ("all", StaffRequest::Licences { query: Query::default(), filter: LicenceFilter::default() }),
        ("some", StaffRequest::Licences { query: query(), filter: alarming }),
        ("those that end soon", StaffRequest::Licences { query: query(), filter: ending }),
        ("", StaffRequest::RevokeLicence { licence: order().into() }),
        ("", StaffRequest::DeviceAlarms(query())),
        ("", StaffRequest::DecideDevice { serial, decision: DeviceDecision::End }),
        ("", StaffRequest::Staff(query())),
        ("", StaffRequest::AddStaff { name: hana(), role: StaffRole::Publisher, csr: vec![0x30, 0x82] }),
        ("", StaffRequest::ReissueStaff { name: hana(), csr: vec![0x30, 0x82] }),
        ("", StaffRequest::SetStaffRole { name: hana(), role: StaffRole::Accountant }),
        ("", StaffRequest::RevokeStaff { name: hana() }),
        ("", StaffRequest::Proposals { query: query(), open_only: true }),
        ("yes", decide(ProposalKind::Release, Verdict::Approve)),
        ("no", decide(ProposalKind::CreditLimit, Verdict::Reject { reason: text("too much") })),
        ("", StaffRequest::Credit { charge: 56, amount: yen(1_500), reason: text("blurred") }),
        ("", StaffRequest::Credits { query: query(), customer, charge: Some(56) }),
        ("", StaffRequest::SetCreditLimit { limit: yen(20_000) }),
        ("", StaffRequest::RequireSecondPerson),
        ("", StaffRequest::SuspendLicence { licence: order().into() }),
        ("", StaffRequest::ReinstateLicence { licence: order().into() }),
        ("", StaffRequest::MoveLicence { licence: order().into(), to: "MX-204-0002".parse().unwrap(), lost: false }),
        ("", StaffRequest::SetReturnDays { days: 7 }),
        ("", StaffRequest::Audit(query())),
        ("", StaffRequest::AuditChain { after: 7, limit: 100 }),
        ("", StaffRequest::Distributions(query())),
        ("", StaffRequest::RevokeDistribution { number: 3 }),
        ("", StaffRequest::SuspendCustomer { customer: CUSTOMER, suspended: true }),
    ])
}

pub(crate) fn replies() -> Page {
    let code = ActivationCode::from_random([7; 16]);
    let refused = OrderRow {
        customer: None,
        option_name: None,
        state: OrderState::Refused(RefusalCode::UnknownOption),
        form: None,
        price: None,
        delivery: None,
        ..order_row()
    };
    let bare = OptionRow { release: None, ..option_row() };
    let topics = vec![
        Topic::Customers,
        Topic::Devices,
        Topic::Options,
        Topic::Orders,
        Topic::Charges,
        Topic::Licences,
        Topic::Staff,
        Topic::Proposals,
        Topic::Audit,
        Topic::Keys,
    ];
    let head = AuditHead { link: Link { number: 8, hash: audit_row().hash }, at: LATER };
    let head = Signed::new(&head, &licence_key());
    let revoked = StaffRow { revoked_at: Some(LATER), ..staff_row() };
    let whoami = StaffReply::Whoami { name: hana(), role: StaffRole::Admin, head, keys: signed_key_list() };
    Page::new("staff-replies.txt", "kobai-staff/1, what staff are answered.").every(vec![
        ("", whoami),
        ("", StaffReply::Overview(overview())),
        ("", StaffReply::Customers(page_of(vec![customer_row()]))),
        ("", StaffReply::Customer(customer_row())),
        ("none", StaffReply::Devices(page_of(vec![]))),
        ("one", StaffReply::Devices(page_of(vec![device_row(DeviceState::Enrolled)]))),
        ("", StaffReply::Device(DeviceRow { customer: None, ..device_row(DeviceState::Revoked) })),
        ("", StaffReply::Activation { device: device_row(DeviceState::Registered), code }),
        ("", StaffReply::Options(page_of(vec![option_row()]))),
        ("without a release", StaffReply::Option(bare)),
        ("", StaffReply::Orders(page_of(vec![order_row(), refused]))),
        ("", StaffReply::Charges { page: page_of(vec![charge_row(), charge_of_uses()]), sum: yen(2_000) }),
        ("", StaffReply::Invoices(page_of(vec![invoice_row()]))),
        ("", StaffReply::Invoice(invoice())),
        ("everything", StaffReply::Changed(topics)),
        ("", StaffReply::Keys(key_status())),
        ("", StaffReply::KeyRequest(KeyRequest { present: signed_key_list(), proposed: key_list() })),
        ("", StaffReply::Licences(page_of(vec![licence_row(), metered_row()]))),
        ("", StaffReply::Licence(licence_row())),
        ("", StaffReply::DeviceAlarms(page_of(vec![alarm_row()]))),
        ("", StaffReply::DeviceAlarm(DeviceAlarmRow { flag: None, ..alarm_row() })),
        ("", StaffReply::Staff(page_of(vec![staff_row()]))),
        ("revoked", StaffReply::StaffMember(revoked)),
        ("", StaffReply::StaffCertificate { member: staff_row(), chain: chain() }),
        ("of each kind", StaffReply::Proposals(page_of(proposals()))),
        ("", StaffReply::Proposal(proposals().remove(0))),
        ("", StaffReply::Credits(page_of(vec![credit_row()]))),
        ("", StaffReply::Credit(credit_row())),
        ("", StaffReply::Rules(rules())),
        ("", StaffReply::Audit(page_of(vec![audit_row()]))),
        ("", StaffReply::AuditChain(vec![audit_row()])),
        ("", StaffReply::Distributions(page_of(vec![distribution_row()]))),
        ("revoked", StaffReply::Distribution(DistributionRow { revoked_at: Some(LATER), ..distribution_row() })),
    ])
}

fn distribution_row() -> DistributionRow {
    DistributionRow {
        number: 3,
        name: text("osaka"),
        issued_at: NOW,
        certificate_until: Some(LATER),
        revoked_at: None,
        is_connected: true,
    }
}

fn chain() -> CertificateChain {
    CertificateChain::new(vec![vec![0x30, 0x82, 0x01], vec![0x30, 0x82, 0x03]]).unwrap()
}

fn hana() -> StaffName {
    "hana".parse().unwrap()
}

fn decide(kind: ProposalKind, verdict: Verdict) -> StaffRequest {
    StaffRequest::Decide { kind, number: 9, verdict }
}

fn staff_row() -> StaffRow {
    StaffRow { name: hana(), role: StaffRole::Clerk, created_at: NOW, revoked_at: None }
}

pub(super) fn proposals() -> Vec<ProposalRow> {
    let row = |number, proposal, verdict: Option<Verdict>| ProposalRow {
        number,
        proposal,
        by: hana(),
        at: NOW,
        decision: verdict.map(|verdict| Decision { verdict, by: "sato.h".parse().unwrap(), at: LATER }),
    };
    let package = manifest().digest();
    let release = Proposal::Release {
        option: option(),
        version: ReleaseVersion(3),
        package,
        content_bytes: 1_048_500,
        content: manifest().content,
        provides: features(),
    };
    let (amount, reason) = (yen(1_500), text("blurred"));
    let credit = Proposal::Credit { charge: 56, customer: customer_ref(), amount, reason };
    let limit = Proposal::CreditLimit { limit: yen(20_000) };
    let rejected = Verdict::Reject { reason: text("too much") };
    vec![row(9, release, None), row(8, credit, Some(Verdict::Approve)), row(7, limit, Some(rejected))]
}

fn credit_row() -> CreditRow {
    CreditRow {
        number: 4,
        charge: 56,
        customer: customer_ref(),
        amount: yen(1_500),
        reason: text("blurred"),
        by: Some(hana()),
        approved_by: Some("sato.h".parse().unwrap()),
        issued_at: NOW,
        used: yen(500),
    }
}

fn rules() -> Rules {
    Rules { second_person: true, credit_limit: yen(10_000), return_days: 7 }
}

pub(super) fn audit_row() -> AuditRow {
    let line = AuditLine {
        number: 1,
        at: NOW,
        who: hana(),
        role: StaffRole::Admin,
        action: text("set-staff-role"),
        subject: text("sato.h"),
        outcome: text(AuditLine::DONE),
        change: Some(text("clerk → publisher")),
    };
    AuditRow { hash: line.hash(&Link::START.hash), line }
}

fn invoice() -> InvoiceDocument {
    let credit = InvoiceCredit { credit: 4, charge: 56, reason: text("blurred"), amount: yen(500) };
    InvoiceDocument { head: invoice_row(), lines: vec![charge_row()], credits: vec![credit] }
}

fn page_of<T>(rows: Vec<T>) -> Rows<T> {
    Rows { total: 100 + rows.len() as u64, rows }
}

fn customer_fields() -> CustomerFields {
    CustomerFields {
        name: text("青空設計"),
        email: Some(text("keiri@aozora.example")),
        settlement: Settlement::Monthly,
    }
}

fn customer_ref() -> CustomerRef {
    CustomerRef { id: CUSTOMER, name: text("青空設計") }
}

fn customer_row() -> CustomerRow {
    CustomerRow {
        id: CUSTOMER,
        fields: CustomerFields { email: None, settlement: Settlement::OnDemand, ..customer_fields() },
        suspended: false,
        contracts: vec![ContractRow { id: contract(), active: true, has_pin: true }],
        devices: 2,
        uninvoiced: yen(4_000),
        created_at: NOW,
        revision: 3,
    }
}

fn device_fields() -> DeviceFields {
    DeviceFields { serial: serial(), model: text("MX-204"), customer: Some(CUSTOMER) }
}

fn device_row(state: DeviceState) -> DeviceRow {
    DeviceRow {
        serial: serial(),
        model: text("MX-204"),
        customer: Some(customer_ref()),
        state,
        code_expires_at: (state == DeviceState::Registered).then_some(LATER),
        last_seen_at: (state != DeviceState::Registered).then_some(NOW),
        certificate_until: (state != DeviceState::Registered).then_some(LATER),
        cloned_at: (state == DeviceState::Revoked).then_some(NOW),
        revision: 4,
    }
}

fn option_fields() -> OptionFields {
    OptionFields {
        id: option(),
        kind: OptionKind::Program,
        name: names(),
        description: names(),
        offers: offers(),
        for_sale: true,
    }
}

fn option_row() -> OptionRow {
    let release = ReleaseRow {
        version: ReleaseVersion(3),
        package: manifest().digest(),
        content: manifest().content,
        provides: features(),
        content_bytes: 1_048_500,
        published_at: NOW,
    };
    let waiting = Some(ReleaseVersion(4));
    OptionRow { fields: option_fields(), release: Some(release), waiting, sold: 5, revision: 6 }
}

fn order_row() -> OrderRow {
    let delivery = DeliveryRow {
        total_bytes: manifest().stored_bytes(),
        sending_bytes: Some(1_048_512),
        failed_attempts: 1,
        last_failure: Some(FailureCode::LinkLost),
    };
    OrderRow {
        order: order(),
        device: serial(),
        customer: Some(customer_ref()),
        option: option(),
        option_name: Some(names()),
        state: OrderState::Licensed,
        form: Some(uses()),
        price: Some(yen(2_000)),
        delivery: Some(delivery),
        created_at: NOW,
        updated_at: LATER,
    }
}

fn charge_row() -> ChargeRow {
    ChargeRow {
        number: 56,
        order: order(),
        customer: customer_ref(),
        device: serial(),
        option: option(),
        option_name: names(),
        form: uses(),
        amount: yen(2_000),
        uses: None,
        charged_at: NOW,
        invoice: Some(INVOICE),
        credited: yen(1_500),
    }
}

fn charge_of_uses() -> ChargeRow {
    let uses = Some(ChargedUses { count: 12, each: yen(30) });
    ChargeRow { form: UsageForm::Metered, amount: yen(360), uses, invoice: None, credited: yen(0), ..charge_row() }
}

fn metered_row() -> LicenceRow {
    LicenceRow {
        form: UsageForm::Metered,
        uses_left: None,
        used: Some(12),
        contact_due_at: Some(LATER),
        ..licence_row()
    }
}

fn licence_row() -> LicenceRow {
    LicenceRow {
        licence: order().into(),
        device: serial(),
        customer: Some(customer_ref()),
        option: option(),
        option_name: Some(names()),
        form: uses(),
        issued_at: NOW,
        starts_at: NOW,
        ends_at: None,
        uses_left: Some(7),
        used: None,
        contact_due_at: None,
        was_used: true,
        return_until: Some(LATER),
        suspended_at: None,
        moves_to: None,
        standing: Standing::Active,
        reported_at: Some(LATER),
        erased_at: None,
        not_erased: false,
    }
}

fn alarm_row() -> DeviceAlarmRow {
    DeviceAlarmRow {
        serial: serial(),
        customer: None,
        flag: Some((FlagReason::Restored, NOW)),
        temporary: 2,
        faults: vec![DeviceFault { at: NOW, kind: FaultKind::SealBroken }],
    }
}

fn invoice_row() -> InvoiceRow {
    InvoiceRow {
        number: INVOICE,
        customer: customer_ref(),
        from: NOW,
        until: LATER,
        issued_at: LATER,
        line_count: 1,
        credited: yen(500),
        total: yen(1_500),
        carried: yen(1_000),
    }
}

fn overview() -> Overview {
    Overview {
        customers: 3,
        devices_enrolled: 4,
        options_for_sale: 8,
        orders_open: 1,
        uninvoiced: yen(4_000),
        charged: yen(26_000),
        devices_cloned: 1,
        licences_not_erased: 2,
        devices_flagged: 1,
        credited: yen(1_500),
        proposals_open: 1,
        rules: rules(),
        licences_ending: 3,
    }
}
