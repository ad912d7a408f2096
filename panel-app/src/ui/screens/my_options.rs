//! What is installed and what is left of it; what has ended, and why.

use egui::{Rect, Sense, Ui, pos2, vec2};
use egui_material_icons::icons;
use protocol::{Offer, UsageForm};

use super::parts;
use crate::core::{Command, EndReason, EndedOption, InstalledOption, LicenceNote, More, Place, Returning, Soon};
use crate::ui::chrome;
use crate::ui::reasons;
use crate::ui::state::Cx;
use crate::ui::theme::{self, Tone};
use crate::ui::widgets::{self, Look};

const ROW: f32 = 96.0;
/// A locked licence says why, and what to do.
const LOCKED_ROW: f32 = 156.0;
const ENDED_ROW: f32 = 68.0;
const REMOVE_WIDTH: f32 = 132.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, ended: &[EndedOption]) {
    let view = cx.view;
    let removing = view.installed.iter().find(|option| Some(option.licence) == cx.state.removing);
    if let Some(option) = removing {
        confirm_removal(ui, cx, area, option);
        return;
    }
    let below = chrome::header(ui, cx, area, &cx.texts.msg_my_options(), Some(Place::Home));
    if view.installed.is_empty() && ended.is_empty() {
        nothing(ui, cx, below.body);
        return;
    }
    let list = below.body.shrink2(vec2(theme::MARGIN, 0.0));
    widgets::scroll(ui, list, "options", |ui| {
        match view.returning {
            Returning::No => {}
            Returning::Asking(_) => {
                widgets::notice(ui, theme::BLUE, icons::ICON_INFO, &cx.texts.msg_my_returning());
            }
            Returning::Failed(failure) => {
                let reason = reasons::reason(cx.texts, failure);
                let text = format!("{} {}", reason.sentence, reason.advice);
                widgets::notice(ui, theme::WARN, icons::ICON_INFO, &text);
            }
        }
        if view.installed.is_empty() {
            widgets::say(ui, theme::BODY, theme::INK_SOFT, cx.texts.msg_my_empty());
        } else {
            widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, cx.texts.msg_my_installed());
        }
        for option in &view.installed {
            let height = if matches!(option.left, LicenceNote::Locked(_)) { LOCKED_ROW } else { ROW };
            let (rect, _) = ui.allocate_exact_size(vec2(list.width(), height), Sense::hover());
            match installed(ui, cx, rect, option) {
                Some(Wish::Remove) => cx.state.removing = Some(option.licence),
                Some(Wish::More) => cx.send(Command::OpenOffer(option.option.id.clone())),
                None => {}
            }
        }
        if !ended.is_empty() {
            ui.add_space(8.0);
            widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, cx.texts.msg_my_ended());
        }
        for option in ended {
            let (rect, _) = ui.allocate_exact_size(vec2(list.width(), ENDED_ROW), Sense::hover());
            over(ui, cx, rect, option);
        }
        ui.add_space(theme::MARGIN);
    });
}

fn nothing(ui: &mut Ui, cx: &mut Cx<'_>, body: Rect) {
    let mut open = false;
    parts::middle_card(ui, body, |ui| {
        ui.vertical_centered(|ui| widgets::say(ui, theme::BODY, theme::INK_SOFT, cx.texts.msg_my_empty()));
        ui.add_space(12.0);
        let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ACTION.y), Sense::hover());
        let button = Rect::from_center_size(line.center(), vec2(360.0, theme::ACTION.y));
        let icon = Some(icons::ICON_STOREFRONT);
        open = widgets::button(ui, button, Look::Primary, icon, &cx.texts.msg_my_to_store(), true);
    });
    if open {
        cx.send(Command::Go(Place::Store));
    }
}

fn tone(option: &InstalledOption) -> Tone {
    match option.left {
        LicenceNote::Locked(_) => theme::BAD,
        LicenceNote::Ending => theme::WARN,
        _ if option.soon.is_some() => theme::WARN,
        LicenceNote::Unlimited => theme::GOOD,
        LicenceNote::Uses(_) | LicenceNote::Time(_) | LicenceNote::TimeAndUses(..) | LicenceNote::Used(_) => {
            theme::BLUE
        }
    }
}

/// What the user wants with an installed option.
enum Wish {
    More,
    Remove,
}

fn installed(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, option: &InstalledOption) -> Option<Wish> {
    let texts = cx.texts;
    widgets::paint_card(ui, rect);
    let whole = rect;
    let rect = Rect::from_min_size(rect.min, vec2(rect.width(), ROW));
    if let LicenceNote::Locked(reason) = option.left {
        let reason = reasons::lock(texts, reason);
        let text = Rect::from_min_max(pos2(rect.left() + 96.0, rect.bottom() - 4.0), whole.max - vec2(18.0, 8.0));
        widgets::at(ui, text, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            widgets::say_line(ui, theme::SMALL_BOLD, theme::BAD.ink, reason.sentence);
            widgets::say_line(ui, theme::SMALL, theme::INK_SOFT, reason.advice);
        });
    }
    let (icon, icon_tone) = parts::kind_icon(option.option.kind);
    widgets::paint_disc(ui.painter(), pos2(rect.left() + 50.0, rect.center().y), icon, 60.0, icon_tone);
    let name = texts.pick(&option.option.name).as_str();
    let remove = Rect::from_min_max(
        pos2(rect.right() - 18.0 - REMOVE_WIDTH, rect.center().y - theme::BUTTON_HEIGHT / 2.0),
        pos2(rect.right() - 18.0, rect.center().y + theme::BUTTON_HEIGHT / 2.0),
    );
    let more = remove.translate(vec2(-REMOVE_WIDTH - 12.0, 0.0));
    let left_width = 260.0;
    let text = Rect::from_min_max(
        pos2(rect.left() + 96.0, rect.top() + 14.0),
        pos2(more.left() - left_width - 12.0, rect.bottom()),
    );
    widgets::at(ui, text, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        widgets::say_line(ui, theme::HEADING, theme::INK, name);
        let offer = Offer::new(option.form, option.price);
        let since = match (option.soon, option.form) {
            (Some(soon @ Soon::Contact(_)), _) => texts.soon(soon),
            (_, UsageForm::Metered) => texts.msg_my_since_metered(texts.date(option.since), texts.price(&offer)),
            _ => texts.msg_my_since(texts.date(option.since), option.price.to_string()),
        };
        let ink = if matches!(option.soon, Some(Soon::Contact(_))) { theme::WARN.ink } else { theme::INK_SOFT };
        widgets::say_line(ui, theme::SMALL, ink, since);
    });
    let badges = match option.left {
        LicenceNote::TimeAndUses(ms, uses) => vec![LicenceNote::Time(ms), LicenceNote::Uses(uses)],
        left => vec![left],
    };
    for (note, line) in badges.iter().zip(0_u8..) {
        let top = rect.center().y - 18.0 * badges.len() as f32 + 2.0 + 36.0 * f32::from(line);
        let badge = Rect::from_min_max(pos2(text.right() + 12.0, top), pos2(more.left(), rect.bottom()));
        widgets::at(ui, badge, |ui| widgets::badge(ui, None, &texts.left(*note), tone(option)));
    }
    let mut wish = None;
    if let Some(kind) = option.more {
        let (label, named) = match kind {
            More::TopUp => (texts.msg_my_top_up(), texts.msg_my_top_up_named(name)),
            More::Renew => (texts.msg_my_renew(), texts.msg_my_renew_named(name)),
        };
        let clicked = widgets::row_at(ui, more, (option.licence, "more"), |ui| {
            widgets::named_button(ui, more, Look::Plain, &label, &named)
        });
        wish = clicked.then_some(Wish::More);
    }
    let removes = widgets::row_at(ui, remove, option.licence, |ui| {
        widgets::named_button(ui, remove, Look::Danger, &texts.msg_remove(), &texts.msg_my_remove_named(name))
    });
    if removes { Some(Wish::Remove) } else { wish }
}

fn over(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, option: &EndedOption) {
    ui.painter().rect_filled(rect, theme::RADIUS, theme::NEUTRAL.ground);
    let icon = match option.reason {
        EndReason::UsedUp => icons::ICON_PIN,
        EndReason::PeriodOver => icons::ICON_SCHEDULE,
        EndReason::Removed => icons::ICON_DELETE,
        EndReason::Revoked => icons::ICON_BLOCK,
        EndReason::Replaced => icons::ICON_ALL_INCLUSIVE,
        EndReason::Returned => icons::ICON_UNDO,
        EndReason::Moved => icons::ICON_MOVE_DOWN,
    };
    widgets::paint_icon(ui.painter(), pos2(rect.left() + 50.0, rect.center().y), icon, 32.0, theme::INK_SOFT);
    let middle = rect.left() + rect.width() * 0.45;
    let line = theme::BODY.line_height();
    let place = |from: f32, to: f32| {
        Rect::from_min_max(pos2(from, rect.center().y - line / 2.0), pos2(to, rect.center().y + line / 2.0))
    };
    let name = format!("{} · {}", cx.texts.pick(&option.name).as_str(), cx.texts.form(option.form));
    widgets::at(ui, place(rect.left() + 96.0, middle - 12.0), |ui| {
        widgets::say_line(ui, theme::BODY, theme::INK_SOFT, name);
    });
    widgets::at(ui, place(middle, rect.right() - 18.0), |ui| {
        widgets::say_line(ui, theme::BODY, theme::INK_SOFT, cx.texts.ended(option.reason, option.ended_at));
    });
}

fn confirm_removal(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &InstalledOption) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_my_remove_title(), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    parts::middle_card(ui, body, |ui| {
        parts::option_heading(ui, cx, &option.option);
        ui.add_space(8.0);
        widgets::badge(ui, None, &texts.left(option.left), tone(option));
        ui.add_space(4.0);
        let name = texts.pick(&option.option.name).as_str();
        let text = match option.form {
            UsageForm::Metered => texts.msg_my_remove_text_metered(name),
            _ => texts.msg_my_remove_text(name),
        };
        widgets::say(ui, theme::BODY, theme::INK, text);
        if let Some(back) = option.returnable {
            ui.add_space(8.0);
            let text = texts.msg_my_return_text(texts.date(back.until), back.price.to_string());
            widgets::say(ui, theme::BODY, theme::INK, text);
        }
    });
    let keep = chrome::left_action(bar, 280.0);
    if widgets::button(ui, keep, Look::Plain, None, &texts.msg_my_remove_keep(), true) {
        cx.state.removing = None;
    }
    if let Some(back) = option.returnable {
        let middle = Rect::from_center_size(bar.center(), vec2(300.0, keep.height()));
        let (icon, label) = (Some(icons::ICON_UNDO), texts.msg_my_return());
        if widgets::button(ui, middle, Look::Primary, icon, &label, true) {
            cx.state.removing = None;
            cx.send(Command::Return(back.licence));
        }
    }
    let remove = chrome::right_action(bar, 280.0);
    let icon = Some(icons::ICON_DELETE);
    if widgets::button(ui, remove, Look::Danger, icon, &texts.msg_my_remove_confirm(), true) {
        cx.state.removing = None;
        cx.send(Command::Remove(option.licence));
    }
}
