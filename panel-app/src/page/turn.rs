//! Turning and mirroring a page by quarters, as the orientation tag of TIFF and Exif says.

use super::Page;

/// The page as it is meant to be seen, for an orientation of 1 to 8 (TIFF 6.0, tag 274).
pub(crate) fn turned(page: Page, orientation: u8) -> Page {
    if !(2..=8).contains(&orientation) {
        return page;
    }
    let (width, height) = (page.width(), page.height());
    let bytes = page.colour().bytes();
    let (new_width, new_height) = if orientation >= 5 { (height, width) } else { (width, height) };
    let mut pixels = vec![0; page.pixels().len()];
    let (w, h) = (width as usize, height as usize);
    let mut to = 0;
    for y in 0..new_height as usize {
        for x in 0..new_width as usize {
            // Where the pixel at (x, y) comes from.
            let (from_x, from_y) = match orientation {
                2 => (w - 1 - x, y),
                3 => (w - 1 - x, h - 1 - y),
                4 => (x, h - 1 - y),
                5 => (y, x),
                6 => (y, h - 1 - x),
                7 => (w - 1 - y, h - 1 - x),
                _ => (w - 1 - y, x),
            };
            let from = (from_y * w + from_x) * bytes;
            pixels[to..to + bytes].copy_from_slice(&page.pixels()[from..from + bytes]);
            to += bytes;
        }
    }
    // As many pixels as before, so it cannot fail.
    Page::new(new_width, new_height, page.dpi(), page.colour(), pixels).unwrap_or(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Colour;

    #[test]
    fn each_orientation_is_undone() {
        // 1 2 3
        // 4 5 6
        let page = || Page::new(3, 2, 300, Colour::Grey, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let cases: [(u8, u32, [u8; 6]); 8] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [4, 1, 5, 2, 6, 3]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [3, 6, 2, 5, 1, 4]),
        ];
        for (orientation, width, pixels) in cases {
            let turned = turned(page(), orientation);
            assert_eq!((turned.width(), turned.pixels()), (width, pixels.as_slice()), "{orientation}");
        }
        assert_eq!(turned(page(), 0), page());
        assert_eq!(turned(page(), 9), page());
    }
}
