//! Language, the way to the server address, and what this machine is.

use egui::{Rect, Ui, pos2, vec2};
use egui_material_icons::icons;

use crate::core::{Command, Language, Place, WarnAt};
use crate::ui::chrome;
use crate::ui::state::Cx;
use crate::ui::texts;
use crate::ui::theme;
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect) {
    let below = chrome::header(ui, cx, area, &cx.texts.msg_settings(), Some(Place::Home));
    let body = below.body.shrink2(vec2(theme::MARGIN, 0.0));
    let half = widgets::columns(body.with_max_y(body.top() + 108.0), 2, theme::GAP);
    for (index, rect) in half.enumerate() {
        match index {
            0 => language(ui, cx, rect),
            _ => server(ui, cx, rect),
        }
    }
    let top = body.top() + 108.0 + theme::GAP;
    warnings(ui, cx, Rect::from_min_max(pos2(body.left(), top), pos2(body.right(), top + 98.0)));
    let top = top + 98.0 + theme::GAP;
    about(ui, cx, Rect::from_min_max(pos2(body.left(), top), body.max - vec2(0.0, 20.0)));
}

/// When to warn of what ends soon.
fn warnings(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let title = cx.texts.msg_settings_warn();
    widgets::at(ui, rect, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, title));
    let row = rect.with_min_y(rect.top() + 34.0);
    let warn = cx.view.warn;
    for (index, place) in widgets::columns(row, 2, theme::GAP).enumerate() {
        let texts = cx.texts;
        let (text, less, more) = if index == 0 {
            let uses = warn.uses;
            let text = if uses == 0 { texts.msg_settings_warn_no_uses() } else { texts.msg_settings_warn_uses(uses) };
            let more = (uses < WarnAt::USES_MAX).then(|| WarnAt { uses: uses + 1, ..warn });
            (text, uses.checked_sub(1).map(|uses| WarnAt { uses, ..warn }), more)
        } else {
            let days = warn.days;
            let text = if days == 0 { texts.msg_settings_warn_no_days() } else { texts.msg_settings_warn_days(days) };
            let more = (days < WarnAt::DAYS_MAX).then(|| WarnAt { days: days + 1, ..warn });
            (text, days.checked_sub(1).map(|days| WarnAt { days, ..warn }), more)
        };
        if let Some(chosen) = stepper(ui, cx, place, &text, less, more) {
            cx.send(Command::WarnAt(chosen));
        }
    }
}

/// A value between a minus and a plus; what was pressed, if anything.
fn stepper<T>(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, text: &str, less: Option<T>, more: Option<T>) -> Option<T> {
    widgets::paint_card(ui, rect);
    let side = rect.height();
    let minus = Rect::from_min_size(rect.min, vec2(side, side));
    let plus = Rect::from_min_size(pos2(rect.right() - side, rect.top()), vec2(side, side));
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, theme::INK, text, rect.width() - 2.0 * side - 8.0);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, theme::INK);
    let less_name = cx.texts.msg_settings_less(text);
    let more_name = cx.texts.msg_settings_more(text);
    let pressed_less = widgets::icon_button(ui, minus.shrink(6.0), icons::ICON_REMOVE, &less_name);
    let pressed_more = widgets::icon_button(ui, plus.shrink(6.0), icons::ICON_ADD, &more_name);
    match (pressed_less, pressed_more) {
        (true, _) => less,
        (_, true) => more,
        _ => None,
    }
}

fn language(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    widgets::at(ui, rect, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, cx.texts.msg_settings_language()));
    let row = rect.with_min_y(rect.top() + 34.0);
    for (language, place) in [Language::Ja, Language::En].into_iter().zip(widgets::columns(row, 2, theme::GAP)) {
        let selected = cx.texts.language() == language;
        let name = texts::own_name(language);
        let response = widgets::plate(ui, place, name, Some(selected));
        let ink = if selected { theme::ACCENT } else { theme::INK };
        let galley = widgets::lay_out(ui.painter(), theme::HEADING, ink, name, place.width(), 1);
        ui.painter().galley(place.center() - galley.size() / 2.0, galley, ink);
        if response.clicked() && !selected {
            cx.send(Command::SetLanguage(language));
        }
    }
}

fn server(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let title = cx.texts.msg_settings_server();
    widgets::at(ui, rect, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, title.as_str()));
    let row = rect.with_min_y(rect.top() + 34.0);
    let response = widgets::plate(ui, row, &title, None);
    let shown = cx.view.vendor.clone().unwrap_or_else(|| cx.texts.msg_settings_server_none());
    widgets::paint_icon(ui.painter(), pos2(row.left() + 36.0, row.center().y), icons::ICON_DNS, 32.0, theme::ACCENT);
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, theme::INK, &shown, row.width() - 120.0);
    ui.painter().galley(pos2(row.left() + 68.0, row.center().y - galley.size().y / 2.0), galley, theme::INK);
    let chevron = pos2(row.right() - 30.0, row.center().y);
    widgets::paint_icon(ui.painter(), chevron, icons::ICON_CHEVRON_RIGHT, 32.0, theme::INK_SOFT);
    widgets::tell(ui, &response, row.with_min_x(row.left() + 68.0), &shown);
    if response.clicked() {
        cx.send(Command::Go(Place::ServerAddress));
    }
}

fn about(ui: &mut Ui, cx: &Cx<'_>, rect: Rect) {
    let texts = cx.texts;
    let title_height = 34.0;
    widgets::at(ui, rect, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, texts.msg_settings_about()));
    let card = rect.with_min_y(rect.top() + title_height);
    widgets::paint_card(ui, card);
    let unset = || texts.msg_settings_unset();
    let facts = [
        (texts.msg_settings_product(), format!("{} {}", texts.msg_product(), env!("CARGO_PKG_VERSION"))),
        (texts.msg_settings_serial(), cx.view.serial.as_ref().map_or_else(unset, ToString::to_string)),
        (texts.msg_settings_customer(), cx.view.customer.as_ref().map_or_else(unset, ToString::to_string)),
        (texts.msg_settings_vendor(), cx.view.vendor.clone().unwrap_or_else(unset)),
        (texts.msg_settings_fingerprint(), cx.view.ca_fingerprint.as_deref().map_or_else(unset, texts::in_groups)),
    ];
    const NAME_WIDTH: f32 = 236.0;
    widgets::scroll(ui, card.shrink2(vec2(24.0, 14.0)), "about", |ui| {
        for (name, value) in facts {
            let place = ui.available_rect_before_wrap();
            widgets::at(ui, place.with_max_x(place.left() + NAME_WIDTH - 16.0), |ui| {
                widgets::say_line(ui, theme::BODY, theme::INK_SOFT, name);
            });
            let height = widgets::at(ui, place.with_min_x(place.left() + NAME_WIDTH), |ui| {
                widgets::say(ui, theme::BODY, theme::INK, value);
                ui.min_rect().height()
            });
            ui.allocate_space(vec2(place.width(), height + 6.0));
        }
    });
}
