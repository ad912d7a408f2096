//! The offers of an option: up to eight rows of form, count and price.

use eframe::egui::{self, Ui};
use egui_material_icons::icons::ICON_DELETE;
use protocol::{Offer, OfferList, UsageForm};

use crate::ui::form::{self, Checks};
use crate::ui::theme::{palette, size};
use crate::ui::widgets::{button_ui, icon_button_ui, named, section_ui};
use crate::ui::words::Words;

pub(super) struct OfferEditor {
    rows: Vec<Row>,
}

struct Row {
    kind: FormKind,
    count: String,
    price: String,
    trial: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormKind {
    Permanent,
    Uses,
    Days,
    Metered,
}

impl FormKind {
    const ALL: [Self; 4] = [Self::Permanent, Self::Uses, Self::Days, Self::Metered];

    const fn has_count(self) -> bool {
        matches!(self, Self::Uses | Self::Days)
    }

    fn name(self, words: &Words) -> String {
        match self {
            Self::Permanent => words.msg_form_permanent(),
            Self::Uses => words.msg_form_kind_uses(),
            Self::Days => words.msg_form_kind_days(),
            Self::Metered => words.msg_form_metered(),
        }
    }
}

impl Default for OfferEditor {
    fn default() -> Self {
        Self { rows: vec![Row { kind: FormKind::Permanent, count: String::new(), price: String::new(), trial: false }] }
    }
}

impl OfferEditor {
    pub(super) fn new(offers: &OfferList) -> Self {
        let row = |offer: &Offer| {
            let (kind, count) = match offer.form {
                UsageForm::Permanent => (FormKind::Permanent, String::new()),
                UsageForm::Uses(count) => (FormKind::Uses, count.to_string()),
                UsageForm::Days(count) => (FormKind::Days, count.to_string()),
                UsageForm::Metered => (FormKind::Metered, String::new()),
            };
            Row { kind, count, price: offer.price.amount().to_string(), trial: offer.trial }
        };
        Self { rows: offers.iter().map(row).collect() }
    }

    /// Draws the editor; the offers, if all are right.
    pub(super) fn ui(&mut self, ui: &mut Ui, checks: &Checks, words: &Words) -> Option<OfferList> {
        section_ui(ui, &words.msg_option_offers());
        let mut removed = None;
        let mut offers = Vec::new();
        let mut is_complete = true;
        for (i, row) in self.rows.iter_mut().enumerate() {
            let parsed = parse(row, words);
            if row_ui(ui, row, i + 1, words) {
                removed = Some(i);
            }
            if let Some(error) = checks.shown(&parsed) {
                error_ui(ui, &error);
            }
            match parsed {
                Ok(offer) => offers.push(offer),
                Err(_) => is_complete = false,
            }
        }
        if let Some(i) = removed {
            self.rows.remove(i);
        }
        if button_ui(ui, self.rows.len() < OfferList::MAX, &words.msg_offer_add()).clicked() {
            self.rows.push(Row { kind: FormKind::Uses, count: "10".to_owned(), price: String::new(), trial: false });
        }
        if !is_complete {
            return None;
        }
        let list = OfferList::new(offers).map_err(|error| words.offers_error(error));
        if let Some(error) = checks.shown(&list) {
            error_ui(ui, &error);
        }
        list.ok()
    }
}

fn error_ui(ui: &mut Ui, error: &str) {
    let text = egui::RichText::new(error).size(size::TEXT_SMALL).color(palette(ui).bad);
    ui.add(egui::Label::new(text).wrap());
}

fn parse(row: &Row, words: &Words) -> Result<Offer, String> {
    let form = match row.kind {
        FormKind::Permanent => UsageForm::Permanent,
        FormKind::Uses => form::count(&row.count)
            .and_then(|count| UsageForm::uses(count).ok())
            .ok_or_else(|| words.msg_error_uses())?,
        FormKind::Days => form::count(&row.count)
            .and_then(|count| UsageForm::days(count).ok())
            .ok_or_else(|| words.msg_error_days())?,
        FormKind::Metered => UsageForm::Metered,
    };
    let is_trial = row.trial && form.is_temporary();
    Ok(if is_trial { Offer::trial(form) } else { Offer::new(form, form::price(words, &row.price)?) })
}

/// True if the row is to be removed.
fn row_ui(ui: &mut Ui, row: &mut Row, number: usize, words: &Words) -> bool {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    ui.horizontal(|ui| {
        let combo =
            egui::ComboBox::from_id_salt(("offer", number)).width(104.0).truncate().selected_text(row.kind.name(words));
        let combo = combo.show_ui(ui, |ui| {
            for kind in FormKind::ALL {
                ui.selectable_value(&mut row.kind, kind, kind.name(words));
            }
        });
        named(&combo.response, &words.msg_offer_form(number));
        let field = |text| {
            egui::TextEdit::singleline(text)
                .align(egui::Align2::RIGHT_CENTER)
                .min_size(egui::vec2(0.0, size::CONTROL_HEIGHT))
                .char_limit(20)
        };
        if row.kind.has_count() {
            let count = ui.add(field(&mut row.count).desired_width(48.0));
            named(&count, &words.msg_offer_count(number));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let remove = icon_button_ui(ui, ICON_DELETE, &words.msg_offer_remove(number)).clicked();
            if row.kind.has_count() {
                let trial = ui.checkbox(&mut row.trial, words.msg_offer_trial());
                named(&trial, &words.msg_offer_trial_named(number));
            }
            if !row.trial || !row.kind.has_count() {
                let unit =
                    if row.kind == FormKind::Metered { words.msg_offer_yen_each() } else { words.msg_offer_yen() };
                ui.label(unit);
                let price = ui.add(field(&mut row.price).desired_width(84.0));
                named(&price, &words.msg_offer_price(number));
            }
            remove
        })
        .inner
    })
    .inner
}
