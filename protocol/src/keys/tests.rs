use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::*;
use crate::codec;
use crate::signed::SigningKey;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Apple(u32);
impl Signable for Apple {
    const CONTEXT: &'static str = "apple";
    const ROLE: KeyRole = KeyRole::Release;
}

fn root() -> RootSigningKey {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    RootSigningKey::from_pkcs8(pkcs8.as_ref()).unwrap()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn entry(seed: u8, role: KeyRole) -> KeyEntry {
    KeyEntry { key: key(seed).verify_key(), role }
}

fn id(seed: u8) -> KeyId {
    key(seed).verify_key().id()
}

/// Key 1 signs releases, key 2 licences, key 3 is revoked.
fn list() -> KeyList {
    KeyList::new(7, vec![entry(1, KeyRole::Release), entry(2, KeyRole::Licence)], vec![id(3)]).unwrap()
}

#[test]
fn a_list_counts_only_with_the_signature_of_the_pinned_root_over_exactly_its_bytes() {
    let (root, other) = (root(), root());
    let signed = root.sign(&list()).unwrap();
    assert_eq!(KeyRing::open(&signed, &root.root_key()).unwrap().list(), &list());
    assert_eq!(KeyRing::open(&signed, &other.root_key()), Err(SignatureError::Invalid));
    let bytes = codec::encode(&signed);
    for at in [8, bytes.len() - 65, bytes.len() - 1] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let altered = codec::decode(&altered).unwrap();
        assert_eq!(KeyRing::open(&altered, &root.root_key()), Err(SignatureError::Invalid), "byte {at}");
    }
}

#[test]
fn only_a_key_that_is_listed_not_revoked_and_meant_for_it_can_sign() {
    let root = root();
    let ring = KeyRing::open(&root.sign(&list()).unwrap(), &root.root_key()).unwrap();
    let verdict = |seed| ring.verify(&Signed::new(&Apple(5), &key(seed)));
    assert_eq!(verdict(1), Ok(Apple(5)));
    assert_eq!(verdict(2), Err(SignatureError::WrongRole(id(2))));
    assert_eq!(verdict(3), Err(SignatureError::Revoked(id(3))));
    assert_eq!(verdict(4), Err(SignatureError::UnknownKey(id(4))));
    assert!(ring.may_be_newer(id(4)) && !ring.may_be_newer(id(3)) && !ring.may_be_newer(id(1)));
}

#[test]
fn a_signature_under_the_name_of_a_listed_key_does_not_count_if_another_made_it() {
    let root = root();
    let ring = KeyRing::open(&root.sign(&list()).unwrap(), &root.root_key()).unwrap();
    let mut bytes = codec::encode(&Signed::new(&Apple(5), &key(4)));
    bytes[..16].copy_from_slice(&codec::encode(&id(1)));
    let disguised: Signed<Apple> = codec::decode(&bytes).unwrap();
    assert_eq!(ring.verify(&disguised), Err(SignatureError::Invalid));
}

#[test]
fn a_list_has_a_key_for_each_role_and_names_none_twice() {
    let (release, licence) = (entry(1, KeyRole::Release), entry(2, KeyRole::Licence));
    let many = |count: u8| (0..count).map(|seed| entry(seed, KeyRole::Release)).collect::<Vec<_>>();
    let names = |count: u16| (0..count).map(|n| KeyId::of(&VerifyKey([n.to_le_bytes()[0]; 32]))).collect::<Vec<_>>();
    for (keys, revoked, expected) in [
        (vec![], vec![], KeyListError::NoKey(KeyRole::Release)),
        (vec![release], vec![], KeyListError::NoKey(KeyRole::Licence)),
        (vec![licence], vec![], KeyListError::NoKey(KeyRole::Release)),
        (vec![release, licence, release], vec![], KeyListError::Twice(id(1))),
        (vec![release, licence, entry(1, KeyRole::Licence)], vec![], KeyListError::Twice(id(1))),
        (vec![release, licence], vec![id(2)], KeyListError::Twice(id(2))),
        (vec![release, licence], vec![id(3), id(3)], KeyListError::Twice(id(3))),
        (many(17), vec![], KeyListError::TooLong),
        (vec![release, licence], names(257), KeyListError::TooLong),
    ] {
        assert_eq!(KeyList::new(1, keys.clone(), revoked.clone()), Err(expected));
        // The same from the wire, whoever signed it.
        let bytes = codec::encode(&(1_u64, keys, revoked));
        assert!(codec::decode::<KeyList>(&bytes).is_err());
    }
}

#[test]
fn a_keys_name_reads_back_from_its_text_and_from_nothing_else() {
    assert_eq!(id(1).to_string().parse(), Ok(id(1)));
    for bad in ["", "12", "zz112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff00"] {
        assert_eq!(bad.parse::<KeyId>(), Err(KeyIdError), "{bad}");
    }
}

#[test]
fn what_is_no_point_is_no_root_key_and_a_point_off_the_curve_verifies_nothing() {
    assert_eq!(RootKey::from_point(&[4; 64]), None);
    assert_eq!(RootKey::from_point(&[3; 65]), None);
    let off = RootKey::from_point(&[4; 65]).unwrap();
    assert_eq!(root().sign(&list()).unwrap().verify(&off), Err(SignatureError::Invalid));
}

#[test]
fn request_and_answer_survive_their_files_and_what_is_cut_or_altered_does_not() {
    let root = root();
    let present = root.sign(&list()).unwrap();
    let request = KeyRequest { present: present.clone(), proposed: list() };
    let (asked, answered) = (request.to_text(), present.to_text());
    assert_eq!(KeyRequest::from_text(&format!("From: the server\r\n{}", asked.replace('\n', "\r\n"))), Ok(request));
    assert_eq!(RootSigned::from_text(&answered), Ok(present));
    assert!(matches!(KeyRequest::from_text(&answered), Err(KeyFileError::Missing(_))));
    assert!(matches!(KeyRequest::from_text(&asked[..asked.len() - 40]), Err(KeyFileError::Missing(_))));
    assert!(matches!(KeyRequest::from_text(&asked.replacen("AAAA", "A!AA", 1)), Err(KeyFileError::Damaged(_))));
    assert!(KeyRequest::from_text(&"-".repeat(70_000)).is_err());
}
