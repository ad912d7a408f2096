//! A small vendor with a few options.

use e2e::{OptionSpec, Vendor};
use protocol::package::OptionKind;

pub(crate) const OCR: &str = "ocr-package";
pub(crate) const STAMP: &str = "stamp";
pub(crate) const LARGE: &str = "large-font";

/// A program that works on [`PAGE`].
pub(crate) const PROGRAM: &[u8] = RULES.as_bytes();
/// A document and its name.
pub(crate) const PAGE: &[u8] = b"1OO yen";
pub(crate) const DOCUMENT: &str = "letter.txt";

const RULES: &str = r#"
format = "kobai-rules/1"
name = "Zero for O"
[[rule]]
pattern = "O"
replace = "0"
"#;

/// A vendor that sells the OCR package in three forms, a stamp in one, and something large.
pub(crate) fn vendor() -> Vendor {
    let vendor = Vendor::start();
    stock(&vendor);
    vendor
}

pub(crate) fn stock(vendor: &Vendor) {
    let forms = [("permanent", 20_000), ("uses:3", 2_000), ("days:30", 3_000)];
    let spec = OptionSpec { id: OCR, kind: OptionKind::Program, offers: &forms, content: RULES.as_bytes() };
    vendor.publish(&spec);
    vendor.publish(&OptionSpec { id: STAMP, offers: &[("permanent", 1_500)], ..spec });
}

/// An option of 12 MiB, which takes more than one chunk and more than one moment.
pub(crate) fn stock_large(vendor: &Vendor) {
    let content: Vec<u8> = (0..12_u32 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let offers = [("permanent", 9_800)];
    vendor.publish(&OptionSpec { id: LARGE, kind: OptionKind::FontPack, offers: &offers, content: &content });
}
