//! What can be set for an option: the controls are those that its program describes.

use egui::{Frame, Margin, Rect, Sense, TextEdit, Ui, pos2, vec2};
use egui_material_icons::icons;
use protocol::OptionId;

use crate::core::JobView;
use crate::program::{Control, Label, Setting};
use crate::ui::chrome;
use crate::ui::keyboard::{self, Keys};
use crate::ui::state::{Cx, Unfolded};
use crate::ui::texts::Texts;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

const ROW: f32 = 72.0;
const CONTROL: f32 = 420.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView, option: &OptionId) {
    let Some(row) = job.options.iter().find(|row| row.option.id == *option) else {
        cx.state.job.unfolded = Unfolded::Nothing;
        return;
    };
    let texts = cx.texts;
    let title = texts.msg_job_settings_of(texts.pick(&row.option.name).as_str());
    let below = chrome::header(ui, cx, area, &title, None);
    let list = if cx.state.job.typing.is_some() {
        let (rest, board) = below.body.split_top_bottom_at_y(below.body.bottom() - keyboard::HEIGHT);
        if keyboard::show(ui, board, Keys::Search, texts, &texts.msg_done()) {
            cx.state.job.typing = None;
        }
        rest
    } else {
        let (rest, bar) = chrome::action_bar(ui, below.body);
        let done = chrome::right_action(bar, theme::ACTION.x);
        if widgets::button(ui, done, Look::Primary, None, &texts.msg_done(), true) {
            cx.state.job.unfolded = Unfolded::Nothing;
        }
        rest.with_max_y(rest.bottom() - 12.0)
    };
    let list = list.shrink2(vec2(theme::MARGIN, 0.0));
    widgets::scroll(ui, list, "settings", |ui| {
        for setting in &row.settings {
            // While one is typed, the others would only be in the way.
            if cx.state.job.typing.as_ref().is_none_or(|typed| *typed == setting.id) {
                set(ui, cx, list.width(), option, setting);
            }
        }
    });
}

fn set(ui: &mut Ui, cx: &mut Cx<'_>, width: f32, option: &OptionId, setting: &Setting) {
    let texts = cx.texts;
    let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    widgets::paint_card(ui, rect);
    let label = pick(texts, &setting.label);
    let text = Rect::from_min_max(rect.min + vec2(20.0, 0.0), pos2(rect.right() - CONTROL - 12.0, rect.bottom()));
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, theme::INK, label, text.width());
    ui.painter().galley(pos2(text.left(), text.center().y - galley.size().y / 2.0), galley, theme::INK);
    let place = Rect::from_min_max(pos2(rect.right() - CONTROL, rect.top() + 8.0), rect.max - vec2(8.0, 8.0));
    let now = cx.state.job.value(option, setting);
    let next = widgets::row_at(ui, place, &setting.id, |ui| match &setting.control {
        Control::Toggle { .. } => toggle(ui, texts, place, label, now == "on"),
        Control::Choice { choices, .. } => {
            let at = now.parse::<usize>().unwrap_or(1).clamp(1, choices.len().max(1));
            let shown = choices.get(at - 1).map_or("", |choice| pick(texts, choice));
            let step = stepper(ui, texts, place, label, shown, at > 1, at < choices.len());
            step.map(|up| (if up { at + 1 } else { at - 1 }).to_string())
        }
        Control::Number { min, max, step, initial } => {
            let now = now.parse::<i32>().unwrap_or(*initial);
            let by = i32::try_from(*step).unwrap_or(i32::MAX);
            let (down, up) = (now.checked_sub(by), now.checked_add(by));
            let (down, up) = (down.filter(|n| n >= min), up.filter(|n| n <= max));
            let turned = stepper(ui, texts, place, label, &now.to_string(), down.is_some(), up.is_some());
            turned.and_then(|is_up| if is_up { up } else { down }).map(|number| number.to_string())
        }
        Control::Text { max_chars, .. } => {
            let mut text = now.clone();
            type_text(ui, cx, place, label, setting, &mut text, *max_chars as usize);
            (text != now).then_some(text)
        }
    });
    if let Some(value) = next {
        cx.state.job.set(option, &setting.id, value);
    }
}

fn pick<'a>(texts: &Texts, label: &'a Label) -> &'a str {
    match texts.language() {
        crate::core::Language::Ja => &label.ja,
        crate::core::Language::En => &label.en,
    }
}

fn toggle(ui: &mut Ui, texts: &Texts, place: Rect, label: &str, is_on: bool) -> Option<String> {
    let place = place.with_min_x(place.right() - 200.0);
    let response = widgets::plate(ui, place, label, Some(is_on));
    let state = if is_on { texts.msg_on() } else { texts.msg_off() };
    let icon = if is_on { icons::ICON_TOGGLE_ON } else { icons::ICON_TOGGLE_OFF };
    let color = if is_on { theme::ACCENT } else { theme::LINE_STRONG };
    widgets::paint_icon(ui.painter(), pos2(place.left() + 44.0, place.center().y), icon, 44.0, color);
    let galley = widgets::lay_out(ui.painter(), theme::BODY, theme::INK, &state, place.width() - 90.0, 1);
    let at = pos2(place.left() + 82.0, place.center().y - galley.size().y / 2.0);
    widgets::tell(ui, &response, Rect::from_min_size(at, galley.size()), &state);
    ui.painter().galley(at, galley, theme::INK);
    response.clicked().then(|| (if is_on { "off" } else { "on" }).to_owned())
}

/// Less, the value, more. True for more.
fn stepper(
    ui: &mut Ui,
    texts: &Texts,
    place: Rect,
    label: &str,
    value: &str,
    can_less: bool,
    can_more: bool,
) -> Option<bool> {
    let (less, rest) = place.split_left_right_at_x(place.left() + 64.0);
    let (middle, more) = rest.split_left_right_at_x(rest.right() - 64.0);
    let mut turned = None;
    for (rect, icon, name, enabled, up) in [
        (less, icons::ICON_REMOVE, texts.msg_setting_less(label), can_less, false),
        (more, icons::ICON_ADD, texts.msg_setting_more(label), can_more, true),
    ] {
        let response = widgets::touch(ui, rect, &name, enabled);
        let fill = if enabled { theme::SURFACE } else { theme::DISABLED };
        widgets::paint_plate(ui, rect, theme::RADIUS, fill, theme::OUTLINE, &response);
        let color = if enabled { theme::INK } else { theme::INK_FAINT };
        widgets::paint_icon(ui.painter(), rect.center(), icon, 28.0, color);
        if response.clicked() {
            turned = Some(up);
        }
    }
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, theme::INK, value, middle.width() - 16.0);
    let response = ui.allocate_rect(middle, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, value));
    ui.painter().galley(middle.center() - galley.size() / 2.0, galley, theme::INK);
    turned
}

fn type_text(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    place: Rect,
    label: &str,
    setting: &Setting,
    text: &mut String,
    max_chars: usize,
) {
    ui.painter().rect(place, theme::RADIUS_SMALL, theme::SURFACE, theme::OUTLINE, egui::StrokeKind::Inside);
    let edit = TextEdit::singleline(text)
        .id_salt(("setting", &setting.id))
        .font(theme::BODY.font())
        .frame(Frame::NONE.inner_margin(Margin::symmetric(12, 0)))
        .align(egui::Align2::LEFT_CENTER)
        .min_size(place.size())
        .char_limit(max_chars);
    let response = ui.put(place, edit).accessible_name(label);
    let typing = cx.state.job.typing.as_ref() == Some(&setting.id);
    if response.clicked() || response.gained_focus() {
        cx.state.job.typing = Some(setting.id.clone());
    }
    match (typing, response.has_focus()) {
        // Enter on a real keyboard ends the typing; otherwise the keys on the screen need a field to type into.
        (true, false) if response.lost_focus() => cx.state.job.typing = None,
        (true, false) => response.request_focus(),
        _ => {}
    }
}
