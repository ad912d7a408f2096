//! One charge with what was given back of it, and the form that gives back more.

use eframe::egui::Ui;
use protocol::Yen;
use protocol::message::staff::{ChargeRow, CreditRow, Page, Query, StaffReply, StaffRequest, Topic};
use protocol::staff_role::Action as Task;

use crate::ui::form::{self, Action, Checks};
use crate::ui::list::Live;
use crate::ui::screen::Cx;
use crate::ui::widgets::{amount_ui, divider_ui, field_ui, panel_head_ui, problem_ui, section_ui, value_ui, weak_ui};
use crate::ui::words::Words;

pub(super) struct Credits {
    pub(super) row: ChargeRow,
    credits: Live<Page<CreditRow>>,
    amount: String,
    reason: String,
    checks: Checks,
    issue: Action,
}

impl Credits {
    pub(super) fn new(row: ChargeRow) -> Self {
        Self {
            row,
            credits: Live::default(),
            amount: String::new(),
            reason: String::new(),
            checks: Checks::default(),
            issue: Action::default(),
        }
    }

    /// True if the panel is to be closed.
    pub(super) fn panel_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let words = cx.words;
        self.take_outcome(cx);
        let request = StaffRequest::Credits { query: Query::default(), customer: None, charge: Some(self.row.number) };
        let take = |reply| if let StaffReply::Credits(page) = reply { Some(page) } else { None };
        self.credits.sync(cx.backend, request, cx.generations.of(Topic::Charges), take);
        let row = &self.row;
        let close = panel_head_ui(ui, words, &format!("{} {}", words.msg_charge_number(), row.number));
        value_ui(ui, &words.msg_order_option(), words.pick(&row.option_name).as_str());
        value_ui(ui, &words.msg_charge_form(), &words.form(row.form));
        value_ui(ui, &words.msg_order_device(), row.device.as_str());
        value_ui(ui, &words.msg_order_customer(), &format!("{} {}", row.customer.id, row.customer.name));
        value_ui(ui, &words.msg_charge_time(), &words.time(row.charged_at));
        value_ui(ui, &words.msg_charge_amount(), &row.amount.to_string());
        value_ui(ui, &words.msg_charge_credited(), &row.credited.to_string());
        divider_ui(ui);
        section_ui(ui, &words.msg_credits_title());
        if let Some(error) = self.credits.error().or(self.issue.error()) {
            problem_ui(ui, words, error);
        }
        match self.credits.value() {
            Some(page) if page.rows.is_empty() => _ = weak_ui(ui, words.msg_credit_none()),
            Some(page) => page.rows.iter().for_each(|credit| credit_ui(ui, credit, words)),
            None => {}
        }
        divider_ui(ui);
        self.form_ui(ui, cx);
        close
    }

    fn form_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let words = cx.words;
        let left = self.row.amount.amount().saturating_sub(self.row.credited.amount());
        if let Ok(left) = Yen::new(left) {
            value_ui(ui, &words.msg_credit_left(), &left.to_string());
        }
        let amount = form::price(words, &self.amount);
        let reason = form::text(words, &self.reason);
        let error = self.checks.shown(&amount);
        field_ui(ui, &words.msg_credit_amount(), &mut self.amount, "", error.as_deref());
        let error = self.checks.shown(&reason);
        field_ui(ui, &words.msg_credit_reason(), &mut self.reason, "", error.as_deref());
        let can = left > 0 && !self.issue.is_running();
        if cx.primary_ui(ui, Task::Credit, can, &words.msg_credit_issue()).clicked() {
            self.checks.tried();
            if let (Ok(amount), Ok(reason)) = (amount, reason) {
                let request = StaffRequest::Credit { charge: self.row.number, amount, reason };
                self.issue.start(cx.backend, request);
            }
        }
    }

    fn take_outcome(&mut self, cx: &mut Cx<'_>) {
        let words = cx.words;
        match self.issue.poll() {
            Some(StaffReply::Credit(_)) => cx.toasts.good(words.msg_credit_issued()),
            Some(StaffReply::Proposal(_)) => cx.toasts.good(words.msg_waits_for_approval()),
            Some(_) => return self.issue.wrong_answer(),
            None => return,
        }
        self.amount.clear();
        self.reason.clear();
        self.checks = Checks::default();
    }
}

fn credit_ui(ui: &mut Ui, credit: &CreditRow, words: &Words) {
    let people = match (&credit.by, &credit.approved_by) {
        (Some(first), Some(second)) => format!("{first} + {second}"),
        (Some(one), None) | (None, Some(one)) => one.to_string(),
        (None, None) => words.msg_credit_by_return(),
    };
    let small = format!("{}  {people}", words.time(credit.issued_at));
    amount_ui(ui, credit.reason.as_str(), &small, &credit.amount.to_string());
}
