//! What comes over the wire.

use std::cell::OnceCell;

use protocol::codec::{decode, encode};
use protocol::content_key::ContentKey;
use protocol::keys::{KeyEntry, KeyRequest, RootKey, RootSigned, RootSigningKey};
use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer, TransferOutcome};
use protocol::message::device::{Catalogue, DeviceReply, DeviceRequest};
use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::{Identity, Root, frame_length};
use protocol::package::file::PackageHeader;
use protocol::package::{FeatureList, MissingChunks, PackageContent};
use protocol::signed::{SigningKey, VerifyKey};
use protocol::{
    ActivationCode, CaFingerprint, ContractPin, ContractUserId, DeviceSerial, Digest, KeyId, KeyList, KeyRing, KeyRole,
    Licence, LicenceId, Manifest, OfferList, OptionId, OrderId, OrderState, Refusal, Signed, StaffName, Text, Ticket,
    Timestamp, UsageForm, Yen,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What was decoded must be what is encoded from it.
fn message<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Option<T> {
    let value: T = decode(bytes).ok()?;
    let encoded = encode(&value);
    assert_eq!(decode::<T>(&encoded).as_ref(), Ok(&value), "what was decoded does not survive its own encoding");
    Some(value)
}

pub(super) fn enrol(bytes: &[u8]) {
    message::<EnrolRequest>(bytes);
    message::<EnrolReply>(bytes);
    message::<Reply<EnrolReply>>(bytes);
}

pub(super) fn device(bytes: &[u8]) {
    message::<DeviceRequest>(bytes);
    message::<DeviceReply>(bytes);
    message::<Reply<DeviceReply>>(bytes);
}

pub(super) fn content(bytes: &[u8]) {
    if let Some(ContentRequest::Fetch { missing, .. }) = message(bytes) {
        holes(&missing);
    }
    message::<ContentReply>(bytes);
    message::<Reply<ContentReply>>(bytes);
    message::<EndOfTransfer>(bytes);
    message::<TransferOutcome>(bytes);
}

pub(super) fn staff(bytes: &[u8]) {
    message::<StaffRequest>(bytes);
    message::<StaffReply>(bytes);
    message::<Reply<StaffReply>>(bytes);
}

/// Missing chunks are few enough to be counted, ascending, and what they say they are.
fn holes(missing: &MissingChunks) {
    let indices: Vec<u32> = missing.indices().collect();
    assert!(indices.len() <= 8_192 && indices.is_sorted_by(|a, b| a < b));
    assert!(indices.last().is_none_or(|last| last + 1 == missing.end()));
    let again = MissingChunks::collect(missing.end(), |index| !indices.contains(&index));
    assert_eq!(again.indices().collect::<Vec<_>>(), indices);
}

/// The ring of a list that one root has signed.
fn ring() -> KeyRing {
    thread_local! {
        static RING: OnceCell<KeyRing> = const { OnceCell::new() };
    }
    RING.with(|ring| {
        let make = || {
            let root = Root::generate(Timestamp::from_ms(1_795_000_000_000)).unwrap();
            let entry = |seed, role| KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role };
            let keys = vec![entry(7, KeyRole::Release), entry(8, KeyRole::Licence)];
            let list = root.key().sign(&KeyList::new(1, keys, Vec::new()).unwrap()).unwrap();
            KeyRing::open(&list, &root.key().root_key()).unwrap()
        };
        ring.get_or_init(make).clone()
    })
}

pub(super) fn signed(bytes: &[u8]) {
    let ring = ring();
    // Nobody has signed these bytes with those keys.
    let forged = [
        decode::<Signed<Manifest>>(bytes).is_ok_and(|signed| ring.verify(&signed).is_ok()),
        decode::<Signed<Catalogue>>(bytes).is_ok_and(|signed| ring.verify(&signed).is_ok()),
        decode::<Signed<Ticket>>(bytes).is_ok_and(|signed| ring.verify(&signed).is_ok()),
        decode::<Signed<Licence>>(bytes).is_ok_and(|signed| ring.verify(&signed).is_ok()),
    ];
    assert_eq!(forged, [false; 4], "a signature out of nothing");
    // Nobody has signed a list with this root.
    let root = RootKey::from_point(&[4; 65]).unwrap();
    assert!(
        !decode::<RootSigned<KeyList>>(bytes).is_ok_and(|list| KeyRing::open(&list, &root).is_ok()),
        "out of nothing"
    );
    message::<KeyList>(bytes);
    message::<RootSigned<KeyList>>(bytes);
    message::<Manifest>(bytes);
    message::<Catalogue>(bytes);
    message::<Ticket>(bytes);
    message::<Licence>(bytes);
    let _ = SigningKey::from_pkcs8(bytes);
    let _ = RootSigningKey::from_pkcs8(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = KeyRequest::from_text(text);
        let _ = RootSigned::<KeyList>::from_text(text);
    }
}

pub(super) fn values(bytes: &[u8]) {
    message::<DeviceSerial>(bytes);
    message::<OptionId>(bytes);
    message::<StaffName>(bytes);
    message::<ContractUserId>(bytes);
    message::<ContractPin>(bytes);
    message::<ActivationCode>(bytes);
    message::<OrderId>(bytes);
    message::<LicenceId>(bytes);
    message::<Digest>(bytes);
    message::<CaFingerprint>(bytes);
    message::<KeyId>(bytes);
    message::<VerifyKey>(bytes);
    message::<ContentKey>(bytes);
    message::<Timestamp>(bytes);
    message::<Yen>(bytes);
    message::<Text<80>>(bytes);
    message::<UsageForm>(bytes);
    message::<OfferList>(bytes);
    message::<PackageContent>(bytes);
    message::<FeatureList>(bytes);
    message::<PackageHeader>(bytes);
    message::<OrderState>(bytes);
    message::<Refusal>(bytes);
    if let Some(missing) = message::<MissingChunks>(bytes) {
        holes(&missing);
    }
}

/// A stream of frames, as a reader with the server's limits takes it.
pub(super) fn frames(bytes: &[u8]) {
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_first_chunk::<4>() {
        let Ok(length) = frame_length(*header, 64 * 1024) else { return };
        let Some((body, after)) = after.split_at_checked(length) else { return };
        message::<EnrolRequest>(body);
        message::<DeviceRequest>(body);
        message::<ContentRequest>(body);
        message::<StaffRequest>(body);
        rest = after;
    }
}

/// What people type and what stands in certificates and ALPNs.
pub(super) fn texts(bytes: &[u8]) {
    let _ = Service::from_alpn(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(contract) = text.parse::<ContractUserId>() {
        assert_eq!(contract.grouped().parse().as_ref(), Ok(&contract));
    }
    if let Ok(code) = text.parse::<ActivationCode>() {
        assert_eq!(code.to_string().parse().as_ref(), Ok(&code));
    }
    if let Ok(serial) = text.parse::<DeviceSerial>() {
        assert_eq!(serial.as_str(), text.trim());
    }
    if let Ok(form) = text.parse::<UsageForm>() {
        assert_eq!(form.to_string().parse().as_ref(), Ok(&form));
    }
    if let Ok(fingerprint) = text.parse::<CaFingerprint>() {
        assert_eq!(fingerprint.to_string().parse().as_ref(), Ok(&fingerprint));
    }
    let _ = text.parse::<OptionId>();
    let _ = text.parse::<StaffName>();
    let _ = text.parse::<Text<80>>();
    let _ = Digest::from_hex(text);
    let _ = Identity::Distribution.uri() == text;
}
