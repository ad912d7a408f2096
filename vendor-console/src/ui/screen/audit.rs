//! The audit log: what staff did, and whether the log of it is whole.

use eframe::egui::Ui;
use egui_material_icons::icons::ICON_HISTORY;
use protocol::audit::{AuditHead, AuditLine, AuditRow};
use protocol::message::staff::{StaffReply, StaffRequest, Topic};

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::client::StaffError;
use crate::ui::backend::Pending;
use crate::ui::list::List;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{Tone, button_ui, chip_ui, empty_ui, panel_head_ui, problem_ui, search_ui, value_ui, weak_ui};
use crate::ui::words::Words;

/// Digits of a hash that are enough to compare by eye.
const HASH_DIGITS: usize = 16;

#[derive(Default)]
pub(crate) struct Audit {
    list: List<AuditRow>,
    open: Option<AuditRow>,
    verifying: Option<Pending<Result<AuditHead, StaffError>>>,
    verified: Option<Result<AuditHead, StaffError>>,
}

impl Audit {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let take = |reply| if let StaffReply::Audit(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, cx.generations.of(Topic::Audit), StaffRequest::Audit, take);
        if let Some(outcome) = self.verifying.as_mut().and_then(Pending::poll) {
            self.verifying = None;
            self.verified = Some(outcome);
        }
        if let Some(row) = &self.open
            && side_panel_ui(ui, "audit line", |ui| panel_ui(ui, row, cx.words))
        {
            self.open = None;
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let is_idle = self.verifying.is_none();
        let verify = head_ui(
            ui,
            &words.msg_nav_audit(),
            |ui| self.list.pager_ui(ui, words),
            |ui| {
                let text = if is_idle { words.msg_audit_verify() } else { words.msg_audit_verifying() };
                let clicked = button_ui(ui, is_idle, &text).clicked();
                match &self.verified {
                    Some(Ok(head)) => _ = chip_ui(ui, Tone::Good, &words.msg_audit_whole(head.link.number)),
                    Some(Err(StaffError::Audit(_))) => _ = chip_ui(ui, Tone::Bad, &words.msg_audit_alarm()),
                    _ => {}
                }
                clicked
            },
        );
        if verify {
            self.verifying = Some(cx.backend.verify_audit());
        }
        match &self.verified {
            Some(Ok(head)) => {
                let hash = head.link.hash.to_string();
                let hash = hash.get(..HASH_DIGITS).unwrap_or_default();
                weak_ui(ui, words.msg_audit_verified(head.link.number, hash, words.time(head.at)));
                ui.add_space(size::GAP_SMALL);
            }
            Some(Err(error)) => problem_ui(ui, words, error),
            None => {}
        }
        search_ui(ui, words, &mut self.list.search);
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            let (title, advice) = match self.list.is_searching() {
                true => (words.msg_nothing_found(), words.msg_nothing_found_advice()),
                false => (words.msg_audit_empty(), words.msg_audit_empty_advice()),
            };
            empty_ui(ui, ICON_HISTORY, &title, &advice);
            return;
        }
        let open = self.open.as_ref().map(|row| row.line.number);
        let selected = rows.iter().position(|row| Some(row.line.number) == open);
        let clicked = table_ui(ui, "audit", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.open = Some(row.clone());
        }
    }
}

fn heads(words: &Words) -> [Head; 6] {
    [
        Head::number(words.msg_audit_line(), 64.0),
        Head::text(words.msg_audit_at(), Width::Fixed(size::TIME_WIDTH)).secondary(),
        Head::text(words.msg_audit_who(), Width::Rest(90.0)),
        Head::text(words.msg_audit_action(), Width::Rest(140.0)),
        Head::text(words.msg_audit_subject(), Width::Rest(150.0)),
        Head::text(words.msg_audit_outcome(), Width::Fixed(168.0)).secondary(),
    ]
}

fn outcome(line: &AuditLine, words: &Words) -> (Tone, String) {
    match line.outcome.as_str() {
        AuditLine::DONE => (Tone::Good, words.msg_audit_done()),
        refusal => (Tone::Bad, refusal.to_owned()),
    }
}

fn cells(row: &AuditRow, words: &Words) -> Vec<Cell> {
    let line = &row.line;
    let (tone, outcome) = outcome(line, words);
    vec![
        Cell::Open(line.number.to_string()),
        Cell::Weak(words.time(line.at)),
        Cell::Text(line.who.to_string()),
        Cell::Text(line.action.to_string()),
        Cell::Text(line.subject.to_string()),
        Cell::Chip(tone, outcome),
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, row: &AuditRow, words: &Words) -> bool {
    let line = &row.line;
    let close = panel_head_ui(ui, words, &format!("{} {}", words.msg_audit_line(), line.number));
    let (tone, outcome) = outcome(line, words);
    chip_ui(ui, tone, &outcome);
    ui.add_space(size::GAP);
    value_ui(ui, &words.msg_audit_at(), &words.time(line.at));
    value_ui(ui, &words.msg_audit_who(), line.who.as_str());
    value_ui(ui, &words.msg_staff_role(), &words.role(line.role));
    value_ui(ui, &words.msg_audit_action(), line.action.as_str());
    value_ui(ui, &words.msg_audit_subject(), line.subject.as_str());
    if let Some(change) = &line.change {
        value_ui(ui, &words.msg_audit_change(), change.as_str());
    }
    value_ui(ui, &words.msg_audit_hash(), &row.hash.to_string());
    close
}
