//! How many pixels an inch a document says that it has, and whether that can be.

use crate::page::Page;

/// Longest side of a sheet that is believed, in inches: that of A2.
const SIDE_INCHES_MAX: f64 = 24.0;
/// Long side of A4, in inches.
const A4_INCHES: f64 = 11.69;

/// Pixels an inch across and down, and whether its page is to be turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Density {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Density {
    /// From pixels per `per_inch`-th of an inch; `None` for what no page has.
    pub(super) fn new(x: f64, y: f64, per_inch: f64) -> Option<Self> {
        let range = f64::from(Page::DPI_MIN) - 1.0..=f64::from(Page::DPI_MAX) + 1.0;
        let density = Self { x: x * per_inch, y: y * per_inch };
        (range.contains(&density.x) && range.contains(&density.y)).then_some(density)
    }

    /// The resolution of a page of this size, and the size that it must be brought to so that its pixels are square. A file
    /// that says nothing, or a size that no sheet has (cameras write 72), is a scan or fills an A4 sheet.
    pub(super) fn square(said: Option<Self>, width: u32, height: u32) -> (u32, u32, u16) {
        let believed = said.filter(|said| {
            f64::from(width) / said.x <= SIDE_INCHES_MAX && f64::from(height) / said.y <= SIDE_INCHES_MAX
        });
        let Some(said) = believed else {
            let long = f64::from(width.max(height));
            let dpi =
                if long / f64::from(super::DPI) <= SIDE_INCHES_MAX { f64::from(super::DPI) } else { long / A4_INCHES };
            return (width, height, whole(dpi));
        };
        // Within two percent they are meant to be alike.
        if (said.x / said.y - 1.0).abs() < 0.02 {
            return (width, height, whole(said.x));
        }
        let dpi = said.x.max(said.y);
        let stretch = |length: u32, from: f64| pixels(f64::from(length) * dpi / from);
        let square = (stretch(width, said.x), stretch(height, said.y));
        if super::check_size(square.0, square.1).is_ok() {
            return (square.0, square.1, whole(dpi));
        }
        let dpi = said.x.min(said.y);
        let shrink = |length: u32, from: f64| pixels(f64::from(length) * dpi / from);
        (shrink(width, said.x), shrink(height, said.y), whole(dpi))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn whole(dpi: f64) -> u16 {
    dpi.round().clamp(f64::from(Page::DPI_MIN), f64::from(Page::DPI_MAX)) as u16
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn pixels(length: f64) -> u32 {
    length.round().clamp(1.0, f64::from(Page::PIXELS_MAX)) as u32
}

/// What the Exif block of a JPEG says (JEITA CP-3451, the tags of TIFF).
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Exif {
    pub(super) density: Option<Density>,
}

impl Exif {
    /// Reads a TIFF structure; whatever is amiss is left out.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self { density: read_density(bytes) }
    }
}

fn read_density(bytes: &[u8]) -> Option<Density> {
    let little = match bytes.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let short = |at: usize| {
        let two = <[u8; 2]>::try_from(bytes.get(at..at.checked_add(2)?)?).ok()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let long = |at: usize| {
        let four = <[u8; 4]>::try_from(bytes.get(at..at.checked_add(4)?)?).ok()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    };
    let rational = |at: usize| {
        let at = usize::try_from(long(at)?).ok()?;
        let below = long(at.checked_add(4)?)?;
        (below != 0).then_some(f64::from(long(at)?) / f64::from(below))
    };

    let directory = usize::try_from(long(4)?).ok()?;
    let (mut x, mut y, mut per_inch) = (None, None, 1.0);
    for entry in 0..usize::from(short(directory)?) {
        let at = directory.checked_add(2 + entry * 12)?;
        match short(at)? {
            0x011A => x = rational(at + 8),
            0x011B => y = rational(at + 8),
            // Centimetres.
            0x0128 if short(at + 8)? == 3 => per_inch = 2.54,
            _ => {}
        }
    }
    Density::new(x?, y?, per_inch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_counts_if_a_sheet_can_be_so_large() {
        let said = |dpi| Density::new(dpi, dpi, 1.0);
        assert_eq!(Density::square(said(200.0), 1_728, 2_339), (1_728, 2_339, 200));
        assert_eq!(Density::square(said(72.0), 595, 842), (595, 842, 72));
        assert_eq!(Density::square(said(72.0), 4_000, 3_000), (4_000, 3_000, 300), "no sheet of 1.4 m");
        assert_eq!(Density::square(None, 2_480, 3_508), (2_480, 3_508, 300));
        assert_eq!(Density::square(None, 5_000, 8_000), (5_000, 8_000, 684), "an A4 sheet");
        for nonsense in [0.0, 1.0, 48.0, 5_000.0, f64::NAN, f64::INFINITY, -300.0] {
            assert_eq!(said(nonsense), None);
        }
    }

    #[test]
    fn pixels_that_are_not_square_are_made_so() {
        let fax = Density::new(204.0, 98.0, 1.0);
        assert_eq!(Density::square(fax, 1_728, 1_145), (1_728, 2_383, 204));
        let fine = Density::new(204.0, 196.0, 1.0);
        assert_eq!(Density::square(fine, 1_728, 2_290), (1_728, 2_383, 204));
        let near = Density::new(300.0, 299.0, 1.0);
        assert_eq!(Density::square(near, 100, 100), (100, 100, 300));
    }

    #[test]
    fn the_resolution_of_a_photograph_is_in_its_exif_block() {
        let exif = |unit: u8| {
            let mut bytes = b"II*\0\x08\0\0\0\x03\0".to_vec();
            bytes.extend_from_slice(&[0x1A, 1, 5, 0, 1, 0, 0, 0, 50, 0, 0, 0]);
            bytes.extend_from_slice(&[0x1B, 1, 5, 0, 1, 0, 0, 0, 50, 0, 0, 0]);
            bytes.extend_from_slice(&[0x28, 1, 3, 0, 1, 0, 0, 0, unit, 0, 0, 0]);
            bytes.extend_from_slice(&[0, 0, 0, 0, 200, 0, 0, 0, 1, 0, 0, 0]);
            bytes
        };
        assert_eq!(Exif::read(&exif(2)).density, Density::new(200.0, 200.0, 1.0));
        assert_eq!(Exif::read(&exif(3)).density, Density::new(508.0, 508.0, 1.0));
        for cut in 0..exif(2).len() {
            let _ = Exif::read(&exif(2)[..cut]);
        }
        assert_eq!(Exif::read(b"MM\0*\xFF\xFF\xFF\xFF").density, None);
    }
}
