//! What several screens show alike.

use egui::{Rect, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};
use protocol::package::OptionKind;

use crate::core::{JobKind, OptionSummary};
use crate::ui::state::Cx;
use crate::ui::theme::{self, Tone};
use crate::ui::widgets;

pub(super) fn kind_icon(kind: OptionKind) -> (MaterialIcon, Tone) {
    match kind {
        OptionKind::Program => (icons::ICON_EXTENSION, theme::BLUE),
        OptionKind::FontPack => (icons::ICON_TEXT_FIELDS, theme::VIOLET),
    }
}

pub(super) fn job_icon(kind: JobKind) -> (MaterialIcon, Tone) {
    match kind {
        JobKind::Copy => (icons::ICON_CONTENT_COPY, theme::BLUE),
        JobKind::Print => (icons::ICON_PRINT, theme::TEAL),
        JobKind::Scan => (icons::ICON_DOCUMENT_SCANNER, theme::VIOLET),
        JobKind::Fax => (icons::ICON_FAX, theme::WARN),
    }
}

/// Icon and name of an option in one line at the top of `rect`; returns what is below.
pub(super) fn option_line(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, option: &OptionSummary) -> Rect {
    const HEIGHT: f32 = 72.0;
    let (line, below) = rect.split_top_bottom_at_y(rect.top() + HEIGHT);
    let (icon, tone) = kind_icon(option.kind);
    widgets::paint_disc(ui.painter(), pos2(line.left() + 32.0, line.center().y), icon, 64.0, tone);
    let text = Rect::from_min_max(pos2(line.left() + 82.0, line.center().y - 20.0), line.max);
    widgets::at(ui, text, |ui| {
        widgets::say_line(ui, theme::TITLE, theme::INK, cx.texts.pick(&option.name).as_str());
    });
    below
}

/// A card in the middle of the screen.
pub(super) fn middle_card(ui: &Ui, body: Rect, height: f32) -> Rect {
    let size = vec2(760.0_f32.min(body.width() - 2.0 * theme::MARGIN), height.min(body.height() - 16.0));
    let card = Rect::from_center_size(body.center(), size);
    widgets::paint_card(ui, card);
    card.shrink2(vec2(40.0, 28.0))
}

/// Somebody is waited for: the option, three moving dots and a sentence.
pub(super) fn waiting(ui: &mut Ui, cx: &Cx<'_>, body: Rect, option: &OptionSummary, text: &str) {
    let inner = middle_card(ui, body, 240.0);
    let below = option_line(ui, cx, inner, option);
    widgets::paint_waiting(ui, pos2(below.center().x, below.top() + 36.0));
    let text_area = below.with_min_y(below.top() + 72.0);
    widgets::at(ui, text_area, |ui| {
        ui.vertical_centered(|ui| widgets::say(ui, theme::BODY, theme::INK_SOFT, text));
    });
}
