//! The purchase is being checked by the vendor.

use egui::{Rect, Ui};

use crate::core::{Command, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &OptionSummary) {
    let below = chrome::header(ui, cx, area, &cx.texts.msg_requesting_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Confirm);
    let (body, bar) = chrome::action_bar(ui, below.body);
    super::parts::waiting(ui, cx, body, option, &cx.texts.msg_requesting_text());
    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &cx.texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
}
