//! PNG: one page, of any depth and kind of colour.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Limits, Reader, Transformations, Unit};

use super::density::Density;
use super::samples::{self, Samples};
use super::{ReadFault, check_size};
use crate::page::Page;

/// Most memory for everything but the pixels, in bytes.
const MEMORY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Metres in an inch.
const METRES_AN_INCH: f64 = 0.0254;

/// Refuses what is too large, or no PNG from the start.
pub(super) fn check(bytes: &[u8]) -> Result<(), ReadFault> {
    open(bytes).map(drop)
}

fn open(bytes: &[u8]) -> Result<Reader<Cursor<&[u8]>>, ReadFault> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MEMORY_BYTES_MAX });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(fault)?;
    check_size(header.width, header.height)?;
    decoder.read_info().map_err(fault)
}

pub(super) fn read(bytes: &[u8]) -> Result<Page, ReadFault> {
    let mut reader = open(bytes)?;
    let info = reader.info();
    let (width, height) = info.size();
    let density = info.pixel_dims.filter(|dims| dims.unit == Unit::Meter);
    let density = density.and_then(|dims| Density::new(f64::from(dims.xppu), f64::from(dims.yppu), METRES_AN_INCH));
    let grey_palette = info.color_type == ColorType::Indexed
        && info.palette.as_deref().is_some_and(|colours| {
            colours.chunks_exact(3).all(|colour| colour[0] == colour[1] && colour[1] == colour[2])
        });

    let mut buffer = vec![0; reader.output_buffer_size().ok_or(ReadFault::TooLarge)?];
    let frame = reader.next_frame(&mut buffer).map_err(fault)?;
    if frame.bit_depth != BitDepth::Eight || (frame.width, frame.height) != (width, height) {
        return Err(ReadFault::Damaged);
    }
    buffer.truncate(frame.buffer_size());
    let samples = match frame.color_type {
        ColorType::Grayscale => Samples::Grey,
        ColorType::GrayscaleAlpha => Samples::GreyAlpha,
        ColorType::Rgb => Samples::Rgb,
        ColorType::Rgba => Samples::Rgba,
        ColorType::Indexed => return Err(ReadFault::Damaged),
    };
    // A palette of greys is a grey page.
    if grey_palette {
        return samples::page(width, height, density, samples, buffer).map(Page::into_grey);
    }
    samples::page(width, height, density, samples, buffer)
}

fn fault(error: DecodingError) -> ReadFault {
    tracing::debug!(%error, "a PNG cannot be read");
    match error {
        DecodingError::LimitsExceeded => ReadFault::TooComplex,
        _ => ReadFault::Damaged,
    }
}
