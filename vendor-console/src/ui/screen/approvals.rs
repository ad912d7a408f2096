//! Approvals: what waits for a second person, and what that person says.

use eframe::egui::Ui;
use egui_material_icons::icons::ICON_HOW_TO_REG;
use protocol::message::staff::{Proposal, ProposalRow, StaffReply, StaffRequest, Topic, Verdict};

use super::{Cx, head_ui, package_ui, page_ui, side_panel_ui};
use crate::ui::form::{self, Action, Checks};
use crate::ui::list::List;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{
    Tone, chip_ui, divider_ui, empty_ui, field_ui, panel_head_ui, problem_ui, search_ui, value_ui, weak_ui,
};
use crate::ui::words::{Words, bytes};

#[derive(Default)]
pub(crate) struct Approvals {
    list: List<ProposalRow>,
    decided_too: bool,
    panel: Option<Panel>,
}

/// A proposal that is looked at.
struct Panel {
    row: ProposalRow,
    reason: String,
    checks: Checks,
    decide: Action,
}

impl Approvals {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let open_only = !self.decided_too;
        let request = |query| StaffRequest::Proposals { query, open_only };
        let take = |reply| if let StaffReply::Proposals(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, cx.generations.of(Topic::Proposals), request, take);
        if let Some(panel) = &mut self.panel {
            if let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.number == panel.row.number) {
                panel.row = fresh.clone();
            }
            if side_panel_ui(ui, "proposal", |ui| panel_ui(ui, panel, cx)) {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        head_ui(ui, &words.msg_nav_approvals(), |ui| self.list.pager_ui(ui, words), |_| ());
        ui.horizontal_wrapped(|ui| {
            search_ui(ui, words, &mut self.list.search);
            ui.checkbox(&mut self.decided_too, words.msg_approvals_decided_too());
        });
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            let (title, advice) = match self.list.is_searching() {
                true => (words.msg_nothing_found(), words.msg_nothing_found_advice()),
                false => (words.msg_approvals_empty(), words.msg_approvals_empty_advice()),
            };
            empty_ui(ui, ICON_HOW_TO_REG, &title, &advice);
            return;
        }
        let open = self.panel.as_ref().map(|panel| panel.row.number);
        let selected = rows.iter().position(|row| Some(row.number) == open);
        let clicked = table_ui(ui, "proposals", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            let (reason, checks, decide) = (String::new(), Checks::default(), Action::default());
            self.panel = Some(Panel { row: row.clone(), reason, checks, decide });
        }
    }
}

fn heads(words: &Words) -> [Head; 5] {
    [
        Head::text(words.msg_approval_what(), Width::Rest(190.0)),
        Head::number(words.msg_charge_amount(), 100.0),
        Head::text(words.msg_approval_by(), Width::Rest(96.0)),
        Head::text(words.msg_approval_at(), Width::Fixed(size::TIME_WIDTH)).secondary(),
        Head::text(words.msg_approval_state(), Width::Fixed(104.0)),
    ]
}

fn what(row: &ProposalRow, words: &Words) -> String {
    match &row.proposal {
        Proposal::Release { option, version, .. } => words.msg_approval_release(option.as_str(), version.0),
        Proposal::Credit { charge, .. } => words.msg_approval_credit(*charge),
        Proposal::CreditLimit { .. } => words.msg_approval_limit(),
    }
}

fn state_chip(row: &ProposalRow, words: &Words) -> (Tone, String) {
    match row.decision.as_ref().map(|decision| &decision.verdict) {
        None => (Tone::Warn, words.msg_approval_waiting()),
        Some(Verdict::Approve) => (Tone::Good, words.msg_approval_approved()),
        Some(Verdict::Reject { .. }) => (Tone::Neutral, words.msg_approval_rejected()),
    }
}

fn cells(row: &ProposalRow, words: &Words) -> Vec<Cell> {
    let (tone, state) = state_chip(row, words);
    vec![
        Cell::Open(what(row, words)),
        match &row.proposal {
            Proposal::Release { .. } => Cell::Weak("-".to_owned()),
            Proposal::Credit { amount, .. } => Cell::Text(amount.to_string()),
            Proposal::CreditLimit { limit } => Cell::Text(limit.to_string()),
        },
        Cell::Text(row.by.to_string()),
        Cell::Weak(words.time(row.at)),
        Cell::Chip(tone, state),
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    match panel.decide.poll() {
        Some(StaffReply::Proposal(row)) => {
            cx.toasts.good(words.msg_approval_done());
            panel.row = row;
        }
        Some(_) => panel.decide.wrong_answer(),
        None => {}
    }
    let close = panel_head_ui(ui, words, &what(&panel.row, words));
    let (tone, state) = state_chip(&panel.row, words);
    chip_ui(ui, tone, &state);
    ui.add_space(size::GAP);
    if let Some(error) = panel.decide.error() {
        problem_ui(ui, words, error);
    }
    details_ui(ui, &panel.row, words);
    if panel.row.decision.is_none() {
        divider_ui(ui);
        decide_ui(ui, panel, cx);
    }
    close
}

fn details_ui(ui: &mut Ui, row: &ProposalRow, words: &Words) {
    match &row.proposal {
        Proposal::Release { package, content_bytes, content, provides, .. } => {
            value_ui(ui, &words.msg_approval_size(), &bytes(*content_bytes));
            package_ui(ui, words, *content, provides);
            value_ui(ui, &words.msg_approval_package(), &package.to_string());
        }
        Proposal::Credit { customer, amount, reason, .. } => {
            value_ui(ui, &words.msg_customer(), &format!("{} {}", customer.id, customer.name));
            value_ui(ui, &words.msg_charge_amount(), &amount.to_string());
            value_ui(ui, &words.msg_approval_because(), reason.as_str());
        }
        Proposal::CreditLimit { limit } => value_ui(ui, &words.msg_charge_amount(), &limit.to_string()),
    }
    value_ui(ui, &words.msg_approval_by(), row.by.as_str());
    value_ui(ui, &words.msg_approval_at(), &words.time(row.at));
    if let Some(decision) = &row.decision {
        divider_ui(ui);
        value_ui(ui, &words.msg_approval_decided_by(), &format!("{}, {}", decision.by, words.time(decision.at)));
        if let Verdict::Reject { reason } = &decision.verdict {
            value_ui(ui, &words.msg_approval_because(), reason.as_str());
        }
    }
}

fn decide_ui(ui: &mut Ui, panel: &mut Panel, cx: &Cx<'_>) {
    let words = cx.words;
    let (kind, number) = (panel.row.proposal.kind(), panel.row.number);
    let request = |verdict| StaffRequest::Decide { kind, number, verdict };
    let action = request(Verdict::Approve).action();
    let is_own = panel.row.by.as_str() == cx.backend.server().staff;
    let is_idle = !panel.decide.is_running();
    if is_own {
        weak_ui(ui, words.msg_approval_own());
    }
    if cx.primary_ui(ui, action, is_idle && !is_own, &words.msg_approval_approve()).clicked() {
        panel.decide.start(cx.backend, request(Verdict::Approve));
    }
    ui.add_space(size::GAP);
    let reason = form::text(words, &panel.reason);
    let error = panel.checks.shown(&reason);
    field_ui(ui, &words.msg_approval_reason(), &mut panel.reason, "", error.as_deref());
    let label = if is_own { words.msg_approval_withdraw() } else { words.msg_approval_reject() };
    if cx.danger_ui(ui, action, is_idle, &label).clicked() {
        panel.checks.tried();
        if let Ok(reason) = reason {
            panel.decide.start(cx.backend, request(Verdict::Reject { reason }));
        }
    }
}
