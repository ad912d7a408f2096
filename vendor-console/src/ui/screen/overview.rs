//! The first page: how things stand, and the latest orders, live.

use eframe::egui::{self, RichText, Ui};
use egui_material_icons::icons::ICON_STOREFRONT;
use protocol::message::staff::{OrderRow, Overview as Figures, Page, Query, StaffReply, StaffRequest, Topic};

use super::orders::{self, TransferLook};
use super::{Cx, Go, Screen, head_ui, page_ui};
use crate::ui::list::Live;
use crate::ui::table::table_ui;
use crate::ui::theme::{bold, palette, size};
use crate::ui::widgets::{Tone, alarm_ui, button_ui, card, chip_ui, empty_ui, problem_ui, section_ui};
use crate::ui::words::Words;

const LATEST_ROWS: u16 = 20;

#[derive(Default)]
pub(crate) struct Overview {
    figures: Live<Figures>,
    latest: Live<Page<OrderRow>>,
    look: TransferLook,
}

impl Overview {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let every = [
            Topic::Customers,
            Topic::Devices,
            Topic::Options,
            Topic::Orders,
            Topic::Charges,
            Topic::Licences,
            Topic::Staff,
            Topic::Proposals,
        ];
        let take = |reply| if let StaffReply::Overview(figures) = reply { Some(figures) } else { None };
        self.figures.sync(cx.backend, StaffRequest::Overview, cx.generations.sum(&every), take);
        if self.look.is_due(ui, self.latest.value().map_or(&[], |page| &page.rows)) {
            self.latest.refresh();
        }
        let query = Query { search: None, offset: 0, limit: LATEST_ROWS };
        let request = StaffRequest::Orders { query, customer: None, open_only: false };
        let take = |reply| if let StaffReply::Orders(page) = reply { Some(page) } else { None };
        self.latest.sync(cx.backend, request, cx.generations.of(Topic::Orders), take);
        page_ui(ui, |ui| self.page_ui(ui, cx));
    }

    fn page_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        head_ui(ui, &words.msg_nav_overview(), |_| (), |_| ());
        if let Some(error) = self.figures.error().or(self.latest.error()) {
            problem_ui(ui, words, error);
        }
        if let Some(figures) = self.figures.value() {
            if figures.devices_cloned > 0 {
                let title = words.msg_overview_cloned(u32::try_from(figures.devices_cloned).unwrap_or(u32::MAX));
                alarm_ui(ui, title, words.msg_overview_cloned_advice(), None);
                if button_ui(ui, true, &words.msg_overview_cloned_show()).clicked() {
                    *cx.go = Some(Go::To(Screen::Devices));
                }
                ui.add_space(size::GAP);
            }
            alarms_ui(ui, cx, figures);
            notices_ui(ui, figures, cx);
            ending_ui(ui, figures, cx);
            figures_ui(ui, &figure_lines(figures, words));
        }
        ui.add_space(size::GAP_LARGE);
        let Some(page) = self.latest.value() else { return };
        if page.rows.is_empty() {
            start_ui(ui, cx);
            return;
        }
        ui.horizontal(|ui| {
            section_ui(ui, &words.msg_overview_live());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if button_ui(ui, true, &words.msg_overview_all_orders()).clicked() {
                    *cx.go = Some(Go::To(Screen::Orders));
                }
            });
        });
        ui.add_space(size::GAP_SMALL);
        let cells = |i: usize| orders::cells(&page.rows[i], words);
        let clicked = table_ui(ui, "latest", &orders::heads(words), page.rows.len(), None, cells);
        if let Some(row) = clicked.and_then(|i| page.rows.get(i)) {
            *cx.go = Some(Go::Order(Box::new(row.clone())));
        }
    }
}

fn figure_lines(figures: &Figures, words: &Words) -> [(String, String); 6] {
    [
        (words.msg_overview_customers(), figures.customers.to_string()),
        (words.msg_overview_devices(), figures.devices_enrolled.to_string()),
        (words.msg_overview_options(), figures.options_for_sale.to_string()),
        (words.msg_overview_orders_open(), figures.orders_open.to_string()),
        (words.msg_overview_uninvoiced(), figures.uninvoiced.to_string()),
        (words.msg_overview_charged(), figures.charged.to_string()),
    ]
}

fn figures_ui(ui: &mut Ui, lines: &[(String, String)]) {
    let gap = size::GAP;
    let per_row = if ui.available_width() > 860.0 { lines.len() } else { lines.len().div_ceil(2) };
    for row in lines.chunks(per_row) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            #[allow(clippy::cast_precision_loss)] // six cards
            let count = per_row as f32;
            let edges = f32::from(size::CARD_MARGIN) * 2.0 + 2.0;
            let width = (ui.available_width() - gap * (count - 1.0)) / count - edges;
            for (name, value) in row {
                card(ui).show(ui, |ui| {
                    ui.set_width(width);
                    ui.set_height(size::CARD_HEIGHT - f32::from(size::CARD_MARGIN));
                    ui.vertical(|ui| {
                        let colour = palette(ui).weak;
                        ui.label(RichText::new(name).size(size::TEXT_SMALL).color(colour));
                        ui.add(egui::Label::new(RichText::new(value).font(bold(size::TEXT_FIGURE))).truncate());
                    });
                });
            }
        });
        ui.add_space(size::GAP_SMALL);
    }
}

/// What somebody has to look at, in red, and the way there.
fn alarms_ui(ui: &mut Ui, cx: &mut Cx<'_>, figures: &Figures) {
    let words = cx.words;
    let not_erased =
        (figures.licences_not_erased > 0).then(|| words.msg_overview_not_erased(figures.licences_not_erased));
    let flagged = (figures.devices_flagged > 0).then(|| words.msg_overview_flagged(figures.devices_flagged));
    if not_erased.is_none() && flagged.is_none() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for text in [not_erased, flagged].into_iter().flatten() {
            chip_ui(ui, Tone::Bad, &text);
        }
        if button_ui(ui, true, &words.msg_overview_to_licences()).clicked() {
            *cx.go = Some(Go::To(Screen::Licences));
        }
    });
    ui.add_space(size::GAP_SMALL);
}

/// What staff should know before anything else.
fn notices_ui(ui: &mut Ui, figures: &Figures, cx: &mut Cx<'_>) {
    let words = cx.words;
    if !figures.rules.second_person {
        chip_ui(ui, Tone::Warn, &words.msg_rules_solo());
        ui.add_space(size::GAP_SMALL);
    }
    if figures.proposals_open > 0 {
        ui.horizontal(|ui| {
            chip_ui(ui, Tone::Warn, &words.msg_approvals_open(figures.proposals_open));
            if button_ui(ui, true, &words.msg_approvals_look()).clicked() {
                *cx.go = Some(Go::To(Screen::Approvals));
            }
        });
        ui.add_space(size::GAP_SMALL);
    }
}

/// What ends soon, so that somebody can call the customer before.
fn ending_ui(ui: &mut Ui, figures: &Figures, cx: &mut Cx<'_>) {
    if figures.licences_ending == 0 {
        return;
    }
    ui.horizontal(|ui| {
        chip_ui(ui, Tone::Warn, &cx.words.msg_overview_ending(figures.licences_ending));
        if button_ui(ui, true, &cx.words.msg_overview_ending_show()).clicked() {
            *cx.go = Some(Go::Ending);
        }
    });
    ui.add_space(size::GAP_SMALL);
}

/// What to do first in a new place.
fn start_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let words = cx.words;
    empty_ui(ui, ICON_STOREFRONT, &words.msg_overview_start_title(), &words.msg_overview_start_advice());
    ui.vertical_centered(|ui| {
        for (name, go) in [
            (words.msg_overview_start_customer(), Go::NewCustomer),
            (words.msg_overview_start_device(), Go::RegisterDevice),
            (words.msg_overview_start_option(), Go::NewOption),
        ] {
            let button = egui::Button::new(name).min_size(egui::vec2(size::STEP_WIDTH, size::CONTROL_HEIGHT));
            if ui.add(button).clicked() {
                *cx.go = Some(go);
            }
        }
    });
}
