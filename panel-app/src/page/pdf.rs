//! Writing pages as a PDF (ISO 32000-1), page by page: the image without loss at its size on paper, and the text that was
//! recognised as an invisible layer over it, to be searched and copied. The same pages always give the same bytes.

mod text_layer;

use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use self::text_layer::TextLayer;
use super::{Colour, Page, png};
use crate::program::TextLine;

const IMAGE: Name<'_> = Name(b"P");
const FONT: Name<'_> = Name(b"T");
/// Points in an inch.
const POINTS: f32 = 72.0;

/// A PDF that is being written.
pub struct PdfWriter {
    pdf: Pdf,
    pages: Vec<Ref>,
    text: TextLayer,
    next: i32,
    bytes: usize,
}

impl Default for PdfWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for PdfWriter {
    /// Without the content: it is somebody's document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PdfWriter({} pages)", self.pages.len())
    }
}

const CATALOGUE: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);
const INFORMATION: Ref = Ref::new(3);
/// The first of the references of the text layer's font.
const TEXT_FONT: i32 = 4;

impl PdfWriter {
    /// Nothing is written yet.
    pub fn new() -> Self {
        let mut pdf = Pdf::new();
        pdf.set_version(1, 7);
        Self { pdf, pages: Vec::new(), text: TextLayer::default(), next: TEXT_FONT + text_layer::REFERENCES, bytes: 0 }
    }

    fn reference(&mut self) -> Ref {
        let reference = Ref::new(self.next);
        self.next += 1;
        reference
    }

    /// Adds a page, and what is written on it.
    pub fn add(&mut self, page: &Page, lines: &[TextLine]) {
        let (page_ref, image_ref, content_ref) = (self.reference(), self.reference(), self.reference());
        let (width, height) = (points(page.width(), page.dpi()), points(page.height(), page.dpi()));

        let (data, bits) = png::image_data(page);
        let colours = if page.colour() == Colour::Grey { 1 } else { 3 };
        let mut image = self.pdf.image_xobject(image_ref, &data);
        image.filter(Filter::FlateDecode);
        image
            .decode_parms()
            .predictor(pdf_writer::types::Predictor::PngOptimum)
            .colors(colours)
            .bits_per_component(i32::from(bits))
            .columns(signed(page.width()));
        image.width(signed(page.width())).height(signed(page.height())).bits_per_component(i32::from(bits));
        match page.colour() {
            Colour::Grey => image.color_space().device_gray(),
            Colour::Rgb => image.color_space().device_rgb(),
        }
        image.finish();

        let mut content = Content::new();
        content.save_state();
        content.transform([width, 0.0, 0.0, height, 0.0, 0.0]);
        content.x_object(IMAGE);
        content.restore_state();
        self.write_text(&mut content, page, lines);
        let content = text_layer::deflate(&content.finish());
        self.pdf.stream(content_ref, &content).filter(Filter::FlateDecode);

        let mut written = self.pdf.page(page_ref);
        written.media_box(Rect::new(0.0, 0.0, width, height)).parent(PAGE_TREE).contents(content_ref);
        let mut resources = written.resources();
        resources.x_objects().pair(IMAGE, image_ref);
        if !lines.is_empty() {
            resources.fonts().pair(FONT, Ref::new(TEXT_FONT));
        }
        resources.finish();
        written.finish();
        self.pages.push(page_ref);
        self.bytes += data.len() + content.len();
    }

    /// Stretched over the area in which it was found, on the baseline that text of such a height has.
    fn write_text(&mut self, content: &mut Content, page: &Page, lines: &[TextLine]) {
        if lines.is_empty() {
            return;
        }
        content.begin_text();
        content.set_text_rendering_mode(TextRenderingMode::Invisible);
        for line in lines {
            let (codes, ems) = self.text.encode(&line.text);
            let area = line.area;
            if codes.is_empty() || area.width == 0 || area.height == 0 {
                continue;
            }
            let at = |pixels: u32| points(pixels, page.dpi());
            let size = at(area.height).max(1.0);
            content.set_font(FONT, size);
            content.set_horizontal_scaling((100.0 * at(area.width) / (ems * size)).clamp(1.0, 10_000.0));
            let bottom = at(page.height()) - at(area.y.saturating_add(area.height));
            content.set_text_matrix([1.0, 0.0, 0.0, 1.0, at(area.x), bottom + text_layer::DESCENT * size]);
            content.show(Str(&codes));
        }
        content.end_text();
    }

    /// About as many bytes as it has already.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many pages it has.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// The whole document, with its name if it has one.
    pub fn finish(mut self, title: Option<&str>) -> Vec<u8> {
        self.pdf.catalog(CATALOGUE).pages(PAGE_TREE);
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(PAGE_TREE).kids(self.pages.iter().copied()).count(count);
        let mut information = self.pdf.document_info(INFORMATION);
        if let Some(title) = title {
            information.title(TextStr(title));
        }
        information.producer(TextStr("Kobai"));
        information.finish();
        self.text.write(&mut self.pdf, TEXT_FONT);
        self.pdf.finish()
    }
}

fn points(pixels: u32, dpi: u16) -> f32 {
    // At most 40 million pixels, and a quotient that is read to the nearest pixel.
    pixels as f32 * POINTS / f32::from(dpi)
}

fn signed(pixels: u32) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
