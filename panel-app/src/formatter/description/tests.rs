use super::*;

fn parse(text: &str) -> Result<Description, FormatFault> {
    Description::parse(text.as_bytes(), None)
}

fn described(head: &str, body: &str) -> Result<Description, FormatFault> {
    parse(&format!("+++\nformat = \"kobai-page/1\"\n{head}\n+++\n{body}"))
}

fn what(result: Result<Description, FormatFault>) -> (usize, DescriptionFault) {
    match result {
        Err(FormatFault::Description { line, what }) => (line, what),
        other => panic!("{other:?}"),
    }
}

fn text(text: &str, style: usize) -> Block {
    Block::Text { text: text.to_owned(), style }
}

#[test]
fn a_plain_text_is_set_as_it_is() {
    let description = parse("# no heading\n{\n---\n").unwrap();
    assert_eq!((description.width, description.height, description.margins), (2_480, 3_508, [236; 4]));
    assert_eq!(description.blocks, [text("# no heading", 0), text("{", 0), text("---", 0)]);
    assert_eq!(description.styles, [Style::default()]);
    let chosen = Description::parse(b"a", Some("BIZ UDPMincho")).unwrap();
    assert_eq!(chosen.faces(), ["BIZ UDPMincho"]);
}

#[test]
fn a_form_feed_begins_a_page() {
    let blocks = parse("a\n\u{C}b\u{C}\nc").unwrap().blocks;
    assert_eq!(blocks, [text("a", 0), text("", 0), Block::NewPage, text("b", 0), Block::NewPage, text("c", 0)]);
}

#[test]
fn a_description_says_on_what_and_how_it_is_set() {
    let head = "paper = \"a5\"\nlandscape = true\nmargin_mm = [10, 15, 10, 15]\nface = \"BIZ UDPMincho\"\nsize_pt = 9.5\n\
                line_spacing = 2\nalign = \"right\"\nfooter = \"{page} / {pages}\"";
    let description = described(head, "x").unwrap();
    assert_eq!((description.width, description.height), (2_480, 1_748));
    assert_eq!(description.margins, [118, 177, 118, 177]);
    let style = Style {
        face: Some("BIZ UDPMincho".to_owned()),
        size_pt: 9.5,
        line_spacing: 2.0,
        align: Align::Right,
        bold: false,
    };
    assert_eq!(description.styles, [style]);
    assert_eq!(description.footer.as_deref(), Some("{page} / {pages}"));
    let sized = described("paper = [100, 62.5]\nmargin_mm = 5", "").unwrap();
    assert_eq!((sized.width, sized.height, sized.margins), (1_181, 738, [59; 4]));
}

#[test]
fn what_the_description_names_comes_before_what_was_chosen() {
    let bytes = b"+++\nformat = \"kobai-page/1\"\nface = \"A\"\n+++\n";
    assert_eq!(Description::parse(bytes, Some("B")).unwrap().faces(), ["A"]);
    assert_eq!(Description::parse(b"+++\nformat = \"kobai-page/1\"\n+++\n", Some("B")).unwrap().faces(), ["B"]);
}

#[test]
fn the_style_changes_in_braces_and_comes_back() {
    let body = "a\n{ size_pt = 20, align = \"centre\", bold = true }\nb\n{ face = \"OCR-B\" }\nc\n{}\nd\n{ new_page = true }\ne";
    let description = described("", body).unwrap();
    assert_eq!(
        description.blocks,
        [text("a", 0), text("b", 1), text("c", 2), text("d", 0), Block::NewPage, text("e", 0)]
    );
    let styles = &description.styles;
    assert_eq!((styles[1].size_pt, styles[1].align, styles[1].bold), (20.0, Align::Centre, true));
    assert_eq!((styles[2].face.as_deref(), styles[2].size_pt), (Some("OCR-B"), 20.0));
    assert_eq!(description.faces(), ["OCR-B"]);
}

#[test]
fn headings_are_larger_and_rules_are_lines_and_a_backslash_says_that_neither_is_meant() {
    let description = described("", "# 題\n## b\n#x\n#### y\n---\n\\# c\n\\{}\n\\\\").unwrap();
    let titles: Vec<_> = description
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text { text, style } => Some((text.as_str(), description.styles[*style].size_pt)),
            _ => None,
        })
        .collect();
    let expected =
        [("題", 19.8), ("b", 11.0 * 1.4), ("#x", 11.0), ("#### y", 11.0), ("# c", 11.0), ("{}", 11.0), ("\\", 11.0)];
    assert_eq!(titles, expected);
    assert!(description.blocks.contains(&Block::Rule { style: 0 }));
}

#[test]
fn what_a_description_may_not_say_is_told_with_its_line() {
    use DescriptionFault::{Face, Format, LineSpacing, Margins, Paper, Size};
    assert_eq!(what(parse("+++\nformat = \"kobai-page/2\"\n+++\n")), (2, Format));
    assert!(matches!(what(parse("+++\nformat = \"kobai-page/1\"\n")), (1, DescriptionFault::Syntax(_))));
    assert!(matches!(what(parse("+++\n+++\n")), (_, DescriptionFault::Syntax(_))), "no format");
    assert!(matches!(what(described("a = 1", "")), (3, DescriptionFault::Syntax(_))));
    for (head, fault) in [
        ("paper = \"a0\"", Paper),
        ("paper = [49, 100]", Paper),
        ("paper = [100, 451]", Paper),
        ("paper = [nan, 100]", Paper),
        ("margin_mm = 96", Margins),
        ("margin_mm = -1", Margins),
        ("margin_mm = [0, 0, 0, 191]", Margins),
        ("margin_mm = nan", Margins),
        ("size_pt = 3.9", Size),
        ("size_pt = 145", Size),
        ("size_pt = nan", Size),
        ("line_spacing = 0", LineSpacing),
        ("line_spacing = inf", LineSpacing),
        ("face = \"\"", Face),
        ("face = \" - \"", Face),
    ] {
        assert_eq!(what(described(head, "")), (2, fault), "{head}");
    }
    assert_eq!(what(described("", "a\n{ size_pt = 1000 }")), (6, Size));
    assert!(matches!(what(described("", "{ colour = 1 }")), (5, DescriptionFault::Syntax(_))));
    assert!(matches!(what(described("", "{ what } ever }")), (5, DescriptionFault::Syntax(_))));
}

#[test]
fn there_are_not_too_many_faces_and_styles() {
    let faces = |count: usize| (0..count).map(|n| format!("{{ face = \"F{n}\" }}\n")).collect::<String>();
    assert_eq!(described("", &faces(16)).unwrap().faces().len(), 16);
    assert_eq!(what(described("", &faces(17))), (21, DescriptionFault::Face));
    let sizes =
        |count: usize| (0..count).map(|n| format!("{{ size_pt = {} }}\n", 5.0 + n as f64 / 100.0)).collect::<String>();
    assert!(described("", &sizes(1_500)).is_ok());
    assert_eq!(what(described("", &sizes(2_500))).1, DescriptionFault::TooManyStyles);
}

#[test]
fn what_is_no_text_or_too_long_is_refused() {
    assert_eq!(Description::parse(&[0xFF, 0xFE], None), Err(FormatFault::NotText));
    assert_eq!(Description::parse(&vec![b' '; TEXT_BYTES_MAX + 1], None), Err(FormatFault::TooLarge));
    let head = "#".repeat(SETTINGS_BYTES_MAX);
    assert!(matches!(what(described(&head, "")), (1, DescriptionFault::Syntax(_))));
}
