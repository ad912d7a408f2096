//! Shades become patterns of dots where there are shades, and letters stay sharp where there are letters.

use crate::page::Page;

/// Side of the squares that are looked at, in dots.
const SQUARE: usize = 16;
/// Lighter than the one is paper, darker than the other is ink.
const SHADES: std::ops::RangeInclusive<u8> = 40..=215;
/// Neighbours in a picture differ by less; at the edge of a letter by more.
const SMOOTH: u8 = 40;
/// Ink on paper, if it is darker than this.
const INK: u8 = 165;

/// Makes a grey page black and white.
pub(super) fn apply(page: &mut Page) {
    let (width, height) = (page.width() as usize, page.height() as usize);
    let pictures = find_pictures(page.pixels(), width, height);
    let across = width.div_ceil(SQUARE);
    // Error diffusion of Floyd and Steinberg (1976), in sixteenths, with a margin on both sides.
    let mut below = vec![0_i32; width + 2];
    for (y, row) in page.pixels_mut().chunks_exact_mut(width).enumerate() {
        let mut here = std::mem::replace(&mut below, vec![0; width + 2]);
        for (x, light) in row.iter_mut().enumerate() {
            if !pictures[y / SQUARE * across + x / SQUARE] {
                *light = if *light < INK { 0 } else { 0xFF };
                continue;
            }
            let wanted = i32::from(*light) * 16 + here[x + 1];
            *light = if wanted < 128 * 16 { 0 } else { 0xFF };
            let error = (wanted - i32::from(*light) * 16) / 16;
            here[x + 2] += error * 7;
            below[x] += error * 3;
            below[x + 1] += error * 5;
            below[x + 2] += error;
        }
    }
}

/// Which squares, row by row, are of a picture: those with smooth shades.
fn find_pictures(pixels: &[u8], width: usize, height: usize) -> Vec<bool> {
    let across = width.div_ceil(SQUARE);
    let mut shades = vec![0_usize; across * height.div_ceil(SQUARE)];
    for y in 0..height {
        let row = &pixels[y * width..(y + 1) * width];
        let next = pixels.get((y + 1) * width..(y + 2) * width).unwrap_or(row);
        for x in 0..width {
            let light = row[x];
            let right = row.get(x + 1).copied().unwrap_or(light);
            if SHADES.contains(&light) && light.abs_diff(right) < SMOOTH && light.abs_diff(next[x]) < SMOOTH {
                shades[y / SQUARE * across + x / SQUARE] += 1;
            }
        }
    }
    // A quarter of a square.
    shades.into_iter().map(|count| count * 4 > SQUARE * SQUARE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Colour;

    fn share_of_black(page: &Page) -> f64 {
        page.pixels().iter().filter(|light| **light == 0).count() as f64 / page.pixels().len() as f64
    }

    #[test]
    fn a_shade_becomes_as_many_dots_as_it_is_dark() {
        for light in [64, 128, 200] {
            let mut page = Page::new(160, 160, 204, Colour::Grey, vec![light; 160 * 160]).unwrap();
            apply(&mut page);
            assert!(page.is_bilevel());
            let expected = 1.0 - f64::from(light) / 255.0;
            assert!((share_of_black(&page) - expected).abs() < 0.02, "{light}: {}", share_of_black(&page));
        }
    }

    #[test]
    fn letters_stay_sharp() {
        // Strokes with soft edges.
        let row: Vec<u8> = [255, 170, 20, 0, 90, 250, 255, 255, 120, 0].repeat(16);
        let mut page = Page::new(160, 160, 204, Colour::Grey, row.repeat(160)).unwrap();
        apply(&mut page);
        let sharp: Vec<u8> = [255, 255, 0, 0, 0, 255, 255, 255, 0, 0].repeat(16);
        assert_eq!(page.pixels(), sharp.repeat(160));
    }
}
