//! TIFF (revision 6.0): one or several pages, from fax to photograph. Reduced images and masks beside the pages are
//! left out.

use std::io::Cursor;

use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use super::density::Density;
use super::samples::{self, Samples};
use super::{PAGES_MAX, ReadFault, check_size};
use crate::page::{Page, turn};

/// Most memory of a decoded page, in bytes: as many pixels as a page may have, with four samples of 16 bits.
const PIXELS_BYTES_MAX: usize = Page::PIXELS_MAX as usize * 8;
/// Most directories that are looked at; there may be a small image beside each page.
const DIRECTORIES_MAX: usize = 2 * PAGES_MAX as usize;

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

/// A document's pages.
pub(super) struct Pages {
    bytes: Vec<u8>,
    /// Positions of the pages among the directories, and where each directory is.
    directories: Vec<(usize, u64)>,
}

impl std::fmt::Debug for Pages {
    /// Without the bytes: they are somebody's document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pages({})", self.directories.len())
    }
}

impl Pages {
    pub(super) fn open(mut bytes: Vec<u8>) -> Result<Self, ReadFault> {
        show_palettes_as_grey(&mut bytes);
        let mut directories = Vec::new();
        let mut reader = decoder(&bytes)?;
        for position in 0.. {
            if position == DIRECTORIES_MAX {
                return Err(ReadFault::TooManyPages);
            }
            // Bit 0: a smaller copy of another image; bit 2: a mask for one.
            let kind = reader.find_tag_unsigned::<u32>(Tag::NewSubfileType).map_err(|error| fault(&error))?;
            if kind.unwrap_or(0) & 0b101 == 0 {
                if directories.len() == PAGES_MAX as usize {
                    return Err(ReadFault::TooManyPages);
                }
                let (width, height) = reader.dimensions().map_err(|error| fault(&error))?;
                check_size(width, height)?;
                let at = reader.ifd_pointer().map_or(0, |pointer| pointer.0);
                directories.push((position, at));
            }
            if !reader.more_images() {
                break;
            }
            reader.next_image().map_err(|error| fault(&error))?;
        }
        drop(reader);
        if directories.is_empty() { Err(ReadFault::Damaged) } else { Ok(Self { bytes, directories }) }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.directories.len()).unwrap_or(PAGES_MAX)
    }

    pub(super) fn read(&self, index: u32) -> Result<Page, ReadFault> {
        let (position, at) = *self.directories.get(index as usize).ok_or(ReadFault::NoSuchPage)?;
        let mut reader = decoder(&self.bytes)?;
        reader.seek_to_image(position).map_err(|error| fault(&error))?;
        let (width, height) = reader.dimensions().map_err(|error| fault(&error))?;
        check_size(width, height)?;
        let density = density(&mut reader);
        let orientation = reader.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten().unwrap_or(1);
        let colour = reader.colortype().map_err(|error| fault(&error))?;
        let palette = Palette::of(&mut reader, &self.bytes, at)?;
        let (samples, bits) = samples_of(colour)?;

        let mut decoded = DecodingResult::U8(Vec::new());
        let layout = reader.read_image_to_buffer(&mut decoded).map_err(|error| fault(&error))?;
        let row_samples = width as usize * samples.bytes();
        let buffer = match decoded {
            DecodingResult::U8(buffer) if layout.planes > 1 => interleave(&buffer, samples.bytes())?,
            DecodingResult::U8(buffer) if bits < 8 => {
                unpack(&buffer, row_samples, height as usize, bits, palette.is_some())?
            }
            DecodingResult::U8(buffer) => buffer,
            DecodingResult::U16(buffer) if layout.planes == 1 => {
                buffer.into_iter().map(|sample| sample.to_be_bytes()[0]).collect()
            }
            _ => return Err(ReadFault::Unsupported),
        };
        if buffer.len() != row_samples * height as usize {
            return Err(ReadFault::Damaged);
        }
        let page = match palette {
            Some(palette) => palette.page(width, height, density, &buffer)?,
            None => samples::page(width, height, density, samples, buffer)?,
        };
        Ok(turn::turned(page, orientation))
    }
}

fn decoder(bytes: &[u8]) -> Result<Reader<'_>, ReadFault> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = PIXELS_BYTES_MAX;
    limits.intermediate_buffer_size = super::DOCUMENT_BYTES_MAX;
    limits.ifd_value_size = 1024 * 1024;
    Ok(Decoder::new(Cursor::new(bytes)).map_err(|error| fault(&error))?.with_limits(limits))
}

fn samples_of(colour: ColorType) -> Result<(Samples, u8), ReadFault> {
    match colour {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8 | 16)) => Ok((Samples::Grey, bits)),
        ColorType::GrayA(bits @ (8 | 16)) | ColorType::Multiband { bit_depth: bits @ (8 | 16), num_samples: 2 } => {
            Ok((Samples::GreyAlpha, bits))
        }
        ColorType::RGB(bits @ (8 | 16)) => Ok((Samples::Rgb, bits)),
        ColorType::RGBA(bits @ (8 | 16)) => Ok((Samples::Rgba, bits)),
        ColorType::CMYK(bits @ (8 | 16)) => Ok((Samples::Cmyk, bits)),
        ColorType::CMYKA(bits @ (8 | 16)) => Ok((Samples::CmykAlpha, bits)),
        ColorType::YCbCr(8) => Ok((Samples::YCbCr, 8)),
        _ => Err(ReadFault::Unsupported),
    }
}

fn density(reader: &mut Reader<'_>) -> Option<Density> {
    let mut value = |tag| match reader.find_tag(tag).ok()?? {
        Value::Rational(above, below) => Some(f64::from(above) / f64::from(below)),
        // Not what the standard says, but seen.
        Value::Short(whole) => Some(f64::from(whole)),
        Value::Unsigned(whole) => Some(f64::from(whole)),
        Value::Float(number) => Some(f64::from(number)),
        Value::Double(number) => Some(number),
        _ => None,
    };
    let (x, y) = (value(Tag::XResolution)?, value(Tag::YResolution)?);
    let per_inch = match reader.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok()?.unwrap_or(2) {
        2 => 1.0,
        3 => 2.54,
        _ => return None,
    };
    Density::new(x, y, per_inch)
}

/// Planes, one after the other, become pixels.
fn interleave(planes: &[u8], samples: usize) -> Result<Vec<u8>, ReadFault> {
    let length = planes.len() / samples;
    if length * samples != planes.len() {
        return Err(ReadFault::Unsupported);
    }
    Ok((0..planes.len()).map(|at| planes[at % samples * length + at / samples]).collect())
}

/// Samples of 1, 2 or 4 bits, rows beginning on a byte: as light from 0 to 255, or as they are if they are `positions` in a
/// palette.
fn unpack(packed: &[u8], row: usize, rows: usize, bits: u8, positions: bool) -> Result<Vec<u8>, ReadFault> {
    let row_bytes = (row * usize::from(bits)).div_ceil(8);
    if packed.len() != row_bytes * rows {
        return Err(ReadFault::Damaged);
    }
    let mask = (1_u8 << bits) - 1;
    let factor = if positions { 1 } else { 255 / mask };
    let mut samples = Vec::with_capacity(row * rows);
    for line in packed.chunks_exact(row_bytes) {
        samples.extend((0..row).map(|column| {
            let bit = column * usize::from(bits);
            let shift = 8 - usize::from(bits) - bit % 8;
            (line[bit / 8] >> shift & mask) * factor
        }));
    }
    Ok(samples)
}

/// Colours of the positions that the samples are.
struct Palette(Vec<[u8; 3]>);

impl Palette {
    /// `None` if the page has samples of its own.
    fn of(reader: &mut Reader<'_>, bytes: &[u8], directory: u64) -> Result<Option<Self>, ReadFault> {
        if photometry(bytes, directory).is_none_or(|at| bytes.get(at + 2) != Some(&PALETTE_MARK)) {
            return Ok(None);
        }
        let map = reader.get_tag_u16_vec(Tag::ColorMap).map_err(|error| fault(&error))?;
        let count = map.len() / 3;
        if !matches!(count, 2 | 4 | 16 | 256) || count * 3 != map.len() {
            return Err(ReadFault::Damaged);
        }
        let light = |at: usize| map[at].to_be_bytes()[0];
        Ok(Some(Self((0..count).map(|at| [light(at), light(count + at), light(2 * count + at)]).collect())))
    }

    fn page(&self, width: u32, height: u32, density: Option<Density>, positions: &[u8]) -> Result<Page, ReadFault> {
        let mut pixels = Vec::with_capacity(positions.len() * 3);
        for &position in positions {
            pixels.extend_from_slice(self.0.get(usize::from(position)).ok_or(ReadFault::Damaged)?);
        }
        let page = samples::page(width, height, density, Samples::Rgb, pixels)?;
        let grey = self.0.iter().all(|[r, g, b]| r == g && g == b);
        Ok(if grey { page.into_grey() } else { page })
    }
}

/// In the unused half of the value of a photometric interpretation that was a palette.
const PALETTE_MARK: u8 = 0x50;

/// The decoder takes no palettes. Says in every directory that the samples are grey where it says that they are positions
/// in a palette, and marks it. BigTIFF is left as it is.
fn show_palettes_as_grey(bytes: &mut [u8]) {
    let Some(mut directory) = first_directory(bytes) else { return };
    for _ in 0..DIRECTORIES_MAX {
        let Some(next) = next_directory(bytes, directory) else { return };
        if let Some(at) = photometry(bytes, directory) {
            let (low, high) = if is_little(bytes) { (at, at + 1) } else { (at + 1, at) };
            let is_palette = bytes.get(low) == Some(&3) && bytes.get(high) == Some(&0);
            if let Some(mark) = bytes.get_mut(at + 2) {
                *mark = if is_palette { PALETTE_MARK } else { 0 };
            }
            if is_palette && let Some(value) = bytes.get_mut(low) {
                *value = 1;
            }
        }
        directory = next;
    }
}

fn is_little(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'I')
}

fn first_directory(bytes: &[u8]) -> Option<u64> {
    let classic = matches!(bytes.get(..4)?, [b'I', b'I', 42, 0] | [b'M', b'M', 0, 42]);
    if classic { Some(u64::from(long(bytes, 4)?)) } else { None }
}

fn next_directory(bytes: &[u8], directory: u64) -> Option<u64> {
    let at = usize::try_from(directory).ok()?;
    let entries = usize::from(short(bytes, at)?);
    long(bytes, at.checked_add(2 + entries * 12)?).map(u64::from)
}

/// Where the value of the photometric interpretation of a directory is: two bytes of four.
fn photometry(bytes: &[u8], directory: u64) -> Option<usize> {
    first_directory(bytes)?;
    let at = usize::try_from(directory).ok()?;
    (0..usize::from(short(bytes, at)?))
        .map(|entry| at + 2 + entry * 12)
        .find(|&entry| short(bytes, entry) == Some(262) && short(bytes, entry + 2) == Some(3))
        .map(|entry| entry + 8)
        .filter(|value| value + 4 <= bytes.len())
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    let two = <[u8; 2]>::try_from(bytes.get(at..at.checked_add(2)?)?).ok()?;
    Some(if is_little(bytes) { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    let four = <[u8; 4]>::try_from(bytes.get(at..at.checked_add(4)?)?).ok()?;
    Some(if is_little(bytes) { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
}

fn fault(error: &TiffError) -> ReadFault {
    tracing::debug!(%error, "a TIFF cannot be read");
    match error {
        TiffError::UnsupportedError(_) => ReadFault::Unsupported,
        TiffError::LimitsExceeded => ReadFault::TooLarge,
        _ => ReadFault::Damaged,
    }
}
