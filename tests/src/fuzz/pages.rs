//! Documents, texts to be printed, faces.

use panel_app::cancel::Cancel;
use panel_app::formatter::{Description, Faces, FontPack};
use panel_app::page::Page;
use panel_app::page::read::{Document, PAGES_MAX};
use zeroize::Zeroizing;

/// A PNG, JPEG, TIFF or PDF. The decoders are others', so what is asked is that they end, take no more memory than allowed,
/// and that what they deliver is a page.
pub(super) fn document(bytes: &[u8]) {
    let cancel = Cancel::new();
    let Ok(document) = Document::open(bytes.to_vec(), &cancel) else { return };
    assert!((1..=PAGES_MAX).contains(&document.page_count()));
    for page in document.pages(&cancel).take(2).flatten() {
        assert!(page.width() * page.height() <= Page::PIXELS_MAX);
        assert!(!page.pixels().is_empty());
    }
}

/// A text or a page description.
pub(super) fn print(bytes: &[u8]) {
    let cancel = Cancel::new();
    let Ok(description) = Description::parse(bytes, None) else { return };
    let faces = Faces::own();
    let known = description.faces().iter().all(|name| faces.has(name));
    let set = description.set(&faces, &cancel);
    if let Ok(set) = set {
        assert!(known, "no face takes the place of another");
        assert!((1..=PAGES_MAX).contains(&set.page_count()));
        let again = description.set(&faces, &cancel).map(|set| set.page_count());
        assert_eq!(again, Ok(set.page_count()));
    }
}

/// A font pack.
pub(super) fn font(bytes: &[u8]) {
    let Ok(pack) = FontPack::open(Zeroizing::new(bytes.to_vec())) else { return };
    let names = pack.names();
    assert!(!names.is_empty() && names.iter().all(|name| Faces::with([&pack]).has(name)), "{names:?}");
    let description = Description::parse(b"Ab 12\n", names.first().map(String::as_str)).expect("a text");
    if let Ok(set) = description.set(&Faces::with([&pack]), &Cancel::new()) {
        let _ = set.page(0, &Cancel::new());
    }
}
