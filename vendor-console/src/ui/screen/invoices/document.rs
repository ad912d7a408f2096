//! One invoice with its lines, and the way into a file.

use std::path::PathBuf;

use eframe::egui::{self, RichText, Ui};
use protocol::message::staff::{ChargeRow, InvoiceCredit, InvoiceDocument, StaffReply, StaffRequest};
use protocol::{InvoiceNumber, Yen};

use crate::ui::backend::Pending;
use crate::ui::files;
use crate::ui::form::Checks;
use crate::ui::list::Live;
use crate::ui::screen::Cx;
use crate::ui::theme::{bold, size};
use crate::ui::widgets::{
    amount_ui, divider_ui, field_ui, panel_head_ui, primary_ui, problem_ui, section_ui, value_ui,
};
use crate::ui::words::Words;

pub(super) struct Document {
    number: InvoiceNumber,
    /// An invoice never changes, so the one that was just made need not be asked for.
    made: Option<InvoiceDocument>,
    live: Live<InvoiceDocument>,
    path: String,
    checks: Checks,
    writing: Option<(PathBuf, Pending<std::io::Result<()>>)>,
}

impl Document {
    pub(super) fn new(number: InvoiceNumber) -> Self {
        let path = format!("{number}.csv");
        Self { number, made: None, live: Live::default(), path, checks: Checks::default(), writing: None }
    }

    pub(super) fn with(made: InvoiceDocument) -> Self {
        Self { made: Some(made), ..Self::new(InvoiceNumber(0)) }.renumbered()
    }

    fn renumbered(mut self) -> Self {
        if let Some(made) = &self.made {
            self.number = made.head.number;
            self.path = format!("{}.csv", self.number);
        }
        self
    }

    pub(super) const fn number(&self) -> InvoiceNumber {
        self.number
    }

    /// True if the panel is to be closed.
    pub(super) fn panel_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let words = cx.words;
        self.take_outcome(cx);
        let close = panel_head_ui(ui, words, &self.number.to_string());
        if self.made.is_none() {
            let take = |reply| if let StaffReply::Invoice(document) = reply { Some(document) } else { None };
            self.live.sync(cx.backend, StaffRequest::Invoice { number: self.number }, 0, take);
        }
        if let Some(error) = self.live.error() {
            problem_ui(ui, words, error);
        }
        let Some(document) = self.made.as_ref().or(self.live.value()) else { return close };
        let head = &document.head;
        value_ui(ui, &words.msg_invoice_customer(), &format!("{} {}", head.customer.id, head.customer.name));
        let period = format!("{} – {}", words.time(head.from), words.time(head.until));
        value_ui(ui, &words.msg_invoice_period(), &period);
        value_ui(ui, &words.msg_invoice_issued(), &words.time(head.issued_at));
        divider_ui(ui);
        for line in &document.lines {
            line_ui(ui, line, words);
        }
        for line in &document.credits {
            credit_ui(ui, line, words);
        }
        divider_ui(ui);
        ui.horizontal(|ui| {
            section_ui(ui, &words.msg_invoice_total());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(head.total.to_string()).font(bold(size::TEXT_SECTION)));
            });
        });
        if head.carried > Yen::ZERO {
            value_ui(ui, &words.msg_invoice_carried(), &head.carried.to_string());
        }
        divider_ui(ui);
        section_ui(ui, &words.msg_invoice_save_title());
        let path = match self.path.trim() {
            "" => Err(words.msg_error_file()),
            path => Ok(PathBuf::from(path)),
        };
        let error = self.checks.shown(&path);
        field_ui(ui, &words.msg_invoice_save_path(), &mut self.path, "", error.as_deref());
        if primary_ui(ui, self.writing.is_none(), &words.msg_invoice_save()).clicked() {
            self.checks.tried();
            if let Ok(path) = path {
                let content = files::invoice(document, words, &path.display().to_string());
                self.writing = Some((path.clone(), cx.backend.write_file(path, content)));
            }
        }
        close
    }

    fn take_outcome(&mut self, cx: &mut Cx<'_>) {
        let Some((path, writing)) = &mut self.writing else { return };
        let Some(outcome) = writing.poll() else { return };
        let path = std::path::absolute(&path).unwrap_or_else(|_| path.clone()).display().to_string();
        match outcome {
            Ok(()) => cx.toasts.good(cx.words.msg_invoice_saved(path)),
            Err(error) => cx.toasts.bad(cx.words.msg_invoice_save_failed(path, error.to_string())),
        }
        self.writing = None;
    }
}

fn line_ui(ui: &mut Ui, line: &ChargeRow, words: &Words) {
    let name = format!("{}, {}", words.pick(&line.option_name), words.charge_form(line));
    let small = format!("{}  {}", words.time(line.charged_at), line.device);
    amount_ui(ui, &name, &small, &line.amount.to_string());
}

fn credit_ui(ui: &mut Ui, line: &InvoiceCredit, words: &Words) {
    let small = words.msg_credit_of_charge(line.charge);
    amount_ui(ui, line.reason.as_str(), &small, &format!("-{}", line.amount));
}
