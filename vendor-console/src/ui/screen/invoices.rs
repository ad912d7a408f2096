//! Invoices: made at once for a customer, or by the periodic settlement for all; looked at, and saved as a file.

mod document;

use eframe::egui::Ui;
use egui_material_icons::icons::ICON_RECEIPT_LONG;
use protocol::Yen;
use protocol::message::staff::{InvoiceRow, StaffReply, StaffRequest, Topic};
use protocol::staff_role::Action as Task;

use self::document::Document;
use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::form::{Action, Checks};
use crate::ui::list::List;
use crate::ui::picker::CustomerPicker;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{empty_ui, field_ui, labelled_ui, panel_head_ui, problem_ui, search_ui, weak_ui};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Invoices {
    list: List<InvoiceRow>,
    customer: CustomerPicker,
    panel: Option<Panel>,
}

enum Panel {
    Make(Box<Make>),
    Settle(Settle),
    Show(Box<Document>),
}

/// An invoice for one customer.
#[derive(Default)]
struct Make {
    customer: CustomerPicker,
    until: String,
    checks: Checks,
    action: Action,
}

/// Invoices for all customers who are settled monthly.
#[derive(Default)]
struct Settle {
    until: String,
    checks: Checks,
    action: Action,
}

/// What becomes of a panel after it was drawn.
enum Next {
    Stay,
    Close,
    Show(Box<Document>),
}

impl Invoices {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let customer = self.customer.id();
        let request = |query| StaffRequest::Invoices { query, customer };
        let take = |reply| if let StaffReply::Invoices(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, cx.generations.of(Topic::Charges), request, take);
        if let Some(panel) = &mut self.panel {
            let next = side_panel_ui(ui, "invoice", |ui| match panel {
                Panel::Make(make) => make_ui(ui, make, cx),
                Panel::Settle(settle) => settle_ui(ui, settle, cx),
                Panel::Show(document) => {
                    if document.panel_ui(ui, cx) {
                        Next::Close
                    } else {
                        Next::Stay
                    }
                }
            });
            match next {
                Next::Stay => {}
                Next::Close => self.panel = None,
                Next::Show(document) => self.panel = Some(Panel::Show(document)),
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let pager = |ui: &mut Ui| self.list.pager_ui(ui, words);
        head_ui(ui, &words.msg_nav_invoices(), pager, |ui| {
            if cx.primary_ui(ui, Task::CreateInvoice, true, &words.msg_invoice_new()).clicked() {
                self.panel = Some(Panel::Make(Box::default()));
            }
            if cx.button_ui(ui, Task::Settle, true, &words.msg_invoice_settle()).clicked() {
                let month = cx.backend.server_now().and_then(|now| words.month(now, 0));
                let until = month.map_or_else(String::new, |(first, _)| first);
                self.panel = Some(Panel::Settle(Settle { until, ..Settle::default() }));
            }
        });
        ui.horizontal_wrapped(|ui| {
            search_ui(ui, words, &mut self.list.search);
            let (label, anyone) = (words.msg_customer(), words.msg_customer_anyone());
            self.customer.ui(ui, cx, &label, &anyone, size::FILTER_WIDTH);
        });
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            let is_filtered = self.list.is_searching() || self.customer.id().is_some();
            let (title, advice) = match is_filtered {
                true => (words.msg_nothing_found(), words.msg_nothing_found_advice()),
                false => (words.msg_invoices_empty(), words.msg_invoices_empty_advice()),
            };
            empty_ui(ui, ICON_RECEIPT_LONG, &title, &advice);
            return;
        }
        let open = match &self.panel {
            Some(Panel::Show(document)) => Some(document.number()),
            _ => None,
        };
        let selected = rows.iter().position(|row| Some(row.number) == open);
        let clicked = table_ui(ui, "invoices", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(Panel::Show(Box::new(Document::new(row.number))));
        }
    }
}

fn heads(words: &Words) -> [Head; 7] {
    [
        Head::text(words.msg_invoice_number(), Width::Fixed(96.0)),
        Head::text(words.msg_invoice_customer(), Width::Rest(110.0)),
        Head::text(words.msg_invoice_period(), Width::Fixed(208.0)).secondary(),
        Head::number(words.msg_invoice_lines(), 76.0),
        Head::number(words.msg_invoice_credited(), 96.0).secondary(),
        Head::number(words.msg_invoice_total(), 104.0),
        Head::text(words.msg_invoice_issued(), Width::Fixed(size::TIME_WIDTH)).secondary(),
    ]
}

fn cells(row: &InvoiceRow, words: &Words) -> Vec<Cell> {
    vec![
        Cell::Open(row.number.to_string()),
        Cell::Text(row.customer.name.to_string()),
        Cell::Weak(format!("{} – {}", words.date(row.from), words.date(row.until))),
        Cell::Text(row.line_count.to_string()),
        if row.credited > Yen::ZERO { Cell::Text(row.credited.to_string()) } else { Cell::Weak("-".to_owned()) },
        Cell::Text(row.total.to_string()),
        Cell::Weak(words.time(row.issued_at)),
    ]
}

fn make_ui(ui: &mut Ui, make: &mut Make, cx: &mut Cx<'_>) -> Next {
    let words = cx.words;
    match make.action.poll() {
        Some(StaffReply::Invoice(document)) => {
            cx.toasts.good(words.msg_invoice_made(document.head.number.to_string()));
            return Next::Show(Box::new(Document::with(document)));
        }
        Some(_) => make.action.wrong_answer(),
        None => {}
    }
    let close = panel_head_ui(ui, words, &words.msg_invoice_new());
    weak_ui(ui, words.msg_invoice_new_advice());
    ui.add_space(size::GAP);
    if let Some(error) = make.action.error() {
        problem_ui(ui, words, error);
    }
    let customer = make.customer.id().ok_or_else(|| words.msg_error_customer());
    let until = words.day(&make.until);
    let error = make.checks.shown(&customer);
    labelled_ui(ui, &words.msg_invoice_customer(), error.as_deref(), |ui| {
        // Not the name of the filter of the same list.
        let (label, nobody) = (words.msg_customer_choose(), words.msg_customer_choose());
        let width = ui.available_width();
        make.customer.ui(ui, cx, &label, &nobody, width)
    });
    let error = make.checks.shown(&until);
    let hint = words.msg_invoice_until_hint();
    field_ui(ui, &words.msg_invoice_until(), &mut make.until, &hint, error.as_deref());
    if cx.primary_ui(ui, Task::CreateInvoice, !make.action.is_running(), &words.msg_invoice_make()).clicked() {
        make.checks.tried();
        if let (Ok(customer), Ok(until)) = (customer, until) {
            make.action.start(cx.backend, StaffRequest::CreateInvoice { customer, until });
        }
    }
    if close { Next::Close } else { Next::Stay }
}

fn settle_ui(ui: &mut Ui, settle: &mut Settle, cx: &mut Cx<'_>) -> Next {
    let words = cx.words;
    match settle.action.poll() {
        Some(StaffReply::Invoices(page)) => {
            cx.toasts.good(words.msg_invoice_settled(page.total));
            return Next::Close;
        }
        Some(_) => settle.action.wrong_answer(),
        None => {}
    }
    let close = panel_head_ui(ui, words, &words.msg_invoice_settle());
    weak_ui(ui, words.msg_invoice_settle_advice());
    ui.add_space(size::GAP);
    if let Some(error) = settle.action.error() {
        problem_ui(ui, words, error);
    }
    let until = words.day(&settle.until).and_then(|day| day.ok_or_else(|| words.msg_error_date()));
    let error = settle.checks.shown(&until);
    let hint = words.msg_charges_date_hint();
    field_ui(ui, &words.msg_invoice_settle_until(), &mut settle.until, &hint, error.as_deref());
    if cx.primary_ui(ui, Task::Settle, !settle.action.is_running(), &words.msg_invoice_settle_run()).clicked() {
        settle.checks.tried();
        if let Ok(until) = until {
            settle.action.start(cx.backend, StaffRequest::Settle { until });
        }
    }
    if close { Next::Close } else { Next::Stay }
}
