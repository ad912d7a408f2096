//! Who works for the vendor: what a role may not do, what nobody does alone, and a log that tells of all of it.

use e2e::peer::{Peer, order_id};
use e2e::{OptionSpec, Vendor, package_content};
use protocol::keys::{KeyEntry, RootSigned};
use protocol::message::Service;
use protocol::message::staff::{
    CustomerFields, DeviceDecision, DeviceFields, KeyChange, OptionFields, OptionRow, ProposalKind, ProposalRow, Query,
    Settlement, StaffReply, StaffRequest, Verdict,
};
use protocol::net::{Authority, Client, Identity, Root, client_config};
use protocol::package::file::PackageHeader;
use protocol::package::{FeatureList, OptionKind};
use protocol::signed::SigningKey;
use protocol::staff_role::Action;
use protocol::{
    ContractUserId, CustomerId, KeyList, KeyRole, Offer, OfferList, RefusalCode, StaffRole, Timestamp, UsageForm, Yen,
    message::Reply, message::device::Bilingual,
};
use sea_orm::{ConnectionTrait, Database};
use vendor_console::client::{StaffClient, StaffError};

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "every wrong cell of the role table",
        expectation: "refused by role, and a line of the log",
        run: every_wrong_cell,
    },
    Attack {
        name: "publishing alone, by approving one's own release",
        expectation: "refused; not for sale",
        run: ones_own_release,
    },
    Attack {
        name: "giving back alone, by approving one's own credit",
        expectation: "refused; no credit",
        run: ones_own_credit,
    },
    Attack {
        name: "many small credits instead of a large one",
        expectation: "the one that passes the limit waits",
        run: many_small_credits,
    },
    Attack { name: "a credit above its charge", expectation: "refused, in one and in parts", run: credit_above_charge },
    Attack {
        name: "raising the credit limit alone",
        expectation: "waits; one's own approval refused",
        run: raising_the_limit_alone,
    },
    Attack {
        name: "a revoked member of staff on an open connection",
        expectation: "every request refused, the watch ended",
        run: revoked_on_an_open_connection,
    },
    Attack {
        name: "a replaced certificate, and one that is on no file",
        expectation: "refused like a revoked one",
        run: certificates_that_are_not_on_file,
    },
    Attack {
        name: "a device's certificate at the staff service",
        expectation: "the connection is ended",
        run: a_device_among_staff,
    },
    Attack { name: "revoking or demoting the last admin", expectation: "refused", run: the_last_admin },
    Attack { name: "an edited line of the audit log", expectation: "shown", run: edited_line },
    Attack { name: "a deleted line of the audit log", expectation: "shown", run: deleted_line },
    Attack { name: "two lines of the audit log swapped", expectation: "shown", run: swapped_lines },
    Attack {
        name: "an audit log whose end was cut off",
        expectation: "shown by the head that a client kept",
        run: truncated_log,
    },
    Attack {
        name: "an audit log written anew with good hashes",
        expectation: "shown by the head that a client kept",
        run: rewritten_log,
    },
];

const OCR: &str = "ocr-package";

fn refusal(answer: Result<StaffReply, StaffError>) -> RefusalCode {
    match answer {
        Err(error) => error.refusal_code().unwrap_or_else(|| panic!("{error}")),
        Ok(reply) => panic!("{reply:?}"),
    }
}

fn ask(vendor: &Vendor, staff: &StaffClient, request: StaffRequest) -> Result<StaffReply, StaffError> {
    vendor.block_on(staff.request(request))
}

/// A request that is this action.
fn request_of(action: Action) -> StaffRequest {
    let (serial, name) = ("HK-320-0001".parse().unwrap(), "mika".parse().unwrap());
    let customer = CustomerId(1);
    let fields = || CustomerFields { name: "X".parse().unwrap(), email: None, settlement: Settlement::Monthly };
    let device =
        || DeviceFields { serial: "HK-320-0009".parse().unwrap(), model: "X".parse().unwrap(), customer: None };
    let decide = |kind| StaffRequest::Decide { kind, number: 1, verdict: Verdict::Approve };
    let (limit, csr) = (Yen::new(1).unwrap(), vec![0x30]);
    match action {
        Action::Look => StaffRequest::Overview,
        Action::ReadAudit => StaffRequest::Audit(Query::default()),
        Action::CreateCustomer => StaffRequest::CreateCustomer(fields()),
        Action::UpdateCustomer => StaffRequest::UpdateCustomer { customer, revision: 1, fields: fields() },
        Action::SuspendCustomer => StaffRequest::SuspendCustomer { customer, suspended: true },
        Action::AddContract => StaffRequest::AddContract { customer },
        Action::SetContract => StaffRequest::SetContract { contract: ContractUserId::from_body(1), active: false },
        Action::SetContractPin => StaffRequest::SetContractPin { contract: ContractUserId::from_body(1), pin: None },
        Action::ProposeKeys => StaffRequest::ProposeKeys(KeyChange::Rotate(KeyRole::Release)),
        Action::ImportKeys => StaffRequest::ImportKeys(key_list()),
        Action::RegisterDevice => StaffRequest::RegisterDevice(device()),
        Action::UpdateDevice => StaffRequest::UpdateDevice { revision: 1, fields: device() },
        Action::NewActivationCode => StaffRequest::NewActivationCode { serial },
        Action::RevokeDevice => StaffRequest::RevokeDevice { serial },
        Action::RevokeLicence => StaffRequest::RevokeLicence { licence: order_id().into() },
        Action::SuspendLicence => StaffRequest::SuspendLicence { licence: order_id().into() },
        Action::ReinstateLicence => StaffRequest::ReinstateLicence { licence: order_id().into() },
        Action::MoveLicence => StaffRequest::MoveLicence { licence: order_id().into(), to: serial, lost: false },
        Action::MoveLostLicence => StaffRequest::MoveLicence { licence: order_id().into(), to: serial, lost: true },
        Action::SetReturnDays => StaffRequest::SetReturnDays { days: 1 },
        Action::DecideDevice => StaffRequest::DecideDevice { serial, decision: DeviceDecision::Release },
        Action::CreateOption => StaffRequest::CreateOption(option_fields("other")),
        Action::UpdateOption => StaffRequest::UpdateOption { revision: 1, fields: option_fields(OCR) },
        Action::Publish => {
            let package = PackageHeader::of(package_content(OptionKind::Program), FeatureList::default(), b"four");
            StaffRequest::Publish { option: OCR.parse().unwrap(), package: package.unwrap() }
        }
        Action::DecideRelease => decide(ProposalKind::Release),
        Action::DecideCredit => decide(ProposalKind::Credit),
        Action::DecideCreditLimit => decide(ProposalKind::CreditLimit),
        Action::CreateInvoice => StaffRequest::CreateInvoice { customer, until: None },
        Action::Settle => StaffRequest::Settle { until: Timestamp::from_ms(1) },
        Action::Credit => StaffRequest::Credit { charge: 1, amount: limit, reason: "X".parse().unwrap() },
        Action::SetCreditLimit => StaffRequest::SetCreditLimit { limit },
        Action::RequireSecondPerson => StaffRequest::RequireSecondPerson,
        Action::RevokeDistribution => StaffRequest::RevokeDistribution { number: 1 },
        Action::AddStaff => StaffRequest::AddStaff { name: "zoe".parse().unwrap(), role: StaffRole::Admin, csr },
        Action::ReissueStaff => StaffRequest::ReissueStaff { name, csr },
        Action::SetStaffRole => StaffRequest::SetStaffRole { name, role: StaffRole::Admin },
        Action::RevokeStaff => StaffRequest::RevokeStaff { name: "admin".parse().unwrap() },
    }
}

/// A list that a stranger's root has signed.
fn key_list() -> RootSigned<KeyList> {
    let entry = |seed, role| KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role };
    let list = KeyList::new(u64::MAX, vec![entry(1, KeyRole::Release), entry(2, KeyRole::Licence)], Vec::new());
    Root::generate(Timestamp::from_ms(1_795_000_000_000)).unwrap().key().sign(&list.unwrap()).unwrap()
}

fn option_fields(id: &str) -> OptionFields {
    let offer = Offer::new(UsageForm::Permanent, Yen::new(1).unwrap());
    OptionFields {
        id: id.parse().unwrap(),
        kind: OptionKind::Program,
        name: Bilingual { ja: "X".parse().unwrap(), en: "X".parse().unwrap() },
        description: Bilingual { ja: "X".parse().unwrap(), en: "X".parse().unwrap() },
        offers: OfferList::new(vec![offer]).unwrap(),
        for_sale: true,
    }
}

fn every_wrong_cell() -> String {
    let vendor = Vendor::strict();
    vendor.customer("青空設計");
    let (mut wrong, mut right) = (0, 0);
    for role in [StaffRole::Clerk, StaffRole::Publisher, StaffRole::Accountant] {
        let member = vendor.member(&format!("{role}.one"), role);
        for action in Action::ALL {
            let request = request_of(*action);
            assert_eq!(request.action(), *action);
            let answer = ask(&vendor, &member, request);
            if role.may(*action) {
                right += 1;
                let code = answer.err().and_then(|error| error.refusal_code());
                assert_ne!(code, Some(RefusalCode::RoleForbids), "{role} may {}", action.name());
                continue;
            }
            wrong += 1;
            assert_eq!(refusal(answer), RefusalCode::RoleForbids, "{role}: {}", action.name());
        }
    }
    assert_eq!(lines(&vendor, "role-forbids"), wrong, "each is a line of the log");
    format!("{wrong} of {wrong} refused and logged; {right} right cells let through")
}

/// How many lines of the log have this in them.
fn lines(vendor: &Vendor, text: &str) -> u64 {
    let query = Query { search: Some(text.parse().unwrap()), ..Query::default() };
    match vendor.staff(StaffRequest::Audit(query)) {
        StaffReply::Audit(page) => page.total,
        other => panic!("{other:?}"),
    }
}

fn waiting(vendor: &Vendor) -> ProposalRow {
    match vendor.staff(StaffRequest::Proposals { query: Query::default(), open_only: true }) {
        StaffReply::Proposals(page) => page.rows.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn approve(vendor: &Vendor, staff: &StaffClient) -> Result<StaffReply, StaffError> {
    let row = waiting(vendor);
    let (kind, number) = (row.proposal.kind(), row.number);
    ask(vendor, staff, StaffRequest::Decide { kind, number, verdict: Verdict::Approve })
}

/// A vendor of several people that sells one option.
fn shop() -> Vendor {
    let vendor = Vendor::strict();
    let offers = [("permanent", 20_000), ("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    vendor
}

/// One that has sold it: for ever, and three times by uses.
fn shop_with_charges() -> Vendor {
    let vendor = shop();
    approve(&vendor, &vendor.member("publisher", StaffRole::Publisher)).unwrap();
    let customer = vendor.customer("青空設計");
    let buyer = Peer::enrolled(&vendor, "HK-320-0001", Some(&customer));
    for form in ["permanent", "uses:3", "uses:3", "uses:3"] {
        buyer.buy(&vendor, OCR, form).unwrap();
    }
    vendor
}

fn option(vendor: &Vendor) -> OptionRow {
    match vendor.staff(StaffRequest::Options(Query::default())) {
        StaffReply::Options(page) => page.rows.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn ones_own_release() -> String {
    let vendor = shop();
    let row = option(&vendor);
    assert_eq!((row.release, row.waiting.map(|version| version.0)), (None, Some(1)));
    let buyer = Peer::enrolled(&vendor, "HK-320-0001", Some(&vendor.customer("青空設計")));
    let early = buyer.buy(&vendor, OCR, "permanent").unwrap_err();
    assert_eq!(early, RefusalCode::OptionNotForSale);

    let row = waiting(&vendor);
    let yes = StaffRequest::Decide { kind: ProposalKind::Release, number: row.number, verdict: Verdict::Approve };
    let own = refusal(vendor.try_staff(yes));
    assert_eq!(own, RefusalCode::SecondPersonNeeded);
    assert_eq!(option(&vendor).release, None);
    assert_eq!(lines(&vendor, "second-person-needed"), 1);

    approve(&vendor, &vendor.member("second", StaffRole::Publisher)).unwrap();
    buyer.buy(&vendor, OCR, "permanent").unwrap();
    format!("{own}; buying before: {early}")
}

fn credit(charge: u64, amount: u64) -> StaffRequest {
    StaffRequest::Credit { charge, amount: Yen::new(amount).unwrap(), reason: "blurred".parse().unwrap() }
}

fn credits(vendor: &Vendor) -> Vec<u64> {
    match vendor.staff(StaffRequest::Credits { query: Query::default(), customer: None, charge: None }) {
        StaffReply::Credits(page) => page.rows.iter().map(|row| row.amount.amount()).collect(),
        other => panic!("{other:?}"),
    }
}

fn ones_own_credit() -> String {
    let vendor = shop_with_charges();
    let accountant = vendor.member("mika", StaffRole::Accountant);
    let asked = ask(&vendor, &accountant, credit(1, 15_000)).unwrap();
    assert!(matches!(asked, StaffReply::Proposal(_)), "{asked:?}");
    let own = refusal(approve(&vendor, &accountant));
    assert_eq!((own, credits(&vendor)), (RefusalCode::SecondPersonNeeded, vec![]));
    approve(&vendor, &vendor.member("second", StaffRole::Accountant)).unwrap();
    assert_eq!(credits(&vendor), [15_000]);
    own.to_string()
}

fn many_small_credits() -> String {
    let vendor = shop_with_charges();
    let accountant = vendor.member("mika", StaffRole::Accountant);
    let mut alone = 0;
    for (charge, amount) in [(1, 6_000), (2, 2_000), (3, 2_000)] {
        let done = ask(&vendor, &accountant, credit(charge, amount)).unwrap();
        assert!(matches!(done, StaffReply::Credit(_)), "{done:?}");
        alone += amount;
    }
    let asked = ask(&vendor, &accountant, credit(4, 1)).unwrap();
    assert!(matches!(asked, StaffReply::Proposal(_)), "{asked:?}");
    format!("after {} in three parts ￥1 more waits", Yen::new(alone).unwrap())
}

fn credit_above_charge() -> String {
    let vendor = shop_with_charges();
    let accountant = vendor.member("mika", StaffRole::Accountant);
    let whole = refusal(ask(&vendor, &accountant, credit(2, 2_001)));
    assert_eq!(whole, RefusalCode::InvalidInput);
    assert_eq!(refusal(ask(&vendor, &accountant, credit(2, 0))), RefusalCode::InvalidInput);
    ask(&vendor, &accountant, credit(2, 1_500)).unwrap();
    assert_eq!(refusal(ask(&vendor, &accountant, credit(2, 501))), RefusalCode::InvalidInput);
    // What waits counts, too: otherwise two proposals could both be approved.
    ask(&vendor, &accountant, credit(1, 19_000)).unwrap();
    assert_eq!(refusal(ask(&vendor, &accountant, credit(1, 1_001))), RefusalCode::InvalidInput);
    whole.to_string()
}

fn raising_the_limit_alone() -> String {
    let vendor = Vendor::strict();
    let asked = vendor.staff(StaffRequest::SetCreditLimit { limit: Yen::new(1_000_000).unwrap() });
    assert!(matches!(asked, StaffReply::Proposal(_)), "{asked:?}");
    let row = waiting(&vendor);
    let yes = StaffRequest::Decide { kind: ProposalKind::CreditLimit, number: row.number, verdict: Verdict::Approve };
    let own = refusal(vendor.try_staff(yes));
    assert_eq!(own, RefusalCode::SecondPersonNeeded);
    // With the wrong kind, which an accountant may decide, there is no such proposal.
    let accountant = vendor.member("mika", StaffRole::Accountant);
    let kind = ProposalKind::Credit;
    let yes = StaffRequest::Decide { kind, number: row.number, verdict: Verdict::Approve };
    assert_eq!(refusal(ask(&vendor, &accountant, yes)), RefusalCode::NotFound);
    let StaffReply::Rules(rules) = vendor.staff(StaffRequest::SetCreditLimit { limit: Yen::ZERO }) else { panic!() };
    assert_eq!(rules.credit_limit, Yen::ZERO, "lower takes nobody else");
    own.to_string()
}

fn revoked_on_an_open_connection() -> String {
    let vendor = Vendor::strict();
    let member = vendor.member("mika", StaffRole::Admin);
    ask(&vendor, &member, StaffRequest::Overview).unwrap();
    let mut watch = vendor.block_on(async { member.watch() });
    vendor.block_on(watch.next()).unwrap();
    vendor.staff(StaffRequest::RevokeStaff { name: "mika".parse().unwrap() });
    let refused = refusal(ask(&vendor, &member, StaffRequest::Overview));
    assert_eq!(refused, RefusalCode::NotPermitted);
    let lost = loop {
        match vendor.block_on(watch.next()).unwrap() {
            vendor_console::client::WatchEvent::Lost(error) => break error,
            _ => continue,
        }
    };
    assert_eq!(lost.refusal_code(), Some(RefusalCode::NotPermitted), "{lost}");
    refused.to_string()
}

fn certificates_that_are_not_on_file() -> String {
    let vendor = Vendor::strict();
    let member = vendor.member("mika", StaffRole::Clerk);
    let again = vendor.data().join("mika.2.pem");
    let reissue = |csr| StaffRequest::ReissueStaff { name: "mika".parse().unwrap(), csr };
    vendor.block_on(vendor.staff_client().certify(&again, reissue)).unwrap();
    let replaced = refusal(ask(&vendor, &member, StaffRequest::Overview));
    assert_eq!(replaced, RefusalCode::NotPermitted);
    let new = StaffClient::with_file(&vendor.addr().to_string(), &again).unwrap();
    ask(&vendor, &new, StaffRequest::Overview).unwrap();

    // Whoever had the root's key for an instant has a certificate that is good in every way but one.
    let root = Authority::from_pem(&std::fs::read_to_string(vendor.data().join("issuer.pem")).unwrap()).unwrap();
    let now = vendor_console::clock::Clock::System.now();
    for name in ["ghost", "admin"] {
        let forged = root.issue_client(&Identity::Staff(name.parse().unwrap()), now).unwrap();
        let forged = StaffClient::new(&vendor.addr().to_string(), &forged).unwrap();
        assert_eq!(refusal(ask(&vendor, &forged, StaffRequest::Overview)), RefusalCode::NotPermitted, "{name}");
    }
    replaced.to_string()
}

fn a_device_among_staff() -> String {
    let vendor = Vendor::start();
    let device = Peer::enrolled(&vendor, "HK-320-0001", None);
    let config = client_config(&device.credentials, Service::Staff).unwrap();
    let answer = vendor.block_on(async {
        let client = Client::connect(vendor.addr(), config).await?;
        client.request::<_, Reply<StaffReply>>(&StaffRequest::Overview).await
    });
    let error = answer.map(|reply| reply.now).unwrap_err();
    assert_eq!(error.code(), "not-permitted", "{error}");
    error.code().to_owned()
}

fn the_last_admin() -> String {
    let vendor = Vendor::strict();
    let admin = || "admin".parse().unwrap();
    let revoke = refusal(vendor.try_staff(StaffRequest::RevokeStaff { name: admin() }));
    let demote = StaffRequest::SetStaffRole { name: admin(), role: StaffRole::Clerk };
    assert_eq!((revoke, refusal(vendor.try_staff(demote))), (RefusalCode::Conflict, RefusalCode::Conflict));
    vendor.member("second", StaffRole::Admin);
    vendor.staff(StaffRequest::SetStaffRole { name: admin(), role: StaffRole::Clerk });
    revoke.to_string()
}

/// A vendor with some lines in its log, a witness of them, and what the witness says after these statements were
/// carried out in the books while the server was down.
fn tampered(statements: &[&str]) -> (Vendor, StaffError, StaffError) {
    let mut vendor = Vendor::strict();
    for name in ["青空設計", "みどり市役所", "Northwind", "さくら法律事務所"] {
        vendor.customer(name);
    }
    let witness = || StaffClient::with_file(&vendor.addr().to_string(), &vendor.data().join("admin.pem")).unwrap();
    let (before, after) = (witness(), witness());
    vendor.block_on(before.verify_audit()).unwrap();
    vendor.stop();
    let books = format!("sqlite:{}", vendor.data().join("books.sqlite").display());
    vendor.block_on(async {
        let db = Database::connect(books).await.unwrap();
        for statement in statements {
            db.execute_unprepared(statement).await.unwrap();
        }
        db.close().await.unwrap();
    });
    vendor.start_again();
    let verified = vendor.block_on(after.verify_audit()).map(|head| head.link.number).unwrap_err();
    // The next line makes nothing good.
    vendor.customer("Later");
    let later = vendor.block_on(after.verify_audit()).map(|head| head.link.number).unwrap_err();
    (vendor, verified, later)
}

fn shown(statements: &[&str]) -> String {
    let (_vendor, verified, later) = tampered(statements);
    assert_eq!((verified.code(), later.code()), ("audit-broken", "audit-broken"));
    verified.to_string()
}

fn edited_line() -> String {
    shown(&["UPDATE audit_line SET who = 'nobody' WHERE number = 3"])
}

fn deleted_line() -> String {
    shown(&["DELETE FROM audit_line WHERE number = 3"])
}

fn swapped_lines() -> String {
    shown(&[
        "UPDATE audit_line SET number = 100 WHERE number = 3",
        "UPDATE audit_line SET number = 3 WHERE number = 4",
        "UPDATE audit_line SET number = 4 WHERE number = 100",
    ])
}

fn truncated_log() -> String {
    // The counter too: a log that was cut off with care.
    shown(&["DELETE FROM audit_line WHERE number > 3", "UPDATE counter SET value = 3 WHERE name = 'audit lines'"])
}

fn rewritten_log() -> String {
    // Everything after the third line is cut off, and other lines with good hashes take its place.
    let (vendor, verified, _) = tampered(&[
        "DELETE FROM audit_line WHERE number > 3",
        "UPDATE counter SET value = 3 WHERE name = 'audit lines'",
    ]);
    assert_eq!(verified.code(), "audit-broken");
    for name in ["A", "B", "C", "D", "E"] {
        vendor.customer(name);
    }
    // Whoever was never there before sees a good chain; whoever was, does not.
    let stranger = StaffClient::new(&vendor.addr().to_string(), &credentials(&vendor)).unwrap();
    let whole = vendor.block_on(stranger.verify_audit()).unwrap();
    let witness = StaffClient::with_file(&vendor.addr().to_string(), &vendor.data().join("admin.pem")).unwrap();
    let alarm = vendor.block_on(witness.witness()).map(|seen| seen.head).unwrap_err();
    assert_eq!(alarm.code(), "audit-broken");
    format!("{} good lines, and {alarm}", whole.link.number)
}

fn credentials(vendor: &Vendor) -> protocol::net::Credentials {
    vendor_console::client::read_credentials(&vendor.data().join("admin.pem")).unwrap()
}
