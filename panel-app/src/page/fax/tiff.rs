//! The pages of a fax as a TIFF, each coded by ITU-T T.6.

use std::convert::Infallible;

use fax::encoder::Encoder;
use fax::{Color, VecWriter, slice_bits};

use super::{DPI_ACROSS, DPI_DOWN, FaxPage};

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;

/// A TIFF that is being written.
#[derive(Debug)]
pub struct FaxWriter {
    bytes: Vec<u8>,
    /// Where the position of the next page's directory is to be written.
    link: usize,
    pages: u16,
    /// Where each page says which one it is of how many.
    numbers: Vec<usize>,
}

impl Default for FaxWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl FaxWriter {
    /// Nothing is written yet.
    pub fn new() -> Self {
        Self { bytes: b"II*\0\0\0\0\0".to_vec(), link: 4, pages: 0, numbers: Vec::new() }
    }

    /// Adds a page.
    pub fn add(&mut self, page: &FaxPage) {
        let data_at = self.bytes.len();
        let coded = code(page);
        self.bytes.extend_from_slice(&coded);
        self.align();
        let rational_at = self.bytes.len();
        for dpi in [DPI_ACROSS, DPI_DOWN] {
            self.long(u32::from(dpi));
            self.long(1);
        }
        let directory_at = self.bytes.len();
        let entries: [(u16, u16, u32, u32); 15] = [
            // One page of several.
            (254, LONG, 1, 2),
            (256, LONG, 1, page.width()),
            (257, LONG, 1, page.height()),
            (258, SHORT, 1, 1),
            // T.6, white is 0, the first dot in the highest bit.
            (259, SHORT, 1, 4),
            (262, SHORT, 1, 0),
            (266, SHORT, 1, 1),
            (273, LONG, 1, position(data_at)),
            (277, SHORT, 1, 1),
            (278, LONG, 1, page.height()),
            (279, LONG, 1, position(coded.len())),
            (282, RATIONAL, 1, position(rational_at)),
            (283, RATIONAL, 1, position(rational_at + 8)),
            // Inches.
            (296, SHORT, 1, 2),
            (297, SHORT, 2, u32::from(self.pages)),
        ];
        self.short(u16::try_from(entries.len()).unwrap_or(0));
        for (tag, kind, count, value) in entries {
            self.short(tag);
            self.short(kind);
            self.long(count);
            if tag == 297 {
                self.numbers.push(self.bytes.len() + 2);
            }
            self.long(value);
        }
        self.put(self.link, &position(directory_at).to_le_bytes());
        self.link = self.bytes.len();
        self.long(0);
        self.pages += 1;
    }

    /// The whole document; empty if it has no pages.
    pub fn finish(mut self) -> Vec<u8> {
        if self.pages == 0 {
            return Vec::new();
        }
        for at in std::mem::take(&mut self.numbers) {
            self.put(at, &self.pages.to_le_bytes());
        }
        self.bytes
    }

    fn short(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn long(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn put(&mut self, at: usize, value: &[u8]) {
        self.bytes[at..at + value.len()].copy_from_slice(value);
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// Positions in a file that is far smaller than 4 GB.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn code(page: &FaxPage) -> Vec<u8> {
    let mut encoder = Encoder::new(VecWriter::new());
    // At most 2,432.
    let width = u16::try_from(page.width).unwrap_or(u16::MAX);
    for row in page.dots.chunks_exact((page.width as usize).div_ceil(8)) {
        let dots = slice_bits(row).take(page.width as usize);
        let coded: Result<(), Infallible> =
            encoder.encode_line(dots.map(|black| if black { Color::Black } else { Color::White }), width);
        let Ok(()) = coded;
    }
    let Ok(writer) = encoder.finish();
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;
    use crate::page::read::Document;
    use crate::page::{Colour, Page};

    /// Letters, more or less, and a shade.
    fn page(seed: usize) -> FaxPage {
        let mut page = Page::white(1_654, 600, 200, Colour::Grey).unwrap();
        for (at, light) in page.pixels_mut().iter_mut().enumerate() {
            let (x, y) = (at % 1_654, at / 1_654);
            if (x / 9 * 7 + y / 11 * 13 + seed).is_multiple_of(5) {
                *light = 0;
            } else if y > 450 {
                *light = (x % 256).to_le_bytes()[0];
            }
        }
        FaxPage::new(&page).unwrap()
    }

    #[test]
    fn a_fax_is_read_again_page_by_page() {
        let pages = [page(0), page(3)];
        let mut writer = FaxWriter::new();
        pages.iter().for_each(|page| writer.add(page));
        let tiff = writer.finish();
        assert!(tiff.len() < 2 * pages[0].dots.len(), "it is coded");
        let read = Document::open(tiff, &Cancel::new()).unwrap();
        assert_eq!(read.page_count(), 2);
        for (index, page) in (0..).zip(&pages) {
            let read = read.page(index, &Cancel::new()).unwrap();
            let expected = page.to_page().unwrap();
            assert_eq!((read.width(), read.dpi(), read.colour()), (1_728, 204, Colour::Grey));
            let alike = read.pixels().iter().zip(expected.pixels()).filter(|(a, b)| a.abs_diff(**b) < 128).count();
            assert!(alike * 1_000 > expected.pixels().len() * 999, "{alike} of {}", expected.pixels().len());
        }
    }

    #[test]
    fn the_same_fax_gives_the_same_bytes() {
        let write = || {
            let mut writer = FaxWriter::new();
            writer.add(&page(1));
            writer.finish()
        };
        assert_eq!(write(), write());
        assert_eq!(FaxWriter::new().finish(), [0; 0]);
    }
}
