use std::io::Cursor;

use ::tiff::encoder::{Compression, TiffEncoder, colortype};
use ::tiff::tags::{ResolutionUnit, Tag};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use super::*;
use crate::page::Colour;

fn open(bytes: Vec<u8>) -> Result<Document, ReadFault> {
    Document::open(bytes, &Cancel::new())
}

fn only_page(bytes: Vec<u8>) -> Result<Page, ReadFault> {
    let document = open(bytes)?;
    assert_eq!(document.page_count(), 1);
    document.page(0, &Cancel::new())
}

fn png(width: u32, height: u32, colour: ::png::ColorType, depth: ::png::BitDepth, data: &[u8]) -> Vec<u8> {
    png_with(width, height, colour, depth, data, |_| {})
}

fn png_with(
    width: u32,
    height: u32,
    colour: ::png::ColorType,
    depth: ::png::BitDepth,
    data: &[u8],
    more: impl FnOnce(&mut ::png::Encoder<'_, &mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    more(&mut encoder);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

fn jpeg(width: u32, height: u32, colour: ExtendedColorType, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).write_image(data, width, height, colour).unwrap();
    bytes
}

fn tiff(pages: &[(u32, u32, Vec<u8>)], dpi: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap().with_compression(Compression::Lzw);
    for (width, height, pixels) in pages {
        let mut image = encoder.new_image::<colortype::Gray8>(*width, *height).unwrap();
        image.resolution(ResolutionUnit::Inch, ::tiff::encoder::Rational { n: dpi, d: 1 });
        image.write_data(pixels).unwrap();
    }
    bytes.into_inner()
}

#[test]
fn a_document_is_what_its_first_bytes_say() {
    assert_eq!(DocumentFormat::of(b"\x89PNG\r\n\x1a\n"), Some(DocumentFormat::Png));
    assert_eq!(DocumentFormat::of(&[0xFF, 0xD8, 0xFF, 0xE0]), Some(DocumentFormat::Jpeg));
    assert_eq!(DocumentFormat::of(b"MM\0*"), Some(DocumentFormat::Tiff));
    assert_eq!(DocumentFormat::of(b"\n%PDF-1.4"), Some(DocumentFormat::Pdf));
    for unknown in [b"".as_slice(), b"GIF89a", b"hello", b"PK\x03\x04", &[0; 2_000]] {
        assert_eq!(open(unknown.to_vec()).unwrap_err(), ReadFault::Unknown);
    }
}

#[test]
fn png_of_every_kind_becomes_grey_or_colour() {
    use ::png::{BitDepth, ColorType};
    let read = |bytes| {
        let page = only_page(bytes).unwrap();
        (page.colour(), page.into_pixels())
    };
    let one_bit = png(4, 1, ColorType::Grayscale, BitDepth::One, &[0b0101_0000]);
    assert_eq!(read(one_bit), (Colour::Grey, vec![0, 255, 0, 255]));
    let sixteen = png(1, 1, ColorType::Rgb, BitDepth::Sixteen, &[255, 9, 128, 0, 3, 255]);
    assert_eq!(read(sixteen), (Colour::Rgb, vec![255, 128, 3]));
    let alpha = png(2, 1, ColorType::GrayscaleAlpha, BitDepth::Eight, &[0, 255, 0, 0]);
    assert_eq!(read(alpha), (Colour::Grey, vec![0, 255]));
    let colours = png_with(2, 1, ColorType::Indexed, BitDepth::Two, &[0b0001_0000], |encoder| {
        encoder.set_palette([1, 2, 3, 4, 5, 6].as_slice());
    });
    assert_eq!(read(colours), (Colour::Rgb, vec![1, 2, 3, 4, 5, 6]));
    let greys = png_with(2, 1, ColorType::Indexed, BitDepth::One, &[0b0100_0000], |encoder| {
        encoder.set_palette([0, 0, 0, 9, 9, 9].as_slice());
    });
    assert_eq!(read(greys), (Colour::Grey, vec![0, 9]), "a palette of greys is a grey page");
    let clear = png_with(1, 1, ColorType::Rgb, BitDepth::Eight, &[7, 8, 9], |encoder| {
        encoder.set_trns([0, 7, 0, 8, 0, 9].as_slice());
    });
    assert_eq!(read(clear), (Colour::Rgb, vec![255, 255, 255]), "a colour that is said to be transparent");
}

#[test]
fn jpeg_keeps_grey_grey_and_is_turned_as_its_camera_says() {
    let grey = only_page(jpeg(16, 8, ExtendedColorType::L8, &[100; 128])).unwrap();
    assert_eq!((grey.width(), grey.height(), grey.colour()), (16, 8, Colour::Grey));
    assert!(grey.pixels().iter().all(|light| light.abs_diff(100) < 3));
    let red = only_page(jpeg(8, 8, ExtendedColorType::Rgb8, &[250, 10, 10].repeat(64))).unwrap();
    assert!(red.pixels()[0] > 240 && red.pixels()[1] < 20 && red.colour() == Colour::Rgb);

    // An Exif block with orientation 6 and 200 dots an inch, in place of the JFIF header.
    let plain = jpeg(16, 8, ExtendedColorType::L8, &[100; 128]);
    let after_header = 4 + usize::from(u16::from_be_bytes([plain[4], plain[5]]));
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x03".to_vec();
    exif.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
    exif.extend_from_slice(&[0x01, 0x1A, 0, 5, 0, 0, 0, 1, 0, 0, 0, 50]);
    exif.extend_from_slice(&[0x01, 0x1B, 0, 5, 0, 0, 0, 1, 0, 0, 0, 50]);
    exif.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 1]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let turned = [&[0xFF, 0xD8, 0xFF, 0xE1], &length[..], &exif, &plain[after_header..]].concat();
    let page = only_page(turned).unwrap();
    assert_eq!((page.width(), page.height(), page.dpi()), (8, 16, 200));
}

#[test]
fn a_jpeg_that_was_cut_off_is_damaged_and_not_half_grey() {
    let bytes = jpeg(64, 64, ExtendedColorType::L8, &[100; 4_096]);
    assert_eq!(only_page(bytes[..bytes.len() - 2].to_vec()).unwrap_err(), ReadFault::Damaged);
}

#[test]
fn a_tiff_has_several_pages_which_can_be_read_in_any_order() {
    let pages: Vec<_> = (1..=3_u8).map(|n| (u32::from(n) * 10, 20, vec![n; usize::from(n) * 200])).collect();
    let document = open(tiff(&pages, 200)).unwrap();
    assert_eq!((document.format(), document.page_count()), (DocumentFormat::Tiff, 3));
    for index in [2, 0, 1, 1] {
        let page = document.page(index, &Cancel::new()).unwrap();
        let (width, _, pixels) = &pages[index as usize];
        assert_eq!((page.width(), page.height(), page.dpi()), (*width, 20, 200));
        assert_eq!(page.pixels(), pixels.as_slice());
    }
    assert_eq!(document.page(3, &Cancel::new()).unwrap_err(), ReadFault::NoSuchPage);
    assert_eq!(document.pages(&Cancel::new()).map(|page| page.unwrap().width()).collect::<Vec<_>>(), [10, 20, 30]);
}

fn tiff_of<C: colortype::ColorType<Inner = u8>>(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    encoder.write_image::<C>(width, height, data).unwrap();
    bytes.into_inner()
}

#[test]
fn a_tiff_may_have_inks_or_transparency_or_sixteen_bits() {
    let cmyk = only_page(tiff_of::<colortype::CMYK8>(2, 1, &[0, 0, 0, 0, 0, 255, 255, 0])).unwrap();
    assert_eq!(cmyk.pixels(), [255, 255, 255, 255, 0, 0]);
    let rgba = only_page(tiff_of::<colortype::RGBA8>(1, 1, &[10, 20, 30, 0])).unwrap();
    assert_eq!(rgba.pixels(), [255, 255, 255]);
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    encoder.write_image::<colortype::Gray16>(2, 1, &[0x80FF, 0xFFFF]).unwrap();
    let deep = only_page(bytes.into_inner()).unwrap();
    assert_eq!((deep.colour(), deep.pixels()), (Colour::Grey, [0x80, 0xFF].as_slice()));
}

/// One directory, little-endian, one strip without compression, as a program would write it by hand.
fn raw_tiff(tags: &[(u16, u16, u32, u32)], after: &[u8]) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend_from_slice(&u16::try_from(tags.len()).unwrap().to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(after);
    bytes
}

#[test]
fn a_tiff_may_have_a_palette_or_a_bit_a_pixel() {
    let palette = |map: &[u8]| {
        let data_at = 8 + 2 + 12 * 10 + 4;
        let tags = [
            (256, 3, 1, 3),
            (257, 3, 1, 1),
            (258, 3, 1, 4),
            (259, 3, 1, 1),
            (262, 3, 1, 3),
            (273, 4, 1, data_at),
            (277, 3, 1, 1),
            (278, 3, 1, 1),
            (279, 4, 1, 2),
            (320, 3, 48, data_at + 2),
        ];
        raw_tiff(&tags, &[&[0x01, 0x20], map].concat())
    };
    let mut map = vec![0; 96];
    // High bytes of red, green, blue of the positions 0 to 2.
    for (channel, lights) in [[10, 20, 30], [11, 21, 31], [12, 22, 32]].iter().enumerate() {
        for (position, light) in lights.iter().enumerate() {
            map[channel * 32 + position * 2 + 1] = *light;
        }
    }
    let page = only_page(palette(&map)).unwrap();
    assert_eq!((page.colour(), page.pixels()), (Colour::Rgb, [10, 11, 12, 20, 21, 22, 30, 31, 32].as_slice()));
    map.copy_within(..32, 32);
    map.copy_within(..32, 64);
    let page = only_page(palette(&map)).unwrap();
    assert_eq!((page.colour(), page.pixels()), (Colour::Grey, [10, 20, 30].as_slice()));

    let bilevel = |photometry: u32| {
        let tags = [
            (256, 3, 1, 10),
            (257, 3, 1, 1),
            (258, 3, 1, 1),
            (259, 3, 1, 1),
            (262, 3, 1, photometry),
            (273, 4, 1, 8 + 2 + 12 * 9 + 4),
            (277, 3, 1, 1),
            (278, 3, 1, 1),
            (279, 4, 1, 2),
        ];
        only_page(raw_tiff(&tags, &[0b1010_0000, 0b0100_0000])).unwrap().into_pixels()
    };
    assert_eq!(bilevel(1), [255, 0, 255, 0, 0, 0, 0, 0, 0, 255]);
    assert_eq!(bilevel(0), [0, 255, 0, 255, 255, 255, 255, 255, 255, 0]);
}

#[test]
fn small_images_beside_the_pages_of_a_tiff_are_no_pages() {
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    for reduced in [false, true, false] {
        let mut image = encoder.new_image::<colortype::Gray8>(2, 2).unwrap();
        image.encoder().write_tag(Tag::NewSubfileType, u32::from(reduced)).unwrap();
        image.write_data(&[u8::from(reduced); 4]).unwrap();
    }
    let document = open(bytes.into_inner()).unwrap();
    assert_eq!(document.page_count(), 2);
    assert_eq!(document.page(1, &Cancel::new()).unwrap().pixels(), [0; 4]);
}

#[test]
fn a_document_has_two_hundred_pages_and_no_more() {
    let page = (1, 1, vec![0]);
    let most = open(tiff(&vec![page.clone(); 200], 300)).unwrap();
    assert_eq!(most.page_count(), PAGES_MAX);
    assert_eq!(open(tiff(&vec![page; 201], 300)).unwrap_err(), ReadFault::TooManyPages);
}

#[test]
fn a_directory_that_leads_to_itself_ends() {
    let mut bytes = tiff(&[(1, 1, vec![0])], 300);
    let directory = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(bytes[directory..directory + 2].try_into().unwrap()));
    let next = directory + 2 + entries * 12;
    let itself = bytes[4..8].to_vec();
    bytes[next..next + 4].copy_from_slice(&itself);
    assert_eq!(open(bytes).unwrap_err(), ReadFault::Damaged);
}

#[test]
fn the_resolution_is_the_one_that_the_file_says() {
    use ::png::{BitDepth, ColorType, PixelDimensions, Unit};
    let png = |density: u32, unit| {
        png_with(1, 1, ColorType::Grayscale, BitDepth::Eight, &[0], |encoder| {
            encoder.set_pixel_dims(Some(PixelDimensions { xppu: density, yppu: density, unit }));
        })
    };
    assert_eq!(only_page(png(7_874, Unit::Meter)).unwrap().dpi(), 200);
    assert_eq!(only_page(png(7_874, Unit::Unspecified)).unwrap().dpi(), DPI);
    assert_eq!(only_page(png(1, Unit::Meter)).unwrap().dpi(), DPI, "nonsense is not believed");

    let mut jpeg = jpeg(8, 8, ExtendedColorType::L8, &[0; 64]);
    assert_eq!(&jpeg[6..10], b"JFIF");
    jpeg[13..18].copy_from_slice(&[2, 0, 79, 0, 79]);
    assert_eq!(only_page(jpeg).unwrap().dpi(), 201, "79 a centimetre");
}

#[test]
fn a_picture_that_is_larger_than_a_page_is_refused_before_it_is_decoded() {
    let mut header = png(1, 1, ::png::ColorType::Grayscale, ::png::BitDepth::Eight, &[0]);
    header[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let mut checksum = flate2::Crc::new();
    checksum.update(&header[12..29]);
    header[29..33].copy_from_slice(&checksum.sum().to_be_bytes());
    assert_eq!(open(header).unwrap_err(), ReadFault::TooLarge);

    let mut bytes = jpeg(8, 8, ExtendedColorType::L8, &[0; 64]);
    let frame = bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF]);
    assert_eq!(open(bytes).unwrap_err(), ReadFault::TooLarge);

    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(DOCUMENT_BYTES_MAX + 1, b' ');
    assert_eq!(open(bytes).unwrap_err(), ReadFault::TooLarge);
}

#[test]
fn nothing_is_decoded_for_a_job_that_was_cancelled() {
    let document = open(png(1, 1, ::png::ColorType::Grayscale, ::png::BitDepth::Eight, &[0])).unwrap();
    let cancel = Cancel::new();
    cancel.stop();
    assert_eq!(document.page(0, &cancel).unwrap_err(), ReadFault::Cancelled);
}

/// A PDF by hand; its cross-reference table is left to the reader's repair.
fn pdf(page: &str, content: &str) -> Vec<u8> {
    format!(
        "%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n\
         3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R{page}>> endobj\n\
         4 0 obj <</Length {}>> stream\n{content}\nendstream endobj\ntrailer <</Root 1 0 R>>\n",
        content.len()
    )
    .into_bytes()
}

#[test]
fn a_pdf_is_drawn_at_three_hundred_dots_an_inch() {
    let page = only_page(pdf("/MediaBox[0 0 72 36]", "0 0 36 18 re f")).unwrap();
    assert_eq!((page.width(), page.height(), page.dpi(), page.colour()), (300, 150, 300, Colour::Grey));
    let at = |x: usize, y: usize| page.pixels()[y * 300 + x];
    assert_eq!((at(10, 140), at(140, 80), at(160, 140), at(10, 60)), (0, 0, 255, 255));
    let red = only_page(pdf("/MediaBox[0 0 72 36]", "1 0 0 rg 0 0 72 36 re f")).unwrap();
    assert_eq!((red.colour(), &red.pixels()[..3]), (Colour::Rgb, [255, 0, 0].as_slice()));
    let turned = only_page(pdf("/MediaBox[0 0 72 36]/Rotate 90", "")).unwrap();
    assert_eq!((turned.width(), turned.height()), (150, 300));
}

#[test]
fn a_poster_is_drawn_as_finely_as_memory_allows_and_a_wall_not_at_all() {
    let poster = open(pdf("/MediaBox[0 0 2384 3370]", "")).unwrap();
    let page = poster.page(0, &Cancel::new()).unwrap();
    assert_eq!(page.dpi(), 159, "A0");
    assert!(page.width() * page.height() <= Page::PIXELS_MAX);
    let wall = open(pdf("/MediaBox[0 0 14400 14400]", "")).unwrap();
    assert_eq!(wall.page(0, &Cancel::new()).unwrap_err(), ReadFault::TooLarge);
}

#[test]
fn an_encrypted_or_empty_pdf_says_so() {
    let encrypted = [pdf("", "").as_slice(), b"trailer <</Root 1 0 R /Encrypt 9 0 R>>"].concat();
    assert_eq!(open(encrypted).unwrap_err(), ReadFault::Encrypted);
    assert_eq!(open(b"%PDF-1.7\n".to_vec()).unwrap_err(), ReadFault::Damaged);
}

#[test]
fn a_pdf_that_draws_for_ever_is_too_complex() {
    // Each form draws the next ten times: 10^9 squares.
    let mut bytes = pdf("/MediaBox[0 0 72 72]/Resources<</XObject<</F 10 0 R>>>>", "/F Do");
    for level in 10..19 {
        let content = if level == 18 { "0 0 1 1 re f ".repeat(10) } else { "/F Do ".repeat(10) };
        bytes.extend_from_slice(
            format!(
                "{level} 0 obj <</Type/XObject/Subtype/Form/BBox[0 0 72 72]/Resources<</XObject<</F {} 0 R>>>>/Length {}>> stream\n{content}\nendstream endobj\n",
                level + 1,
                content.len()
            )
            .as_bytes(),
        );
    }
    assert_eq!(only_page(bytes).unwrap_err(), ReadFault::TooComplex);
}

#[test]
fn a_picture_in_a_pdf_that_says_it_is_huge_is_too_complex() {
    let mut bytes = pdf("/Resources<</XObject<</I 10 0 R>>>>", "/I Do");
    bytes.extend_from_slice(
        b"10 0 obj <</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>> stream\nx\nendstream endobj\n",
    );
    assert_eq!(open(bytes).unwrap_err(), ReadFault::TooComplex);
}

#[test]
fn damaged_documents_are_faults_and_never_panics() {
    let grey: Vec<u8> = (0..=255).cycle().take(40 * 30).collect();
    let documents = [
        png(40, 30, ::png::ColorType::Grayscale, ::png::BitDepth::Eight, &grey),
        jpeg(40, 30, ExtendedColorType::L8, &grey),
        tiff(&[(40, 30, grey.clone()), (30, 40, grey)], 300),
        pdf("/MediaBox[0 0 20 20]", "q 1 0 0 1 3 3 cm 0 0 10 10 re f Q BT /F 5 Tf (abc) Tj ET"),
    ];
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for document in documents {
        for _ in 0..60 {
            let mut damaged = document.clone();
            for _ in 0..=next(4) {
                let at = next(damaged.len());
                match next(3) {
                    0 => damaged[at] ^= 1 << next(8),
                    1 => damaged[at] = [0, 0xFF, 0x7F, 0x80][next(4)],
                    _ => damaged.truncate(at.max(16)),
                }
            }
            if let Ok(document) = open(damaged) {
                for page in document.pages(&Cancel::new()).take(3).flatten() {
                    assert!(page.width() * page.height() <= Page::PIXELS_MAX);
                }
            }
        }
    }
}
