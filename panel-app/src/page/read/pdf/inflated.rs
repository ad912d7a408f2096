//! What a PDF's streams unpack to, before anything unpacks them for good: a few kilobytes can say that they are
//! gigabytes.

use std::io::Read as _;

use flate2::bufread::ZlibDecoder;

use crate::cancel::Cancel;
use crate::page::read::ReadFault;

/// Most that a stream may unpack to, in bytes: a page of [`Page::PIXELS_MAX`](crate::page::Page::PIXELS_MAX) in three
/// colours, and room to spare.
const STREAM_BYTES_MAX: u64 = 160 * 1024 * 1024;
/// No byte of a compressed stream becomes more bytes than this, by the design of Deflate and LZW.
const RATIO_MAX: u64 = 1_300;
/// A stream's dictionary is looked for in as many bytes before it.
const DICTIONARY_BYTES_MAX: usize = 4_096;

/// Refuses a document with a stream that grows too large.
pub(super) fn check(bytes: &[u8], cancel: &Cancel) -> Result<(), ReadFault> {
    for at in memchr::memmem::find_iter(bytes, b"stream") {
        if cancel.is_stopped() {
            return Err(ReadFault::Cancelled);
        }
        let before = bytes.get(at.saturating_sub(DICTIONARY_BYTES_MAX)..at).unwrap_or_default();
        // The end of the stream before.
        if before.ends_with(b"end") {
            continue;
        }
        let data = bytes.get(at + b"stream".len()..).unwrap_or_default();
        let data = data.strip_prefix(b"\r\n").or_else(|| data.strip_prefix(b"\n")).unwrap_or(data);
        let stored = memchr::memmem::find(data, b"endstream").unwrap_or(data.len());
        let dictionary = &before[memchr::memmem::rfind(before, b"obj").map_or(0, |at| at)..];
        check_stream(dictionary, &data[..stored], data)?;
    }
    Ok(())
}

/// `stored` ends where its end mark is first seen, which may be by chance; `data` goes on to the end of the file.
fn check_stream(dictionary: &[u8], stored: &[u8], data: &[u8]) -> Result<(), ReadFault> {
    let names = |name: &[u8], short: &[u8]| {
        memchr::memmem::find_iter(dictionary, name).count()
            + memchr::memmem::find_iter(dictionary, short)
                .filter(|at| dictionary.get(at + short.len()).is_none_or(|c| !c.is_ascii_alphanumeric()))
                .count()
    };
    let flate = names(b"/FlateDecode", b"/Fl");
    let lzw = names(b"/LZWDecode", b"/LZW");
    let runs = names(b"/RunLengthDecode", b"/RL");
    // Nobody packs twice but to hide how much it is.
    if flate + lzw + runs > 1 {
        return Err(ReadFault::TooComplex);
    }
    let large = |stored: &[u8]| stored.len() as u64 * RATIO_MAX > STREAM_BYTES_MAX;
    let unpacked = if lzw == 1 {
        if large(stored) { lzw_length(stored) } else { 0 }
    } else if runs == 1 {
        if large(stored) { run_length(stored) } else { 0 }
    } else if is_zlib(data) && (large(stored) || flate == 0) {
        // Also if its dictionary says nothing of it, which may be in other words.
        inflated_length(data)
    } else {
        0
    };
    if unpacked > STREAM_BYTES_MAX { Err(ReadFault::TooComplex) } else { Ok(()) }
}

/// The header of RFC 1950.
fn is_zlib(data: &[u8]) -> bool {
    matches!(data, [cmf, flags, ..] if cmf & 0x0F == 8 && (u16::from(*cmf) << 8 | u16::from(*flags)) % 31 == 0)
}

/// Counts up to what is too much.
fn inflated_length(data: &[u8]) -> u64 {
    let mut decoder = ZlibDecoder::new(data).take(STREAM_BYTES_MAX + 1);
    let mut buffer = [0; 64 * 1024];
    let mut length = 0;
    while let Ok(read @ 1..) = decoder.read(&mut buffer) {
        length += read as u64;
    }
    length
}

/// What LZW codes of 9 to 12 bits unpack to; only their lengths are followed.
fn lzw_length(stored: &[u8]) -> u64 {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let mut lengths: Vec<u64> = vec![1; 258];
    let mut previous = None;
    let (mut bits, mut held, mut total) = (0_u32, 0_u32, 0_u64);
    for &byte in stored {
        bits = bits << 8 | u32::from(byte);
        held += 8;
        // Earlier by one is the usual way; it makes the codes wider, so never more of them.
        let width = match lengths.len() + 1 {
            0..512 => 9,
            512..1_024 => 10,
            1_024..2_048 => 11,
            _ => 12,
        };
        if held < width {
            continue;
        }
        held -= width;
        let code = (bits >> held & ((1 << width) - 1)) as usize;
        match code {
            CLEAR => {
                lengths.truncate(258);
                previous = None;
            }
            END => break,
            _ => {
                let length = lengths.get(code).copied().unwrap_or_else(|| previous.unwrap_or(0) + 1);
                total += length;
                if let Some(previous) = previous
                    && lengths.len() < 4_096
                {
                    lengths.push(previous + 1);
                }
                previous = Some(length);
            }
        }
    }
    total
}

fn run_length(mut stored: &[u8]) -> u64 {
    let mut total = 0;
    while let [length, rest @ ..] = stored {
        let (skip, grown) = match length {
            128 => break,
            0..128 => (usize::from(*length) + 1, u64::from(*length) + 1),
            _ => (1, 257 - u64::from(*length)),
        };
        total += grown;
        stored = rest.get(skip..).unwrap_or_default();
    }
    total
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn zeros(length: u64) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        for _ in 0..length / 65_536 {
            encoder.write_all(&[0; 65_536]).unwrap();
        }
        encoder.finish().unwrap()
    }

    fn document(dictionary: &str, stream: &[u8]) -> Vec<u8> {
        [format!("%PDF-1.7\n1 0 obj <<{dictionary}>> stream\n").as_bytes(), stream, b"\nendstream endobj"].concat()
    }

    #[test]
    fn a_stream_that_grows_into_gigabytes_is_refused_before_it_does() {
        let bomb = zeros(STREAM_BYTES_MAX + 65_536);
        for dictionary in ["/Filter /FlateDecode", "/Filter /Fl", "/Filter /#46lateDecode"] {
            let document = document(dictionary, &bomb);
            assert_eq!(check(&document, &Cancel::new()), Err(ReadFault::TooComplex), "{dictionary}");
        }
        let allowed = document("/Filter /FlateDecode", &zeros(STREAM_BYTES_MAX));
        assert_eq!(check(&allowed, &Cancel::new()), Ok(()));
    }

    #[test]
    fn packing_twice_is_refused() {
        let document = document("/Filter [/FlateDecode /FlateDecode]", b"x\x9c");
        assert_eq!(check(&document, &Cancel::new()), Err(ReadFault::TooComplex));
    }

    #[test]
    fn the_lengths_of_other_packings_are_followed() {
        assert_eq!(run_length(&[2, 1, 1, 1, 255, 7, 129, 9, 128, 5]), 3 + 2 + 128);
        // The example of ISO 32000-1, 7.4.4.2: ten bytes.
        assert_eq!(lzw_length(&[0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01]), 10);
        let runs = document("/Filter /RunLengthDecode", &[129, 0].repeat(1_500_000));
        assert_eq!(check(&runs, &Cancel::new()), Err(ReadFault::TooComplex));
    }
}
