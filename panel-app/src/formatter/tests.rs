use zeroize::Zeroizing;

use super::*;

fn set(text: &str) -> Formatted {
    Description::parse(text.as_bytes(), None).unwrap().set(&Faces::own(), &Cancel::new()).unwrap()
}

fn page(text: &str) -> Page {
    set(text).page(0, &Cancel::new()).unwrap().unwrap()
}

fn described(head: &str, body: &str) -> String {
    format!("+++\nformat = \"kobai-page/1\"\n{head}\n+++\n{body}")
}

/// The columns and rows with ink: first and last of each. `None` if the page is white.
fn inked(page: &Page) -> Option<(usize, usize, usize, usize)> {
    let width = page.width() as usize;
    let dark: Vec<usize> = (0..page.pixels().len()).filter(|at| page.pixels()[*at] < 128).collect();
    let columns = dark.iter().map(|at| at % width);
    let rows = (dark.first()? / width, dark.last()? / width);
    Some((columns.clone().min()?, columns.max()?, rows.0, rows.1))
}

#[test]
fn a_text_becomes_ink_within_the_margins_of_a_page() {
    let page = page(&"購買システム Kobai: The quick brown fox jumps over the lazy dog. ".repeat(30));
    assert_eq!((page.width(), page.height(), page.dpi()), (2_480, 3_508, 300));
    let (left, right, top, bottom) = inked(&page).unwrap();
    assert!(left >= 236 && right < 2_480 - 236 && top >= 236 && bottom < 3_508 - 236);
    assert!(right > 2_000 && bottom > 600);
}

#[test]
fn the_same_text_gives_the_same_page() {
    assert!(page("Kobai") == page("Kobai"));
    assert!(page("Kobai") != page("Kobaj"));
}

#[test]
fn characters_that_the_face_lacks_are_boxes_and_blanks_are_blank() {
    assert_eq!(inked(&page("\u{3000} \t ")), None);
    let boxes = page("\u{10FFFD}\u{10FFFD}");
    let (left, right, top, bottom) = inked(&boxes).unwrap();
    assert!((70..95).contains(&(right - left)) && (28..36).contains(&(bottom - top)), "two boxes");
    let middle = boxes.pixels().chunks(2_480).nth((top + bottom) / 2).unwrap();
    assert!((4..=8).contains(&middle.iter().filter(|light| **light == 0).count()), "four sides");
}

#[test]
fn a_long_text_takes_as_many_pages_as_it_needs_and_no_more_than_allowed() {
    let lines = |count: usize| "x\n".repeat(count);
    assert_eq!(set("").page_count(), 1);
    assert_eq!(set(&lines(41)).page_count(), 1);
    assert_eq!(set(&lines(42)).page_count(), 2);
    assert_eq!(set(&lines(41 * PAGES_MAX)).page_count(), 200);
    let too_long = Description::parse(lines(41 * PAGES_MAX + 1).as_bytes(), None).unwrap();
    let set = |description: &Description| description.set(&Faces::own(), &Cancel::new()).map(|set| set.page_count());
    assert_eq!(set(&too_long), Err(FormatFault::TooManyPages));
    let feeds = Description::parse("\u{C}".repeat(1_000_000).as_bytes(), None).unwrap();
    assert_eq!(set(&feeds), Err(FormatFault::TooManyPages));
    let one_line = Description::parse("x".repeat(TEXT_BYTES_MAX).as_bytes(), None).unwrap();
    assert_eq!(set(&one_line), Err(FormatFault::TooManyPages));
}

#[test]
fn there_are_as_many_pages_as_said_and_each_is_drawn_alone() {
    let formatted = set("one\n\u{C}two");
    assert_eq!(formatted.page_count(), 2);
    let pages: Vec<Page> = formatted.pages(&Cancel::new()).map(Result::unwrap).collect();
    assert_eq!(pages.len(), 2);
    assert!(pages[1] == page("two") && pages[0] != pages[1]);
    assert!(formatted.page(2, &Cancel::new()).is_none());
}

#[test]
fn lines_are_set_at_either_margin_or_in_between() {
    let at = |align: &str| inked(&page(&described(&format!("align = \"{align}\""), "国国国"))).unwrap();
    let (left, centre, right) = (at("left"), at("centre"), at("right"));
    assert!(left.0 < 250 && right.1 > 2_230);
    assert!((centre.0 + centre.1).abs_diff(2_480) <= 6);
}

#[test]
fn headings_are_larger_and_bolder() {
    let black = |text: &str| page(text).pixels().iter().filter(|light| **light < 64).count();
    let plain = black(&described("", "国国国"));
    assert!(black(&described("", "# 国国国")) > 3 * plain);
    assert!(black(&described("", "{ bold = true }\n国国国")) > plain * 6 / 5);
}

#[test]
fn a_footer_numbers_the_pages_within_the_lower_margin() {
    let text = described("footer = \"{page}/{pages}\"", "\u{C}\u{C}");
    let formatted = set(&text);
    assert_eq!(formatted.page_count(), 3);
    let pages: Vec<Page> = formatted.pages(&Cancel::new()).map(Result::unwrap).collect();
    let (_, _, top, bottom) = inked(&pages[0]).unwrap();
    assert!(top > 3_508 - 236 && bottom < 3_500);
    assert!(pages[0] != pages[1]);
}

#[test]
fn a_rule_leads_from_margin_to_margin() {
    let (left, right, top, bottom) = inked(&page(&described("", "---"))).unwrap();
    assert_eq!((left, right, bottom - top), (236, 2_480 - 236 - 1, 2));
}

#[test]
fn a_face_is_used_while_its_pack_is_there() {
    let text = described("face = \"Hack\"", "Kobai");
    let description = Description::parse(text.as_bytes(), None).unwrap();
    let missing = description.set(&Faces::own(), &Cancel::new()).unwrap_err();
    assert_eq!(missing, FormatFault::NoSuchFace("Hack".to_owned()));
    let pack = FontPack::open(Zeroizing::new(epaint_default_fonts::HACK_REGULAR.to_vec())).unwrap();
    let formatted = description.set(&Faces::with([&pack]), &Cancel::new()).unwrap();
    drop(pack);
    let page = formatted.page(0, &Cancel::new()).unwrap().unwrap();
    assert!(page != super::tests::page("Kobai"), "in the other face");
}

#[test]
fn a_cancelled_print_stops() {
    let description = Description::parse(b"text", None).unwrap();
    let cancel = Cancel::new();
    let formatted = description.set(&Faces::own(), &cancel).unwrap();
    cancel.stop();
    assert_eq!(description.set(&Faces::own(), &cancel).unwrap_err(), FormatFault::Cancelled);
    assert_eq!(formatted.page(0, &cancel).unwrap().unwrap_err(), FormatFault::Cancelled);
}

#[test]
fn no_text_is_shown_in_a_log() {
    assert_eq!(format!("{:?}", set("secret")), "Formatted(1 pages)");
}
