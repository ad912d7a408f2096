//! The choice is on its way to the vendor: nothing to do but wait.

use egui::{Rect, Ui};
use protocol::Offer;

use crate::core::OptionSummary;
use crate::ui::chrome::{self, Step};
use crate::ui::state::Cx;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &OptionSummary, offer: &Offer) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_buying_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Buy);
    let text = format!("{} · {}\n{}", texts.form(offer.form), texts.price(offer), texts.msg_buying_text());
    super::parts::waiting(ui, cx, below.body, option, &text);
}
