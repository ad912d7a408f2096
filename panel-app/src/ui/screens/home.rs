//! The first screen: the four functions of the machine, and everything that can be added to it.

use egui::{Rect, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};

use super::parts;
use crate::core::{Command, JobKind, LinkState, Place};
use crate::ui::state::Cx;
use crate::ui::theme::{self, Tone};
use crate::ui::widgets::{self, Look};

const BETWEEN: f32 = 16.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect) {
    let mut body = area.shrink(theme::MARGIN);
    if cx.view.link == LinkState::NotEnrolled {
        let (top, rest) = body.split_top_bottom_at_y(body.top() + 80.0);
        register_hint(ui, cx, top);
        body = rest.with_min_y(rest.top() + BETWEEN);
    }
    if let Some((text, more)) = soon(cx) {
        let (top, rest) = body.split_top_bottom_at_y(body.top() + 64.0);
        if strip(ui, top, &text, more.as_deref()) {
            cx.send(Command::Go(Place::MyOptions));
        }
        body = rest.with_min_y(rest.top() + BETWEEN);
    }
    let (functions, rest) = body.split_top_bottom_at_y(body.top() + (body.height() * 0.6).round());
    let more = rest.with_min_y(rest.top() + BETWEEN);
    let kinds = [JobKind::Copy, JobKind::Print, JobKind::Scan, JobKind::Fax];
    for (kind, rect) in kinds.into_iter().zip(widgets::columns(functions, 4, BETWEEN)) {
        let (icon, tone) = parts::job_icon(kind);
        if function(ui, rect, icon, tone, &cx.texts.job(kind)) {
            cx.send(Command::Go(Place::Job(kind)));
        }
    }
    let quarters: Vec<Rect> = widgets::columns(more, 4, BETWEEN).collect();
    let [first, second, third, fourth] = quarters[..] else { return };
    let store_hint = cx.texts.msg_store_hint();
    if wide(ui, first.union(second), icons::ICON_STOREFRONT, &cx.texts.msg_store(), &store_hint) {
        cx.send(Command::Go(Place::Store));
    }
    let count = cx.texts.msg_my_options_hint(cx.view.installed.len());
    if narrow(ui, third, icons::ICON_APPS, &cx.texts.msg_my_options(), &count) {
        cx.send(Command::Go(Place::MyOptions));
    }
    if narrow(ui, fourth, icons::ICON_SETTINGS, &cx.texts.msg_settings(), "") {
        cx.send(Command::Go(Place::Settings));
    }
}

/// What ends or locks soon: the first of it, and how much more there is.
fn soon(cx: &Cx<'_>) -> Option<(String, Option<String>)> {
    let mut ending = cx.view.installed.iter().filter_map(|option| option.soon.map(|soon| (option, soon)));
    let (first, soon) = ending.next()?;
    let name = cx.texts.pick(&first.option.name).as_str();
    let more = ending.count();
    let more = (more > 0).then(|| cx.texts.msg_soon_more(more));
    Some((cx.texts.msg_soon_one(name, cx.texts.soon(soon)), more))
}

/// A line that warns and leads to my options.
fn strip(ui: &mut Ui, rect: Rect, text: &str, more: Option<&str>) -> bool {
    let response = widgets::touch(ui, rect, text, true);
    let painter = ui.painter();
    painter.rect_filled(rect, theme::RADIUS, theme::WARN.ground);
    widgets::paint_icon(painter, pos2(rect.left() + 36.0, rect.center().y), icons::ICON_WARNING, 32.0, theme::WARN.ink);
    let chevron = pos2(rect.right() - 30.0, rect.center().y);
    widgets::paint_icon(painter, chevron, icons::ICON_CHEVRON_RIGHT, 32.0, theme::WARN.ink);
    let left = rect.left() + 68.0;
    let more_width = more.map_or(0.0, |_| 150.0);
    let width = rect.right() - 56.0 - more_width - left;
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD];
    let galley = widgets::lay_out_fitting(painter, &kinds, theme::WARN.ink, text, width);
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, theme::WARN.ink);
    if let Some(more) = more {
        let galley = widgets::lay_out(painter, theme::SMALL, theme::WARN.ink, more, more_width, 1);
        let place = pos2(rect.right() - 56.0 - galley.size().x, rect.center().y - galley.size().y / 2.0);
        painter.galley(place, galley, theme::WARN.ink);
    }
    response.clicked()
}

fn register_hint(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    ui.painter().rect_filled(rect, theme::RADIUS, theme::WARN.ground);
    widgets::paint_icon(
        ui.painter(),
        pos2(rect.left() + 36.0, rect.center().y),
        icons::ICON_INFO,
        32.0,
        theme::WARN.ink,
    );
    let button = Rect::from_min_max(pos2(rect.right() - 192.0, rect.top() + 12.0), rect.max - vec2(12.0, 12.0));
    if widgets::button(ui, button, Look::Primary, None, &cx.texts.msg_home_register(), true) {
        cx.send(Command::Go(Place::ServerAddress));
    }
    let text =
        Rect::from_min_max(pos2(rect.left() + 68.0, rect.top() + 14.0), pos2(button.left() - 20.0, rect.bottom()));
    let galley = widgets::lay_out(
        ui.painter(),
        theme::SMALL,
        theme::WARN.ink,
        &cx.texts.msg_home_not_enrolled(),
        text.width(),
        2,
    );
    let text = Rect::from_min_max(pos2(text.left(), rect.center().y - galley.size().y / 2.0), text.max);
    widgets::at(ui, text, |ui| {
        widgets::say(ui, theme::SMALL, theme::WARN.ink, cx.texts.msg_home_not_enrolled());
    });
}

fn function(ui: &mut Ui, rect: Rect, icon: MaterialIcon, tone: Tone, name: &str) -> bool {
    let clicked = widgets::plate(ui, rect, name, None).clicked();
    let disc = 116.0_f32.min(rect.height() * 0.48);
    let center = rect.center();
    widgets::paint_disc(ui.painter(), pos2(center.x, center.y - 26.0), icon, disc, tone);
    let kinds = [theme::TITLE, theme::HEADING, theme::BODY_BOLD];
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, theme::INK, name, rect.width() - 24.0);
    let top = center.y - 26.0 + disc / 2.0 + 16.0;
    ui.painter().galley(pos2(center.x - galley.size().x / 2.0, top), galley, theme::INK);
    clicked
}

fn wide(ui: &mut Ui, rect: Rect, icon: MaterialIcon, name: &str, hint: &str) -> bool {
    let response = widgets::plate(ui, rect, name, None);
    widgets::tell(ui, &response, rect.shrink(16.0), hint);
    let painter = ui.painter();
    widgets::paint_disc(painter, pos2(rect.left() + 76.0, rect.center().y), icon, 88.0, theme::GOOD);
    let left = rect.left() + 140.0;
    let width = rect.right() - 20.0 - left;
    let title = widgets::lay_out_fitting(painter, &[theme::TITLE, theme::HEADING], theme::INK, name, width);
    let below = widgets::lay_out(painter, theme::BODY, theme::INK_SOFT, hint, width, 2);
    let top = rect.center().y - (title.size().y + below.size().y + 4.0) / 2.0;
    let title_height = title.size().y;
    painter.galley(pos2(left, top), title, theme::INK);
    painter.galley(pos2(left, top + title_height + 4.0), below, theme::INK_SOFT);
    response.clicked()
}

fn narrow(ui: &mut Ui, rect: Rect, icon: MaterialIcon, name: &str, hint: &str) -> bool {
    let response = widgets::plate(ui, rect, name, None);
    if !hint.is_empty() {
        widgets::tell(ui, &response, rect.shrink(16.0), hint);
    }
    let painter = ui.painter();
    let width = rect.width() - 32.0;
    let kinds = [theme::HEADING, theme::BODY_BOLD, theme::SMALL_BOLD];
    let title = widgets::lay_out_fitting(painter, &kinds, theme::INK, name, width);
    let below = widgets::lay_out(painter, theme::SMALL, theme::INK_SOFT, hint, width, 1);
    let hint_height = if hint.is_empty() { 0.0 } else { below.size().y };
    let mut y = rect.center().y - (52.0 + title.size().y + hint_height) / 2.0;
    widgets::paint_icon(painter, pos2(rect.center().x, y + 22.0), icon, 44.0, theme::ACCENT);
    y += 52.0;
    for galley in [title, below] {
        let size = galley.size();
        painter.galley(pos2(rect.center().x - size.x / 2.0, y), galley, theme::INK);
        y += size.y;
    }
    response.clicked()
}
