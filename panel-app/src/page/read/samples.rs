//! Decoded samples become the pixels of a page: transparency lies on white, four inks become three colours.

use super::density::Density;
use super::{ReadFault, check_size};
use crate::page::{Colour, Page, scale};

/// The samples of a pixel, eight bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Samples {
    Grey,
    GreyAlpha,
    Rgb,
    Rgba,
    Cmyk,
    CmykAlpha,
    YCbCr,
}

impl Samples {
    /// Bytes of a pixel.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb | Self::YCbCr => 3,
            Self::Rgba | Self::Cmyk => 4,
            Self::CmykAlpha => 5,
        }
    }
}

/// A page of these samples. Pixels are made square.
pub(super) fn page(
    width: u32,
    height: u32,
    density: Option<Density>,
    samples: Samples,
    buffer: Vec<u8>,
) -> Result<Page, ReadFault> {
    check_size(width, height)?;
    let (colour, pixels) = flatten(samples, buffer);
    let (square_width, square_height, dpi) = Density::square(density, width, height);
    let page = Page::new(width, height, dpi, colour, pixels).map_err(|_| ReadFault::Damaged)?;
    if (square_width, square_height) == (width, height) {
        return Ok(page);
    }
    scale::resized(&page, square_width, square_height, dpi).map_err(|_| ReadFault::TooLarge)
}

/// In place: a page may be 160 MB before it is one.
fn flatten(samples: Samples, mut buffer: Vec<u8>) -> (Colour, Vec<u8>) {
    let colour = match samples {
        Samples::Grey | Samples::GreyAlpha => Colour::Grey,
        _ => Colour::Rgb,
    };
    let from = samples.bytes();
    let to = colour.bytes();
    if from == to && samples != Samples::YCbCr {
        return (colour, buffer);
    }
    let count = buffer.len() / from;
    for index in 0..count {
        let at = index * from;
        let (pixel, length) = match (samples, buffer.get(at..at + from)) {
            (Samples::GreyAlpha, Some(&[grey, alpha])) => ([on_white(grey, alpha), 0, 0], 1),
            (Samples::Rgba, Some(&[r, g, b, alpha])) => {
                ([on_white(r, alpha), on_white(g, alpha), on_white(b, alpha)], 3)
            }
            (Samples::Cmyk, Some(&[c, m, y, k])) => (ink(c, m, y, k), 3),
            (Samples::CmykAlpha, Some(&[c, m, y, k, alpha])) => {
                (ink(c, m, y, k).map(|light| on_white(light, alpha)), 3)
            }
            (Samples::YCbCr, Some(&[y, cb, cr])) => (from_ycbcr(y, cb, cr), 3),
            _ => break,
        };
        buffer[index * to..index * to + length].copy_from_slice(&pixel[..length]);
    }
    buffer.truncate(count * to);
    (colour, buffer)
}

fn on_white(light: u8, alpha: u8) -> u8 {
    let (light, alpha) = (u16::from(light), u16::from(alpha));
    // At most 255.
    ((light * alpha + 255 * (255 - alpha) + 127) / 255).to_le_bytes()[0]
}

/// What is left of white paper under four inks.
fn ink(c: u8, m: u8, y: u8, k: u8) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let light = u16::from(255 - ink) * u16::from(255 - k);
        ((light + 127) / 255).to_le_bytes()[0]
    })
}

/// ITU-R BT.601 with the full range, as JPEG has it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn from_ycbcr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|light| light.round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(samples: Samples, buffer: &[u8]) -> Vec<u8> {
        flatten(samples, buffer.to_vec()).1
    }

    #[test]
    fn what_is_transparent_shows_the_paper() {
        assert_eq!(flat(Samples::GreyAlpha, &[0, 0, 0, 255, 100, 128]), [255, 0, 177]);
        assert_eq!(flat(Samples::Rgba, &[9, 9, 9, 0, 10, 20, 30, 255]), [255, 255, 255, 10, 20, 30]);
    }

    #[test]
    fn inks_take_light_from_the_paper() {
        assert_eq!(
            flat(Samples::Cmyk, &[0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0]),
            [255, 255, 255, 0, 0, 0, 0, 255, 255]
        );
        assert_eq!(flat(Samples::CmykAlpha, &[0, 0, 0, 255, 0]), [255, 255, 255]);
    }

    #[test]
    fn luminance_without_colour_is_grey() {
        assert_eq!(flat(Samples::YCbCr, &[77, 128, 128]), [77, 77, 77]);
        assert_eq!(flat(Samples::YCbCr, &[76, 85, 255]), [254, 0, 0]);
    }
}
