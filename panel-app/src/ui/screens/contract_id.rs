//! The keypad for the contract user ID (the seed's figure 6). A number with a typing error cannot be sent.

use egui::accesskit::Role;
use egui::{Event, Key, Rect, Sense, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use egui_material_icons::icons;
use protocol::{ContractUserId, RefusalCode};

use super::parts;
use crate::core::{Command, Failure, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::reasons;
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

const KEYPAD_WIDTH: f32 = 372.0;
/// As printed on contracts: 123 456 7890.
const GROUPS: [usize; 3] = [3, 3, 4];

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &OptionSummary, refused: Option<RefusalCode>) {
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
    let typed = cx.state.contract.parse::<ContractUserId>();
    explain(ui, cx, left.with_max_x(left.right() - 24.0), option, refused, typed.is_ok());

    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &cx.texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
    let ok = chrome::right_action(bar, theme::ACTION.x);
    entered |= widgets::button(ui, ok, Look::Primary, None, &cx.texts.msg_ok(), typed.is_ok());
    if let (true, Ok(id)) = (entered, typed) {
        cx.send(Command::EnterContract(id));
    }
}

/// Digits typed or pasted with a real keyboard. True for Enter, unless it presses a button.
fn real_keys(ui: &Ui, digits: &mut String) -> bool {
    let on_a_button = ui.memory(|memory| memory.focused().is_some());
    ui.input(|input| {
        let mut entered = false;
        for event in &input.events {
            match event {
                Event::Text(text) | Event::Paste(text) => text.chars().for_each(|c| push(digits, c)),
                Event::Key { key: Key::Backspace, pressed: true, .. } => {
                    digits.pop();
                }
                Event::Key { key: Key::Enter, pressed: true, repeat: false, .. } => entered = !on_a_button,
                _ => {}
            }
        }
        entered
    })
}

fn push(digits: &mut String, key: char) {
    if key.is_ascii_digit() && digits.len() < ContractUserId::DIGITS {
        digits.push(key);
    }
}

fn explain(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, option: &OptionSummary, refused: Option<RefusalCode>, is_right: bool) {
    let below = parts::option_line(ui, cx, rect, option);
    let digits = &cx.state.contract;
    let mut area = below.with_min_y(below.top() + 8.0);
    area.min.y += widgets::at(ui, area, |ui| {
        widgets::say(ui, theme::BODY, theme::INK, cx.texts.msg_contract_prompt());
        ui.min_rect().height()
    }) + 14.0;
    let (boxes, rest) = area.split_top_bottom_at_y(area.top() + 68.0);
    digit_boxes(ui, cx, boxes, digits);
    widgets::at(ui, rest.with_min_y(rest.top() + 14.0), |ui| {
        let missing = ContractUserId::DIGITS - digits.len();
        if is_right && refused.is_none() {
            widgets::notice(ui, theme::GOOD, icons::ICON_CHECK_CIRCLE, &cx.texts.msg_contract_complete());
        } else if missing == 0 && !is_right {
            widgets::notice(ui, theme::BAD, icons::ICON_ERROR, &cx.texts.msg_contract_check_digit());
        } else if let Some(code) = refused {
            let reason = reasons::reason(cx.texts, Failure::Refused(code));
            widgets::notice(ui, theme::BAD, icons::ICON_ERROR, &format!("{}\n{}", reason.sentence, reason.advice));
        } else if missing < ContractUserId::DIGITS {
            widgets::say(ui, theme::BODY_BOLD, theme::INK_SOFT, cx.texts.msg_contract_missing(missing));
        } else {
            widgets::say(ui, theme::SMALL, theme::INK_SOFT, cx.texts.msg_contract_why());
        }
    });
}

/// One box a digit, in the groups of the contract.
fn digit_boxes(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, digits: &str) {
    let group_gap = 18.0;
    let gap = 5.0;
    let gaps = group_gap * 2.0 + gap * 7.0;
    let width = ((rect.width() - gaps) / ContractUserId::DIGITS as f32).floor();
    let response = ui.allocate_rect(rect, Sense::hover());
    let value = format!("{} {digits}", cx.texts.msg_contract_digits());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &value));
    let mut typed = digits.chars();
    let mut x = rect.left();
    let mut caret_drawn = false;
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
                        cx.state.contract.clear();
                    }
                }
                '<' => {
                    if widgets::icon_button(ui, place, icons::ICON_BACKSPACE, &cx.texts.msg_backspace()) {
                        cx.state.contract.pop();
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
