//! Values and codes that messages are built from.

use protocol::message::Reply;
use protocol::message::content::TransferOutcome;
use protocol::message::device::AbandonReason;
use protocol::message::report::{FaultKind, Standing};
use protocol::message::staff::{
    DeviceDecision, DeviceState, FlagReason, KeyChange, Proposal, ProposalKind, Settlement, Topic, Verdict,
};
use protocol::package::{ChunkRange, Feature, FeatureList, MissingChunks, OptionKind, PackageContent};
use protocol::{
    ActivationCode, CaFingerprint, CustomerId, DeviceKeyHash, Digest, EndReason, FailureCode, InvoiceNumber, KeyRole,
    LicenceId, LockReason, OrderState, Refusal, RefusalCode, ReleaseVersion, StaffName, StaffRole, Timestamp,
    UsageForm, Yen,
};

use super::book::{Page, variants};
use super::staff::proposals;
use super::world::{
    NOW, contract, days, features, limits, mark, offers, option, order, package_header, pin, release_key, serial, text,
    uses,
};

variants! {
    UsageForm { Permanent, Uses, Days, Metered }
    OptionKind { Program, FontPack }
    PackageContent { Program, FontPack }
    OrderState {
        Authorised, Sent, Received, Delivered, Licensed, Refused, Failed, Cancelled, Expired,
    }
    FailureCode { LinkLost, Timeout, WrongContent, DiskFull, Storage }
    AbandonReason { Cancelled, Failed }
    TransferOutcome { Sent, Failed }
    Settlement { Monthly, OnDemand }
    DeviceState { Registered, Enrolled, Revoked }
    KeyRole { Release, Licence }
    KeyChange { Rotate, Revoke }
    EndReason { UsedUp, PeriodOver, Removed, Revoked, Replaced, Returned, Moved }
    LockReason { KeyMissing, Edited, ClockInDoubt, Restored, PackageMissing, ContactDue, Suspended }
    Standing { Active, Locked, Ended }
    FaultKind { ClockSetBack, ClockJumped, RecordEdited, RecordMissing, SealBroken }
    FlagReason { Restored, Edited, Implausible }
    DeviceDecision { Release, End }
    Topic { Customers, Devices, Options, Orders, Charges, Licences, Staff, Proposals, Audit, Keys }
    StaffRole { Clerk, Publisher, Accountant, Admin }
    ProposalKind { Release, Credit, CreditLimit }
    Proposal { Release, Credit, CreditLimit }
    Verdict { Approve, Reject }
    RefusalCode {
        BadMessage, NotPermitted, UnknownDevice, DeviceRevoked, ActivationRefused, ContractRequired, ContractRefused,
        CustomerSuspended, UnknownOption, OptionNotForSale, UnknownOrder, OrderMismatch, OrderClosed, AlreadyLicensed,
        NotDelivered, DigestMismatch, OfferNotAvailable, AlreadyChosen, TicketInvalid, TicketExpired, NoSuchChunk,
        PackageUnavailable, ServiceUnavailable, Busy, StorageFailed, NotFound, Conflict, InvalidInput,
        UploadIncomplete, TooManyAttempts, LicenceEnded, LicenceLocked, RoleForbids, SecondPersonNeeded, Stale,
        TrialUsed, ReturnUsed, ReturnTooLate,
    }
}

pub(crate) fn page() -> Page {
    let states = [
        OrderState::Authorised,
        OrderState::Sent,
        OrderState::Received,
        OrderState::Delivered,
        OrderState::Licensed,
        OrderState::Refused(RefusalCode::ContractRefused),
        OrderState::Failed(FailureCode::DiskFull),
        OrderState::Cancelled,
        OrderState::Expired,
    ];
    let topics = [
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
    let licence = LicenceId::from(order());
    let standings = [Standing::Active, Standing::Locked(LockReason::Edited), Standing::Ended(EndReason::Removed, NOW)];
    let faults = [
        FaultKind::ClockSetBack(3_600_000),
        FaultKind::ClockJumped(315_360_000_000),
        FaultKind::RecordEdited(licence),
        FaultKind::RecordMissing(licence),
        FaultKind::SealBroken,
    ];
    let kinds = [ProposalKind::Release, ProposalKind::Credit, ProposalKind::CreditLimit];
    let verdicts = vec![("", Verdict::Approve), ("", Verdict::Reject { reason: text("too much") })];
    let proposals = proposals().into_iter().map(|row| ("", row.proposal)).collect();
    let device_states = [DeviceState::Registered, DeviceState::Enrolled, DeviceState::Revoked];
    let range = |first, count| ChunkRange { first, count };
    Page::new("values.txt", "Values and codes that messages are built from.")
        .value("DeviceSerial MX-204-0001", serial())
        .value("OptionId ocr-package", option())
        .value("StaffName sato.h", "sato.h".parse::<StaffName>().unwrap())
        .value("ContractUserId with body 123456789", contract())
        .value("ContractPin 004711", pin())
        .value("ActivationCode of 16 bytes 07", ActivationCode::from_random([7; 16]))
        .value("OrderId 01938a5e-7b1c-7def-8123-456789abcdef", order())
        .value("LicenceId of that order", LicenceId::from(order()))
        .value("CustomerId C-0012", CustomerId(12))
        .value("InvoiceNumber INV-0034", InvoiceNumber(34))
        .value("ReleaseVersion 3", ReleaseVersion(3))
        .value("DeviceKeyHash of the bytes \"key\"", DeviceKeyHash::of(b"key"))
        .value("UsageMark 9", mark(9))
        .value("CaFingerprint of the bytes \"CA\"", CaFingerprint::of(b"CA"))
        .value("KeyId of the release key in signed.txt", release_key().verify_key().id())
        .value("Digest of no bytes", Digest::of(b""))
        .value("Timestamp 0", Timestamp::from_ms(0))
        .value("Timestamp 1795000000000", NOW)
        .value("Yen 0", Yen::ZERO)
        .value("Yen 999999999999, the most", Yen::MAX)
        .value("Text 購買", text::<80>("購買"))
        .value("Option of Yen, none", None::<Yen>)
        .value("Option of Yen, some", Some(Yen::ZERO))
        .value("bool false", false)
        .value("bool true", true)
        .value("OfferList, permanent 20000, uses:10 2000 and days:30 as a trial", offers())
        .value("MissingChunks, none", MissingChunks::default())
        .value("MissingChunks, 0 and 5 to 7", MissingChunks::new(vec![range(0, 1), range(5, 3)]).unwrap())
        .every(vec![("", KeyRole::Release), ("", KeyRole::Licence)])
        .every(vec![
            ("licence", KeyChange::Rotate(KeyRole::Licence)),
            ("", KeyChange::Revoke(release_key().verify_key().id())),
        ])
        .every(vec![("", UsageForm::Permanent), ("10", uses()), ("30", days()), ("", UsageForm::Metered)])
        .every(vec![("", OptionKind::Program), ("", OptionKind::FontPack)])
        .value("ProgramLimits, 256 MiB and 20 thousand million units of work", limits())
        .every(vec![("", PackageContent::Program(limits())), ("", PackageContent::FontPack)])
        .value("Feature text-recognition", features().iter().next().unwrap().clone())
        .value("Feature of the face 明朝", Feature::face("明朝").unwrap())
        .value("FeatureList, none", FeatureList::default())
        .value("FeatureList, text-recognition", features())
        .value("PackageHeader", package_header())
        .every(states.map(|state| ("", state)).to_vec())
        .every(FailureCode::ALL.iter().map(|code| (code.code(), *code)).collect())
        .every(vec![("", AbandonReason::Cancelled), ("timeout", AbandonReason::Failed(FailureCode::Timeout))])
        .every(vec![
            ("", TransferOutcome::Sent(Digest([0xaa; 32]))),
            ("link-lost", TransferOutcome::Failed(FailureCode::LinkLost)),
        ])
        .every(vec![("", Settlement::Monthly), ("", Settlement::OnDemand)])
        .every(device_states.map(|state| ("", state)).to_vec())
        .every(topics.map(|topic| ("", topic)).to_vec())
        .every(EndReason::ALL.map(|reason| (reason.name(), reason)).to_vec())
        .every(LockReason::ALL.map(|reason| (reason.name(), reason)).to_vec())
        .every(standings.map(|standing| ("", standing)).to_vec())
        .every(faults.map(|fault| ("", fault)).to_vec())
        .every(FlagReason::ALL.map(|reason| (reason.name(), reason)).to_vec())
        .every(vec![("", DeviceDecision::Release), ("", DeviceDecision::End)])
        .every(StaffRole::ALL.map(|role| ("", role)).to_vec())
        .every(kinds.map(|kind| ("", kind)).to_vec())
        .every::<Proposal>(proposals)
        .every(verdicts)
        .every(RefusalCode::ALL.iter().map(|code| (code.code(), *code)).collect())
        .value("Refusal busy, no detail", Refusal::from(RefusalCode::Busy))
        .value("Refusal invalid-input, detail \"price\"", Refusal::with_detail(RefusalCode::InvalidInput, "price"))
        .value("Refusal too-many-attempts, 90 seconds", Refusal::too_many_attempts(90_000))
        .value("Reply of u8 7", Reply { now: NOW, outcome: Ok(7_u8) })
        .value("Reply of u8, refused busy", Reply::<u8> { now: NOW, outcome: Err(RefusalCode::Busy.into()) })
}
