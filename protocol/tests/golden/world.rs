//! The names and numbers that golden messages are made of: fixed, short, and different from one another.

use protocol::message::device::{Bilingual, Catalogue, CatalogueEntry};
use protocol::package::{Manifest, OptionKind};
use protocol::signed::{Signed, SigningKey};
use protocol::{
    ContentKey, ContractUserId, DeviceSerial, Digest, Licence, LicenceId, Offer, OfferList, OptionId, OrderId,
    ReleaseVersion, Text, Ticket, Timestamp, UsageForm, Yen,
};

pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);
pub(crate) const LATER: Timestamp = Timestamp::from_ms(1_795_086_400_000);

pub(crate) fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

pub(crate) fn serial() -> DeviceSerial {
    "MX-204-0001".parse().unwrap()
}

pub(crate) fn option() -> OptionId {
    "ocr-package".parse().unwrap()
}

pub(crate) fn order() -> OrderId {
    "01938a5e-7b1c-7def-8123-456789abcdef".parse().unwrap()
}

pub(crate) fn contract() -> ContractUserId {
    ContractUserId::from_body(123_456_789)
}

pub(crate) fn yen(amount: u64) -> Yen {
    Yen::new(amount).unwrap()
}

pub(crate) fn uses() -> UsageForm {
    UsageForm::uses(10).unwrap()
}

pub(crate) fn days() -> UsageForm {
    UsageForm::days(30).unwrap()
}

pub(crate) fn offers() -> OfferList {
    let permanent = Offer { form: UsageForm::Permanent, price: yen(20_000) };
    OfferList::new(vec![permanent, Offer { form: uses(), price: yen(2_000) }]).unwrap()
}

pub(crate) fn names<const MAX: usize>() -> Bilingual<Text<MAX>> {
    Bilingual { ja: text("文字認識"), en: text("OCR") }
}

pub(crate) fn release_key() -> SigningKey {
    SigningKey::from_seed(&[0x11; 32])
}

pub(crate) fn licence_key() -> SigningKey {
    SigningKey::from_seed(&[0x22; 32])
}

pub(crate) fn manifest() -> Manifest {
    let chunks = vec![Digest([0xc0; 32]), Digest([0xc1; 32])];
    Manifest {
        option: option(),
        version: ReleaseVersion(3),
        kind: OptionKind::Program,
        content_bytes: 1_048_500,
        chunks,
    }
}

pub(crate) fn ticket() -> Ticket {
    Ticket { order: order(), device: serial(), package: manifest().digest(), chunk_count: 2, expires_at: LATER }
}

pub(crate) fn licence(form: UsageForm) -> Licence {
    Licence {
        id: LicenceId::from(order()),
        device: serial(),
        option: option(),
        version: ReleaseVersion(3),
        package: manifest().digest(),
        form,
        price: yen(2_000),
        issued_at: NOW,
        content_key: ContentKey::from_bytes([0x33; 32]),
    }
}

pub(crate) fn catalogue() -> Catalogue {
    let entry = CatalogueEntry {
        option: option(),
        name: names(),
        description: names(),
        kind: OptionKind::Program,
        version: ReleaseVersion(3),
        stored_bytes: manifest().stored_bytes(),
        offers: offers(),
    };
    Catalogue { version: 7, expires_at: LATER, entries: vec![entry] }
}

pub(crate) fn signed_ticket() -> Signed<Ticket> {
    Signed::new(&ticket(), &licence_key())
}
