//! What surrounds every screen: the status bar, the header with the way back, the bar with the answers.

use egui::accesskit::Role;
use egui::{Align, Layout, Rect, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use egui_material_icons::icons;

use super::screens::jobs;
use super::state::Cx;
use super::theme;
use super::widgets::{self, Look};
use crate::core::{Command, LinkState, Place};

/// Draws the status bar; what is left of the screen is returned.
pub(super) fn status_bar(ui: &mut Ui, cx: &mut Cx<'_>) -> Rect {
    let (bar, rest) = ui.max_rect().split_top_bottom_at_y(ui.max_rect().top() + theme::STATUS_BAR);
    ui.painter().rect_filled(bar, 0.0, theme::BAR);
    let inner = bar.shrink2(vec2(theme::MARGIN, 0.0));
    let texts = cx.texts;
    let right = Layout::right_to_left(Align::Center);
    let used = ui.scope_builder(UiBuilder::new().max_rect(inner).layout(right), |ui| {
        ui.spacing_mut().item_spacing.x = 22.0;
        widgets::say_line(ui, theme::BODY_BOLD, theme::BAR_INK, texts.clock(cx.view.now));
        link(ui, cx);
        if cx.view.clock_in_doubt {
            widgets::say_line(ui, theme::SMALL, theme::BAR_WARN, texts.msg_status_clock_in_doubt());
        } else if let Some(serial) = &cx.view.serial {
            widgets::say_line(ui, theme::SMALL, theme::BAR_SOFT, texts.msg_status_serial(serial.as_str()));
        }
        ui.min_rect().left()
    });
    let mut left = inner;
    left.max.x = used.inner - 24.0;
    ui.scope_builder(UiBuilder::new().max_rect(left).layout(Layout::left_to_right(Align::Center)), |ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        widgets::say_line(ui, theme::BODY_BOLD, theme::BAR_INK, texts.msg_product());
        if let Some(text) = jobs::in_short(cx).filter(|_| ui.available_width() >= theme::TARGET_MIN) {
            let galley = widgets::lay_out(ui.painter(), theme::SMALL_BOLD, theme::BAR_INK, &text, 260.0, 1);
            let full = galley.size().x + 46.0;
            let says = full <= ui.available_width();
            let size = vec2(if says { full } else { theme::TARGET_MIN }, theme::STATUS_BAR);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            let touched = widgets::touch(ui, rect, &text, true).clicked();
            widgets::paint_icon(
                ui.painter(),
                pos2(rect.left() + 18.0, rect.center().y),
                jobs::ICON,
                24.0,
                theme::BAR_INK,
            );
            if says {
                let place = pos2(rect.left() + 36.0, rect.center().y - galley.size().y / 2.0);
                ui.painter().galley(place, galley, theme::BAR_INK);
            }
            if touched {
                cx.send(Command::Go(Place::Jobs));
            }
        }
        // A few characters of a name are worse than none.
        let has_room = ui.available_width() > 120.0;
        if let Some(customer) = cx.view.customer.as_ref().filter(|_| has_room) {
            widgets::say_line(ui, theme::SMALL, theme::BAR_SOFT, customer.as_str());
        }
    });
    rest
}

fn link(ui: &mut Ui, cx: &Cx<'_>) {
    let (icon, color) = match cx.view.link {
        LinkState::Up => (icons::ICON_CLOUD_DONE, theme::BAR_GOOD),
        LinkState::Down => (icons::ICON_CLOUD_OFF, theme::BAR_WARN),
        LinkState::NotEnrolled => (icons::ICON_LINK_OFF, theme::BAR_WARN),
        LinkState::Unknown => (icons::ICON_CLOUD_QUEUE, theme::BAR_SOFT),
    };
    let text = cx.texts.link(cx.view.link);
    let galley = widgets::lay_out(ui.painter(), theme::SMALL, color, &text, f32::INFINITY, 1);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 32.0, theme::STATUS_BAR), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    widgets::paint_icon(ui.painter(), pos2(rect.left() + 12.0, rect.center().y), icon, 24.0, color);
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(rect.left() + 32.0, top), galley, color);
}

/// The parts of a screen below its title.
#[derive(Debug, Clone, Copy)]
pub(super) struct Below {
    /// Right of the title.
    pub(super) beside: Rect,
    /// Everything else, without a margin.
    pub(super) body: Rect,
}

/// Draws the title, with a way back if there is one.
pub(super) fn header(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, title: &str, back: Option<Place>) -> Below {
    let (head, body) = area.split_top_bottom_at_y(area.top() + theme::HEADER);
    let mut line = head.shrink2(vec2(theme::MARGIN, (theme::HEADER - theme::BUTTON_HEIGHT) / 2.0));
    if let Some(place) = back {
        let (button, rest) = line.split_left_right_at_x(line.left() + 124.0);
        if widgets::button(ui, button, Look::Plain, Some(icons::ICON_ARROW_BACK), &cx.texts.msg_back(), true) {
            cx.send(Command::Go(place));
        }
        line = rest;
        line.min.x += 20.0;
    }
    let painter = ui.painter();
    let galley = widgets::lay_out_fitting(painter, &[theme::TITLE, theme::HEADING], theme::INK, title, line.width());
    let rect = Rect::from_min_size(pos2(line.left(), line.center().y - galley.size().y / 2.0), galley.size());
    let response = ui.allocate_rect(rect, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    ui.painter().galley(rect.min, galley, theme::INK);
    line.min.x = rect.right() + 24.0;
    Below { beside: line, body }
}

/// The four steps of a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Confirm,
    Download,
    Buy,
    Done,
}

/// Draws how far the purchase has come, right-aligned.
pub(super) fn steps(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, now: Step) {
    let all = [
        (Step::Confirm, cx.texts.msg_step_confirm()),
        (Step::Download, cx.texts.msg_step_download()),
        (Step::Buy, cx.texts.msg_step_buy()),
        (Step::Done, cx.texts.msg_step_done()),
    ];
    let painter = ui.painter();
    let y = rect.center().y;
    let mut right = rect.right();
    for (index, (step, name)) in all.iter().enumerate().rev() {
        let (ink, kind) = match step.cmp(&now) {
            std::cmp::Ordering::Equal => (theme::ACCENT, theme::SMALL_BOLD),
            std::cmp::Ordering::Less => (theme::INK_SOFT, theme::SMALL),
            std::cmp::Ordering::Greater => (theme::INK_FAINT, theme::SMALL),
        };
        let galley = widgets::lay_out(painter, kind, ink, name, f32::INFINITY, 1);
        let left = right - galley.size().x;
        painter.galley(pos2(left, y - galley.size().y / 2.0), galley, ink);
        let dot = pos2(left - 16.0, y);
        if *step < now {
            widgets::paint_icon(painter, dot, icons::ICON_CHECK, 20.0, theme::GOOD.ink);
        } else if *step == now {
            painter.circle_filled(dot, 7.0, theme::ACCENT);
        } else {
            painter.circle_stroke(dot, 6.0, Stroke::new(2.0, theme::LINE_STRONG));
        }
        if index > 0 {
            painter.hline(dot.x - 36.0..=dot.x - 16.0, y, Stroke::new(2.0, theme::LINE_STRONG));
        }
        right = dot.x - 44.0;
    }
}

/// Draws the bar at the bottom; returns the body above it and the inside of the bar.
pub(super) fn action_bar(ui: &Ui, body: Rect) -> (Rect, Rect) {
    let (rest, bar) = body.split_top_bottom_at_y(body.bottom() - theme::ACTION_BAR);
    ui.painter().rect_filled(bar, 0.0, theme::SURFACE);
    ui.painter().hline(bar.x_range(), bar.top(), theme::HAIRLINE);
    (rest, bar.shrink2(vec2(theme::MARGIN, (theme::ACTION_BAR - theme::ACTION.y) / 2.0)))
}

/// The place of the answer that goes on.
pub(super) fn right_action(bar: Rect, width: f32) -> Rect {
    Rect::from_min_max(pos2(bar.right() - width, bar.top()), bar.max)
}

/// The place of the answer that goes back.
pub(super) fn left_action(bar: Rect, width: f32) -> Rect {
    Rect::from_min_max(bar.min, pos2(bar.left() + width, bar.bottom()))
}
