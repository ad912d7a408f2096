//! What a PDF page asks for, counted by going through it without drawing.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, interpret_page,
};
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::kurbo::{Affine, BezPath};

use super::PICTURE_PIXELS_MAX;
use crate::cancel::Cancel;
use crate::page::read::ReadFault;

/// Most segments of lines and curves, most glyphs, most groups and clips, each.
const SHAPES_MAX: u64 = 4_000_000;
/// Most pixels of all pictures of a page.
const PIXELS_MAX: u64 = 4 * PICTURE_PIXELS_MAX;

/// Refuses a page that asks for too much.
pub(super) fn check<'a>(
    page: &'a PdfPage<'a>,
    settings: &InterpreterSettings,
    cancel: &Cancel,
) -> Result<(), ReadFault> {
    let cache = InterpreterCache::new();
    let mut context = Context::new(Affine::IDENTITY, whole(page), &cache, page.xref(), settings.clone());
    let mut scale = Scale { shapes: 0, pixels: 0, cancel };
    // The interpreter has no other way to be stopped.
    let weighed = catch_unwind(AssertUnwindSafe(|| interpret_page(page, &mut context, &mut scale)));
    weighed.map_err(|panic| match panic.downcast::<ReadFault>() {
        Ok(fault) => *fault,
        Err(_) => ReadFault::Damaged,
    })
}

fn whole(page: &PdfPage<'_>) -> hayro::kurbo::Rect {
    let (width, height) = page.render_dimensions();
    hayro::kurbo::Rect::new(0.0, 0.0, f64::from(width), f64::from(height))
}

struct Scale<'c> {
    shapes: u64,
    pixels: u64,
    cancel: &'c Cancel,
}

impl Scale<'_> {
    fn add(&mut self, shapes: usize, pixels: u64) {
        self.shapes += shapes as u64 + 1;
        self.pixels += pixels;
        if self.cancel.is_stopped() {
            resume_unwind(Box::new(ReadFault::Cancelled));
        }
        if self.shapes > SHAPES_MAX || self.pixels > PIXELS_MAX {
            // Past the panic hook: it is no fault of ours.
            resume_unwind(Box::new(ReadFault::TooComplex));
        }
    }
}

impl<'a> Device<'a> for Scale<'_> {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.add(path.elements().len(), 0);
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.add(clip.path.elements().len(), 0);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        // Each takes as much memory as the page.
        self.add(1_000, 0);
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {
        self.add(run.glyphs().len(), 0);
    }

    fn draw_image(&mut self, image: Image<'a, '_>, _: ImageDrawProps<'a>) {
        let pixels = u64::from(image.width()) * u64::from(image.height());
        if pixels > PICTURE_PIXELS_MAX {
            resume_unwind(Box::new(ReadFault::TooComplex));
        }
        self.add(1, pixels);
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}
