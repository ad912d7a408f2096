//! Every screen in both languages at 1024x600: targets large enough, nothing cut off, nothing on top of another.

use egui::accesskit::Role;
use egui::epaint::{ClippedShape, Shape, TextShape};
use egui::{Event, Modifiers, PointerButton, Rect, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};

use super::extreme::stretch;
use super::stage::{Stage, stage};
use crate::core::{Language, View};
use crate::ui::{samples, theme};

/// Every sample in both languages: as it is, with the longest texts, and after a few touches.
fn each_screen(check: impl Fn(&str, &Harness<'_, Stage>)) {
    for language in [Language::Ja, Language::En] {
        for (name, view) in samples::all() {
            let view = View { language, ..view };
            check(&format!("{name} in {language:?}"), &stage(view.clone()));
            check(&format!("stretched {name} in {language:?}"), &stage(stretch(view)));
        }
        for (name, touches) in touched(language) {
            let (_, view) = samples::all().into_iter().find(|(known, _)| *known == name).unwrap();
            let mut harness = stage(View { language, ..view });
            for label in &touches {
                harness.get_by(|node| node.role() != Role::Label && node.label().as_deref() == Some(*label)).click();
                harness.run_ok();
            }
            check(&format!("{name} after {touches:?}"), &harness);
        }
    }
}

/// What unfolds only when it is touched.
fn touched(language: Language) -> Vec<(&'static str, Vec<&'static str>)> {
    let say = |ja, en| if language == Language::Ja { ja } else { en };
    let mut fields = Vec::new();
    for (ja, en) in [
        ("サーバーアドレス", "Server address"),
        ("証明書の指紋", "Fingerprint"),
        ("機番", "Serial number"),
        ("登録コード", "Activation code"),
    ] {
        fields.push(("server", vec![say(ja, en)]));
        fields.push(("server", vec![say(ja, en), if ja == "証明書の指紋" { "a" } else { "2" }, say("完了", "Done")]));
    }
    fields.extend([
        ("store", vec![say("オプションを検索", "Search options"), "o"]),
        ("my-options", vec![say("明朝体フォントパックを削除", "Remove Mincho font pack")]),
        ("contract", vec!["1"; 3]),
        ("contract", vec!["1"; 10]),
        ("contract", vec![say("PIN(契約に設定されている場合)", "PIN, if the contract has one"), "1"]),
        ("contract-refused", vec!["1"; 10]),
        ("job-scan", vec![say("OCR パッケージ", "OCR package")]),
        ("job-print", vec![say("書体: 本体の標準書体", "Font: The machine's own")]),
    ]);
    fields
}

fn screen() -> Rect {
    Rect::from_min_size(egui::Pos2::ZERO, theme::SCREEN.into())
}

fn is_in_a_list(node: &Node<'_>) -> bool {
    let mut above = std::iter::successors(node.accesskit_node().parent(), |node| node.parent());
    above.any(|node| node.role() == Role::ScrollView)
}

#[test]
fn whatever_can_be_touched_is_large_enough_and_does_not_overlap() {
    each_screen(|name, harness| {
        let touchable: Vec<(String, Rect, bool)> = harness
            .query_all_by(|node| egui::accessibility::is_input(node.role()))
            .map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect(), is_in_a_list(&node)))
            .collect();
        assert!(!touchable.is_empty() || name.contains("buying"), "{name}: nothing to touch");
        for (index, (label, rect, listed)) in touchable.iter().enumerate() {
            let small = rect.width() < theme::TARGET_MIN || rect.height() < theme::TARGET_MIN;
            assert!(!small, "{name}: {label} is only {rect:?}");
            // What a list has scrolled away cannot be touched.
            for (other, place, _) in touchable[..index].iter().filter(|(_, _, other_listed)| other_listed == listed) {
                assert!(!rect.shrink(0.5).intersects(*place), "{name}: {label} and {other} overlap");
            }
        }
    });
}

#[test]
fn whatever_is_not_in_a_list_is_on_the_screen() {
    each_screen(|name, harness| {
        for node in harness.query_all_by(|node| node.label().is_some()).filter(|node| !is_in_a_list(node)) {
            let inside = screen().expand(0.5).contains_rect(node.rect());
            assert!(inside, "{name}: {:?} lies at {:?}", node.accesskit_node().label(), node.rect());
        }
    });
}

#[test]
fn no_text_is_cut_off_or_painted_over_another() {
    each_screen(|name, harness| {
        let mut texts = Vec::new();
        for ClippedShape { clip_rect, shape, .. } in &harness.output().shapes {
            collect(shape, *clip_rect, &mut texts);
        }
        for (index, (clip, text)) in texts.iter().enumerate() {
            let shown = text.galley.text();
            assert!(
                name.starts_with("stretched") || !text.galley.elided || is_catalogue_text(shown),
                "{name}: shortened: {shown}"
            );
            let bounds = text.visual_bounding_rect();
            let sideways = clip.x_range().expand(1.0);
            let fits = sideways.contains(bounds.left()) && sideways.contains(bounds.right());
            assert!(fits, "{name}: cut off at the side: {shown} at {bounds:?} within {clip:?}");
            let bounds = bounds.intersect(*clip).shrink(1.0);
            for (other_clip, other) in &texts[..index] {
                let both = bounds.intersect(other.visual_bounding_rect().intersect(*other_clip).shrink(1.0));
                assert!(!both.is_positive(), "{name}: {shown} is painted over {}", other.galley.text());
            }
        }
    });
}

#[test]
fn a_list_is_moved_with_a_finger_that_starts_on_a_button() {
    let (_, view) = samples::all().into_iter().find(|(name, _)| *name == "my-options").unwrap();
    let mut harness = stage(view);
    let remove = |harness: &Harness<'_, Stage>| harness.get_by_label("明朝体フォントパックを削除").rect().center();
    let start = remove(&harness);
    harness.event(Event::PointerMoved(start));
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(button(start, true));
    for step in 1..=4_u8 {
        harness.event(Event::PointerMoved(start - vec2(0.0, 30.0 * f32::from(step))));
    }
    harness.event(button(start - vec2(0.0, 120.0), false));
    harness.run_ok();
    assert!(remove(&harness).y < start.y - 60.0, "the list is still at {:?}", remove(&harness));
    assert!(!Stage::sees(&harness, "削除しますか"), "a finger that moves the list touches nothing");
}

#[test]
fn a_larger_screen_shows_the_same_larger() {
    let (_, view) = samples::all().into_iter().find(|(name, _)| *name == "home").unwrap();
    let mut harness = stage(view);
    harness.set_size(egui::Vec2::from(theme::SCREEN) * 2.0);
    harness.run_ok();
    assert_eq!(harness.ctx.zoom_factor(), 2.0);
}

fn collect<'a>(shape: &'a Shape, clip: Rect, texts: &mut Vec<(Rect, &'a TextShape)>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, texts)),
        Shape::Text(text) if text.visual_bounding_rect().intersects(clip) => texts.push((clip, text)),
        _ => {}
    }
}

/// Names and descriptions come from the vendor and may be longer than a card.
fn is_catalogue_text(text: &str) -> bool {
    samples::catalogue().iter().any(|row| {
        let option = &row.option;
        [
            option.name.ja.as_str(),
            option.name.en.as_str(),
            option.description.ja.as_str(),
            option.description.en.as_str(),
        ]
        .iter()
        .any(|known| text.starts_with(known))
    })
}
