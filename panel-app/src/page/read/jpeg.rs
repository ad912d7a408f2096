//! JPEG: one page, grey or in colour, turned the way that its camera says.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::error::{ImageError, LimitErrorKind};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder as _};

use super::density::{Density, Exif};
use super::samples::{self, Samples};
use super::{ReadFault, check_size};
use crate::page::{Page, turn};

/// Refuses what is too large, or no whole JPEG.
pub(super) fn check(bytes: &[u8]) -> Result<(), ReadFault> {
    // The decoder fills up with grey what a file that was cut off lacks; nobody would notice on a copy.
    let scan = memchr::memmem::rfind(bytes, &[0xFF, 0xDA]).ok_or(ReadFault::Damaged)?;
    if memchr::memmem::rfind(bytes, &[0xFF, 0xD9]).is_none_or(|end| end < scan) {
        return Err(ReadFault::Damaged);
    }
    open(bytes).map(drop)
}

fn open(bytes: &[u8]) -> Result<JpegDecoder<Cursor<&[u8]>>, ReadFault> {
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    Ok(decoder)
}

pub(super) fn read(bytes: &[u8]) -> Result<Page, ReadFault> {
    let mut decoder = open(bytes)?;
    let (width, height) = decoder.dimensions();
    let exif = decoder.exif_metadata().map_err(|error| fault(&error))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let density = jfif_density(bytes).or_else(|| exif.and_then(|exif| Exif::read(&exif).density));
    let samples = match decoder.color_type() {
        ColorType::L8 => Samples::Grey,
        ColorType::La8 => Samples::GreyAlpha,
        ColorType::Rgb8 => Samples::Rgb,
        ColorType::Rgba8 => Samples::Rgba,
        _ => return Err(ReadFault::Unsupported),
    };
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| ReadFault::TooLarge)?;
    let mut buffer = vec![0; length];
    decoder.read_image(&mut buffer).map_err(|error| fault(&error))?;
    let page = samples::page(width, height, density, samples, buffer)?;
    Ok(turn::turned(page, orientation.to_exif()))
}

/// The density in the JFIF header (ITU-T T.871), which comes first if there is one.
fn jfif_density(bytes: &[u8]) -> Option<Density> {
    let header = bytes.get(2..18)?;
    let [0xFF, 0xE0, _, _, b'J', b'F', b'I', b'F', 0, _, _, unit, x1, x0, y1, y0] = *header else { return None };
    let per_inch = match unit {
        1 => 1.0,
        2 => 2.54,
        _ => return None,
    };
    Density::new(u16::from_be_bytes([x1, x0]).into(), u16::from_be_bytes([y1, y0]).into(), per_inch)
}

fn fault(error: &ImageError) -> ReadFault {
    tracing::debug!(%error, "a JPEG cannot be read");
    match error {
        ImageError::Unsupported(_) => ReadFault::Unsupported,
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::DimensionError => ReadFault::TooLarge,
        ImageError::Limits(_) => ReadFault::TooComplex,
        _ => ReadFault::Damaged,
    }
}
