//! Not bought: why, and what the user can do (the seed's figure 9).

use egui::{Rect, Ui};
use egui_material_icons::icons;

use super::parts;
use crate::core::{Command, Failure, FailureAdvice, OptionSummary};
use crate::ui::chrome;
use crate::ui::reasons;
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

pub(super) fn show(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    area: Rect,
    option: Option<&OptionSummary>,
    failure: Failure,
    advice: FailureAdvice,
) {
    let texts = cx.texts;
    let title = if option.is_some() { texts.msg_failed_title() } else { texts.msg_failed_title_other() };
    let below = chrome::header(ui, cx, area, &title, None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let reason = reasons::reason(texts, failure);
    parts::disc_card(ui, body, icons::ICON_ERROR, theme::BAD, |ui| {
        if let Some(option) = option {
            widgets::say_line(ui, theme::HEADING, theme::INK, texts.pick(&option.name).as_str());
        }
        widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, texts.msg_failed_reason());
        widgets::say(ui, theme::BODY, theme::INK, reason.sentence);
        ui.add_space(4.0);
        widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, texts.msg_failed_advice());
        widgets::say(ui, theme::BODY, theme::INK, reason.advice);
        if advice == FailureAdvice::Continue {
            widgets::say(ui, theme::BODY, theme::GOOD.ink, texts.msg_failed_kept());
        }
        widgets::say(ui, theme::FINE, theme::INK_SOFT, texts.msg_failed_code(failure.code()));
    });
    let retry = match advice {
        FailureAdvice::Continue => Some(texts.msg_failed_continue()),
        FailureAdvice::StartAgain => Some(texts.msg_failed_start_again()),
        FailureAdvice::GiveUp => None,
    };
    if let Some(label) = &retry {
        let icon = Some(icons::ICON_REPLAY);
        if widgets::button(ui, chrome::right_action(bar, 300.0), Look::Primary, icon, label, true) {
            cx.send(Command::Retry);
        }
    }
    // Closing is the way forward only where nothing else is.
    let (place, look) = match retry {
        Some(_) => (chrome::left_action(bar, theme::ACTION.x), Look::Plain),
        None => (chrome::right_action(bar, theme::ACTION.x), Look::Primary),
    };
    if widgets::button(ui, place, look, None, &texts.msg_close(), true) {
        cx.send(Command::Dismiss);
    }
}
