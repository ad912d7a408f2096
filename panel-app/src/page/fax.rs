//! A page as a fax machine sends it: black and white, 204 by 196 dots an inch (ITU-T T.4, fine), shades as patterns of
//! dots; and the pages of a fax as a TIFF (RFC 2301, profile F with T.6 coding).

mod halftone;
mod tiff;

pub use tiff::FaxWriter;

use super::{Colour, Page, PageError, png, scale};

/// Dots an inch across.
pub const DPI_ACROSS: u16 = 204;
/// Dots an inch down: 7.7 lines a millimetre.
pub const DPI_DOWN: u16 = 196;
/// A sheet that is wider than a line by no more than this is reduced to it: a B4 sheet has two millimetres more than its
/// line.
const TOO_WIDE_MAX: f64 = 1.02;
/// Dots of a line: for sheets of 215, 255 and 303 mm.
const LINES: [u32; 3] = [1_728, 2_048, 2_432];

/// A page of a fax.
#[derive(Clone, PartialEq, Eq)]
pub struct FaxPage {
    width: u32,
    height: u32,
    /// Eight dots a byte, the leftmost in the highest bit, black is 1.
    dots: Vec<u8>,
}

impl std::fmt::Debug for FaxPage {
    /// Without the dots: they are somebody's document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaxPage({} x {})", self.width, self.height)
    }
}

impl FaxPage {
    /// What is sent of a page. It lies in the middle of the shortest line that it fits on; a wider one is reduced. Errors
    /// if it is too long.
    pub fn new(page: &Page) -> Result<Self, PageError> {
        let across = f64::from(page.width()) / f64::from(page.dpi()) * f64::from(DPI_ACROSS);
        let line = LINES.into_iter().find(|line| across <= f64::from(*line) * TOO_WIDE_MAX).unwrap_or(LINES[2]);
        let reduced = (f64::from(line) / across).min(1.0);
        let down = f64::from(page.height()) / f64::from(page.dpi()) * f64::from(DPI_DOWN);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked when the page is made
        let dots = |length: f64| (length * reduced).round().clamp(1.0, f64::from(Page::PIXELS_MAX)) as u32;
        let (width, height) = (dots(across), dots(down));

        let grey;
        let page = if page.colour() == Colour::Grey {
            page
        } else {
            grey = page.clone().into_grey();
            &grey
        };
        let mut small = scale::resized(page, width, height, DPI_ACROSS)?;
        halftone::apply(&mut small);
        let mut sheet = Page::white(line, height, DPI_ACROSS, Colour::Grey)?;
        let left = ((line - width) / 2) as usize;
        let rows = small.pixels().chunks_exact(width as usize);
        for (to, from) in sheet.pixels_mut().chunks_exact_mut(line as usize).zip(rows) {
            to[left..left + width as usize].copy_from_slice(from);
        }
        Ok(Self { width: line, height, dots: png::pack(&sheet, true) })
    }

    /// Dots of a line.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Lines.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// As it comes out of the machine at the other end.
    pub fn to_page(&self) -> Result<Page, PageError> {
        let row_bytes = (self.width as usize).div_ceil(8);
        let mut pixels = Vec::with_capacity(self.width as usize * self.height as usize);
        for row in self.dots.chunks_exact(row_bytes) {
            pixels.extend((0..self.width as usize).map(|x| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 0 } else { 0xFF }));
        }
        let page = Page::new(self.width, self.height, DPI_ACROSS, Colour::Grey, pixels)?;
        let lines = u64::from(self.height) * u64::from(DPI_ACROSS) / u64::from(DPI_DOWN);
        let lines = u32::try_from(lines).map_err(|_| PageError::Size)?.max(1);
        let mut page = scale::resized(&page, self.width, lines, DPI_ACROSS)?;
        for light in page.pixels_mut() {
            *light = if *light < 128 { 0 } else { 0xFF };
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lies_in_the_middle_of_the_line_that_it_fits_on() {
        let mut page = Page::white(2_480, 3_508, 300, Colour::Grey).unwrap();
        page.pixels_mut()[..2_480 * 20].fill(0);
        let fax = FaxPage::new(&page).unwrap();
        assert_eq!((fax.width(), fax.height()), (1_728, 2_292), "A4");
        assert_eq!((fax.dots[0], fax.dots[1_728 / 16], fax.dots[1_728 / 8 - 1]), (0, 0xFF, 0));
        let sized = |width, height| FaxPage::new(&Page::white(width, height, 100, Colour::Rgb).unwrap()).unwrap();
        assert_eq!(sized(1_012, 30).width(), 2_048, "B4");
        assert_eq!(sized(1_169, 30).width(), 2_432, "A3");
        let wider = sized(2_339, 333);
        assert_eq!((wider.width(), wider.height()), (2_432, 333), "reduced");
    }

    #[test]
    fn what_comes_out_has_square_dots_and_the_size_of_the_sheet() {
        let page = Page::white(2_480, 3_508, 300, Colour::Grey).unwrap();
        let received = FaxPage::new(&page).unwrap().to_page().unwrap();
        assert_eq!((received.width(), received.height(), received.dpi()), (1_728, 2_385, 204));
        assert!(received.is_bilevel());
    }
}
