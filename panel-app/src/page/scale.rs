//! Another number of pixels: averages what is left out, interpolates what is put in.

use super::{Page, PageError};

/// One: weights of a pixel sum up to this.
const ONE: u32 = 1 << 16;

/// The page with as many pixels, at `dpi`.
pub(crate) fn resized(page: &Page, width: u32, height: u32, dpi: u16) -> Result<Page, PageError> {
    // Checks the numbers before the work.
    let mut result = Page::white(width, height, dpi, page.colour())?;
    let bytes = page.colour().bytes();
    let columns: Vec<Span> = spans(page.width(), width);
    let rows: Vec<Span> = spans(page.height(), height);
    let from_row = page.width() as usize * bytes;
    let to_row = width as usize * bytes;

    let mut sums: Vec<u32> = vec![0; from_row];
    let mut squeezed: Vec<u8> = vec![0; from_row];
    for (row, out) in rows.iter().zip(result.pixels_mut().chunks_exact_mut(to_row)) {
        // Down first: one row as wide as the source.
        sums.fill(ONE / 2);
        for (source, weight) in (row.first..).zip(&row.weights) {
            let line = &page.pixels()[source * from_row..(source + 1) * from_row];
            for (sum, &light) in sums.iter_mut().zip(line) {
                *sum += u32::from(light) * weight;
            }
        }
        for (light, sum) in squeezed.iter_mut().zip(&sums) {
            *light = light_of(*sum);
        }
        for (column, pixel) in columns.iter().zip(out.chunks_exact_mut(bytes)) {
            for (channel, light) in pixel.iter_mut().enumerate() {
                let mut sum = ONE / 2;
                for (source, weight) in (column.first..).zip(&column.weights) {
                    sum += u32::from(squeezed[source * bytes + channel]) * weight;
                }
                *light = light_of(sum);
            }
        }
    }
    Ok(result)
}

fn light_of(sum: u32) -> u8 {
    // The weights sum up to ONE, so this is at most 255.
    (sum >> 16).to_le_bytes()[0]
}

/// Which pixels of the source make one of the result, and how much each of them.
struct Span {
    first: usize,
    weights: Vec<u32>,
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positions on a page
fn spans(from: u32, to: u32) -> Vec<Span> {
    let ratio = f64::from(from) / f64::from(to);
    let last = from as usize - 1;
    (0..to)
        .map(|index| {
            let (first, weights) = if ratio > 1.0 {
                // The share of each pixel that lies in the span.
                let (start, end) = (f64::from(index) * ratio, (f64::from(index) + 1.0) * ratio);
                let first = (start as usize).min(last);
                let until = (end.ceil() as usize).clamp(first + 1, last + 1);
                let shares = (first..until).map(|pixel| {
                    let pixel = pixel as f64;
                    (end.min(pixel + 1.0) - start.max(pixel)).max(0.0)
                });
                (first, shares.collect::<Vec<f64>>())
            } else {
                // Between the centres of two pixels.
                let centre = ((f64::from(index) + 0.5) * ratio - 0.5).clamp(0.0, last as f64);
                let first = (centre as usize).min(last);
                let second = centre - first as f64;
                (first, if first == last { vec![1.0] } else { vec![1.0 - second, second] })
            };
            Span { first, weights: to_whole(&weights) }
        })
        .collect()
}

/// Weights that sum up to [`ONE`] exactly, so that white stays white.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to ONE
fn to_whole(shares: &[f64]) -> Vec<u32> {
    let total: f64 = shares.iter().sum();
    let mut weights: Vec<u32> = shares.iter().map(|share| (share / total * f64::from(ONE)) as u32).collect();
    let sum: u32 = weights.iter().sum();
    let middle = weights.len() / 2;
    weights[middle] += ONE - sum;
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Colour;

    fn grey(width: u32, height: u32, pixels: &[u8]) -> Page {
        Page::new(width, height, 300, Colour::Grey, pixels.to_vec()).unwrap()
    }

    #[test]
    fn half_as_many_pixels_are_the_averages_of_four() {
        let page = grey(4, 2, &[0, 100, 255, 255, 100, 200, 255, 255]);
        let half = resized(&page, 2, 1, 150).unwrap();
        assert_eq!((half.pixels(), half.dpi()), ([100, 255].as_slice(), 150));
    }

    #[test]
    fn twice_as_many_lie_between() {
        assert_eq!(resized(&grey(2, 1, &[0, 200]), 4, 2, 300).unwrap().pixels(), [0, 50, 150, 200, 0, 50, 150, 200]);
    }

    #[test]
    fn one_colour_stays_that_colour_at_every_size() {
        let page = Page::new(7, 5, 300, Colour::Rgb, [255, 128, 3].repeat(35)).unwrap();
        for (width, height) in [(1, 1), (3, 11), (7, 5), (13, 2), (100, 100)] {
            let resized = resized(&page, width, height, 300).unwrap();
            assert!(resized.pixels().chunks(3).all(|pixel| pixel == [255, 128, 3]), "{width} x {height}");
        }
    }

    #[test]
    fn a_size_that_is_no_page_is_refused() {
        assert_eq!(resized(&grey(1, 1, &[0]), 0, 5, 300), Err(PageError::Size));
        assert_eq!(resized(&grey(1, 1, &[0]), 65_535, 65_535, 300), Err(PageError::Size));
    }
}
