//! Glyphs become ink on pages and in masks.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use ab_glyph::{Font as _, FontRef, Glyph, GlyphId, PxScale, ScaleFont as _, point};

use super::layout::{Layout, Line, Mark};
use super::line_breaks::{tab_width, to_next_stop};
use super::{DPI, FormatFault, go_on};
use crate::cancel::Cancel;
use crate::page::{Colour, Page};
use crate::program::{LetteringError, Mask};

/// Glyphs that are larger than this in ems are not believed.
const GLYPH_EMS_MAX: f32 = 4.0;

/// A face in a size.
pub(super) struct Set<'f> {
    font: FontRef<'f>,
    scale: PxScale,
    /// Pixels an em.
    em: f32,
    /// Above the baseline, and below it, in pixels.
    ascent: f32,
    descent: f32,
    /// Advances of the characters that most texts consist of.
    ascii: [f32; 128],
}

impl<'f> Set<'f> {
    /// `None` for a size of less than a pixel.
    pub(super) fn new(font: FontRef<'f>, em: f32) -> Option<Self> {
        if !(1.0..=2_000.0).contains(&em) {
            return None;
        }
        let height = em * font.height_unscaled() / font.units_per_em()?;
        let scaled = font.as_scaled(height);
        let (ascent, descent) = (scaled.ascent(), -scaled.descent());
        if !(0.0..=20.0 * em).contains(&ascent) || !(0.0..=20.0 * em).contains(&descent) {
            return None;
        }
        let mut set = Self { scale: PxScale::from(height), em, ascent, descent, font, ascii: [0.0; 128] };
        set.ascii = std::array::from_fn(|code| set.measure(char::from(u8::try_from(code).unwrap_or_default())));
        Some(set)
    }

    pub(super) const fn em(&self) -> f32 {
        self.em
    }

    /// From the top of a line of this height to its baseline.
    pub(super) fn baseline(&self, line_height: f32) -> f32 {
        (line_height - self.ascent - self.descent) / 2.0 + self.ascent
    }

    /// The glyph of a character; `None` if the face lacks it.
    fn glyph(&self, c: char) -> Option<GlyphId> {
        Some(self.font.glyph_id(c)).filter(|glyph| glyph.0 != 0)
    }

    pub(super) fn advance(&self, c: char) -> f32 {
        self.ascii.get(c as usize).copied().unwrap_or_else(|| self.measure(c))
    }

    fn measure(&self, c: char) -> f32 {
        let advance = match self.glyph(c) {
            Some(glyph) => self.font.as_scaled(self.scale).h_advance(glyph),
            // Room for a box.
            None if c.is_ascii() => self.em / 2.0,
            None => self.em,
        };
        if advance.is_finite() { advance.clamp(0.0, GLYPH_EMS_MAX * self.em) } else { self.em }
    }

    /// The distance of tab stops.
    pub(super) fn tab(&self) -> f32 {
        tab_width(self.advance(' '), self.em)
    }

    /// How wide a line is that begins at the margin.
    pub(super) fn width(&self, line: &str) -> f32 {
        line.chars().fold(0.0, |x, c| x + self.step(x, c))
    }

    fn step(&self, x: f32, c: char) -> f32 {
        if c == '\t' { to_next_stop(x, self.tab()) } else { self.advance(c) }
    }

    /// Puts a line's ink, from its left end on the baseline.
    pub(super) fn draw(&self, line: &str, left: f32, baseline: f32, ink: &mut impl FnMut(f32, f32, f32)) {
        let mut x = 0.0;
        for c in line.chars() {
            let step = self.step(x, c);
            match self.glyph(c) {
                Some(id) if !c.is_whitespace() => self.draw_glyph(id, left + x, baseline, ink),
                // An empty box says that something is there; leaving it out would falsify the text.
                None if !c.is_whitespace() => self.draw_box(left + x, baseline, step, ink),
                _ => {}
            }
            x += step;
        }
    }

    fn draw_glyph(&self, id: GlyphId, x: f32, y: f32, ink: &mut impl FnMut(f32, f32, f32)) {
        let glyph = Glyph { id, scale: self.scale, position: point(x, y) };
        let Some(outline) = self.font.outline_glyph(glyph) else { return };
        let bounds = outline.px_bounds();
        // Before memory is taken for it.
        let believed = 0.0..=GLYPH_EMS_MAX * self.em + 2.0;
        if !believed.contains(&bounds.width()) || !believed.contains(&bounds.height()) {
            return;
        }
        let corner = bounds.min;
        outline.draw(|dx, dy, amount| ink(corner.x + dx as f32, corner.y + dy as f32, amount));
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few pixels
    fn draw_box(&self, x: f32, baseline: f32, advance: f32, ink: &mut impl FnMut(f32, f32, f32)) {
        let stroke = (self.em / 18.0).max(1.0) as u32;
        let gap = (self.em / 16.0).max(1.0);
        let (left, top) = ((x + gap).floor(), (baseline - 0.75 * self.em).floor());
        let (width, height) = ((advance - 2.0 * gap).max(1.0) as u32, (0.75 * self.em).max(1.0) as u32);
        for dy in 0..height {
            for dx in 0..width {
                let on_edge = dx < stroke || dy < stroke || dx + stroke >= width || dy + stroke >= height;
                if on_edge {
                    ink(left + dx as f32, top + dy as f32, 1.0);
                }
            }
        }
    }
}

/// A line as a mask of its own, without room around it.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked against a page
pub(super) fn mask(set: &Set<'_>, text: &str) -> Result<Mask, LetteringError> {
    let width = set.width(text).ceil().max(0.0) as u32;
    let height = (set.ascent + set.descent).ceil() as u32;
    if width == 0 {
        return Ok(Mask { width: 0, height: 0, coverage: Vec::new() });
    }
    if u64::from(width) * u64::from(height) > u64::from(Page::PIXELS_MAX) {
        return Err(LetteringError::TooLarge);
    }
    let mut coverage = vec![0_u8; width as usize * height as usize];
    set.draw(text, 0.0, set.ascent, &mut |x, y, amount| {
        if (0.0..width as f32).contains(&x) && (0.0..height as f32).contains(&y) {
            let at = y as usize * width as usize + x as usize;
            if let Some(pixel) = coverage.get_mut(at) {
                *pixel = (f32::from(*pixel) + amount.clamp(0.0, 1.0) * 255.0).min(255.0) as u8;
            }
        }
    });
    Ok(Mask { width, height, coverage })
}

/// A page with these lines.
pub(super) fn page(layout: &Layout, lines: &[Line], cancel: &Cancel) -> Result<Page, FormatFault> {
    let mut page = Page::white(layout.width, layout.height, DPI, Colour::Grey)?;
    let width = layout.width as usize;
    let (right, bottom) = (layout.width as f32, layout.height as f32);
    let pixels = page.pixels_mut();
    // What is beside the paper is lost.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let mut ink = |x: f32, y: f32, amount: f32| {
        if (0.0..right).contains(&x)
            && (0.0..bottom).contains(&y)
            && let Some(pixel) = pixels.get_mut(y as usize * width + x as usize)
        {
            *pixel = (f32::from(*pixel) * (1.0 - amount.clamp(0.0, 1.0))) as u8;
        }
    };
    let mut sets: HashMap<usize, Set<'_>> = HashMap::new();
    for line in lines {
        go_on(cancel)?;
        match &line.mark {
            Mark::Text { text, style } => {
                let set = match sets.entry(*style) {
                    Entry::Occupied(set) => set.into_mut(),
                    Entry::Vacant(place) => place.insert(layout.set(*style)?),
                };
                set.draw(text, line.x, line.y, &mut ink);
            }
            Mark::Rule { width, thickness } => {
                for dy in 0..*thickness {
                    for dx in 0..*width {
                        ink(line.x + dx as f32, line.y + dy as f32, 1.0);
                    }
                }
            }
        }
    }
    Ok(page)
}
