//! Patch codes: four bars across a separator sheet, two of them wide, by which scanners tell where a document begins
//! (Kodak A-61599). They are read from the leading edge of the sheet: upside down, a 1 is a 6 and a 3 is a T.

mod runs;

use super::{Colour, Page, PageError, scale};
use runs::Bars;

/// Which patch code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Patch {
    /// Patch 1: for the host.
    One,
    /// Patch 2: document level 2.
    Two,
    /// Patch 3: document level 3.
    Three,
    /// Patch 4: toggles between colour and black and white.
    Four,
    /// Patch 6: for the host.
    Six,
    /// Patch T, transfer: the next page begins a document.
    Transfer,
}

impl Patch {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::One, Self::Two, Self::Three, Self::Four, Self::Six, Self::Transfer];

    /// Which of the four bars are wide, from the leading edge.
    const fn wide(self) -> [bool; 4] {
        match self {
            Self::One => [true, true, false, false],
            Self::Two => [true, false, false, true],
            Self::Three => [true, false, true, false],
            Self::Four => [false, true, true, false],
            Self::Six => [false, false, true, true],
            Self::Transfer => [false, true, false, true],
        }
    }

    fn with_wide(wide: [bool; 4]) -> Option<Self> {
        Self::ALL.into_iter().find(|patch| patch.wide() == wide)
    }

    /// Its name in the field: `1`, `2`, `3`, `4`, `6` or `T`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
            Self::Four => "4",
            Self::Six => "6",
            Self::Transfer => "T",
        }
    }
}

/// Resolution at which bars are looked for: a narrow one is eight pixels high, and dust is gone.
const SEARCH_DPI: u32 = 100;
/// Distance of the columns that are looked at, in pixels.
const STEP: usize = 5;
/// Shortest bars that are believed: 0.75 inches (A-61599), in columns.
const COLUMNS_MIN: usize = 15;
/// Columns without bars in between: a staple, a hair.
const GAP_MAX: usize = 2;
/// Bars that lean more than this from column to column, in pixels, are others: 20 degrees and a pixel.
const LEAN_MAX: usize = 3;
/// Part of the sheet from its leading edge in which bars are looked for. A-61599 says 3.75 inches; sheets are fed as they
/// come, and scaled.
const LEADING: f64 = 0.5;

/// The patch code on a page, if there is one. Of several the longest counts.
pub fn find(page: &Page) -> Option<Patch> {
    let small = shrink(page)?;
    let width = small.width() as usize;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // part of a page
    let rows = ((f64::from(small.height()) * LEADING) as usize).max(1);
    let pixels = small.pixels().get(..rows * width)?;

    let mut trails: Vec<Trail> = Vec::new();
    for (number, x) in (0..width).step_by(STEP).enumerate() {
        // Bars lie across: the neighbours on both sides say the same, and specks nothing.
        let across = x.saturating_sub(STEP / 2)..(x + STEP / 2 + 1).min(width);
        let column = (0..rows).map(|y| mean(&pixels[y * width + across.start..y * width + across.end]));
        let column: Vec<u8> = column.collect();
        for bars in runs::bars_of(&column) {
            let Some(patch) = Patch::with_wide(bars.wide) else { continue };
            let trail = trails.iter_mut().find(|trail| trail.takes(patch, number, &bars));
            match trail {
                Some(trail) => trail.extend(number, &bars),
                None => trails.push(Trail { patch, columns: 1, last: number, bars }),
            }
        }
        // Noise must not make this slow.
        trails.retain(|trail| trail.columns >= COLUMNS_MIN || number - trail.last <= GAP_MAX);
    }
    trails
        .into_iter()
        .filter(|trail| trail.columns >= COLUMNS_MIN)
        .max_by_key(|trail| trail.columns)
        .map(|trail| trail.patch)
}

fn mean(pixels: &[u8]) -> u8 {
    let sum: usize = pixels.iter().map(|light| usize::from(*light)).sum();
    u8::try_from(sum / pixels.len().max(1)).unwrap_or(u8::MAX)
}

/// The same bars, followed from column to column.
struct Trail {
    patch: Patch,
    columns: usize,
    last: usize,
    bars: Bars,
}

impl Trail {
    fn takes(&self, patch: Patch, number: usize, bars: &Bars) -> bool {
        let steps = number - self.last;
        patch == self.patch
            && (1..=GAP_MAX + 1).contains(&steps)
            && bars.start.abs_diff(self.bars.start) <= LEAN_MAX * steps
            && bars.length.abs_diff(self.bars.length) * 8 <= self.bars.length
    }

    fn extend(&mut self, number: usize, bars: &Bars) {
        self.columns += 1;
        self.last = number;
        self.bars = bars.clone();
    }
}

/// Grey, at the resolution of the search.
fn shrink(page: &Page) -> Option<Page> {
    let grey;
    let page = if page.colour() == Colour::Grey {
        page
    } else {
        grey = page.clone().into_grey();
        &grey
    };
    let length = |pixels: u32| (u64::from(pixels) * u64::from(SEARCH_DPI)).div_ceil(u64::from(page.dpi()));
    let width = u32::try_from(length(page.width())).ok()?;
    let height = u32::try_from(length(page.height())).ok()?;
    // Finer is of no use to a page of 50 dots an inch, but does no harm.
    scale::resized(page, width, height, u16::try_from(SEARCH_DPI).ok()?).ok()
}

/// A separator sheet to be printed: A4 at 300 dots an inch, its bars half an inch from the leading edge.
pub fn sheet(patch: Patch) -> Result<Page, PageError> {
    const WIDTH: u32 = 2_480;
    const HEIGHT: u32 = 3_508;
    // In pixels: 0.08 and 0.20 inches.
    const NARROW: usize = 24;
    const WIDE: usize = 60;
    const MARGIN: usize = 150;
    let mut page = Page::white(WIDTH, HEIGHT, 300, Colour::Grey)?;
    let mut top = MARGIN;
    for wide in patch.wide() {
        let bar = if wide { WIDE } else { NARROW };
        for y in top..top + bar {
            let from = y * WIDTH as usize;
            page.pixels_mut()[from + MARGIN..from + WIDTH as usize - MARGIN].fill(0);
        }
        top += bar + NARROW;
    }
    Ok(page)
}

#[cfg(test)]
mod tests;
