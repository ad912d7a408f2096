//! Blocks become lines with their places on pages.

use std::sync::Arc;

use super::description::{Align, Block, Description};
use super::draw::Set;
use super::face::Face;
use super::faces::Faces;
use super::line_breaks::{TooLong, break_lines};
use super::{DPI, FormatFault, PAGES_MAX, go_on};
use crate::cancel::Cancel;

/// Size of a footer, in points.
const FOOTER_PT: f32 = 9.0;
/// Points in an inch.
const POINTS: f32 = 72.0;

/// A document that is set.
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) styles: Vec<SetStyle>,
    pub(super) pages: Vec<Vec<Line>>,
}

impl Layout {
    /// A style, to be drawn.
    pub(super) fn set(&self, style: usize) -> Result<Set<'_>, FormatFault> {
        self.styles.get(style).and_then(SetStyle::set).ok_or(FormatFault::FaceDamaged)
    }
}

/// A face in a size.
pub(super) struct SetStyle {
    pub(super) face: Arc<Face>,
    /// Pixels an em.
    pub(super) em: f32,
}

impl SetStyle {
    fn set(&self) -> Option<Set<'_>> {
        Set::new(self.face.font()?, self.em)
    }
}

/// Something at its place: text from the left end of its baseline, a rule from its top left corner.
pub(super) struct Line {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) mark: Mark,
}

pub(super) enum Mark {
    Text { text: String, style: usize },
    Rule { width: u32, thickness: u32 },
}

/// Sets a document.
pub(super) fn set(description: &Description, faces: &Faces, cancel: &Cancel) -> Result<Layout, FormatFault> {
    let mut styles = Vec::with_capacity(description.styles.len() + 1);
    for style in &description.styles {
        let face = match &style.face {
            Some(name) => faces.find(name, style.bold).ok_or_else(|| FormatFault::NoSuchFace(name.clone()))?,
            None => faces.first(style.bold).ok_or(FormatFault::FaceDamaged)?,
        };
        #[allow(clippy::cast_possible_truncation)] // 4 to 144
        let em = style.size_pt as f32 * f32::from(DPI) / POINTS;
        styles.push(SetStyle { face: face.clone(), em });
    }
    let footer_face = styles.first().map(|style| style.face.clone()).ok_or(FormatFault::FaceDamaged)?;
    styles.push(SetStyle { face: footer_face, em: FOOTER_PT * f32::from(DPI) / POINTS });

    // Each once, not for each paragraph.
    let fonts: Vec<Set<'_>> =
        styles.iter().map(|style| style.set().ok_or(FormatFault::FaceDamaged)).collect::<Result<_, _>>()?;
    let mut sheet = Sheet::new(description);
    for block in &description.blocks {
        go_on(cancel)?;
        sheet.add(block, &fonts)?;
    }
    if let Some(footer) = &description.footer {
        sheet.add_footers(footer, fonts.last().ok_or(FormatFault::FaceDamaged)?, fonts.len() - 1);
    }
    let pages = sheet.pages;
    drop(fonts);
    Ok(Layout { width: description.width, height: description.height, styles, pages })
}

/// The sheet that is being filled, and those before it.
struct Sheet<'d> {
    description: &'d Description,
    left: f32,
    width: f32,
    bottom: f32,
    /// How far down it is filled.
    y: f32,
    pages: Vec<Vec<Line>>,
}

impl<'d> Sheet<'d> {
    fn new(description: &'d Description) -> Self {
        let [top, right, bottom, left] = description.margins;
        Self {
            description,
            left: left as f32,
            width: (description.width - left - right) as f32,
            bottom: (description.height - bottom) as f32,
            y: top as f32,
            pages: vec![Vec::new()],
        }
    }

    fn top(&self) -> f32 {
        self.description.margins[0] as f32
    }

    fn add(&mut self, block: &Block, fonts: &[Set<'_>]) -> Result<(), FormatFault> {
        match block {
            Block::NewPage => self.new_page(),
            Block::Space { ems, style } => {
                // Not at the top of a page: there it would only look like a wrong margin.
                if self.y > self.top() {
                    #[allow(clippy::cast_possible_truncation)] // a few ems
                    let ems = *ems as f32;
                    self.y += ems * fonts.get(*style).map_or(0.0, Set::em);
                }
                Ok(())
            }
            Block::Rule { style } => {
                let em = fonts.get(*style).map_or(0.0, Set::em);
                self.make_room(em)?;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the width of a sheet
                let width = self.width as u32;
                let mark = Mark::Rule { width, thickness: 3 };
                self.put(Line { x: self.left, y: (self.y + em / 2.0).floor(), mark });
                self.y += em;
                Ok(())
            }
            Block::Text { text, style } => self.add_text(text, *style, fonts),
        }
    }

    fn add_text(&mut self, text: &str, number: usize, fonts: &[Set<'_>]) -> Result<(), FormatFault> {
        let set = fonts.get(number).ok_or(FormatFault::FaceDamaged)?;
        let style = self.description.styles.get(number).ok_or(FormatFault::FaceDamaged)?;
        #[allow(clippy::cast_possible_truncation)] // 0.8 to 5
        let height = set.em() * style.line_spacing as f32;
        // Not to be found out after millions of lines.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few thousand
        let lines_a_page = ((self.bottom - self.top()) / height + 1.0) as usize;
        let lines_max = (PAGES_MAX + 1 - self.pages.len()) * lines_a_page;
        let lines = break_lines(text, self.width, set.tab(), lines_max, |c| set.advance(c))
            .map_err(|TooLong| FormatFault::TooManyPages)?;
        if lines.is_empty() {
            self.make_room(height)?;
            self.y += height;
        }
        for line in lines {
            self.make_room(height)?;
            let x = self.left + self.indent(style.align, set, &line);
            let y = self.y + set.baseline(height);
            if !line.is_empty() {
                self.put(Line { x, y, mark: Mark::Text { text: line, style: number } });
            }
            self.y += height;
        }
        Ok(())
    }

    fn indent(&self, align: Align, set: &Set<'_>, line: &str) -> f32 {
        let free = || (self.width - set.width(line)).max(0.0);
        match align {
            Align::Left => 0.0,
            Align::Centre => free() / 2.0,
            Align::Right => free(),
        }
    }

    /// Goes on to the next page if this one is full. A line that is higher than a page has one of its own.
    fn make_room(&mut self, height: f32) -> Result<(), FormatFault> {
        // Rounding must not cost a line.
        let full = self.y + height > self.bottom + 0.5;
        if full && self.y > self.top() { self.new_page() } else { Ok(()) }
    }

    fn new_page(&mut self) -> Result<(), FormatFault> {
        if self.pages.len() == PAGES_MAX {
            return Err(FormatFault::TooManyPages);
        }
        self.pages.push(Vec::new());
        self.y = self.top();
        Ok(())
    }

    fn put(&mut self, line: Line) {
        if let Some(page) = self.pages.last_mut() {
            page.push(line);
        }
    }

    /// Within the lower margin, in the middle.
    fn add_footers(&mut self, footer: &str, set: &Set<'_>, style: usize) {
        let pages = self.pages.len();
        let y = self.bottom + (self.description.height as f32 - self.bottom) / 2.0;
        for (page, lines) in self.pages.iter_mut().enumerate() {
            let text = footer.replace("{pages}", &pages.to_string()).replace("{page}", &(page + 1).to_string());
            let text: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
            let x = self.left + ((self.width - set.width(&text)) / 2.0).max(0.0);
            lines.push(Line { x, y, mark: Mark::Text { text, style } });
        }
    }
}
