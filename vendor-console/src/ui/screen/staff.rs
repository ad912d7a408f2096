//! The staff: who works here, with which role and certificate; and the rules that they work under.

use std::path::PathBuf;

use eframe::egui::{RichText, Ui};
use egui_material_icons::icons::ICON_BADGE;
use protocol::message::staff::{Overview, Rules, StaffReply, StaffRequest, StaffRow, Topic};
use protocol::staff_role::Action as Task;
use protocol::{StaffName, StaffRole};

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::form::{self, Action, Checks};
use crate::ui::list::{List, Live};
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::{palette, size};
use crate::ui::widgets::{
    Confirmed, Tone, chip_ui, confirm_ui, divider_ui, empty_ui, field_ui, labelled_ui, panel_head_ui, problem_ui,
    search_ui, section_ui, value_ui, weak_ui,
};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Staff {
    list: List<StaffRow>,
    rules: Live<Overview>,
    panel: Option<Panel>,
    rule: RulePanel,
    is_rule_open: bool,
}

/// A member of staff who is added or looked at.
struct Panel {
    /// As the server knows it; `None` while it is new.
    row: Option<StaffRow>,
    name: String,
    role: StaffRole,
    file: String,
    checks: Checks,
    /// Making a certificate, and where.
    certificate: Action,
    made: PathBuf,
    change: Action,
    is_asking: bool,
}

impl Panel {
    fn new(row: Option<StaffRow>) -> Self {
        Self {
            name: row.as_ref().map_or_else(String::new, |row| row.name.to_string()),
            role: row.as_ref().map_or(StaffRole::Clerk, |row| row.role),
            row,
            file: String::new(),
            checks: Checks::default(),
            certificate: Action::default(),
            made: PathBuf::new(),
            change: Action::default(),
            is_asking: false,
        }
    }
}

/// The rules, as an admin changes them.
#[derive(Default)]
struct RulePanel {
    limit: String,
    checks: Checks,
    return_days: String,
    return_checks: Checks,
    change: Action,
    is_asking: bool,
}

impl Staff {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let take = |reply| if let StaffReply::Staff(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, cx.generations.of(Topic::Staff), StaffRequest::Staff, take);
        let take = |reply| if let StaffReply::Overview(figures) = reply { Some(figures) } else { None };
        self.rules.sync(cx.backend, StaffRequest::Overview, cx.generations.of(Topic::Staff), take);
        if self.is_rule_open {
            let rules = self.rules.value().map(|figures| figures.rules);
            let close = side_panel_ui(ui, "rules", |ui| rule_ui(ui, &mut self.rule, rules, cx));
            ask_rule_ui(ui, &mut self.rule, cx);
            self.is_rule_open = !close;
        } else if let Some(panel) = &mut self.panel {
            if let Some(row) = &mut panel.row
                && let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.name == row.name)
            {
                *row = fresh.clone();
            }
            let close = side_panel_ui(ui, "member", |ui| panel_ui(ui, panel, cx));
            ask_ui(ui, panel, cx);
            if close {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let pager = |ui: &mut Ui| self.list.pager_ui(ui, words);
        let (is_new, is_rules) = head_ui(ui, &words.msg_nav_staff(), pager, |ui| {
            let is_new = cx.primary_ui(ui, Task::AddStaff, true, &words.msg_staff_add()).clicked();
            (is_new, crate::ui::widgets::button_ui(ui, true, &words.msg_rules_title()).clicked())
        });
        if is_new {
            self.panel = Some(Panel::new(None));
            self.is_rule_open = false;
        }
        if is_rules {
            self.is_rule_open = true;
        }
        search_ui(ui, words, &mut self.list.search);
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            empty_ui(ui, ICON_BADGE, &words.msg_nothing_found(), &words.msg_nothing_found_advice());
            return;
        }
        let open = self.panel.as_ref().and_then(|panel| panel.row.as_ref()).map(|row| &row.name);
        let selected = rows.iter().position(|row| Some(&row.name) == open);
        let clicked = table_ui(ui, "staff", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(Panel::new(Some(row.clone())));
            self.is_rule_open = false;
        }
    }
}

fn heads(words: &Words) -> [Head; 4] {
    [
        Head::text(words.msg_staff_name(), Width::Rest(140.0)),
        Head::text(words.msg_staff_role(), Width::Rest(120.0)),
        Head::text(words.msg_staff_state(), Width::Fixed(104.0)),
        Head::text(words.msg_staff_since(), Width::Fixed(size::TIME_WIDTH)).secondary(),
    ]
}

fn state_chip(row: &StaffRow, words: &Words) -> (Tone, String) {
    match row.revoked_at {
        None => (Tone::Good, words.msg_staff_active()),
        Some(_) => (Tone::Bad, words.msg_staff_revoked()),
    }
}

fn cells(row: &StaffRow, words: &Words) -> Vec<Cell> {
    let (tone, state) = state_chip(row, words);
    vec![
        Cell::Open(row.name.to_string()),
        Cell::Text(words.role(row.role)),
        Cell::Chip(tone, state),
        Cell::Weak(words.time(row.created_at)),
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    take_outcome(panel, cx);
    let title = panel.row.as_ref().map_or_else(|| words.msg_staff_add(), |row| row.name.to_string());
    let close = panel_head_ui(ui, words, &title);
    if let Some(error) = panel.certificate.error().or(panel.change.error()) {
        problem_ui(ui, words, error);
    }
    match panel.row.clone() {
        None => {
            let name = form::id::<StaffName>(words, &panel.name, || words.msg_error_staff_name());
            let error = panel.checks.shown(&name);
            let hint = words.msg_staff_name_hint();
            field_ui(ui, &words.msg_staff_name(), &mut panel.name, &hint, error.as_deref());
            roles_ui(ui, &mut panel.role, words);
            ui.add_space(size::GAP_SMALL);
            weak_ui(ui, words.msg_staff_add_advice());
            let role = panel.role;
            let add = |name| move |csr| StaffRequest::AddStaff { name, role, csr };
            certificate_ui(ui, panel, cx, Task::AddStaff, name, add);
        }
        Some(row) => {
            let (tone, state) = state_chip(&row, words);
            chip_ui(ui, tone, &state);
            ui.add_space(size::GAP);
            value_ui(ui, &words.msg_staff_since(), &words.time(row.created_at));
            if let Some(at) = row.revoked_at {
                value_ui(ui, &words.msg_staff_revoked(), &words.time(at));
                return close;
            }
            divider_ui(ui);
            roles_ui(ui, &mut panel.role, words);
            let is_idle = !panel.change.is_running();
            if cx.primary_ui(ui, Task::SetStaffRole, is_idle && panel.role != row.role, &words.msg_save()).clicked() {
                let request = StaffRequest::SetStaffRole { name: row.name.clone(), role: panel.role };
                panel.change.start(cx.backend, request);
            }
            divider_ui(ui);
            section_ui(ui, &words.msg_staff_reissue());
            weak_ui(ui, words.msg_staff_reissue_advice());
            let reissue = |name| move |csr| StaffRequest::ReissueStaff { name, csr };
            certificate_ui(ui, panel, cx, Task::ReissueStaff, Ok(row.name), reissue);
            divider_ui(ui);
            if cx.danger_ui(ui, Task::RevokeStaff, is_idle, &words.msg_staff_revoke()).clicked() {
                panel.is_asking = true;
            }
        }
    }
    close
}

fn roles_ui(ui: &mut Ui, role: &mut StaffRole, words: &Words) {
    labelled_ui(ui, &words.msg_staff_role(), None, |ui| {
        ui.vertical(|ui| {
            for each in StaffRole::ALL {
                ui.horizontal(|ui| {
                    ui.radio_value(role, each, words.role(each));
                    let advice = RichText::new(words.role_advice(each)).size(size::TEXT_SMALL);
                    ui.label(advice.color(palette(ui).weak));
                });
            }
        })
        .response
    });
}

/// Where the certificate goes, and the button that makes it.
fn certificate_ui<F>(
    ui: &mut Ui,
    panel: &mut Panel,
    cx: &Cx<'_>,
    task: Task,
    name: Result<StaffName, String>,
    request: impl FnOnce(StaffName) -> F,
) where
    F: FnOnce(Vec<u8>) -> StaffRequest + Send + 'static,
{
    let words = cx.words;
    let hint = name.as_ref().map_or_else(|_| String::new(), |name| format!("{name}.pem"));
    let file = match (panel.file.trim(), hint.as_str()) {
        ("", "") => Err(words.msg_error_file()),
        ("", hint) => Ok(PathBuf::from(hint)),
        (path, _) => Ok(PathBuf::from(path)),
    };
    let error = panel.checks.shown(&file);
    field_ui(ui, &words.msg_staff_file(), &mut panel.file, &hint, error.as_deref());
    if cx.primary_ui(ui, task, !panel.certificate.is_running(), &words.msg_staff_make()).clicked() {
        panel.checks.tried();
        if let (Ok(name), Ok(file)) = (name, file) {
            panel.made.clone_from(&file);
            panel.certificate.watch(cx.backend.certify(file, Box::new(request(name))));
        }
    }
}

fn take_outcome(panel: &mut Panel, cx: &mut Cx<'_>) {
    match panel.certificate.poll() {
        Some(StaffReply::StaffMember(row)) => {
            let path = std::path::absolute(&panel.made).unwrap_or_else(|_| panel.made.clone());
            cx.toasts.good(cx.words.msg_staff_added(row.name.as_str(), path.display().to_string()));
            *panel = Panel::new(Some(row));
        }
        Some(_) => panel.certificate.wrong_answer(),
        None => {}
    }
    match panel.change.poll() {
        Some(StaffReply::StaffMember(row)) => {
            cx.toasts.good(match row.revoked_at {
                Some(_) => cx.words.msg_staff_revoked_done(row.name.as_str()),
                None => cx.words.msg_saved(),
            });
            *panel = Panel::new(Some(row));
        }
        Some(_) => panel.change.wrong_answer(),
        None => {}
    }
}

fn ask_ui(ui: &Ui, panel: &mut Panel, cx: &Cx<'_>) {
    let (true, Some(row), words) = (panel.is_asking, &panel.row, cx.words) else { return };
    let question = words.msg_staff_revoke_confirm(row.name.as_str());
    let Some(said) = confirm_ui(ui, words, &question, &words.msg_staff_revoke_warning(), &words.msg_staff_revoke())
    else {
        return;
    };
    if said == Confirmed::Yes {
        panel.change.start(cx.backend, StaffRequest::RevokeStaff { name: row.name.clone() });
    }
    panel.is_asking = false;
}

/// True if the panel is to be closed.
fn rule_ui(ui: &mut Ui, panel: &mut RulePanel, rules: Option<Rules>, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    match panel.change.poll() {
        Some(StaffReply::Rules(_)) => cx.toasts.good(words.msg_saved()),
        Some(StaffReply::Proposal(_)) => cx.toasts.good(words.msg_waits_for_approval()),
        Some(_) => panel.change.wrong_answer(),
        None => {}
    }
    let close = panel_head_ui(ui, words, &words.msg_rules_title());
    if let Some(error) = panel.change.error() {
        problem_ui(ui, words, error);
    }
    let Some(rules) = rules else { return close };
    let is_idle = !panel.change.is_running();
    if rules.second_person {
        weak_ui(ui, words.msg_rules_second_person());
    } else {
        weak_ui(ui, words.msg_rules_solo());
        ui.add_space(size::GAP_SMALL);
        if cx.danger_ui(ui, Task::RequireSecondPerson, is_idle, &words.msg_rules_require()).clicked() {
            panel.is_asking = true;
        }
    }
    divider_ui(ui);
    value_ui(ui, &words.msg_rules_limit(), &rules.credit_limit.to_string());
    ui.add_space(size::GAP);
    let limit = form::price(words, &panel.limit);
    let error = panel.checks.shown(&limit);
    field_ui(ui, &words.msg_credit_amount(), &mut panel.limit, "", error.as_deref());
    if cx.primary_ui(ui, Task::SetCreditLimit, is_idle, &words.msg_rules_limit_set()).clicked() {
        panel.checks.tried();
        if let Ok(limit) = limit {
            panel.change.start(cx.backend, StaffRequest::SetCreditLimit { limit });
        }
    }
    divider_ui(ui);
    value_ui(ui, &words.msg_rules_return(), &words.msg_rules_return_days(rules.return_days));
    ui.add_space(size::GAP);
    let days = form::count::<u8>(&panel.return_days);
    let days = days.filter(|days| *days <= Rules::RETURN_DAYS_MAX).ok_or_else(|| words.msg_error_return_days());
    let error = panel.return_checks.shown(&days);
    field_ui(ui, &words.msg_rules_return_field(), &mut panel.return_days, "0", error.as_deref());
    if cx.primary_ui(ui, Task::SetReturnDays, is_idle, &words.msg_rules_return_set()).clicked() {
        panel.return_checks.tried();
        if let Ok(days) = days {
            panel.change.start(cx.backend, StaffRequest::SetReturnDays { days });
        }
    }
    close
}

fn ask_rule_ui(ui: &Ui, panel: &mut RulePanel, cx: &Cx<'_>) {
    let (true, words) = (panel.is_asking, cx.words) else { return };
    let (question, warning) = (words.msg_rules_require_confirm(), words.msg_rules_require_warning());
    let Some(said) = confirm_ui(ui, words, &question, &warning, &words.msg_rules_require()) else { return };
    if said == Confirmed::Yes {
        panel.change.start(cx.backend, StaffRequest::RequireSecondPerson);
    }
    panel.is_asking = false;
}
