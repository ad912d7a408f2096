//! The whole catalogue of the vendor as cards, with a search field.

use egui::{CornerRadius, Frame, Margin, Rect, Sense, TextEdit, Ui, pos2, vec2};
use egui_material_icons::icons;

use super::parts;
use crate::core::{Command, Failure, Place, Progress, StoreRow};
use crate::ui::chrome;
use crate::ui::keyboard::{self, Keys};
use crate::ui::reasons;
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

const CARD_HEIGHT: f32 = 148.0;
const SEARCH_MAX: usize = 100;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, catalogue: &Progress<Vec<StoreRow>>) {
    let below = chrome::header(ui, cx, area, &cx.texts.msg_store(), Some(Place::Home));
    let mut body = below.body;
    if cx.state.store.keyboard {
        let (rest, board) = body.split_top_bottom_at_y(body.bottom() - keyboard::HEIGHT);
        if keyboard::show(ui, board, Keys::Search, cx.texts, &cx.texts.msg_close()) {
            cx.state.store.keyboard = false;
        }
        body = rest;
    }
    let refresh =
        Rect::from_min_max(pos2(below.beside.right() - theme::BUTTON_HEIGHT, below.beside.top()), below.beside.max);
    if widgets::icon_button(ui, refresh, icons::ICON_REFRESH, &cx.texts.msg_store_refresh()) {
        cx.send(Command::Refresh);
    }
    let right = refresh.left() - theme::GAP;
    let left = below.beside.left().max(right - 420.0);
    search_field(ui, cx, Rect::from_x_y_ranges(left..=right, below.beside.y_range()));
    match catalogue {
        Progress::Loading => message(ui, body, &cx.texts.msg_store_loading(), true),
        Progress::Failed(failure) => {
            let reason = reasons::reason(cx.texts, *failure);
            message(ui, body, &format!("{}\n{}", reason.sentence, reason.advice), false);
            let button = Rect::from_center_size(pos2(body.center().x, body.center().y + 84.0), theme::ACTION);
            let (icon, label, command) = match failure {
                Failure::NotEnrolled => {
                    (icons::ICON_DNS, cx.texts.msg_home_register(), Command::Go(Place::ServerAddress))
                }
                _ => (icons::ICON_REFRESH, cx.texts.msg_try_again(), Command::Refresh),
            };
            if widgets::button(ui, button, Look::Primary, Some(icon), &label, true) {
                cx.send(command);
            }
        }
        Progress::Ready(rows) if rows.is_empty() => message(ui, body, &cx.texts.msg_store_empty(), false),
        Progress::Ready(rows) => cards(ui, cx, body, rows),
    }
}

fn search_field(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let search = &mut cx.state.store;
    let radius = CornerRadius::same(28);
    ui.painter().rect(rect, radius, theme::SURFACE, theme::OUTLINE, egui::StrokeKind::Inside);
    widgets::paint_icon(
        ui.painter(),
        pos2(rect.left() + 30.0, rect.center().y),
        icons::ICON_SEARCH,
        26.0,
        theme::INK_SOFT,
    );
    let clear = Rect::from_min_max(pos2(rect.right() - rect.height(), rect.top()), rect.max);
    let mut field = rect.with_min_x(rect.left() + 52.0);
    if !search.text.is_empty() {
        field.max.x = clear.left();
        let response = widgets::touch(ui, clear, &cx.texts.msg_clear(), true);
        widgets::paint_icon(ui.painter(), clear.center(), icons::ICON_CLOSE, 26.0, theme::INK_SOFT);
        if response.clicked() {
            search.text.clear();
        }
    }
    let edit = TextEdit::singleline(&mut search.text)
        .id_salt("search")
        .font(theme::BODY.font())
        .hint_text(theme::BODY.text(cx.texts.msg_store_search(), theme::INK_FAINT))
        .frame(Frame::NONE.inner_margin(Margin::symmetric(4, 0)))
        .align(egui::Align2::LEFT_CENTER)
        .min_size(field.size())
        .char_limit(SEARCH_MAX);
    let response = ui.put(field, edit).accessible_name(cx.texts.msg_store_search());
    if response.clicked() || response.gained_focus() {
        search.keyboard = true;
    }
    match (search.keyboard, response.has_focus()) {
        // Enter on a real keyboard ends the search; otherwise the keys on the screen need a field to type into.
        (true, false) if response.lost_focus() => search.keyboard = false,
        (true, false) => response.request_focus(),
        (false, true) => response.surrender_focus(),
        _ => {}
    }
}

fn message(ui: &mut Ui, body: Rect, text: &str, waiting: bool) {
    let area = Rect::from_center_size(body.center() - vec2(0.0, 20.0), vec2(body.width() - 200.0, 120.0));
    if waiting {
        widgets::paint_waiting(ui, pos2(area.center().x, area.top() - 10.0));
    }
    widgets::at(ui, area.with_min_y(area.top() + 24.0), |ui| {
        ui.vertical_centered(|ui| widgets::say(ui, theme::BODY, theme::INK_SOFT, text));
    });
}

fn cards(ui: &mut Ui, cx: &mut Cx<'_>, body: Rect, rows: &[StoreRow]) {
    let wanted = cx.state.store.text.trim().to_lowercase();
    let found: Vec<&StoreRow> = rows.iter().filter(|row| matches(row, &wanted)).collect();
    if found.is_empty() {
        message(ui, body, &cx.texts.msg_store_no_match(cx.state.store.text.trim()), false);
        return;
    }
    cards_of(ui, cx, body, &found);
}

/// These options as cards.
pub(super) fn cards_of(ui: &mut Ui, cx: &mut Cx<'_>, body: Rect, found: &[&StoreRow]) {
    let mut opened = None;
    let area = body.shrink2(vec2(theme::MARGIN, 0.0));
    widgets::scroll(ui, area, "catalogue", |ui| {
        let width = area.width();
        for pair in found.chunks(2) {
            let (line, _) = ui.allocate_exact_size(vec2(width, CARD_HEIGHT), Sense::hover());
            for (row, rect) in pair.iter().zip(widgets::columns(line, 2, theme::GAP)) {
                if card(ui, cx, rect, row) {
                    opened = Some(row.option.id.clone());
                }
            }
            ui.add_space(theme::GAP - ui.spacing().item_spacing.y);
        }
        ui.add_space(theme::MARGIN);
    });
    if let Some(option) = opened {
        cx.send(Command::OpenOffer(option));
    }
}

/// Whether the option is meant, in whatever language it was typed.
fn matches(row: &StoreRow, wanted: &str) -> bool {
    let option = &row.option;
    let texts = [
        option.name.ja.as_str(),
        option.name.en.as_str(),
        option.description.ja.as_str(),
        option.description.en.as_str(),
        option.id.as_str(),
    ];
    wanted.split_whitespace().all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
}

fn card(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, row: &StoreRow) -> bool {
    let texts = cx.texts;
    let name = texts.pick(&row.option.name).as_str();
    let response = widgets::plate(ui, rect, name, None);
    let (icon, tone) = parts::kind_icon(row.option.kind);
    let painter = ui.painter().clone();
    widgets::paint_disc(&painter, pos2(rect.left() + 50.0, rect.top() + 54.0), icon, 64.0, tone);
    let left = rect.left() + 98.0;
    let width = rect.right() - 20.0 - left;
    let kinds = [theme::HEADING, theme::BODY_BOLD, theme::SMALL_BOLD];
    let title = widgets::lay_out_fitting(&painter, &kinds, theme::INK, name, width);
    painter.galley(pos2(left, rect.top() + 14.0), title, theme::INK);
    let description = texts.pick(&row.option.description).as_str();
    let about = widgets::lay_out(&painter, theme::SMALL, theme::INK_SOFT, description, width, 2);
    painter.galley(pos2(left, rect.top() + 48.0), about, theme::INK_SOFT);
    let y = rect.bottom() - 26.0;
    let (icon, text, tone) = match row.installed {
        true => (Some(icons::ICON_CHECK_CIRCLE), texts.msg_installed(), theme::GOOD),
        false => (None, texts.kind(row.option.kind), theme::NEUTRAL),
    };
    let badge_end = widgets::paint_badge(&painter, pos2(left, y), icon, &text, tone);
    let badge = Rect::from_min_max(pos2(left, y - 16.0), pos2(badge_end, y + 16.0));
    widgets::tell(ui, &response, badge, &text);
    let price = texts.price_from(&row.offers);
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let room = rect.right() - 20.0 - (badge_end + 12.0);
    let galley = widgets::lay_out_fitting(&painter, &kinds, theme::ACCENT, &price, room);
    let place = pos2(rect.right() - 20.0 - galley.size().x, y - galley.size().y / 2.0);
    widgets::tell(ui, &response, Rect::from_min_size(place, galley.size()), &price);
    painter.galley(place, galley, theme::ACCENT);
    response.clicked()
}
