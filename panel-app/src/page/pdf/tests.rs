use super::*;
use crate::cancel::Cancel;
use crate::page::read::Document;
use crate::program::Area;

fn document(pages: &[(&Page, &[TextLine])]) -> Vec<u8> {
    let mut writer = PdfWriter::new();
    for (page, lines) in pages {
        writer.add(page, lines);
    }
    writer.finish(Some("請求書"))
}

fn read(pdf: Vec<u8>) -> Vec<Page> {
    let document = Document::open(pdf, &Cancel::new()).unwrap();
    document.pages(&Cancel::new()).map(Result::unwrap).collect()
}

/// Something on it at every depth: edges, shades, single pixels.
fn grey(width: u32, height: u32) -> Page {
    let mut page = Page::white(width, height, 300, Colour::Grey).unwrap();
    for (at, light) in page.pixels_mut().iter_mut().enumerate() {
        *light = (at * at / 7 % 251).to_le_bytes()[0];
    }
    page
}

fn bilevel(width: u32, height: u32) -> Page {
    let mut page = grey(width, height);
    page.pixels_mut().iter_mut().for_each(|light| *light = if *light < 100 { 0 } else { 255 });
    page
}

fn colour(width: u32, height: u32) -> Page {
    let pixels = (0..width * height * 3).map(|at| (at * 31 % 256).to_le_bytes()[0]).collect();
    Page::new(width, height, 300, Colour::Rgb, pixels).unwrap()
}

fn line(text: &str, x: u32, y: u32, width: u32, height: u32) -> TextLine {
    TextLine { text: text.to_owned(), area: Area { x, y, width, height }, confidence: 90 }
}

#[test]
fn a_page_is_drawn_again_pixel_by_pixel() {
    for page in [grey(248, 351), bilevel(333, 200), colour(97, 211), grey(2_480, 30)] {
        let pages = read(document(&[(&page, &[])]));
        assert!(pages == [page.clone()], "{page:?} is {pages:?}");
    }
}

#[test]
fn a_text_layer_changes_no_pixel() {
    let page = grey(600, 400);
    let lines = [line("請求書 No. 12", 50, 40, 300, 40), line("合計 ￥1,234", 10, 300, 580, 60)];
    assert!(read(document(&[(&page, &lines)])) == [page]);
}

#[test]
fn the_text_layer_says_what_was_recognised() {
    let text = "購買システム Kobai 𠮷野家 ﾃｽﾄ";
    let page = grey(600, 400);
    let pdf = document(&[(&page, &[line(text, 50, 40, 300, 40)])]);
    let found = text_layer_of(&pdf);
    assert_eq!(found, [text]);
}

/// What a reader copies: the codes of each shown string through the font's map.
fn text_layer_of(pdf: &[u8]) -> Vec<String> {
    use hayro::hayro_interpret::font::GlyphRun;
    use hayro::hayro_interpret::*;
    use hayro::hayro_syntax::Pdf;
    use hayro::kurbo::{Affine, BezPath, Rect};

    struct Reader(Vec<String>);
    impl<'a> Device<'a> for Reader {
        fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
        fn push_clip_path(&mut self, _: &ClipPath) {}
        fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
        fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
            assert!(matches!(mode, DrawMode::Invisible), "nothing of it is seen");
            let text = run.glyphs().iter().map(|glyph| match glyph.as_unicode() {
                Some(hayro_cmap::BfString::Char(c)) => c.to_string(),
                Some(hayro_cmap::BfString::String(s)) => s,
                None => "?".to_owned(),
            });
            self.0.push(text.collect());
        }
        fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
        fn pop_clip(&mut self) {}
        fn pop_transparency_group(&mut self) {}
    }

    let pdf = Pdf::new(pdf.to_vec()).unwrap();
    let page = &pdf.pages()[0];
    let cache = InterpreterCache::new();
    let whole = Rect::new(0.0, 0.0, 1_000.0, 1_000.0);
    let mut context = Context::new(Affine::IDENTITY, whole, &cache, page.xref(), InterpreterSettings::default());
    let mut reader = Reader(Vec::new());
    interpret_page(page, &mut context, &mut reader);
    reader.0
}

#[test]
fn pages_keep_their_order_size_and_resolution() {
    let small = Page::white(583, 827, 100, Colour::Grey).unwrap();
    let pages = [&grey(300, 200), &small, &bilevel(64, 64)];
    let pdf = document(&pages.map(|page| (page, [].as_slice())));
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("/MediaBox [0 0 72 48]"), "300 x 200 pixels at 300 dpi");
    assert!(text.contains("/MediaBox [0 0 419.76 595.44]"), "583 x 827 pixels at 100 dpi");
    let read = read(pdf);
    assert_eq!(read.len(), 3);
    assert!(&read[0] == pages[0] && &read[2] == pages[2]);
    assert_eq!((read[1].width(), read[1].height()), (1_749, 2_481), "drawn at 300 dpi");
}

#[test]
fn the_same_pages_give_the_same_bytes() {
    let page = grey(100, 100);
    let lines = [line("あいう", 0, 0, 50, 20)];
    assert_eq!(document(&[(&page, &lines)]), document(&[(&page, &lines)]));
}

#[test]
fn a_document_grows_with_its_pages() {
    let mut writer = PdfWriter::new();
    assert_eq!((writer.bytes(), writer.page_count()), (0, 0));
    writer.add(&grey(100, 100), &[]);
    let one = writer.bytes();
    writer.add(&grey(100, 100), &[]);
    assert!(one > 0 && writer.bytes() == 2 * one && writer.page_count() == 2);
    let bytes = writer.bytes();
    assert!(writer.finish(None).len() > bytes);
}

#[test]
fn lines_that_are_empty_or_nowhere_are_left_out() {
    let page = grey(50, 50);
    let lines = [line("", 0, 0, 10, 10), line("x", 0, 0, 0, 10), line("y", u32::MAX, u32::MAX, 1, 1)];
    assert!(read(document(&[(&page, &lines)])) == [page]);
}
