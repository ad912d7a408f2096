//! Writing a page as PNG, with its resolution. The same page always gives the same bytes.

use png::{BitDepth, ColorType, Encoder, EncodingError, PixelDimensions, Unit};

use super::{Colour, Page};

/// Metres in an inch.
const METRES_AN_INCH: f64 = 0.0254;

/// A page as PNG: one bit a pixel if there is nothing but black and white, else eight bits a sample.
pub fn write(page: &Page) -> Vec<u8> {
    let mut png = Vec::new();
    if let Err(error) = encode(page, &mut png) {
        // Memory takes everything, and the encoder is given as many pixels as it expects.
        tracing::error!(%error, "a page cannot be encoded");
    }
    png
}

/// The image data of the PNG alone: rows with PNG filters, in the format of RFC 1950. Also the bits of a sample.
pub(super) fn image_data(page: &Page) -> (Vec<u8>, u8) {
    let png = write(page);
    let mut data = Vec::with_capacity(png.len());
    let mut rest = png.get(8..).unwrap_or_default();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some((chunk, tail)) = tail.split_at_checked(4 + length) else { break };
        if let Some(part) = chunk.strip_prefix(b"IDAT") {
            data.extend_from_slice(part);
        }
        // The checksum.
        rest = tail.get(4..).unwrap_or_default();
    }
    (data, if page.is_bilevel() { 1 } else { 8 })
}

fn encode(page: &Page, png: &mut Vec<u8>) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(png, page.width(), page.height());
    let bilevel = page.is_bilevel();
    encoder.set_color(match page.colour() {
        Colour::Grey => ColorType::Grayscale,
        Colour::Rgb => ColorType::Rgb,
    });
    encoder.set_depth(if bilevel { BitDepth::One } else { BitDepth::Eight });
    let density = (f64::from(page.dpi()) / METRES_AN_INCH).round();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most 47,244
    let density = density as u32;
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: density, yppu: density, unit: Unit::Meter }));
    let mut writer = encoder.write_header()?;
    if bilevel {
        writer.write_image_data(&pack(page, false))?;
    } else {
        writer.write_image_data(page.pixels())?;
    }
    writer.finish()
}

/// Eight pixels a byte, the leftmost in the highest bit, rows beginning on a byte. White is 1, or 0 if `black_is_one`.
pub(super) fn pack(page: &Page, black_is_one: bool) -> Vec<u8> {
    let mut packed = Vec::with_capacity((page.width() as usize).div_ceil(8) * page.height() as usize);
    for row in page.pixels().chunks_exact(page.width() as usize) {
        packed.extend(row.chunks(8).map(|eight| {
            let bit = |(at, &light): (usize, &u8)| if (light >= 128) == black_is_one { 0 } else { 0x80 >> at };
            eight.iter().enumerate().map(bit).fold(0_u8, |byte, bit| byte | bit)
        }));
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::Cancel;
    use crate::page::read::Document;

    fn read(bytes: Vec<u8>) -> Page {
        Document::open(bytes, &Cancel::new()).unwrap().page(0, &Cancel::new()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let grey = Page::new(5, 3, 300, Colour::Grey, (0..15).map(|n| n * 17).collect()).unwrap();
        let bilevel =
            Page::new(11, 2, 204, Colour::Grey, [0, 255, 255, 0, 0, 255, 0, 255, 255, 255, 0].repeat(2)).unwrap();
        let colour = Page::new(3, 2, 1_200, Colour::Rgb, (0..18).collect()).unwrap();
        for page in [grey, bilevel, colour] {
            assert_eq!(read(write(&page)), page);
            assert_eq!(write(&page), write(&page));
        }
    }

    #[test]
    fn black_and_white_take_a_bit_a_pixel() {
        let page = Page::white(800, 800, 300, Colour::Grey).unwrap();
        let png = write(&page);
        // Depth and colour type in the header.
        assert_eq!((png[24], png[25]), (1, 0));
        assert!(png.len() < 1_000, "{} bytes", png.len());
        assert_eq!(
            pack(&Page::new(9, 1, 300, Colour::Grey, vec![0, 255, 0, 0, 0, 0, 0, 0, 255]).unwrap(), true),
            [0xBF, 0]
        );
    }
}
