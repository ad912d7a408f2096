//! Bought and installed: option and price once more (the seed's figure 8), and what comes next.

use egui::{Rect, Sense, Ui, vec2};
use egui_material_icons::icons;
use protocol::{Offer, OrderId, UsageForm};

use super::parts;
use crate::core::{Command, JobKind, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

/// What was bought.
pub(super) struct Purchase<'a> {
    pub(super) option: &'a OptionSummary,
    pub(super) offer: &'a Offer,
    pub(super) order: OrderId,
    pub(super) wanted_by: Option<JobKind>,
}

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, purchase: &Purchase<'_>) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_done_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Done);
    let (body, bar) = chrome::action_bar(ui, below.body);
    parts::disc_card(ui, body, icons::ICON_CHECK_CIRCLE, theme::GOOD, |ui| {
        let name = texts.pick(&purchase.option.name).as_str();
        widgets::say(ui, theme::HEADING, theme::INK, texts.msg_done_text(name));
        ui.add_space(6.0);
        fact(ui, &texts.msg_done_form(), &texts.form(purchase.offer.form));
        fact(ui, &texts.msg_done_price(), &texts.price(purchase.offer));
        ui.add_space(6.0);
        let is_metered = purchase.offer.form == UsageForm::Metered;
        let next = if is_metered { texts.msg_done_next_metered() } else { texts.msg_done_next() };
        widgets::say(ui, theme::SMALL, theme::INK_SOFT, texts.form_meaning(purchase.offer.form));
        widgets::say(ui, theme::SMALL, theme::INK_SOFT, next);
        widgets::say(ui, theme::FINE, theme::INK_SOFT, texts.msg_done_order(purchase.order.to_string()));
    });
    let label = match purchase.wanted_by {
        None => texts.msg_close(),
        Some(JobKind::Copy) => texts.msg_done_back_copy(),
        Some(JobKind::Print) => texts.msg_done_back_print(),
        Some(JobKind::Scan) => texts.msg_done_back_scan(),
        Some(JobKind::Fax) => texts.msg_done_back_fax(),
    };
    if widgets::button(ui, chrome::right_action(bar, 280.0), Look::Primary, None, &label, true) {
        cx.send(Command::Dismiss);
    }
    let look = Look::Plain;
    if purchase.wanted_by.is_none()
        && widgets::button(ui, chrome::left_action(bar, 280.0), look, None, &texts.msg_my_options(), true)
    {
        cx.send(Command::Dismiss);
        cx.send(Command::Go(crate::core::Place::MyOptions));
    }
}

fn fact(ui: &mut Ui, name: &str, value: &str) {
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), theme::HEADING.line_height()), Sense::hover());
    let (left, right) = line.split_left_right_at_x(line.left() + 150.0);
    let left = left.with_min_y(left.top() + 2.0);
    widgets::at(ui, left, |ui| widgets::say_line(ui, theme::BODY, theme::INK_SOFT, name));
    widgets::at(ui, right, |ui| widgets::say_line(ui, theme::HEADING, theme::INK, value));
}
