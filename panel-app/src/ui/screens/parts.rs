//! What several screens show alike.

use egui::{Rect, Sense, Ui, Vec2, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};
use protocol::package::OptionKind;

use crate::core::{JobKind, OptionSummary};
use crate::ui::state::Cx;
use crate::ui::theme::{self, Tone};
use crate::ui::widgets;

const OPTION_LINE: f32 = 72.0;

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

/// Icon and name of an option in one line at the top of a layout.
pub(super) fn option_heading(ui: &mut Ui, cx: &Cx<'_>, option: &OptionSummary) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), OPTION_LINE), Sense::hover());
    option_line(ui, cx, rect, option);
}

/// Icon and name of an option in one line at the top of `rect`; returns what is below.
pub(super) fn option_line(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, option: &OptionSummary) -> Rect {
    let (line, below) = rect.split_top_bottom_at_y(rect.top() + OPTION_LINE);
    let (icon, tone) = kind_icon(option.kind);
    widgets::paint_disc(ui.painter(), pos2(line.left() + 32.0, line.center().y), icon, 64.0, tone);
    let text = Rect::from_min_max(pos2(line.left() + 82.0, line.center().y - 20.0), line.max);
    widgets::at(ui, text, |ui| {
        widgets::say_line(ui, theme::TITLE, theme::INK, cx.texts.pick(&option.name).as_str());
    });
    below
}

/// A card in the middle of the screen, as high as its content.
pub(super) fn middle_card(ui: &mut Ui, body: Rect, content: impl FnOnce(&mut Ui)) {
    const PADDING: Vec2 = vec2(40.0, 28.0);
    let width = 760.0_f32.min(body.width() - 2.0 * theme::MARGIN);
    let id = ui.next_auto_id().with("middle card");
    let known: Option<f32> = ui.data(|data| data.get_temp(id));
    let card = Rect::from_center_size(body.center(), vec2(width, known.unwrap_or_else(|| body.height() - 16.0)));
    widgets::paint_card(ui, card);
    let height = widgets::at(ui, card.shrink2(PADDING), |ui| {
        content(ui);
        ui.min_rect().height() + 2.0 * PADDING.y
    });
    if known.is_none_or(|known| (known - height).abs() > 0.5) {
        ui.data_mut(|data| data.insert_temp(id, height));
        ui.ctx().request_discard("a card is as high as its content");
    }
}

/// A card with a disc on the left and text beside it.
pub(super) fn disc_card(ui: &mut Ui, body: Rect, icon: MaterialIcon, tone: Tone, text: impl FnOnce(&mut Ui)) {
    const DISC: f32 = 88.0;
    middle_card(ui, body, |ui| {
        let top = ui.max_rect().left_top();
        widgets::paint_disc(ui.painter(), top + Vec2::splat(DISC / 2.0), icon, DISC, tone);
        let beside = ui.max_rect().with_min_x(top.x + DISC + 32.0);
        let height = widgets::at(ui, beside, |ui| {
            text(ui);
            ui.min_rect().height()
        });
        ui.allocate_space(vec2(ui.available_width(), height.max(DISC)));
    });
}

/// Somebody is waited for: the option, three moving dots and a sentence.
pub(super) fn waiting(ui: &mut Ui, cx: &Cx<'_>, body: Rect, option: &OptionSummary, text: &str) {
    middle_card(ui, body, |ui| {
        option_heading(ui, cx, option);
        let (dots, _) = ui.allocate_exact_size(vec2(ui.available_width(), 64.0), Sense::hover());
        widgets::paint_waiting(ui, dots.center());
        ui.vertical_centered(|ui| widgets::say(ui, theme::BODY, theme::INK_SOFT, text));
    });
}
