//! PDF: its pages are drawn as a printer would. A page is weighed before it is drawn, on a thread with room for deep
//! nesting, and is given up when it takes too long.

mod inflated;
mod weight;

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::object::Object;
use hayro::hayro_syntax::object::dict::keys::{HEIGHT, WIDTH};
use hayro::hayro_syntax::page::Page as PdfPage;
use hayro::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings};

use super::{PAGES_MAX, ReadFault};
use crate::cancel::Cancel;
use crate::page::{Colour, Page};

/// Pictures of more pixels than this are not drawn.
const PICTURE_PIXELS_MAX: u64 = 100_000_000;
/// Stack of the thread that parses and draws: objects nest.
const STACK_BYTES: usize = 64 * 1024 * 1024;
/// A page that takes longer is given up.
const PAGE_TIME_MAX: Duration = Duration::from_secs(60);
/// How often it is asked whether somebody has said stop.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Points in an inch.
const POINTS: f64 = 72.0;

/// A document's pages.
pub(super) struct Pages {
    pdf: Pdf,
    count: u32,
}

impl std::fmt::Debug for Pages {
    /// Without the content: it is somebody's document.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pages({})", self.count)
    }
}

impl Pages {
    pub(super) fn open(bytes: Vec<u8>, cancel: &Cancel) -> Result<Self, ReadFault> {
        // What is encrypted cannot be weighed, and is not to be copied by anyone.
        if memchr::memmem::find(&bytes, b"/Encrypt").is_some() {
            return Err(ReadFault::Encrypted);
        }
        inflated::check(&bytes, cancel)?;
        on_a_thread(cancel, move || Self::parse(bytes))
    }

    fn parse(bytes: Vec<u8>) -> Result<Self, ReadFault> {
        let pdf = Pdf::new(bytes).map_err(|error| match error {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => ReadFault::Encrypted,
            LoadPdfError::Decryption(_) => ReadFault::Encrypted,
            LoadPdfError::Invalid => ReadFault::Damaged,
        })?;
        for object in pdf.objects() {
            let Object::Stream(stream) = object else { continue };
            let side = |key| stream.dict().get::<u32>(key).map_or(0, u64::from);
            if side(WIDTH) * side(HEIGHT) > PICTURE_PIXELS_MAX {
                return Err(ReadFault::TooComplex);
            }
        }
        match u32::try_from(pdf.pages().len()) {
            Ok(0) => Err(ReadFault::Damaged),
            Ok(count) if count <= PAGES_MAX => Ok(Self { pdf, count }),
            _ => Err(ReadFault::TooManyPages),
        }
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }
}

/// Draws a page.
pub(super) fn read(pages: &Arc<Pages>, index: u32, cancel: &Cancel) -> Result<Page, ReadFault> {
    let (pages, stopped) = (pages.clone(), cancel.clone());
    on_a_thread(cancel, move || {
        let page = pages.pdf.pages().get(index as usize).ok_or(ReadFault::NoSuchPage)?;
        let cache = RenderCache::new();
        let settings = InterpreterSettings::default();
        weight::check(page, &settings, &stopped)?;
        draw(page, &cache, &settings)
    })
}

/// How many pixels a page becomes, and at which resolution: [`super::DPI`], or as much as is within a page's limits.
fn size(page: &PdfPage<'_>) -> Result<(u16, u16, u16), ReadFault> {
    let (width, height) = page.render_dimensions();
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return Err(ReadFault::Damaged);
    }
    let (width, height) = (f64::from(width) / POINTS, f64::from(height) / POINTS);
    let most = (f64::from(Page::PIXELS_MAX) / (width * height)).sqrt().min(f64::from(u16::MAX) / width.max(height));
    // Rounding must not lead over the limit.
    let dpi = f64::from(super::DPI).min((most - 1.0).floor());
    if dpi < f64::from(Page::DPI_MIN) {
        return Err(ReadFault::TooLarge);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the limits, by the above
    let pixels = |inches: f64| (inches * dpi).round().max(1.0) as u16;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Ok((pixels(width), pixels(height), dpi as u16))
}

fn draw<'a>(page: &'a PdfPage<'a>, cache: &RenderCache<'a>, settings: &InterpreterSettings) -> Result<Page, ReadFault> {
    let (width, height, dpi) = size(page)?;
    let (points_wide, points_high) = page.render_dimensions();
    let scale = Affine::scale_non_uniform(
        f64::from(width) / f64::from(points_wide),
        f64::from(height) / f64::from(points_high),
    );
    let transform = scale * hayro::hayro_interpret::TransformExt::to_kurbo(&page.initial_transform(true));
    let mut context = RenderContext::new(width, height);
    hayro::render_into(page, cache, settings, &RenderSettings::default(), &mut context, transform);
    context.flush();
    let mut pixmap = Pixmap::new(width, height);
    let white = RasterizerSettings { target_init: TargetInit::Clear(WHITE), ..RasterizerSettings::default() };
    context.render_with(&mut pixmap, &mut Resources::default(), white);

    // On white nothing is transparent.
    let drawn = pixmap.data_as_u8_slice();
    let grey = drawn.chunks_exact(4).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
    let (colour, pixels) = if grey {
        (Colour::Grey, drawn.chunks_exact(4).map(|pixel| pixel[0]).collect())
    } else {
        (Colour::Rgb, drawn.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
    };
    Page::new(u32::from(width), u32::from(height), dpi, colour, pixels).map_err(|_| ReadFault::TooLarge)
}

/// Works on a thread of its own, for its stack, and so that it can be left behind.
fn on_a_thread<T: Send + 'static>(
    cancel: &Cancel,
    work: impl FnOnce() -> Result<T, ReadFault> + Send + 'static,
) -> Result<T, ReadFault> {
    let (send, receive) = channel();
    let thread = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK_BYTES);
    // Nobody listens any more if the work was given up.
    let spawned = thread.spawn(move || drop(send.send(super::guarded(work))));
    spawned.map_err(|error| {
        tracing::error!(%error, "no thread to draw a page");
        ReadFault::TooComplex
    })?;
    let mut waited = Duration::ZERO;
    while waited < PAGE_TIME_MAX {
        match receive.recv_timeout(ASK_EVERY) {
            Ok(done) => return done,
            Err(RecvTimeoutError::Disconnected) => return Err(ReadFault::Damaged),
            Err(RecvTimeoutError::Timeout) if cancel.is_stopped() => return Err(ReadFault::Cancelled),
            Err(RecvTimeoutError::Timeout) => waited += ASK_EVERY,
        }
    }
    tracing::warn!("a page takes too long to be drawn");
    Err(ReadFault::TooComplex)
}
