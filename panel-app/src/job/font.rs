//! Font packs: a text, set in the face of the pack on A4 pages, as one greyscale PNG with the pages below one another.

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont as _, point};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use super::{RESULT_BYTES_MAX, Stop, go_on};
use crate::cancel::Cancel;
use crate::core::JobFault;
use crate::formatter::line_breaks::{break_lines, tab_width, to_next_stop};

/// A4 at 150 dots an inch, in pixels.
const PAGE_WIDTH: u32 = 1_240;
const PAGE_HEIGHT: u32 = 1_754;
/// 20 mm, in pixels.
const MARGIN: u32 = 118;
/// 11 points, in pixels.
const EM: f32 = 11.0 * 150.0 / 72.0;
/// Distance of lines, in pixels: 1.6 em.
const LINE: u32 = 37;
const LINES_A_PAGE: usize = ((PAGE_HEIGHT - 2 * MARGIN) / LINE) as usize;
/// A longer text is refused: each page takes 2 MiB while it is drawn.
const PAGES_MAX: usize = 20;

const WHITE: u8 = 255;

/// Sets `text` in the face that `content` is.
pub(super) fn print(content: &[u8], text: &str, cancel: &Cancel) -> Result<Vec<u8>, Stop> {
    let face = Face::new(content).ok_or(JobFault::OptionDamaged)?;
    let width = (PAGE_WIDTH - 2 * MARGIN) as f32;
    let lines = break_lines(text, width, face.tab(), LINES_A_PAGE * PAGES_MAX, |c| face.advance(c));
    let lines = lines.map_err(|_| JobFault::DocumentTooLarge)?;

    let pages = u32::try_from(lines.len().div_ceil(LINES_A_PAGE).max(1)).map_err(|_| JobFault::DocumentTooLarge)?;
    let mut paper = Paper::new(pages);
    for (page, lines) in (0..pages).zip(lines.chunks(LINES_A_PAGE)) {
        for (row, line) in (0..).zip(lines) {
            go_on(cancel)?;
            face.draw(line, page * PAGE_HEIGHT + MARGIN + row * LINE, &mut paper);
        }
    }
    go_on(cancel)?;
    paper.into_png()
}

struct Face<'a> {
    font: FontRef<'a>,
    scale: PxScale,
    /// From the top of a line to its baseline, in pixels.
    baseline: f32,
    /// Advance of a space, in pixels.
    space: f32,
}

impl<'a> Face<'a> {
    /// `None` if it is no face, or one whose measures make no sense.
    fn new(content: &'a [u8]) -> Option<Self> {
        let font = FontRef::try_from_slice(content).ok()?;
        let height = EM * font.height_unscaled() / font.units_per_em()?;
        if !(1.0..=20.0 * EM).contains(&height) {
            return None;
        }
        let scaled = font.as_scaled(height);
        let baseline = (LINE as f32 - scaled.height()) / 2.0 + scaled.ascent();
        let space = scaled.h_advance(scaled.glyph_id(' '));
        Some(Self { scale: PxScale::from(height), baseline, space, font })
    }

    /// The glyph of a character; `None` if the face lacks it.
    fn glyph(&self, c: char) -> Option<GlyphId> {
        Some(self.font.glyph_id(c)).filter(|glyph| glyph.0 != 0)
    }

    fn tab(&self) -> f32 {
        tab_width(self.space, EM)
    }

    fn advance(&self, c: char) -> f32 {
        let advance = match self.glyph(c) {
            Some(glyph) => self.font.as_scaled(self.scale).h_advance(glyph),
            // Room for a box.
            None if c.is_ascii() => EM / 2.0,
            None => EM,
        };
        if advance.is_finite() { advance.clamp(0.0, 4.0 * EM) } else { EM }
    }

    fn draw(&self, line: &str, top: u32, paper: &mut Paper) {
        let mut x = MARGIN as f32;
        let y = top as f32 + self.baseline;
        for c in line.chars() {
            if c == '\t' {
                x += to_next_stop(x - MARGIN as f32, self.tab());
                continue;
            }
            let advance = self.advance(c);
            match self.glyph(c) {
                Some(id) => {
                    let glyph = Glyph { id, scale: self.scale, position: point(x, y) };
                    if let Some(outline) = self.font.outline_glyph(glyph) {
                        let corner = outline.px_bounds().min;
                        outline.draw(|dx, dy, ink| paper.ink(corner.x + dx as f32, corner.y + dy as f32, ink));
                    }
                }
                // An empty box says that something is there; leaving it out would falsify the text.
                None if !c.is_whitespace() => paper.draw_box(x + 1.0, y - 0.75 * EM, advance - 3.0, 0.75 * EM),
                None => {}
            }
            x += advance;
        }
    }
}

/// Greyscale pixels, row by row.
struct Paper {
    height: u32,
    pixels: Vec<u8>,
}

impl Paper {
    fn new(pages: u32) -> Self {
        let height = pages * PAGE_HEIGHT;
        Self { height, pixels: vec![WHITE; PAGE_WIDTH as usize * height as usize] }
    }

    /// Darkens a pixel by `ink`, 0 to 1. What is beside the paper is lost.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // floats to pixels, checked against the paper
    fn ink(&mut self, x: f32, y: f32, ink: f32) {
        if !(0.0..PAGE_WIDTH as f32).contains(&x) || !(0.0..self.height as f32).contains(&y) {
            return;
        }
        let at = y as usize * PAGE_WIDTH as usize + x as usize;
        if let Some(pixel) = self.pixels.get_mut(at) {
            *pixel = (f32::from(*pixel) * (1.0 - ink.clamp(0.0, 1.0))) as u8;
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few pixels
    fn draw_box(&mut self, x: f32, y: f32, width: f32, height: f32) {
        for dx in 0..=width as u32 {
            self.ink(x + dx as f32, y, 1.0);
            self.ink(x + dx as f32, y + height.floor(), 1.0);
        }
        for dy in 0..=height as u32 {
            self.ink(x, y + dy as f32, 1.0);
            self.ink(x + width.floor(), y + dy as f32, 1.0);
        }
    }

    fn into_png(self) -> Result<Vec<u8>, Stop> {
        let mut png = Vec::new();
        let written =
            PngEncoder::new(&mut png).write_image(&self.pixels, PAGE_WIDTH, self.height, ExtendedColorType::L8);
        written.map_err(|error| {
            tracing::error!(%error, "a page cannot be encoded");
            JobFault::DocumentTooLarge
        })?;
        if png.len() > RESULT_BYTES_MAX { Err(JobFault::DocumentTooLarge.into()) } else { Ok(png) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: &[u8] = epaint_default_fonts::HACK_REGULAR;

    fn page(text: &str) -> image::GrayImage {
        let png = print(FACE, text, &Cancel::new()).unwrap();
        image::load_from_memory(&png).unwrap().into_luma8()
    }

    /// Rows on which there is ink.
    fn inked_rows(page: &image::GrayImage) -> Vec<u32> {
        (0..page.height()).filter(|&y| (0..page.width()).any(|x| page.get_pixel(x, y).0[0] < 128)).collect()
    }

    #[test]
    fn a_text_becomes_ink_within_the_margins_of_a_page() {
        let page = page("Kobai\n\nThe quick brown fox jumps over the lazy dog. ".repeat(10).as_str());
        assert_eq!((page.width(), page.height()), (PAGE_WIDTH, PAGE_HEIGHT));
        let inked = |x: u32, y: u32| page.get_pixel(x, y).0[0] < WHITE;
        let beside = |x: u32| !(MARGIN..PAGE_WIDTH - MARGIN).contains(&x);
        assert!(!(0..PAGE_HEIGHT).any(|y| (0..PAGE_WIDTH).any(|x| beside(x) && inked(x, y))));
        let rows = inked_rows(&page);
        assert!(rows[0] >= MARGIN && rows.len() > 100);
    }

    #[test]
    fn the_same_text_gives_the_same_bytes() {
        assert_eq!(print(FACE, "Kobai", &Cancel::new()), print(FACE, "Kobai", &Cancel::new()));
        assert_ne!(print(FACE, "Kobai", &Cancel::new()), print(FACE, "Kobaj", &Cancel::new()));
    }

    #[test]
    fn characters_that_the_face_lacks_are_boxes_and_blanks_are_blank() {
        assert!(inked_rows(&page("\u{3000} \t ")).is_empty());
        let kanji = page("購買");
        let rows = inked_rows(&kanji);
        let ink = |y: u32| (0..PAGE_WIDTH).filter(|&x| kanji.get_pixel(x, y).0[0] == 0).count();
        assert!(ink(rows[0]) > 30, "the upper edges of two boxes");
        assert_eq!(ink(rows[5]), 4, "four sides");
    }

    #[test]
    fn a_long_text_takes_as_many_pages_as_it_needs_and_no_more_than_allowed() {
        let lines = |count: usize| "x\n".repeat(count);
        assert_eq!(page("").height(), PAGE_HEIGHT);
        assert_eq!(page(&lines(LINES_A_PAGE)).height(), PAGE_HEIGHT);
        assert_eq!(page(&lines(LINES_A_PAGE + 1)).height(), 2 * PAGE_HEIGHT);
        assert_eq!(page(&lines(LINES_A_PAGE * PAGES_MAX)).height(), PAGE_HEIGHT * 20);
        let too_long = print(FACE, &lines(LINES_A_PAGE * PAGES_MAX + 1), &Cancel::new());
        assert_eq!(too_long, Err(Stop::Fault(JobFault::DocumentTooLarge)));
    }

    #[test]
    fn a_cancelled_print_stops() {
        let cancel = Cancel::new();
        cancel.stop();
        assert_eq!(print(FACE, "text", &cancel), Err(Stop::Cancelled));
    }

    #[test]
    fn a_damaged_face_is_refused_or_prints_but_never_hangs_the_machine() {
        for position in (0..FACE.len().min(4_000)).step_by(97) {
            let mut damaged = FACE.to_vec();
            damaged[position] ^= 0xFF;
            let printed = std::panic::catch_unwind(|| print(&damaged, "Kobai 購買", &Cancel::new()));
            assert!(!matches!(printed, Ok(Err(Stop::Cancelled))));
        }
    }
}
