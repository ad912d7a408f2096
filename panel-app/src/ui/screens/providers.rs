//! Several options do what a job needs: the user chooses one, whose offer is shown next.

use egui::{Rect, Ui, vec2};
use egui_material_icons::icons;
use protocol::package::Feature;

use super::{offer, store};
use crate::core::{Command, JobKind, StoreRow};
use crate::ui::chrome;
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, feature: &Feature, wanted_by: JobKind, rows: &[StoreRow]) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_providers_title(texts.feature(feature)), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let body = body.shrink2(vec2(theme::MARGIN, 0.0)).with_max_y(body.bottom() - 12.0);
    let (top, rest) = body.split_top_bottom_at_y(body.top() + 56.0);
    widgets::at(ui, top, |ui| widgets::notice(ui, theme::BLUE, icons::ICON_INFO, &offer::wanted_one_of(cx, wanted_by)));
    let cards = rest.with_min_y(rest.top() + 12.0).expand2(vec2(theme::MARGIN, 0.0));
    store::cards_of(ui, cx, cards, &rows.iter().collect::<Vec<_>>());
    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
}
