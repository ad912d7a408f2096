//! Licences: where each stands on its device, whether what is over is erased, and the devices that need a decision.

mod alarms;

use eframe::egui::Ui;
use egui_material_icons::icons::ICON_KEY;
use protocol::DeviceSerial;
use protocol::message::report::Standing;
use protocol::message::staff::{Ending, LicenceFilter, LicenceRow, StaffReply, StaffRequest, Topic};

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::form::{Action, Checks};
use crate::ui::list::List;
use crate::ui::picker::CustomerPicker;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{
    Confirmed, Tone, button_ui, chip_ui, confirm_ui, danger_ui, divider_ui, empty_ui, field_ui, panel_head_ui,
    problem_ui, search_ui, value_ui, weak_ui,
};
use crate::ui::words::Words;
use alarms::Alarms;

#[derive(Default)]
pub(crate) struct Licences {
    list: List<LicenceRow>,
    alarms_only: bool,
    ending_only: bool,
    customer: CustomerPicker,
    panel: Option<Panel>,
    alarms: Alarms,
}

struct Panel {
    row: LicenceRow,
    asking: bool,
    change: Action,
    /// The serial number that was typed for a move, and whether the present device is lost.
    move_to: String,
    lost: bool,
    checks: Checks,
}

impl Licences {
    /// Those that end or lock soon.
    pub(crate) fn ending() -> Self {
        Self { ending_only: true, ..Self::default() }
    }

    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let generation = cx.generations.of(Topic::Licences);
        let filter = LicenceFilter {
            customer: self.customer.id(),
            device: None,
            alarms_only: self.alarms_only,
            ending: self.ending_only.then(Ending::default),
        };
        let request = |query| StaffRequest::Licences { query, filter: filter.clone() };
        let take = |reply| if let StaffReply::Licences(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, generation, request, take);
        self.alarms.sync(cx.backend, generation);
        if self.alarms.panel_ui(ui, cx) {
            self.panel = None;
        }
        self.side_ui(ui, cx);
        page_ui(ui, |ui| self.page_ui(ui, cx));
    }

    fn side_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(panel) = &mut self.panel else { return };
        if let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.licence == panel.row.licence) {
            panel.row = fresh.clone();
        }
        match panel.change.poll() {
            Some(StaffReply::Licence(row)) => {
                let is_revoked = matches!(row.standing, Standing::Ended(..));
                cx.toasts.good(if is_revoked { cx.words.msg_licence_revoked_done() } else { cx.words.msg_saved() });
                panel.row = row;
            }
            Some(_) => panel.change.wrong_answer(),
            None => {}
        }
        if side_panel_ui(ui, "licence", |ui| panel_ui(ui, panel, cx)) {
            self.panel = None;
        }
    }

    fn page_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        head_ui(ui, &words.msg_nav_licences(), |ui| self.list.pager_ui(ui, words), |_| ());
        if self.alarms.list_ui(ui, words) {
            self.panel = None;
        }
        ui.horizontal_wrapped(|ui| {
            search_ui(ui, words, &mut self.list.search);
            let (label, anyone) = (words.msg_customer(), words.msg_customer_anyone());
            self.customer.ui(ui, cx, &label, &anyone, size::FILTER_WIDTH);
            ui.checkbox(&mut self.alarms_only, words.msg_licences_alarms_only());
            let soon = Ending::default();
            ui.checkbox(&mut self.ending_only, words.msg_licences_ending_only(soon.uses, u32::from(soon.days)));
        });
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        let rows = self.list.rows();
        if rows.is_empty() {
            let is_filtered = self.list.is_searching() || self.customer.id().is_some();
            let (title, advice) = match (is_filtered, self.alarms_only) {
                (true, _) => (words.msg_nothing_found(), words.msg_nothing_found_advice()),
                (false, _) if self.ending_only => {
                    (words.msg_licences_none_ending(), words.msg_licences_none_ending_advice())
                }
                (false, true) => (words.msg_licences_no_alarm(), words.msg_licences_no_alarm_advice()),
                (false, false) => (words.msg_licences_empty(), words.msg_licences_empty_advice()),
            };
            empty_ui(ui, ICON_KEY, &title, &advice);
            return;
        }
        let open = self.panel.as_ref().map(|panel| panel.row.licence);
        let selected = rows.iter().position(|row| Some(row.licence) == open);
        let clicked = table_ui(ui, "licences", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.alarms.close();
            self.panel = Some(Panel {
                row: row.clone(),
                asking: false,
                change: Action::default(),
                move_to: String::new(),
                lost: false,
                checks: Checks::default(),
            });
        }
    }
}

fn heads(words: &Words) -> [Head; 8] {
    [
        Head::text(words.msg_licence_issued(), Width::Fixed(112.0)),
        Head::text(words.msg_order_option(), Width::Rest(120.0)),
        Head::text(words.msg_order_customer(), Width::Rest(120.0)).secondary(),
        Head::text(words.msg_order_device(), Width::Rest(140.0)),
        Head::text(words.msg_order_form(), Width::Fixed(104.0)).secondary(),
        Head::text(words.msg_licence_left(), Width::Fixed(120.0)).secondary(),
        Head::text(words.msg_order_state(), Width::Fixed(120.0)),
        Head::text(words.msg_licence_erased(), Width::Fixed(136.0)),
    ]
}

fn cells(row: &LicenceRow, words: &Words) -> Vec<Cell> {
    let (tone, state) = standing(row.standing, words);
    vec![
        Cell::Text(words.date(row.issued_at)),
        Cell::Open(option_name(row, words)),
        Cell::Text(row.customer.as_ref().map_or_else(|| words.msg_none(), |customer| customer.name.to_string())),
        Cell::Text(row.device.to_string()),
        Cell::Weak(words.form(row.form)),
        Cell::Text(left(row, words)),
        Cell::Chip(tone, state),
        match (row.erased_at, row.not_erased) {
            (Some(at), _) => Cell::Text(words.date(at)),
            (None, true) => Cell::Chip(Tone::Bad, words.msg_licence_not_erased()),
            (None, false) => Cell::Weak("-".to_owned()),
        },
    ]
}

fn option_name(row: &LicenceRow, words: &Words) -> String {
    row.option_name.as_ref().map_or_else(|| row.option.to_string(), |name| words.pick(name).to_string())
}

fn left(row: &LicenceRow, words: &Words) -> String {
    match (row.uses_left, row.used, row.ends_at) {
        (Some(uses), ..) => words.msg_licence_uses_left(u64::from(uses)),
        (None, Some(used), _) => words.msg_licence_used(used),
        (None, None, Some(end)) => words.date(end),
        (None, None, None) => "-".to_owned(),
    }
}

fn standing(standing: Standing, words: &Words) -> (Tone, String) {
    match standing {
        Standing::Active => (Tone::Good, words.msg_licence_active()),
        Standing::Locked(_) => (Tone::Warn, words.msg_licence_locked()),
        Standing::Ended(reason, _) => (Tone::Neutral, words.end_reason(reason)),
    }
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, cx: &Cx<'_>) -> bool {
    let (row, words) = (&panel.row.clone(), cx.words);
    let close = panel_head_ui(ui, words, &option_name(row, words));
    let (tone, state) = standing(row.standing, words);
    chip_ui(ui, tone, &state);
    if let Standing::Locked(reason) = row.standing {
        weak_ui(ui, words.lock_reason(reason));
    }
    if row.not_erased {
        chip_ui(ui, Tone::Bad, &words.msg_licence_not_erased());
        weak_ui(ui, words.msg_licence_not_erased_advice());
    }
    if let Some(error) = panel.change.error() {
        problem_ui(ui, words, error);
    }
    ui.add_space(size::GAP);
    value_ui(ui, &words.msg_licence_number(), &row.licence.to_string());
    value_ui(ui, &words.msg_order_device(), row.device.as_str());
    let customer = row.customer.as_ref().map(|customer| format!("{} {}", customer.id, customer.name));
    value_ui(ui, &words.msg_order_customer(), &customer.unwrap_or_else(|| words.msg_none()));
    value_ui(ui, &words.msg_order_form(), &words.form(row.form));
    value_ui(ui, &words.msg_licence_left(), &left(row, words));
    value_ui(ui, &words.msg_licence_issued(), &words.time(row.issued_at));
    if row.starts_at != row.issued_at {
        value_ui(ui, &words.msg_licence_starts(), &words.time(row.starts_at));
    }
    if let Some(until) = row.return_until.filter(|_| !row.was_used) {
        value_ui(ui, &words.msg_licence_return_until(), &words.time(until));
    }
    if let Some(since) = row.suspended_at {
        value_ui(ui, &words.msg_licence_suspended(), &words.time(since));
    }
    if let Some(to) = &row.moves_to {
        value_ui(ui, &words.msg_licence_moves_to(), to.as_str());
    }
    let reported = row.reported_at.map_or_else(|| words.msg_device_never(), |at| words.time(at));
    value_ui(ui, &words.msg_licence_reported(), &reported);
    if let Some(at) = row.contact_due_at {
        value_ui(ui, &words.msg_licence_contact_due(), &words.time(at));
    }
    if let Standing::Ended(_, at) = row.standing {
        value_ui(ui, &words.msg_licence_ended(), &words.time(at));
    }
    if let Some(at) = row.erased_at {
        value_ui(ui, &words.msg_licence_erased(), &words.time(at));
    }
    let living = !matches!(row.standing, Standing::Ended(..));
    if living {
        divider_ui(ui);
        let licence = row.licence;
        let (label, request) = match row.suspended_at {
            None => (words.msg_licence_suspend(), StaffRequest::SuspendLicence { licence }),
            Some(_) => (words.msg_licence_reinstate(), StaffRequest::ReinstateLicence { licence }),
        };
        if button_ui(ui, !panel.change.is_running(), &label).clicked() {
            panel.change.start(cx.backend, request);
        }
        ui.add_space(size::GAP_SMALL);
        if danger_ui(ui, !panel.change.is_running(), &words.msg_licence_revoke()).clicked() {
            panel.asking = true;
        }
    }
    if living {
        divider_ui(ui);
        move_ui(ui, panel, cx);
    }
    if panel.asking {
        let (question, warning) = (words.msg_licence_revoke_confirm(), words.msg_licence_revoke_warning());
        match confirm_ui(ui, words, &question, &warning, &words.msg_licence_revoke()) {
            Some(Confirmed::Yes) => {
                panel.asking = false;
                panel.change.start(cx.backend, StaffRequest::RevokeLicence { licence: row.licence });
            }
            Some(Confirmed::No) => panel.asking = false,
            None => {}
        }
    }
    close
}

/// Where what is left of the licence is to go.
fn move_ui(ui: &mut Ui, panel: &mut Panel, cx: &Cx<'_>) {
    let words = cx.words;
    let to = panel.move_to.trim().parse::<DeviceSerial>().map_err(|_| words.msg_error_serial());
    let error = panel.checks.shown(&to);
    field_ui(ui, &words.msg_licence_move_field(), &mut panel.move_to, "", error.as_deref());
    ui.checkbox(&mut panel.lost, words.msg_licence_move_lost());
    ui.add_space(size::GAP_SMALL);
    if button_ui(ui, !panel.change.is_running(), &words.msg_licence_move()).clicked() {
        panel.checks.tried();
        if let Ok(to) = to {
            let request = StaffRequest::MoveLicence { licence: panel.row.licence, to, lost: panel.lost };
            panel.change.start(cx.backend, request);
        }
    }
}
