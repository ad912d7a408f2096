//! Charges: the ledger by customer and period, with the sum of all that the filter finds.

mod credits;

use eframe::egui::{self, RichText, Ui};
use egui_material_icons::icons::ICON_PAYMENTS;
use protocol::Yen;
use protocol::message::staff::{ChargeFilter, ChargeRow, StaffReply, StaffRequest, Topic};

use self::credits::Credits;
use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::list::List;
use crate::ui::picker::CustomerPicker;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::{bold, palette, size};
use crate::ui::widgets::{button_ui, empty_ui, named, search_ui};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Charges {
    list: List<ChargeRow>,
    sum: std::cell::Cell<Option<Yen>>,
    customer: CustomerPicker,
    from: String,
    until: String,
    uninvoiced_only: bool,
    open: Option<Box<Credits>>,
}

impl Charges {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        // While a day is being typed, the last right one stands.
        let filter = ChargeFilter {
            customer: self.customer.id(),
            from: words.day(&self.from).unwrap_or_default(),
            until: words.day(&self.until).unwrap_or_default(),
            uninvoiced_only: self.uninvoiced_only,
        };
        let take = |reply| match reply {
            StaffReply::Charges { page, sum } => {
                self.sum.set(Some(sum));
                Some(page)
            }
            _ => None,
        };
        let request = |query| StaffRequest::Charges { query, filter };
        self.list.sync(cx.backend, cx.generations.of(Topic::Charges), request, take);
        if let Some(open) = &mut self.open {
            if let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.number == open.row.number) {
                open.row = fresh.clone();
            }
            if side_panel_ui(ui, "charge", |ui| open.panel_ui(ui, cx)) {
                self.open = None;
            }
        }
        page_ui(ui, |ui| self.page_ui(ui, cx));
    }

    fn page_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let pager = |ui: &mut Ui| self.list.pager_ui(ui, words);
        head_ui(ui, &words.msg_nav_charges(), pager, |ui| {
            if let Some(sum) = self.sum.get() {
                ui.label(RichText::new(sum.to_string()).font(bold(size::TEXT_TITLE)));
                ui.label(RichText::new(words.msg_charges_sum()).color(palette(ui).weak));
            }
        });
        self.filters_ui(ui, cx);
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            let is_filtered = self.list.is_searching()
                || self.customer.id().is_some()
                || self.uninvoiced_only
                || !(self.from.is_empty() && self.until.is_empty());
            let (title, advice) = match is_filtered {
                true => (words.msg_nothing_found(), words.msg_nothing_found_advice()),
                false => (words.msg_charges_empty(), words.msg_charges_empty_advice()),
            };
            empty_ui(ui, ICON_PAYMENTS, &title, &advice);
            return;
        }
        let open = self.open.as_ref().map(|open| open.row.number);
        let selected = rows.iter().position(|row| Some(row.number) == open);
        let clicked = table_ui(ui, "charges", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.open = Some(Box::new(Credits::new(row.clone())));
        }
    }

    fn filters_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let words = cx.words;
        ui.horizontal_wrapped(|ui| {
            search_ui(ui, words, &mut self.list.search);
            let (label, anyone) = (words.msg_customer(), words.msg_customer_anyone());
            self.customer.ui(ui, cx, &label, &anyone, size::FILTER_WIDTH);
            ui.checkbox(&mut self.uninvoiced_only, words.msg_charges_uninvoiced_only());
        });
        ui.add_space(size::GAP_SMALL);
        ui.horizontal_wrapped(|ui| {
            day_ui(ui, words, &words.msg_charges_from(), &mut self.from);
            day_ui(ui, words, &words.msg_charges_until(), &mut self.until);
            let now = cx.backend.server_now();
            let month = |months| now.and_then(|now| words.month(now, months));
            for (name, days) in [
                (words.msg_charges_this_month(), month(0)),
                (words.msg_charges_last_month(), month(-1)),
                (words.msg_charges_all_time(), Some((String::new(), String::new()))),
            ] {
                if button_ui(ui, days.is_some(), &name).clicked() {
                    (self.from, self.until) = days.unwrap_or_default();
                }
            }
        });
    }
}

/// A day as a filter: its name stands before it, and what is no day is marked.
fn day_ui(ui: &mut Ui, words: &Words, label: &str, typed: &mut String) {
    let p = palette(ui);
    ui.label(RichText::new(label).color(p.weak));
    let is_wrong = words.day(typed).is_err();
    let edit = egui::TextEdit::singleline(typed)
        .hint_text(words.msg_charges_date_hint())
        .desired_width(size::DATE_WIDTH)
        .char_limit(10)
        .min_size(egui::vec2(size::DATE_WIDTH, size::CONTROL_HEIGHT))
        .align(egui::Align2::LEFT_CENTER)
        .text_color_opt(is_wrong.then_some(p.bad));
    let response = ui.add(edit);
    named(&response, label);
    if is_wrong {
        response.on_hover_text(words.msg_error_date());
    }
}

pub(crate) fn heads(words: &Words) -> [Head; 8] {
    [
        Head::text(words.msg_charge_time(), Width::Fixed(size::TIME_WIDTH)),
        Head::text(words.msg_order_customer(), Width::Rest(120.0)),
        Head::text(words.msg_order_device(), Width::Rest(120.0)).secondary(),
        Head::text(words.msg_order_option(), Width::Rest(120.0)),
        Head::text(words.msg_charge_form(), Width::Fixed(120.0)).secondary(),
        Head::number(words.msg_charge_amount(), 100.0),
        Head::number(words.msg_charge_credited(), 100.0).secondary(),
        Head::text(words.msg_charge_invoice(), Width::Fixed(112.0)),
    ]
}

pub(crate) fn cells(row: &ChargeRow, words: &Words) -> Vec<Cell> {
    vec![
        Cell::Open(words.time(row.charged_at)),
        Cell::Text(row.customer.name.to_string()),
        Cell::Text(row.device.to_string()),
        Cell::Text(words.pick(&row.option_name).to_string()),
        Cell::Weak(words.charge_form(row)),
        Cell::Text(row.amount.to_string()),
        if row.credited > Yen::ZERO { Cell::Text(row.credited.to_string()) } else { Cell::Weak("-".to_owned()) },
        match row.invoice {
            Some(number) => Cell::Text(number.to_string()),
            None => Cell::Weak(words.msg_charges_open()),
        },
    ]
}
