//! The screen of the keys that sign.

use std::path::PathBuf;

use egui_kittest::kittest::{NodeT, Queryable};
use protocol::keys::{KeyEntry, KeyRequest};
use protocol::message::staff::{KeyChange, StaffRequest};
use protocol::signed::SigningKey;
use protocol::{KeyId, KeyRole, StaffRole};

use crate::fake::FakeVendor;
use crate::{Hands, open};

fn id(seed: u8) -> KeyId {
    KeyEntry { key: SigningKey::from_seed(&[seed; 32]).verify_key(), role: KeyRole::Release }.id()
}

#[test]
fn every_key_is_listed_with_what_it_signs_and_whether_it_counts() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Signing keys");
    for seed in [1, 2, 3, 9] {
        assert!(window.shows(&id(seed).to_string()), "key {seed}");
    }
    for text in ["Signs now", "Still counts", "Revoked", "Tickets and licences"] {
        assert!(window.shows(text), "{text}");
    }
}

#[test]
fn a_key_is_changed_and_revoked_only_after_a_question() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Signing keys");
    window.press("Change a key");
    window.press("Tickets and licences");
    window.press("Make a new key");
    assert_eq!(vendor.last_change(), None);
    assert!(window.shows("Let a new key sign? (Tickets and licences)"));
    window.press("Cancel");
    assert_eq!(vendor.last_change(), None);
    window.press("Make a new key");
    window.press_topmost("Make a new key");
    let rotate = KeyChange::Rotate(KeyRole::Licence);
    assert_eq!(vendor.last_change(), Some(StaffRequest::ProposeKeys(rotate)));
    assert!(window.shows("The new list of keys counts"));

    window.press(&id(1).to_string());
    window.press("Revoke key");
    assert!(window.shows(&format!("Revoke key {}?", id(1))));
    window.press_topmost("Revoke key");
    assert_eq!(vendor.last_change(), Some(StaffRequest::ProposeKeys(KeyChange::Revoke(id(1)))));
}

#[test]
fn without_the_root_a_change_is_a_file_and_its_answer_is_imported() {
    let vendor = FakeVendor::busy();
    vendor.world().root_is_away = true;
    let mut window = open(&vendor);
    window.press("Signing keys");
    window.press("Change a key");
    window.fill("File for the root to sign", "/media/stick/request.pem");
    window.press("Make a new key");
    window.press_topmost("Make a new key");
    assert!(window.shows("The request is in the file"));
    let (path, content) = vendor.world().written.last().cloned().unwrap();
    assert_eq!(path, PathBuf::from("/media/stick/request.pem"));
    let request = KeyRequest::from_text(&String::from_utf8(content).unwrap()).unwrap();

    window.press("Import an answer");
    window.press("Import");
    assert!(window.shows("Choose a file."), "nothing is imported from nowhere");
    window.fill("File with the answer", "/media/stick/answer.pem");
    vendor.world().file = b"no answer".to_vec();
    window.press("Import");
    assert!(window.shows("The file cannot be used"));
    vendor.world().file = request.present.to_text().into_bytes();
    window.press("Import");
    assert_eq!(vendor.last_change(), Some(StaffRequest::ImportKeys(request.present)));
    assert!(window.shows("The new list of keys counts"));
}

#[test]
fn who_may_not_change_keys_sees_them_and_can_press_nothing() {
    let vendor = FakeVendor::busy();
    vendor.world().role = Some(StaffRole::Clerk);
    let mut window = open(&vendor);
    window.press("Signing keys");
    assert!(window.shows(&id(1).to_string()));
    for name in ["Change a key", "Import an answer"] {
        let control = window.query_all_by_label(name).next().unwrap_or_else(|| panic!("no {name}"));
        assert!(control.accesskit_node().is_disabled(), "{name}");
    }
}
