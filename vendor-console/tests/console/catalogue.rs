//! The screen of options, offers and releases.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use protocol::message::staff::StaffRequest;
use protocol::package::OptionKind;

use crate::fake::FakeVendor;
use crate::{Hands, open};

#[test]
fn an_option_is_created_with_offers_in_every_form() {
    let vendor = FakeVendor::empty();
    let mut window = open(&vendor);
    window.press("Catalogue");
    assert!(window.shows("No options yet"));
    window.press("New option");
    window.fill("Option ID", "ocr-package");
    window.press("Font pack");
    window.fill("Name in Japanese", "OCR パッケージ");
    window.fill("Name in English", "OCR package");
    window.fill("Price of offer 1", "20,000");
    window.press("Add offer");
    window.fill("Count of offer 2", "30");
    window.fill("Price of offer 2", "￥1500");
    window.press("Form of offer 2");
    window.press("By days");
    window.press("Create");
    assert_eq!(vendor.last_change(), None, "the descriptions are missing");
    window.fill("Description in Japanese", "紙を文字にします。");
    window.fill("Description in English", "Turns paper into text.");
    window.press("Create");
    let Some(StaffRequest::CreateOption(fields)) = vendor.last_change() else { panic!("{:?}", vendor.last_change()) };
    let offers: Vec<_> = fields.offers.iter().map(|offer| format!("{}={}", offer.form, offer.price.amount())).collect();
    assert_eq!(offers, ["permanent=20000", "days:30=1500"]);
    assert_eq!((fields.id.as_str(), fields.kind, fields.for_sale), ("ocr-package", OptionKind::FontPack, true));
    assert!(window.shows("Nothing published yet"));
}

#[test]
fn offers_that_cannot_stand_together_are_told_and_not_sent() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Catalogue");
    window.press("Barcode fonts");
    window.press("Add offer");
    window.fill("Price of offer 2", "-5");
    window.press("Save");
    assert!(window.shows("A whole number of yen"));
    window.fill("Price of offer 2", "5");
    window.fill("Count of offer 2", "0");
    assert!(window.shows("A number from 1 to 1,000,000."));
    window.press("Form of offer 2");
    window.press_topmost("Permanent");
    assert!(window.shows("Two offers have the same form."));
    window.press("Save");
    assert_eq!(vendor.last_change(), None);
    window.press("Remove offer 2");
    window.press("Save");
    assert!(
        matches!(vendor.last_change(), Some(StaffRequest::UpdateOption { fields, .. }) if fields.offers.only().is_some())
    );
}

#[test]
fn a_file_can_be_typed_chosen_or_dropped_and_is_published() {
    let vendor = FakeVendor::busy();
    let mut window = open(&vendor);
    window.press("Catalogue");
    window.press("Barcode fonts");
    window.press("Publish");
    assert!(window.shows("Choose a file.") && vendor.world().published.is_empty());
    window.fill("Package file", "/srv/typed.bin");
    window.press("Publish");
    assert!(window.shows("Release 1 is published"));
    window.press("Browse");
    window.press("Publish");
    window.input_mut().dropped_files.push(Arc::new(Dropped(PathBuf::from("/srv/dropped.bin"))));
    window.run();
    window.press("Publish");
    let published: Vec<_> = vendor.world().published.iter().map(|(_, path)| path.clone()).collect();
    assert_eq!(published, ["/srv/typed.bin", "/srv/releases/chosen.bin", "/srv/dropped.bin"].map(PathBuf::from));
    assert!(window.shows("Release 3"));
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window only needs the path".to_owned())
    }
}
