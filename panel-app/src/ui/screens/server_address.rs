//! The vendor's address and enrolment: an overview of four fields, and one field at a time with the keyboard.

use egui::{Frame, Key, Margin, Rect, StrokeKind, TextEdit, Ui, pos2, vec2};
use egui_material_icons::icons;

use crate::core::{Command, Failure, LinkState, Place};
use crate::ui::chrome;
use crate::ui::keyboard::{self, Keys};
use crate::ui::reasons;
use crate::ui::state::{Cx, EnrolField, EnrolFields};
use crate::ui::texts::{self, Texts};
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

const ROW: f32 = 62.0;
const NAME_WIDTH: f32 = 220.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, busy: bool, failed: Option<Failure>) {
    if busy {
        cx.state.enrol.go_on(None);
    }
    match cx.state.enrol.open {
        Some(field) => edit(ui, cx, area, field),
        None => overview(ui, cx, area, busy, failed),
    }
}

fn overview(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, busy: bool, failed: Option<Failure>) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_server_title(), Some(Place::Settings));
    let (body, bar) = chrome::action_bar(ui, below.body);
    let mut body = body.shrink2(vec2(theme::MARGIN, 0.0));
    body.min.y += widgets::at(ui, body, |ui| {
        match failed {
            Some(failure) => {
                let reason = reasons::reason(texts, failure);
                let text = format!("{} {}", reason.sentence, reason.advice);
                widgets::notice(ui, theme::BAD, icons::ICON_ERROR, &text);
            }
            None if cx.view.link == LinkState::NotEnrolled => {
                widgets::say(ui, theme::BODY, theme::INK_SOFT, texts.msg_server_intro());
            }
            None => {
                widgets::say(ui, theme::BODY, theme::INK_SOFT, texts.msg_server_enrolled());
            }
        }
        ui.min_rect().height()
    }) + 10.0;
    for field in EnrolField::ALL {
        let (row, rest) = body.split_top_bottom_at_y(body.top() + ROW);
        if self::row(ui, cx, row, field, !busy) {
            cx.state.enrol.go_on(Some(field));
        }
        body = rest.with_min_y(rest.top() + 8.0);
    }
    let form = cx.state.enrol.form();
    let label = if busy { texts.msg_server_busy() } else { texts.msg_server_register() };
    let place = chrome::right_action(bar, 280.0);
    if widgets::button(ui, place, Look::Primary, None, &label, form.is_some() && !busy)
        && let Some(form) = form
    {
        cx.send(Command::Enrol(form));
    }
    if busy {
        widgets::paint_waiting(ui, pos2(place.left() - 80.0, place.center().y));
    }
    if let (Some(failure), false) = (failed, busy) {
        let code = texts.msg_failed_code(failure.code());
        let line = chrome::left_action(bar, 400.0);
        let line = line.with_min_y(line.center().y - theme::FINE.line_height() / 2.0);
        widgets::at(ui, line, |ui| widgets::say_line(ui, theme::FINE, theme::INK_SOFT, code));
    }
}

/// One field of the overview. True if it was touched.
fn row(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, field: EnrolField, enabled: bool) -> bool {
    let texts = cx.texts;
    let enrol = &cx.state.enrol;
    let name = name(texts, field);
    let response = ui.add_enabled_ui(enabled, |ui| widgets::plate(ui, rect, &name, None)).inner;
    let painter = ui.painter().clone();
    let left = rect.left() + 20.0;
    let galley = widgets::lay_out_fitting(&painter, &[theme::BODY, theme::SMALL], theme::INK_SOFT, &name, NAME_WIDTH);
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, theme::INK_SOFT);
    let value = enrol.value(field);
    let left = left + NAME_WIDTH + 16.0;
    let room = rect.right() - 64.0 - left;
    let fits = EnrolFields::fits(field, value);
    let (text, color) = if enrol.is_wrong(field) {
        (error(texts, field), theme::BAD.ink)
    } else if value.is_empty() {
        (texts.msg_server_empty(), theme::INK_FAINT)
    } else if fits && field == EnrolField::Fingerprint {
        (texts::in_groups(&value.replace([':', ' '], "")), theme::INK)
    } else {
        (value.to_owned(), theme::INK)
    };
    let mut galley = widgets::lay_out_fitting(&painter, &[theme::BODY_BOLD, theme::SMALL], color, &text, room);
    if galley.elided {
        galley = widgets::lay_out(&painter, theme::SMALL, color, &text, room, 2);
    }
    painter.galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, color);
    widgets::tell(ui, &response, Rect::from_min_size(pos2(left, rect.top()), vec2(room, ROW)), &text);
    let (icon, color) = if fits {
        (icons::ICON_CHECK_CIRCLE, theme::GOOD.ink)
    } else if enrol.is_wrong(field) {
        (icons::ICON_ERROR, theme::BAD.ink)
    } else {
        (icons::ICON_EDIT, theme::INK_SOFT)
    };
    widgets::paint_icon(&painter, pos2(rect.right() - 34.0, rect.center().y), icon, 28.0, color);
    response.clicked()
}

fn edit(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, field: EnrolField) {
    let texts = cx.texts;
    let title = name(texts, field);
    let below = chrome::header(ui, cx, area, &title, None);
    let (body, board) = below.body.split_top_bottom_at_y(below.body.bottom() - keyboard::HEIGHT);
    let close = chrome::right_action(below.beside, 160.0);
    if widgets::button(ui, close, Look::Plain, Some(icons::ICON_CHECK), &texts.msg_done(), true) {
        cx.state.enrol.go_on(None);
    }
    let next = field.next();
    let go_on = if next.is_some() { texts.msg_next() } else { texts.msg_ok() };
    let mut finished = keyboard::show(ui, board, keys(field), texts, &go_on);

    let body = body.shrink2(vec2(theme::MARGIN, 0.0));
    let (place, rest) = body.split_top_bottom_at_y(body.top() + 64.0);
    let value = cx.state.enrol.value_mut(field);
    ui.painter().rect(place, theme::RADIUS, theme::SURFACE, theme::SELECTED, StrokeKind::Inside);
    let clear = Rect::from_min_max(pos2(place.right() - place.height(), place.top()), place.max);
    if !value.is_empty() {
        let response = widgets::touch(ui, clear, &texts.msg_clear(), true);
        widgets::paint_icon(ui.painter(), clear.center(), icons::ICON_CLOSE, 28.0, theme::INK_SOFT);
        if response.clicked() {
            value.clear();
        }
    }
    let font = if field == EnrolField::Fingerprint { theme::SMALL } else { theme::HEADING };
    let inside = place.with_max_x(clear.left());
    let edit = TextEdit::singleline(value)
        .id_salt(title.as_str())
        .font(font.font())
        .frame(Frame::NONE.inner_margin(Margin::symmetric(18, 0)))
        .align(egui::Align2::LEFT_CENTER)
        .min_size(inside.size())
        .char_limit(128);
    let response = ui.put(inside, edit).accessible_name(title);
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        finished = true;
    } else if !response.has_focus() {
        response.request_focus();
    }
    if field == EnrolField::Serial && response.changed() {
        // Serial numbers have no small letters; a real keyboard does.
        value.make_ascii_uppercase();
    }
    let fits = EnrolFields::fits(field, value);
    widgets::at(ui, rest.with_min_y(rest.top() + 12.0), |ui| {
        if fits {
            widgets::notice(ui, theme::GOOD, icons::ICON_CHECK_CIRCLE, &help(texts, field));
        } else {
            widgets::notice(ui, theme::NEUTRAL, icons::ICON_INFO, &help(texts, field));
        }
    });
    if finished {
        cx.state.enrol.go_on(next);
    }
}

fn keys(field: EnrolField) -> Keys {
    match field {
        EnrolField::Vendor => Keys::Address,
        EnrolField::Fingerprint => Keys::Hex,
        EnrolField::Serial | EnrolField::Code => Keys::Capitals,
    }
}

fn name(texts: &Texts, field: EnrolField) -> String {
    match field {
        EnrolField::Vendor => texts.msg_server_vendor(),
        EnrolField::Fingerprint => texts.msg_server_fingerprint(),
        EnrolField::Serial => texts.msg_server_serial(),
        EnrolField::Code => texts.msg_server_code(),
    }
}

fn help(texts: &Texts, field: EnrolField) -> String {
    match field {
        EnrolField::Vendor => texts.msg_server_vendor_help(),
        EnrolField::Fingerprint => texts.msg_server_fingerprint_help(),
        EnrolField::Serial => texts.msg_server_serial_help(),
        EnrolField::Code => texts.msg_server_code_help(),
    }
}

fn error(texts: &Texts, field: EnrolField) -> String {
    match field {
        EnrolField::Vendor => texts.msg_server_vendor_error(),
        EnrolField::Fingerprint => texts.msg_server_fingerprint_error(),
        EnrolField::Serial => texts.msg_server_serial_error(),
        EnrolField::Code => texts.msg_server_code_error(),
    }
}
