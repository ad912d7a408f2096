//! Permanent or temporary (the seed's figure 12): every choice is a button that says what it costs and means.

use egui::{Rect, Sense, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};
use protocol::{Offer, UsageForm};

use crate::core::{Command, OptionSummary};
use crate::ui::chrome::{self, Step};
use crate::ui::state::Cx;
use crate::ui::theme;
use crate::ui::widgets::{self, Look};

/// More than these do not fit beside each other.
const IN_A_ROW: usize = 3;
const PILL: f32 = 52.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, option: &OptionSummary, offers: &[Offer]) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_choose_title(), None);
    chrome::steps(ui, cx, below.beside, Step::Buy);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let mut body = body.shrink2(vec2(theme::MARGIN, 0.0));
    body.max.y -= 16.0;
    body.min.y += widgets::at(ui, body, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        widgets::say_line(ui, theme::BODY_BOLD, theme::INK, texts.pick(&option.name).as_str());
        let prompt = if offers.len() == 1 { texts.msg_choose_price_changed() } else { texts.msg_choose_prompt() };
        widgets::say_line(ui, theme::BODY, theme::INK_SOFT, prompt);
        ui.min_rect().height()
    }) + 12.0;
    let mut chosen = None;
    if offers.len() <= IN_A_ROW {
        for (offer, rect) in offers.iter().zip(widgets::columns(body, offers.len().max(1), theme::GAP)) {
            if choice(ui, cx, rect, offer) {
                chosen = Some(offer.form);
            }
        }
    } else {
        let height = body.height() - 24.0;
        widgets::scroll(ui, body, "choices", |ui| {
            for pair in offers.chunks(2) {
                let (line, _) = ui.allocate_exact_size(vec2(body.width(), height), Sense::hover());
                for (offer, rect) in pair.iter().zip(widgets::columns(line, 2, theme::GAP)) {
                    if choice(ui, cx, rect, offer) {
                        chosen = Some(offer.form);
                    }
                }
            }
        });
    }
    if let Some(form) = chosen {
        cx.send(Command::Choose(form));
    }
    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &texts.msg_cancel(), true) {
        cx.send(Command::Cancel);
    }
}

fn icon(form: UsageForm) -> MaterialIcon {
    match form {
        UsageForm::Permanent => icons::ICON_ALL_INCLUSIVE,
        UsageForm::Uses(_) => icons::ICON_PIN,
        UsageForm::Days(_) => icons::ICON_CALENDAR_MONTH,
        UsageForm::Metered => icons::ICON_SPEED,
    }
}

fn choice(ui: &mut Ui, cx: &Cx<'_>, rect: Rect, offer: &Offer) -> bool {
    let texts = cx.texts;
    let form = texts.form(offer.form);
    let response = widgets::plate(ui, rect, &format!("{form} {}", texts.price(offer)), None);
    let (caption, tone) = match offer.form {
        _ if offer.trial => (texts.msg_offer_trial(), theme::TEAL),
        UsageForm::Permanent => (texts.msg_choose_permanent(), theme::BLUE),
        UsageForm::Uses(_) | UsageForm::Days(_) => (texts.msg_choose_temporary(), theme::TEAL),
        UsageForm::Metered => (texts.msg_choose_metered(), theme::VIOLET),
    };
    let inner = rect.shrink2(vec2(20.0, 16.0));
    let painter = ui.painter().clone();
    widgets::paint_disc(&painter, pos2(inner.left() + 30.0, inner.top() + 30.0), icon(offer.form), 60.0, tone);
    let left = inner.left() + 74.0;
    let width = inner.right() - left;
    let small = widgets::lay_out(&painter, theme::SMALL_BOLD, tone.ink, &caption, width, 1);
    painter.galley(pos2(left, inner.top()), small, tone.ink);
    let large = widgets::lay_out_fitting(&painter, &[theme::HEADING, theme::BODY_BOLD], theme::INK, &form, width);
    painter.galley(pos2(left, inner.top() + 24.0), large, theme::INK);
    let meaning = texts.form_meaning(offer.form);
    let mut about = widgets::lay_out(&painter, theme::BODY, theme::INK_SOFT, &meaning, inner.width(), 4);
    if about.size().y > inner.height() - 76.0 - PILL || about.elided {
        about = widgets::lay_out(&painter, theme::SMALL, theme::INK_SOFT, &meaning, inner.width(), 5);
    }
    let place = Rect::from_min_size(pos2(inner.left(), inner.top() + 76.0), about.size());
    painter.galley(place.min, about, theme::INK_SOFT);
    widgets::tell(ui, &response, place, &meaning);
    let pill = inner.with_min_y(inner.bottom() - PILL);
    let fill = if response.is_pointer_button_down_on() { theme::ACCENT_PRESSED } else { theme::ACCENT };
    painter.rect_filled(pill, theme::RADIUS, fill);
    let label = match offer.form {
        _ if offer.trial => texts.msg_choose_try(),
        UsageForm::Metered => texts.price(offer),
        _ => texts.msg_choose_button(offer.price.to_string()),
    };
    let kinds = [theme::HEADING, theme::BODY_BOLD];
    let galley = widgets::lay_out_fitting(&painter, &kinds, theme::ON_ACCENT, &label, pill.width() - 16.0);
    painter.galley(pill.center() - galley.size() / 2.0, galley, theme::ON_ACCENT);
    response.clicked()
}
