//! A page in image memory: what the reader delivers, programs work on and the printer takes.

pub mod fax;
pub mod patch;
pub mod pdf;
pub mod png;
pub mod read;
mod scale;
mod turn;

/// What a pixel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// One byte: 0 is black, 255 white.
    Grey,
    /// Three bytes: red, green, blue.
    Rgb,
}

impl Colour {
    /// Bytes of a pixel.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// A page: rows from top to bottom, pixels from left to right, no gaps.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    width: u32,
    height: u32,
    dpi: u16,
    colour: Colour,
    pixels: Vec<u8>,
}

/// Numbers that make no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// No pixel, or more than [`Page::PIXELS_MAX`].
    #[error("a page has 1 to {} pixels", Page::PIXELS_MAX)]
    Size,
    /// Outside [`Page::DPI_MIN`] to [`Page::DPI_MAX`].
    #[error("a page has {} to {} pixels an inch", Page::DPI_MIN, Page::DPI_MAX)]
    Resolution,
    /// The bytes are not as many as the size says.
    #[error("the pixels of a page do not fit its size")]
    Length,
}

impl Page {
    /// Most pixels: A3 at 400 dots an inch with room to spare, or A4 at 600.
    pub const PIXELS_MAX: u32 = 40_000_000;
    /// Fewest pixels an inch.
    pub const DPI_MIN: u16 = 50;
    /// Most pixels an inch.
    pub const DPI_MAX: u16 = 1_200;

    /// A page of these pixels.
    pub fn new(width: u32, height: u32, dpi: u16, colour: Colour, pixels: Vec<u8>) -> Result<Self, PageError> {
        let count = Self::count(width, height)?;
        if !(Self::DPI_MIN..=Self::DPI_MAX).contains(&dpi) {
            return Err(PageError::Resolution);
        }
        if pixels.len() != count * colour.bytes() {
            return Err(PageError::Length);
        }
        Ok(Self { width, height, dpi, colour, pixels })
    }

    /// A white page.
    pub fn white(width: u32, height: u32, dpi: u16, colour: Colour) -> Result<Self, PageError> {
        let count = Self::count(width, height)?;
        Self::new(width, height, dpi, colour, vec![0xFF; count * colour.bytes()])
    }

    fn count(width: u32, height: u32) -> Result<usize, PageError> {
        let count = u64::from(width) * u64::from(height);
        if count == 0 || count > u64::from(Self::PIXELS_MAX) {
            return Err(PageError::Size);
        }
        usize::try_from(count).map_err(|_| PageError::Size)
    }

    /// Pixels in a row.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Pixels an inch.
    pub const fn dpi(&self) -> u16 {
        self.dpi
    }

    /// What a pixel is.
    pub const fn colour(&self) -> Colour {
        self.colour
    }

    /// All pixels.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// All pixels, to be worked on in place.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// The page without colours (ITU-R BT.601).
    pub fn into_grey(self) -> Self {
        if self.colour == Colour::Grey {
            return self;
        }
        let light = |pixel: &[u8]| match *pixel {
            // The factors sum up to 65,536.
            [r, g, b] => {
                ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 32_768) >> 16).to_le_bytes()[0]
            }
            _ => 0,
        };
        let pixels = self.pixels.chunks_exact(3).map(light).collect();
        Self { colour: Colour::Grey, pixels, ..self }
    }

    /// Whether there is nothing but black and white on it.
    pub fn is_bilevel(&self) -> bool {
        self.colour == Colour::Grey && self.pixels.iter().all(|light| matches!(light, 0 | 255))
    }

    /// The pixels alone.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

impl std::fmt::Debug for Page {
    /// Without the pixels: they are somebody's document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({} x {} at {} dpi, {:?})", self.width, self.height, self.dpi, self.colour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_as_many_pixels_as_its_size_says() {
        assert!(Page::new(2, 3, 300, Colour::Grey, vec![0; 6]).is_ok());
        assert!(Page::new(2, 3, 300, Colour::Rgb, vec![0; 18]).is_ok());
        assert_eq!(Page::new(2, 3, 300, Colour::Rgb, vec![0; 6]), Err(PageError::Length));
        assert_eq!(Page::white(2, 3, 300, Colour::Rgb).unwrap().pixels(), [0xFF; 18]);
    }

    #[test]
    fn no_page_is_empty_or_larger_than_image_memory() {
        for (width, height) in [(0, 1), (1, 0), (u32::MAX, u32::MAX), (Page::PIXELS_MAX + 1, 1)] {
            assert_eq!(Page::white(width, height, 300, Colour::Grey), Err(PageError::Size), "{width} x {height}");
        }
        for dpi in [0, 49, 1_201] {
            assert_eq!(Page::white(1, 1, dpi, Colour::Grey), Err(PageError::Resolution), "{dpi}");
        }
    }

    #[test]
    fn without_colours_white_stays_white_and_grey_stays_as_it_was() {
        let page = Page::new(4, 1, 300, Colour::Rgb, vec![255, 255, 255, 9, 9, 9, 0, 0, 0, 255, 0, 0]).unwrap();
        let grey = page.into_grey();
        assert_eq!((grey.colour(), grey.pixels()), (Colour::Grey, [255, 9, 0, 76].as_slice()));
        assert_eq!(grey.clone().into_grey(), grey);
        assert!(!grey.is_bilevel());
        assert!(Page::new(2, 1, 300, Colour::Grey, vec![0, 255]).unwrap().is_bilevel());
    }

    #[test]
    fn what_is_on_a_page_is_in_no_log() {
        assert_eq!(format!("{:?}", Page::white(2, 1, 300, Colour::Grey).unwrap()), "Page(2 x 1 at 300 dpi, Grey)");
    }
}
