//! A font without shapes, whose characters can be any: what a reader needs to select, search and copy text that is seen in
//! an image.

use std::collections::HashMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish as _, Name, Pdf, Rect, Ref, Str};

/// How many references the font takes.
pub(super) const REFERENCES: i32 = 6;
/// From the lower edge of a line to its baseline, in ems.
pub(super) const DESCENT: f32 = 0.2;

const NAME: Name<'_> = Name(b"KobaiTextLayer");
const SYSTEM: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// More different characters than a document has.
const CHARACTERS_MAX: usize = 65_000;

/// The characters of a document, numbered from 1 as they come.
#[derive(Default)]
pub(super) struct TextLayer {
    codes: HashMap<char, u16>,
    characters: Vec<char>,
}

impl TextLayer {
    /// A line in the codes of the font, two bytes each, and its length in ems.
    pub(super) fn encode(&mut self, text: &str) -> (Vec<u8>, f32) {
        let mut codes = Vec::new();
        let mut ems = 0.0;
        for character in text.chars().map(|c| if c.is_control() { ' ' } else { c }) {
            codes.extend_from_slice(&self.code(character).to_be_bytes());
            ems += width(character) / 1_000.0;
        }
        (codes, ems)
    }

    fn code(&mut self, character: char) -> u16 {
        if let Some(code) = self.codes.get(&character) {
            return *code;
        }
        if self.characters.len() >= CHARACTERS_MAX {
            return 1;
        }
        self.characters.push(character);
        // At most CHARACTERS_MAX.
        let code = u16::try_from(self.characters.len()).unwrap_or(1);
        self.codes.insert(character, code);
        code
    }

    /// Writes the font, if there is any text.
    pub(super) fn write(&self, pdf: &mut Pdf, first: i32) {
        if self.characters.is_empty() {
            return;
        }
        let at = |number: i32| Ref::new(first + number);
        let (font, descendant, descriptor, file, unicode, glyphs) = (at(0), at(1), at(2), at(3), at(4), at(5));

        pdf.type0_font(font)
            .base_font(NAME)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(NAME).system_info(SYSTEM).font_descriptor(descriptor);
        cid.default_width(1_000.0).cid_to_gid_map_stream(glyphs);
        let mut widths = cid.widths();
        for (code, character) in (1..).zip(&self.characters) {
            if width(*character) < 1_000.0 {
                widths.consecutive(code, [width(*character)]);
            }
        }
        widths.finish();
        cid.finish();
        pdf.font_descriptor(descriptor)
            .name(NAME)
            .flags(FontFlags::FIXED_PITCH | FontFlags::SYMBOLIC)
            .bbox(Rect::new(0.0, -1_000.0 * DESCENT, 1_000.0, 1_000.0 * (1.0 - DESCENT)))
            .italic_angle(0.0)
            .ascent(1_000.0 * (1.0 - DESCENT))
            .descent(-1_000.0 * DESCENT)
            .cap_height(700.0)
            .stem_v(80.0)
            .font_file2(file);

        let face = face();
        let mut stream = pdf.stream(file, &face);
        stream.pair(Name(b"Length1"), i32::try_from(face.len()).unwrap_or(0));
        stream.finish();

        let mut cmap = UnicodeCmap::<u16>::new(Name(b"KobaiTextLayer-UCS"), SYSTEM);
        for (code, character) in (1..).zip(&self.characters) {
            cmap.pair(code, *character);
        }
        let cmap = deflate(&cmap.finish());
        pdf.cmap(unicode, &cmap).filter(Filter::FlateDecode);

        // Every character has the shape 1, which is none.
        let map = deflate(&[0, 1].repeat(self.characters.len() + 1));
        pdf.stream(glyphs, &map).filter(Filter::FlateDecode);
    }
}

/// In thousandths of an em: Japanese is set in squares, the rest about half as wide.
const fn width(character: char) -> f32 {
    let narrow = matches!(character, '\0'..'\u{1100}' | '\u{1E00}'..'\u{2000}' | '\u{FF61}'..='\u{FFDC}');
    if narrow { 500.0 } else { 1_000.0 }
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Memory takes everything.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// A TrueType face of two glyphs without outlines, in the tables that a PDF needs (ISO 32000-1, 9.9).
fn face() -> Vec<u8> {
    let shorts = |values: &[i16]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();
    let longs = |values: &[u32]| values.iter().flat_map(|value| value.to_be_bytes()).collect::<Vec<u8>>();

    // Version, revision, checksum, magic; flags, 1,000 units an em; made and changed: never; the box; style; the rest.
    let mut head = longs(&[0x0001_0000, 0x0001_0000, 0, 0x5F0F_3CF5]);
    head.extend(shorts(&[0, 1_000]));
    head.extend(longs(&[0; 4]));
    head.extend(shorts(&[0, 0, 0, 0, 0, 8, 2, 0, 0]));
    let mut hhea = longs(&[0x0001_0000]);
    hhea.extend(shorts(&[800, -200, 0, 1_000, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]));
    let mut maxp = longs(&[0x0001_0000]);
    maxp.extend(shorts(&[2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    // In the order of their names.
    let tables: [(&[u8; 4], Vec<u8>); 6] = [
        (b"glyf", vec![0; 4]),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", shorts(&[1_000, 0, 1_000, 0])),
        (b"loca", shorts(&[0, 0, 0, 0])),
        (b"maxp", maxp),
    ];

    let mut face = longs(&[0x0001_0000]);
    face.extend(shorts(&[6, 64, 2, 32]));
    let mut offset = 12 + 16 * 6;
    for (name, table) in &tables {
        let length = u32::try_from(table.len()).unwrap_or(0);
        face.extend_from_slice(*name);
        face.extend(longs(&[checksum(table), offset, length]));
        offset += length.next_multiple_of(4);
    }
    for (_, table) in &tables {
        face.extend_from_slice(table);
        face.resize(face.len().next_multiple_of(4), 0);
    }
    face
}

fn checksum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0, |sum, four| {
        let mut word = [0; 4];
        word[..four.len()].copy_from_slice(four);
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_face_without_shapes_is_a_face() {
        let face = face();
        let parsed = ttf_parser::Face::parse(&face, 0).unwrap();
        assert_eq!((parsed.number_of_glyphs(), parsed.units_per_em()), (2, 1_000));
        assert_eq!(parsed.glyph_hor_advance(ttf_parser::GlyphId(1)), Some(1_000));
        assert_eq!(parsed.glyph_bounding_box(ttf_parser::GlyphId(1)), None);
    }

    #[test]
    fn characters_are_numbered_as_they_come_and_measured() {
        let mut layer = TextLayer::default();
        assert_eq!(layer.encode("購a購"), (vec![0, 1, 0, 2, 0, 1], 2.5));
        assert_eq!(layer.encode("a\n𠮷").0, [0, 2, 0, 3, 0, 4]);
    }
}
