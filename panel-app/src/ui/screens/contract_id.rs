//! The keypad for the contract user ID (the seed's figure 6), and for the PIN that a contract may have. A number with a
//! typing error cannot be sent.

use egui::accesskit::Role;
use egui::{Event, Key, Rect, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_material_icons::icons;
use protocol::{ContractPin, ContractUserId, RefusalCode, Timestamp};

use super::parts;
use crate::core::{Command, Failure, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::reasons;
use crate::ui::state::{ContractFields, Cx};
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

const KEYPAD_WIDTH: f32 = 372.0;
/// As printed on contracts: 123 456 7890.
const GROUPS: [usize; 3] = [3, 3, 4];
const DIGITS_HEIGHT: f32 = 56.0;
const PIN_HEIGHT: f32 = 48.0;

/// What the vendor has said to the last entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) refused: Option<RefusalCode>,
    pub(super) blocked_until: Option<Timestamp>,
}

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &OptionSummary, said: Said) {
    let mut entered = real_keys(ui, &mut cx.state.contract);
    let below = chrome::header(ui, cx, area, &cx.texts.msg_contract_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Confirm);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let body = Rect::from_min_max(
        pos2(body.left() + theme::MARGIN, body.top()),
        pos2(body.right() - theme::MARGIN, body.bottom() - 16.0),
    );
    let (left, right) = body.split_left_right_at_x(body.right() - KEYPAD_WIDTH);
    keypad(ui, cx, right);
    fields(ui, cx, left.with_max_x(left.right() - 24.0), option, said);

    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &cx.texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
    let ok = chrome::right_action(bar, theme::ACTION.x);
    let command = command(&cx.state.contract).filter(|_| said.blocked_until.is_none());
    entered |= widgets::button(ui, ok, Look::Primary, None, &cx.texts.msg_ok(), command.is_some());
    if let (true, Some(command)) = (entered, command) {
        cx.send(command);
    }
}

/// What OK means; nothing as long as something is missing.
fn command(fields: &ContractFields) -> Option<Command> {
    let contract = fields.digits.parse::<ContractUserId>().ok()?;
    let pin = if fields.pin.is_empty() { None } else { Some(fields.pin.parse::<ContractPin>().ok()?) };
    Some(Command::EnterContract { contract, pin })
}

/// Digits typed or pasted with a real keyboard. True for Enter, unless it presses a button.
fn real_keys(ui: &Ui, fields: &mut ContractFields) -> bool {
    let on_a_button = ui.memory(|memory| memory.focused().is_some());
    ui.input(|input| {
        let mut entered = false;
        for event in &input.events {
            match event {
                Event::Text(text) | Event::Paste(text) => text.chars().for_each(|c| push(fields, c)),
                Event::Key { key: Key::Backspace, pressed: true, .. } => {
                    fields.focused().pop();
                }
                Event::Key { key: Key::Enter, pressed: true, repeat: false, .. } => entered = !on_a_button,
                _ => {}
            }
        }
        entered
    })
}

fn push(fields: &mut ContractFields, key: char) {
    let most = if fields.on_pin { ContractPin::DIGITS_MAX } else { ContractUserId::DIGITS };
    let digits = fields.focused();
    if key.is_ascii_digit() && digits.len() < most {
        digits.push(key);
    }
}

fn fields(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect, option: &OptionSummary, said: Said) {
    let mut area = parts::option_line(ui, cx, rect, option);
    area.min.y += widgets::at(ui, area, |ui| {
        widgets::say(ui, theme::BODY, theme::INK, cx.texts.msg_contract_prompt());
        ui.min_rect().height()
    }) + 8.0;
    let (boxes, rest) = area.split_top_bottom_at_y(area.top() + DIGITS_HEIGHT);
    digit_boxes(ui, cx, boxes);
    let (pin, rest) = rest.with_min_y(rest.top() + 10.0).split_top_bottom_at_y(rest.top() + 10.0 + PIN_HEIGHT);
    pin_field(ui, cx, pin);
    widgets::at(ui, rest.with_min_y(rest.top() + 12.0), |ui| explain(ui, cx, said));
}

fn explain(ui: &mut Ui, cx: &Cx<'_>, said: Said) {
    let (texts, fields) = (cx.texts, &cx.state.contract);
    let missing = ContractUserId::DIGITS - fields.digits.len();
    let is_right = fields.digits.parse::<ContractUserId>().is_ok();
    let is_pin_short = (1..ContractPin::DIGITS_MIN).contains(&fields.pin.len());
    if let Some(until) = said.blocked_until {
        let minutes = until.ms_since(cx.view.now).div_ceil(60_000).max(1);
        let text = texts.msg_contract_blocked(usize::try_from(minutes).unwrap_or(usize::MAX));
        widgets::notice(ui, theme::BAD, icons::ICON_TIMER, &text);
    } else if missing == 0 && !is_right {
        widgets::notice(ui, theme::BAD, icons::ICON_ERROR, &texts.msg_contract_check_digit());
    } else if is_pin_short {
        widgets::say(ui, theme::BODY_BOLD, theme::INK_SOFT, texts.msg_contract_pin_short());
    } else if let Some(code) = said.refused {
        let reason = reasons::reason(texts, Failure::Refused(code));
        widgets::notice(ui, theme::BAD, icons::ICON_ERROR, &format!("{}\n{}", reason.sentence, reason.advice));
    } else if is_right {
        widgets::notice(ui, theme::GOOD, icons::ICON_CHECK_CIRCLE, &texts.msg_contract_complete());
    } else if missing < ContractUserId::DIGITS {
        widgets::say(ui, theme::BODY_BOLD, theme::INK_SOFT, texts.msg_contract_missing(missing));
    } else {
        widgets::say(ui, theme::SMALL, theme::INK_SOFT, texts.msg_contract_why());
    }
}

/// One box a digit, in the groups of the contract. A touch makes the keypad fill them.
fn digit_boxes(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    let group_gap = 18.0;
    let gap = 5.0;
    let gaps = group_gap * 2.0 + gap * 7.0;
    let width = ((rect.width() - gaps) / ContractUserId::DIGITS as f32).floor();
    let response = ui.allocate_rect(rect, Sense::click());
    let fields = &mut cx.state.contract;
    fields.on_pin &= !response.clicked();
    let value = format!("{} {}", cx.texts.msg_contract_digits(), fields.digits.as_str());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &value));
    let mut typed = fields.digits.chars();
    let mut x = rect.left();
    let mut caret_drawn = fields.on_pin;
    for group in GROUPS {
        for _ in 0..group {
            let place = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height()));
            let digit = typed.next();
            let is_next = digit.is_none() && !caret_drawn;
            caret_drawn |= is_next;
            let stroke = if is_next { theme::SELECTED } else { theme::OUTLINE };
            ui.painter().rect(place, theme::RADIUS_SMALL, theme::SURFACE, stroke, StrokeKind::Inside);
            if let Some(digit) = digit {
                let galley = widgets::lay_out(ui.painter(), theme::TITLE, theme::INK, &digit.to_string(), width, 1);
                ui.painter().galley(place.center() - galley.size() / 2.0, galley, theme::INK);
            }
            x += width + gap;
        }
        x += group_gap - gap;
    }
}

/// The PIN as dots. A touch makes the keypad fill it.
fn pin_field(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    const DOT: f32 = 6.0;
    let response = ui.allocate_rect(rect, Sense::click());
    let fields = &mut cx.state.contract;
    fields.on_pin |= response.clicked();
    let typed = fields.pin.len();
    let label = cx.texts.msg_contract_pin();
    // Told by number: the digits themselves are nobody's business.
    let told = if typed == 0 { label.clone() } else { format!("{label} {}", "•".repeat(typed)) };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &told));
    let stroke = if fields.on_pin { theme::SELECTED } else { theme::OUTLINE };
    ui.painter().rect(rect, theme::RADIUS_SMALL, theme::SURFACE, stroke, StrokeKind::Inside);
    let dots = (DOT * 2.0 + 6.0) * ContractPin::DIGITS_MAX as f32;
    let room = rect.width() - dots - 48.0;
    let (kinds, ink) = ([theme::BODY, theme::SMALL, theme::FINE], theme::INK_SOFT);
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, ink, &label, room);
    ui.painter().galley(pos2(rect.left() + 16.0, rect.center().y - galley.size().y / 2.0), galley, ink);
    let mut x = rect.right() - 16.0 - dots + DOT;
    for _ in 0..typed {
        ui.painter().circle_filled(pos2(x, rect.center().y), DOT, theme::INK);
        x += DOT * 2.0 + 6.0;
    }
}

fn keypad(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect) {
    const KEYS: [[char; 3]; 4] = [['1', '2', '3'], ['4', '5', '6'], ['7', '8', '9'], ['C', '0', '<']];
    let gap = 10.0;
    let height = (rect.height() - gap * 3.0) / 4.0;
    for (row, keys) in KEYS.into_iter().enumerate() {
        let top = rect.top() + row as f32 * (height + gap);
        let line = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), height));
        for (key, place) in keys.into_iter().zip(widgets::columns(line, 3, gap)) {
            match key {
                'C' => {
                    if widgets::button(ui, place, Look::Plain, None, &cx.texts.msg_clear(), true) {
                        cx.state.contract.focused().clear();
                    }
                }
                '<' => {
                    if widgets::icon_button(ui, place, icons::ICON_BACKSPACE, &cx.texts.msg_backspace()) {
                        cx.state.contract.focused().pop();
                    }
                }
                digit => {
                    if digit_key(ui, place, digit) {
                        push(&mut cx.state.contract, digit);
                    }
                }
            }
        }
    }
}

fn digit_key(ui: &mut Ui, rect: Rect, digit: char) -> bool {
    let label = digit.to_string();
    let response = widgets::plate(ui, rect, &label, None);
    let galley = widgets::lay_out(ui.painter(), theme::TITLE, theme::INK, &label, rect.width(), 1);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, theme::INK);
    response.clicked()
}
