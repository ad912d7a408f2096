//! What an option is and costs; OK starts the purchase (the seed's figures 5 and 11).

use egui::{Rect, Ui, pos2, vec2};
use egui_material_icons::icons;
use protocol::{Offer, UsageForm};

use super::parts;
use crate::core::{Command, JobKind, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::state::Cx;
use crate::ui::texts;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

const PRICES_WIDTH: f32 = 390.0;

pub(super) fn show(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    area: Rect,
    option: &OptionSummary,
    offers: &[Offer],
    wanted_by: Option<JobKind>,
) {
    let below = chrome::header(ui, cx, area, &cx.texts.msg_offer_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Confirm);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let mut body = body.shrink2(vec2(theme::MARGIN, 0.0));
    body.max.y -= 16.0;
    if let Some(job) = wanted_by {
        let (top, rest) = body.split_top_bottom_at_y(body.top() + 56.0);
        widgets::at(ui, top, |ui| widgets::notice(ui, theme::BLUE, icons::ICON_INFO, &wanted(cx, job)));
        body = rest.with_min_y(rest.top() + 12.0);
    }
    let again =
        cx.view.installed.iter().find_map(|row| row.more.filter(|_| row.option.id == option.id).zip(Some(row.left)));
    if let Some((more, note)) = again {
        let (top, rest) = body.split_top_bottom_at_y(body.top() + 56.0);
        let text = cx.texts.more_meaning(more, note);
        widgets::at(ui, top, |ui| widgets::notice(ui, theme::GOOD, icons::ICON_ADD_CIRCLE, &text));
        body = rest.with_min_y(rest.top() + 12.0);
    }
    let (left, right) = body.split_left_right_at_x(body.right() - PRICES_WIDTH);
    describe(ui, cx, left.with_max_x(left.right() - theme::GAP), option);
    prices(ui, cx, right, offers);

    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &cx.texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
    let ok = chrome::right_action(bar, theme::ACTION.x);
    let note = match offers {
        [only] if only.trial => cx.texts.msg_offer_note_trial(),
        [only] if only.form == UsageForm::Metered => cx.texts.msg_offer_note_metered(only.price.to_string()),
        [only] => cx.texts.msg_offer_note_single(only.price.to_string()),
        _ => cx.texts.msg_offer_note_choice(),
    };
    let between = Rect::from_min_max(pos2(cancel.right() + 20.0, bar.top()), pos2(ok.left() - 20.0, bar.bottom()));
    let galley = widgets::lay_out(ui.painter(), theme::SMALL, theme::INK_SOFT, &note, between.width(), 3);
    let top = between.center().y - galley.size().y / 2.0;
    widgets::at(ui, between.with_min_y(top), |ui| widgets::say(ui, theme::SMALL, theme::INK_SOFT, note));
    if widgets::button(ui, ok, Look::Primary, None, &cx.texts.msg_ok(), true) {
        cx.send(Command::Confirm);
    }
}

fn wanted(cx: &Cx<'_>, job: JobKind) -> String {
    match job {
        JobKind::Copy => cx.texts.msg_wanted_by_copy(),
        JobKind::Print => cx.texts.msg_wanted_by_print(),
        JobKind::Scan => cx.texts.msg_wanted_by_scan(),
        JobKind::Fax => cx.texts.msg_wanted_by_fax(),
    }
}

/// The same, where there is a choice of options.
pub(super) fn wanted_one_of(cx: &Cx<'_>, job: JobKind) -> String {
    match job {
        JobKind::Copy => cx.texts.msg_wanted_one_by_copy(),
        JobKind::Print => cx.texts.msg_wanted_one_by_print(),
        JobKind::Scan => cx.texts.msg_wanted_one_by_scan(),
        JobKind::Fax => cx.texts.msg_wanted_one_by_fax(),
    }
}

fn describe(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, option: &OptionSummary) {
    widgets::paint_card(ui, rect);
    let inner = rect.shrink2(vec2(24.0, 16.0));
    let below = parts::option_line(ui, cx, inner, option);
    widgets::scroll(ui, below.with_min_y(below.top() + 8.0), "description", |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            widgets::badge(ui, None, &cx.texts.kind(option.kind), theme::NEUTRAL);
            widgets::badge(ui, None, &cx.texts.msg_version(option.version.0), theme::NEUTRAL);
            let size = cx.texts.msg_download_size(texts::bytes(option.stored_bytes));
            widgets::badge(ui, None, &size, theme::NEUTRAL);
        });
        ui.add_space(6.0);
        widgets::say(ui, theme::BODY, theme::INK, cx.texts.pick(&option.description).as_str());
    });
}

fn prices(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, offers: &[Offer]) {
    widgets::paint_card(ui, rect);
    let inner = rect.shrink2(vec2(24.0, 16.0));
    widgets::at(ui, inner, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, cx.texts.msg_offer_prices()));
    widgets::scroll(ui, inner.with_min_y(inner.top() + 34.0), "prices", |ui| {
        for (index, offer) in offers.iter().enumerate() {
            if index > 0 {
                ui.add_space(2.0);
                ui.separator();
            }
            widgets::say(ui, theme::BODY, theme::INK_SOFT, cx.texts.form(offer.form));
            widgets::say(ui, theme::TITLE, theme::INK, cx.texts.price(offer));
        }
    });
}
