use super::*;

/// The page as a tilted, scaled sheet at another resolution, read point by point.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positions on a page
fn distorted(page: &Page, degrees: f64, factor: f64, dpi: u16) -> Page {
    let ratio = f64::from(page.dpi()) / f64::from(dpi);
    let (width, height) = (f64::from(page.width()), f64::from(page.height()));
    let to = |length: f64| (length / ratio) as u32;
    let mut result = Page::white(to(width), to(height), dpi, Colour::Grey).unwrap();
    let (sin, cos) = degrees.to_radians().sin_cos();
    let columns = result.width();
    for (at, light) in (0_u32..).zip(result.pixels_mut()) {
        let (x, y) = (f64::from(at % columns) * ratio - width / 2.0, f64::from(at / columns) * ratio - height / 2.0);
        let x = (x * cos + y * sin) / factor + width / 2.0;
        let y = (y * cos - (f64::from(at % columns) * ratio - width / 2.0) * sin) / factor + height / 2.0;
        if (0.0..width).contains(&x) && (0.0..height).contains(&y) {
            *light = page.pixels()[y as usize * page.width() as usize + x as usize];
        }
    }
    result
}

/// Dark grey ink on light grey paper with specks, the same ones each time.
fn dirty(mut page: Page) -> Page {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for light in page.pixels_mut() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let speck = state.is_multiple_of(50);
        let grain = (state >> 32) % 40;
        let paper = if *light > 128 { 190 } else { 60 };
        *light = if speck { 255 - paper } else { paper + grain as u8 };
    }
    page
}

#[test]
fn each_patch_is_told_from_the_others() {
    for patch in Patch::ALL {
        assert_eq!(find(&sheet(patch).unwrap()), Some(patch));
    }
}

#[test]
fn a_sheet_may_be_askew_and_reduced_and_of_any_resolution() {
    let check = |patch, degrees, factor, dpi| {
        let page = distorted(&sheet(patch).unwrap(), degrees, factor, dpi);
        assert_eq!(find(&page), Some(patch), "{patch:?} at {degrees} degrees, times {factor}, {dpi} dpi");
    };
    for patch in Patch::ALL {
        check(patch, 5.0, 0.8, 100);
    }
    for (degrees, factor, dpi) in
        [(3.0, 1.0, 200), (-6.0, 1.0, 150), (10.0, 0.9, 150), (0.0, 0.71, 200), (0.0, 1.05, 100), (-2.0, 0.8, 300)]
    {
        check(Patch::Transfer, degrees, factor, dpi);
    }
}

#[test]
fn a_dirty_sheet_is_read() {
    for patch in Patch::ALL {
        let page = dirty(distorted(&sheet(patch).unwrap(), 2.0, 0.95, 120));
        assert_eq!(find(&page), Some(patch), "{patch:?}");
    }
}

#[test]
fn upside_down_a_transfer_patch_is_a_three() {
    let mut page = sheet(Patch::Transfer).unwrap();
    page.pixels_mut().reverse();
    assert_eq!(find(&page), None, "its bars are at the trailing edge");
    let width = page.width() as usize;
    let rows: Vec<u8> =
        page.pixels().chunks(width).rev().take(700).collect::<Vec<_>>().into_iter().rev().flatten().copied().collect();
    page.pixels_mut()[..rows.len()].copy_from_slice(&rows);
    assert_eq!(find(&page), Some(Patch::Three));
}

#[test]
fn pages_without_bars_are_no_separators() {
    let white = Page::white(2_480, 3_508, 300, Colour::Rgb).unwrap();
    assert_eq!(find(&white), None);
    assert_eq!(find(&dirty(white.into_grey())), None);
    // Lines of text, more or less, and a table's rules.
    let mut page = Page::white(1_654, 2_339, 200, Colour::Grey).unwrap();
    for (at, light) in page.pixels_mut().iter_mut().enumerate() {
        let (x, y) = (at % 1_654, at / 1_654);
        if (y % 40 < 18 && (x / 7 * 31 + y / 9 * 17) % 3 == 0) || y % 200 < 3 {
            *light = 0;
        }
    }
    assert_eq!(find(&page), None);
    for (width, height) in [(1, 1), (40_000, 1), (1, 40_000)] {
        assert_eq!(find(&Page::white(width, height, 300, Colour::Grey).unwrap()), None);
    }
}

#[test]
fn short_bars_are_a_drawing() {
    let mut page = sheet(Patch::Transfer).unwrap();
    for row in page.pixels_mut().chunks_mut(2_480) {
        row[300..].fill(255);
    }
    assert_eq!(find(&page), None, "half an inch");
}
