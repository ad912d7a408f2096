//! Page descriptions: what a text is set on, in which faces and sizes. A plain text is one that says nothing.

use serde::Deserialize;

use super::face::{NAME_BYTES_MAX, face_key};
use super::{DPI, FormatFault, TEXT_BYTES_MAX};

/// The first and the last line of what a page description says about the whole document.
const FENCE: &str = "+++";
/// Most bytes between the fences, and of a line in braces.
const SETTINGS_BYTES_MAX: usize = 4_096;
/// Most different faces in a document.
const FACES_MAX: usize = 16;
/// Most changes of the style in a document.
const STYLES_MAX: usize = 2_000;
/// Shortest and longest side of the paper.
const SIDE_MM: std::ops::RangeInclusive<f64> = 50.0..=450.0;
/// At least so much of each side is left for text.
const TEXT_MM_MIN: f64 = 20.0;
const SIZE_PT: std::ops::RangeInclusive<f64> = 4.0..=144.0;
const LINE_SPACING: std::ops::RangeInclusive<f64> = 0.8..=5.0;

/// What is wrong with a page description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionFault {
    /// Another format, or a later one.
    #[error("the format is not kobai-page/1")]
    Format,
    /// The fence is not closed, or what is between the fences or the braces is no TOML or has keys that are not known.
    #[error("not understood: {0}")]
    Syntax(String),
    /// Neither one of the sheets that are known nor a width and a height of 50 to 450 mm.
    #[error("no such paper")]
    Paper,
    /// One margin, or four of them, that leave at least 20 mm for text.
    #[error("the margins leave no room")]
    Margins,
    /// 4 to 144 points.
    #[error("the size is not from 4 to 144 points")]
    Size,
    /// 0.8 to 5 ems.
    #[error("the line spacing is not from 0.8 to 5")]
    LineSpacing,
    /// Empty, too long, or one of too many.
    #[error("no name of a face, or more than 16 faces")]
    Face,
    /// More than 2,000.
    #[error("the style changes too often")]
    TooManyStyles,
}

/// Where lines begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// At the left margin.
    #[default]
    Left,
    /// As far from the left margin as from the right one.
    Centre,
    /// At the right margin.
    Right,
}

/// How text looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// Name of a face or a family; `None` is the machine's own.
    pub face: Option<String>,
    /// Size in points.
    pub size_pt: f64,
    /// Distance of lines, in ems.
    pub line_spacing: f64,
    /// Where lines begin and end.
    pub align: Align,
    /// The bold face of the family, if it has one.
    pub bold: bool,
}

/// Something on its way down the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    /// A paragraph, and the position of its style.
    Text { text: String, style: usize },
    /// As high as so many ems of the style.
    Space { ems: f64, style: usize },
    /// From margin to margin.
    Rule { style: usize },
    /// What follows is on the next page.
    NewPage,
}

/// A document to be set.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Pixels at [`DPI`].
    pub(super) width: u32,
    pub(super) height: u32,
    /// Top, right, bottom, left, in pixels.
    pub(super) margins: [u32; 4],
    pub(super) styles: Vec<Style>,
    pub(super) blocks: Vec<Block>,
    /// At the foot of each page; `{page}` and `{pages}` stand for numbers.
    pub(super) footer: Option<String>,
}

/// Between the fences.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: String,
    paper: Option<Paper>,
    #[serde(default)]
    landscape: bool,
    margin_mm: Option<Margins>,
    face: Option<String>,
    size_pt: Option<f64>,
    line_spacing: Option<f64>,
    align: Option<Align>,
    footer: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Paper {
    Named(String),
    Sized([f64; 2]),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Margins {
    Alike(f64),
    Each([f64; 4]),
}

/// In braces: from here on.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    face: Option<String>,
    size_pt: Option<f64>,
    line_spacing: Option<f64>,
    align: Option<Align>,
    bold: Option<bool>,
    #[serde(default)]
    new_page: bool,
}

impl Description {
    /// Reads a text or a page description. `face` is the one that was chosen for the job; what the description names comes
    /// before it.
    pub fn parse(bytes: &[u8], face: Option<&str>) -> Result<Self, FormatFault> {
        if bytes.len() > TEXT_BYTES_MAX {
            return Err(FormatFault::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FormatFault::NotText)?;
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let first = text.lines().next().unwrap_or_default().trim_end();
        if first != FENCE {
            return Self::plain(text, face);
        }
        Self::described(text, face)
    }

    /// The same without these faces: what they would set is set in the machine's own.
    #[must_use]
    pub fn without(mut self, faces: &[&str]) -> Self {
        for style in &mut self.styles {
            style.face.take_if(|face| faces.iter().any(|without| face_key(without) == face_key(face)));
        }
        self
    }

    /// The faces that are named, in the order of their first use; each once.
    pub fn faces(&self) -> Vec<String> {
        let mut names: Vec<&String> = Vec::new();
        for name in self.styles.iter().filter_map(|style| style.face.as_ref()) {
            if !names.iter().any(|named| face_key(named) == face_key(name)) {
                names.push(name);
            }
        }
        names.into_iter().cloned().collect()
    }

    fn empty(style: Style) -> Self {
        let [width, height] = pixels_of([210.0, 297.0]);
        Self { width, height, margins: [pixels(20.0); 4], styles: vec![style], blocks: Vec::new(), footer: None }
    }

    fn plain(text: &str, face: Option<&str>) -> Result<Self, FormatFault> {
        let face = face.map(|name| named(name, 1)).transpose()?;
        let mut description = Self::empty(Style { face, ..Style::default() });
        for paragraph in text.lines() {
            description.add_paragraph(paragraph, 0);
        }
        Ok(description)
    }

    /// Form feeds begin a page, as on every printer.
    fn add_paragraph(&mut self, paragraph: &str, style: usize) {
        for (at, part) in paragraph.split('\u{C}').enumerate() {
            if at > 0 {
                self.blocks.push(Block::NewPage);
            }
            if at == 0 || !part.is_empty() {
                self.blocks.push(Block::Text { text: part.to_owned(), style });
            }
        }
    }

    fn described(text: &str, face: Option<&str>) -> Result<Self, FormatFault> {
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.next();
        let mut head = String::new();
        let mut closed = false;
        for (_, line) in lines.by_ref() {
            if line.trim_end() == FENCE {
                closed = true;
                break;
            }
            head.push_str(line);
            head.push('\n');
            if head.len() > SETTINGS_BYTES_MAX {
                return Err(fault(1, syntax("too long")));
            }
        }
        if !closed {
            return Err(fault(1, syntax("the fence is not closed")));
        }
        let mut description = Self::headed(&head, face)?;
        description.read_body(lines)?;
        Ok(description)
    }

    fn headed(head: &str, face: Option<&str>) -> Result<Self, FormatFault> {
        let head: Head = toml::from_str(head).map_err(|error| {
            let before = error.span().and_then(|span| head.get(..span.start)).unwrap_or_default();
            fault(before.matches('\n').count() + 2, syntax(error.message()))
        })?;
        if head.format != "kobai-page/1" {
            return Err(fault(2, DescriptionFault::Format));
        }
        let face = head.face.as_deref().or(face).map(|name| named(name, 2)).transpose()?;
        let mut style = Style { face, ..Style::default() };
        style.change(head.size_pt, head.line_spacing, head.align, 2)?;
        let mut description = Self::empty(style);

        let [mut width, mut height] = match head.paper {
            None => [210.0, 297.0],
            Some(Paper::Named(name)) => sheet(&name).ok_or(fault(2, DescriptionFault::Paper))?,
            Some(Paper::Sized(sides)) => sides,
        };
        if head.landscape {
            (width, height) = (height, width);
        }
        if !SIDE_MM.contains(&width) || !SIDE_MM.contains(&height) {
            return Err(fault(2, DescriptionFault::Paper));
        }
        let margins = match head.margin_mm {
            None => [20.0_f64.min((width.min(height) - TEXT_MM_MIN) / 2.0); 4],
            Some(Margins::Alike(margin)) => [margin; 4],
            Some(Margins::Each(margins)) => margins,
        };
        let [top, right, bottom, left] = margins;
        let fits = margins.iter().all(|margin| (0.0..=*SIDE_MM.end()).contains(margin))
            && width - left - right >= TEXT_MM_MIN
            && height - top - bottom >= TEXT_MM_MIN;
        if !fits {
            return Err(fault(2, DescriptionFault::Margins));
        }
        [description.width, description.height] = pixels_of([width, height]);
        description.margins = margins.map(pixels);
        description.footer = head.footer.filter(|footer| !footer.is_empty());
        Ok(description)
    }

    fn read_body<'t>(&mut self, lines: impl Iterator<Item = (usize, &'t str)>) -> Result<(), FormatFault> {
        let mut style = 0;
        for (number, line) in lines {
            let trimmed = line.trim();
            if let Some(text) = line.strip_prefix('\\') {
                self.add_paragraph(text, style);
            } else if trimmed.starts_with('{') && trimmed.ends_with('}') {
                style = self.read_change(number, trimmed, style)?;
            } else if trimmed.len() >= 3 && trimmed.chars().all(|c| c == '-') {
                self.blocks.push(Block::Rule { style });
            } else if let Some((level, title)) = heading(line) {
                let heading = self.add_style(number, heading_style(&self.styles[style], level))?;
                self.blocks.push(Block::Space { ems: 0.4, style: heading });
                self.add_paragraph(title, heading);
                self.blocks.push(Block::Space { ems: 0.2, style: heading });
            } else {
                self.add_paragraph(line, style);
            }
        }
        Ok(())
    }

    /// The position of the style from here on.
    fn read_change(&mut self, number: usize, line: &str, style: usize) -> Result<usize, FormatFault> {
        #[derive(Deserialize)]
        struct Line {
            change: Change,
        }
        if line.len() > SETTINGS_BYTES_MAX {
            return Err(fault(number, syntax("too long")));
        }
        let Line { change } =
            toml::from_str(&format!("change = {line}")).map_err(|error| fault(number, syntax(error.message())))?;
        if change.new_page {
            self.blocks.push(Block::NewPage);
        }
        let nothing = change.face.is_none()
            && change.size_pt.is_none()
            && change.line_spacing.is_none()
            && change.align.is_none()
            && change.bold.is_none();
        if nothing {
            // Empty braces: as the document begins.
            return Ok(if change.new_page { style } else { 0 });
        }
        let mut changed = self.styles[style].clone();
        changed.change(change.size_pt, change.line_spacing, change.align, number)?;
        if let Some(face) = &change.face {
            changed.face = Some(named(face, number)?);
        }
        changed.bold = change.bold.unwrap_or(changed.bold);
        self.add_style(number, changed)
    }

    fn add_style(&mut self, number: usize, style: Style) -> Result<usize, FormatFault> {
        if let Some(position) = self.styles.iter().position(|known| *known == style) {
            return Ok(position);
        }
        if self.styles.len() == STYLES_MAX {
            return Err(fault(number, DescriptionFault::TooManyStyles));
        }
        self.styles.push(style);
        if self.faces().len() > FACES_MAX {
            return Err(fault(number, DescriptionFault::Face));
        }
        Ok(self.styles.len() - 1)
    }
}

impl Default for Style {
    /// 11 points, lines 1.6 ems apart.
    fn default() -> Self {
        Self { face: None, size_pt: 11.0, line_spacing: 1.6, align: Align::Left, bold: false }
    }
}

impl Style {
    fn change(
        &mut self,
        size_pt: Option<f64>,
        line_spacing: Option<f64>,
        align: Option<Align>,
        line: usize,
    ) -> Result<(), FormatFault> {
        self.size_pt = size_pt.unwrap_or(self.size_pt);
        self.line_spacing = line_spacing.unwrap_or(self.line_spacing);
        self.align = align.unwrap_or(self.align);
        if !SIZE_PT.contains(&self.size_pt) {
            return Err(fault(line, DescriptionFault::Size));
        }
        if !LINE_SPACING.contains(&self.line_spacing) {
            return Err(fault(line, DescriptionFault::LineSpacing));
        }
        Ok(())
    }
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    let title = title.strip_prefix(' ')?;
    (1..=3).contains(&level).then_some((level, title.trim()))
}

fn heading_style(style: &Style, level: usize) -> Style {
    let factor = match level {
        1 => 1.8,
        2 => 1.4,
        _ => 1.15,
    };
    let size_pt = (style.size_pt * factor).min(*SIZE_PT.end());
    Style { size_pt, line_spacing: style.line_spacing.min(1.4), bold: true, ..style.clone() }
}

fn named(name: &str, line: usize) -> Result<String, FormatFault> {
    let fits = name.len() <= NAME_BYTES_MAX && !face_key(name).is_empty() && !name.contains(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(fault(line, DescriptionFault::Face)) }
}

/// Width and height in mm. B sizes are those of JIS.
fn sheet(name: &str) -> Option<[f64; 2]> {
    let sides = match name.to_ascii_lowercase().as_str() {
        "a3" => [297.0, 420.0],
        "a4" => [210.0, 297.0],
        "a5" => [148.0, 210.0],
        "a6" => [105.0, 148.0],
        "b4" => [257.0, 364.0],
        "b5" => [182.0, 257.0],
        "letter" => [215.9, 279.4],
        "legal" => [215.9, 355.6],
        "hagaki" => [100.0, 148.0],
        _ => return None,
    };
    Some(sides)
}

fn pixels_of(sides_mm: [f64; 2]) -> [u32; 2] {
    sides_mm.map(pixels)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most 450 mm
fn pixels(mm: f64) -> u32 {
    (mm / 25.4 * f64::from(DPI)).round() as u32
}

const fn fault(line: usize, what: DescriptionFault) -> FormatFault {
    FormatFault::Description { line, what }
}

fn syntax(what: &str) -> DescriptionFault {
    DescriptionFault::Syntax(crate::program::detail(what))
}

#[cfg(test)]
mod tests;
