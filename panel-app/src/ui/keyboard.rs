//! The on-screen keyboard. It types into the field that has the focus exactly as a real keyboard would, so draw it
//! before the field.

use egui::{Event, Key, Modifiers, Rect, Ui, pos2, vec2};
use egui_material_icons::icons;

use super::texts::Texts;
use super::theme;
use super::widgets;

/// Which keys it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// Letters, digits and a space bar.
    Search,
    /// What host names, ports and IPv6 addresses are made of.
    Address,
    /// Hexadecimal digits.
    Hex,
    /// Capital letters, digits and the hyphen.
    Capitals,
}

impl Keys {
    fn rows(self) -> &'static [&'static str] {
        match self {
            Self::Search => &["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm"],
            Self::Address => &["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.:[]"],
            Self::Capitals => &["1234567890", "QWERTYUIOP", "ASDFGHJKL-", "ZXCVBNM"],
            Self::Hex => &["12345", "67890", "abcdef"],
        }
    }
}

/// Height of the keyboard, in points.
pub(super) const HEIGHT: f32 = 272.0;
const GAP: f32 = 8.0;
const BACKSPACE_WIDTH: f32 = 110.0;
const DONE_WIDTH: f32 = 150.0;

/// Draws the keyboard. True if the key with `done` on it was touched.
pub(super) fn show(ui: &mut Ui, rect: Rect, keys: Keys, texts: &Texts, done: &str) -> bool {
    ui.painter().rect_filled(rect, 0.0, theme::LINE);
    let inner = rect.shrink2(vec2(theme::MARGIN, 12.0));
    let rows = keys.rows();
    let height = (inner.height() - GAP * (rows.len() as f32 - 1.0)) / rows.len() as f32;
    let mut finished = false;
    for (index, row) in rows.iter().enumerate() {
        let top = inner.top() + index as f32 * (height + GAP);
        let mut line = Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), top + height));
        if index + 1 == rows.len() {
            let (rest, end) = line.split_left_right_at_x(line.right() - DONE_WIDTH);
            finished = widgets::button(ui, end, widgets::Look::Primary, None, done, true);
            let (rest, back) = rest.split_left_right_at_x(rest.right() - GAP - BACKSPACE_WIDTH);
            let back = back.with_max_x(back.right() - GAP);
            if widgets::icon_button(ui, back, icons::ICON_BACKSPACE, &texts.msg_backspace()) {
                press(ui, Key::Backspace);
            }
            line = rest.with_max_x(rest.right() - GAP);
            if keys == Keys::Search {
                let (rest, space) = line.split_left_right_at_x(line.right() - 160.0);
                if widgets::icon_button(ui, space, icons::ICON_SPACE_BAR, &texts.msg_space()) {
                    type_text(ui, " ");
                }
                line = rest.with_max_x(rest.right() - GAP);
            }
        }
        for (key, place) in row.chars().zip(widgets::columns(line, row.len(), GAP)) {
            let label = key.to_string();
            if widgets::button(ui, place, widgets::Look::Plain, None, &label, true) {
                type_text(ui, &label);
            }
        }
    }
    finished
}

fn type_text(ui: &Ui, text: &str) {
    ui.input_mut(|input| input.events.push(Event::Text(text.to_owned())));
}

fn press(ui: &Ui, key: Key) {
    let event = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    ui.input_mut(|input| input.events.push(event));
}
