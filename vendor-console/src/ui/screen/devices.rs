//! Devices: registered by serial number, enrolled with a code that is shown once, assigned, revoked.

use eframe::egui::{RichText, Ui};
use egui_material_icons::icons::ICON_PRINT;
use protocol::ActivationCode;
use protocol::message::staff::{DeviceFields, DeviceRow, DeviceState, StaffReply, StaffRequest, Topic};
use protocol::staff_role::Action as Task;

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::form::{self, Action, Checks};
use crate::ui::list::List;
use crate::ui::picker::CustomerPicker;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::{bold, size};
use crate::ui::widgets::{
    Confirmed, Tone, alarm_ui, chip_ui, confirm_ui, copyable_ui, divider_ui, empty_ui, field_ui, is_entered,
    labelled_ui, panel_head_ui, primary_ui, problem_ui, search_ui, section_ui, value_ui, weak_ui,
};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Devices {
    list: List<DeviceRow>,
    panel: Option<Panel>,
}

/// A device that is registered or edited.
struct Panel {
    /// As the server knows it; `None` while it is new.
    row: Option<DeviceRow>,
    serial: String,
    model: String,
    customer: CustomerPicker,
    /// Of the row that the fields were filled from.
    loaded: Option<u32>,
    checks: Checks,
    save: Action,
    change: Action,
    asking: Option<Question>,
    /// Shown once, then forgotten.
    code: Option<ActivationCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    NewCode,
    Revoke,
}

impl Panel {
    fn new(row: Option<DeviceRow>) -> Self {
        Self {
            serial: row.as_ref().map_or_else(String::new, |row| row.serial.to_string()),
            model: row.as_ref().map_or_else(String::new, |row| row.model.to_string()),
            customer: CustomerPicker::new(row.as_ref().and_then(|row| row.customer.clone())),
            loaded: row.as_ref().map(|row| row.revision),
            row,
            checks: Checks::default(),
            save: Action::default(),
            change: Action::default(),
            asking: None,
            code: None,
        }
    }
}

impl Devices {
    /// Opens the form for a new device.
    pub(crate) fn register(&mut self) {
        self.panel = Some(Panel::new(None));
    }

    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let take = |reply| if let StaffReply::Devices(page) = reply { Some(page) } else { None };
        let generation = cx.generations.sum(&[Topic::Devices, Topic::Customers]);
        self.list.sync(cx.backend, generation, StaffRequest::Devices, take);
        if let Some(panel) = &mut self.panel {
            if let Some(row) = &mut panel.row
                && let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.serial == row.serial)
            {
                *row = fresh.clone();
            }
            let close = side_panel_ui(ui, "device", |ui| match panel.code.is_some() {
                true => activation_ui(ui, panel, cx),
                false => panel_ui(ui, panel, cx),
            });
            ask_ui(ui, panel, cx);
            if close {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let is_new = head_ui(
            ui,
            &words.msg_nav_devices(),
            |ui| self.list.pager_ui(ui, words),
            |ui| cx.primary_ui(ui, Task::RegisterDevice, true, &words.msg_device_register()).clicked(),
        );
        if is_new {
            self.register();
        }
        search_ui(ui, words, &mut self.list.search);
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        if self.list.rows().is_empty() {
            match self.list.is_searching() {
                true => empty_ui(ui, ICON_PRINT, &words.msg_nothing_found(), &words.msg_nothing_found_advice()),
                false => empty_ui(ui, ICON_PRINT, &words.msg_devices_empty(), &words.msg_devices_empty_advice()),
            }
            return;
        }
        let rows = self.list.rows();
        let open = self.panel.as_ref().and_then(|panel| panel.row.as_ref()).map(|row| &row.serial);
        let selected = rows.iter().position(|row| Some(&row.serial) == open);
        let clicked = table_ui(ui, "devices", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(Panel::new(Some(row.clone())));
        }
    }
}

fn heads(words: &Words) -> [Head; 6] {
    [
        Head::text(words.msg_device_serial(), Width::Rest(140.0)),
        Head::text(words.msg_device_model(), Width::Rest(120.0)).secondary(),
        Head::text(words.msg_device_customer(), Width::Rest(140.0)),
        Head::text(words.msg_device_state(), Width::Fixed(104.0)),
        Head::text(words.msg_device_last_seen(), Width::Fixed(size::TIME_WIDTH)).secondary(),
        Head::text(words.msg_device_certificate_until(), Width::Fixed(136.0)).secondary(),
    ]
}

fn state_chip(row: &DeviceRow, words: &Words) -> (Tone, String) {
    if row.cloned_at.is_some() && row.state == DeviceState::Enrolled {
        return (Tone::Bad, words.msg_device_cloned());
    }
    let tone = match row.state {
        DeviceState::Registered => Tone::Warn,
        DeviceState::Enrolled => Tone::Good,
        DeviceState::Revoked => Tone::Bad,
    };
    (tone, words.device_state(row.state))
}

fn cells(row: &DeviceRow, words: &Words) -> Vec<Cell> {
    let (tone, state) = state_chip(row, words);
    vec![
        Cell::Open(row.serial.to_string()),
        Cell::Text(row.model.to_string()),
        row.customer
            .as_ref()
            .map_or_else(|| Cell::Weak(words.msg_none()), |customer| Cell::Text(customer.name.to_string())),
        Cell::Chip(tone, state),
        Cell::Weak(row.last_seen_at.map_or_else(|| words.msg_device_never(), |at| words.time(at))),
        Cell::Weak(row.certificate_until.map_or_else(|| words.msg_none(), |at| words.date(at))),
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    take_outcome(panel, cx);
    let title = panel.row.as_ref().map_or_else(|| words.msg_device_register(), |row| row.serial.to_string());
    let close = panel_head_ui(ui, words, &title);
    if panel.save.problem_ui(ui, words, panel.loaded, panel.row.as_ref().map(|row| row.revision)) {
        *panel = Panel::new(panel.row.take());
    }
    if let Some(error) = panel.change.error() {
        problem_ui(ui, words, error);
    }
    if let Some(row) = &panel.row {
        let (tone, state) = state_chip(row, words);
        chip_ui(ui, tone, &state);
        ui.add_space(size::GAP_SMALL);
        if let Some(at) = row.cloned_at {
            let title = words.msg_device_cloned_title(words.time(at));
            alarm_ui(ui, title, words.msg_device_cloned_advice(), None);
        }
    }
    let serial = form::id(words, &panel.serial, || words.msg_error_serial());
    let model = form::text(words, &panel.model);
    let mut is_entered_in_any = false;
    if panel.row.is_none() {
        let error = panel.checks.shown(&serial);
        let field = field_ui(
            ui,
            &words.msg_device_serial(),
            &mut panel.serial,
            &words.msg_device_serial_hint(),
            error.as_deref(),
        );
        is_entered_in_any |= is_entered(&field);
    }
    let error = panel.checks.shown(&model);
    let field = field_ui(ui, &words.msg_device_model(), &mut panel.model, "", error.as_deref());
    is_entered_in_any |= is_entered(&field);
    labelled_ui(ui, &words.msg_device_customer(), None, |ui| {
        let (label, nobody) = (words.msg_device_customer(), words.msg_customer_nobody());
        let width = ui.available_width();
        panel.customer.ui(ui, cx, &label, &nobody, width)
    });
    let label = if panel.row.is_some() { words.msg_save() } else { words.msg_device_register() };
    let is_idle = !panel.save.is_running();
    let task = if panel.row.is_some() { Task::UpdateDevice } else { Task::RegisterDevice };
    if cx.primary_ui(ui, task, is_idle, &label).clicked() || (is_idle && is_entered_in_any) {
        panel.checks.tried();
        if let (Ok(serial), Ok(model)) = (serial, model) {
            let fields = DeviceFields { serial, model, customer: panel.customer.id() };
            let request = match panel.loaded {
                Some(revision) => StaffRequest::UpdateDevice { revision, fields },
                None => StaffRequest::RegisterDevice(fields),
            };
            panel.save.start(cx.backend, request);
        }
    }
    if let Some(row) = &panel.row {
        divider_ui(ui);
        if let Some(at) = row.code_expires_at {
            weak_ui(ui, words.msg_device_code_until(words.time(at)));
        }
        let seen = row.last_seen_at.map_or_else(|| words.msg_device_never(), |at| words.time(at));
        value_ui(ui, &words.msg_device_last_seen(), &seen);
        if let Some(until) = row.certificate_until {
            value_ui(ui, &words.msg_device_certificate_until(), &words.date(until));
        }
        ui.add_space(size::GAP);
        ui.horizontal_wrapped(|ui| {
            let is_idle = !panel.change.is_running();
            if cx.button_ui(ui, Task::NewActivationCode, is_idle, &words.msg_device_new_code()).clicked() {
                panel.asking = Some(Question::NewCode);
            }
            let can_revoke = is_idle && row.state != DeviceState::Revoked;
            if cx.danger_ui(ui, Task::RevokeDevice, can_revoke, &words.msg_device_revoke()).clicked() {
                panel.asking = Some(Question::Revoke);
            }
        });
    }
    close
}

fn take_outcome(panel: &mut Panel, cx: &mut Cx<'_>) {
    match panel.save.poll() {
        Some(StaffReply::Device(row)) => {
            cx.toasts.good(cx.words.msg_saved());
            *panel = Panel::new(Some(row));
        }
        Some(StaffReply::Activation { device, code }) => {
            *panel = Panel { code: Some(code), ..Panel::new(Some(device)) };
        }
        Some(_) => panel.save.wrong_answer(),
        None => {}
    }
    match panel.change.poll() {
        Some(StaffReply::Device(row)) => {
            cx.toasts.good(cx.words.msg_device_revoked_done());
            panel.row = Some(row);
        }
        Some(StaffReply::Activation { device, code }) => {
            panel.row = Some(device);
            panel.code = Some(code);
        }
        Some(_) => panel.change.wrong_answer(),
        None => {}
    }
}

fn ask_ui(ui: &Ui, panel: &mut Panel, cx: &Cx<'_>) {
    let (Some(question), Some(row), words) = (panel.asking, &panel.row, cx.words) else { return };
    let said = match question {
        Question::NewCode => confirm_ui(
            ui,
            words,
            &words.msg_device_new_code_confirm(),
            &words.msg_device_new_code_warning(),
            &words.msg_device_new_code(),
        ),
        Question::Revoke => confirm_ui(
            ui,
            words,
            &words.msg_device_revoke_confirm(row.serial.as_str()),
            &words.msg_device_revoke_warning(),
            &words.msg_device_revoke(),
        ),
    };
    let serial = row.serial.clone();
    match (said, question) {
        (None, _) => return,
        (Some(Confirmed::No), _) => {}
        (Some(Confirmed::Yes), Question::NewCode) => {
            panel.change.start(cx.backend, StaffRequest::NewActivationCode { serial });
        }
        (Some(Confirmed::Yes), Question::Revoke) => {
            panel.change.start(cx.backend, StaffRequest::RevokeDevice { serial });
        }
    }
    panel.asking = None;
}

/// The code and what else is typed at the panel. True if the panel is to be closed.
fn activation_ui(ui: &mut Ui, panel: &mut Panel, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    let (Some(code), Some(row)) = (&panel.code, &panel.row) else { return true };
    let close = panel_head_ui(ui, words, row.serial.as_str());
    let server = cx.backend.server();
    section_ui(ui, &words.msg_activation_title());
    weak_ui(ui, words.msg_activation_advice(row.serial.as_str()));
    ui.add_space(size::GAP_SMALL);
    let shown = RichText::new(code.to_string()).font(bold(size::TEXT_CODE)).line_height(Some(size::TEXT_CODE * 1.4));
    let mut copied = copyable_ui(ui, shown, &words.msg_copy_code());
    if let Some(at) = row.code_expires_at {
        weak_ui(ui, words.msg_activation_until(words.time(at)));
    }
    ui.add_space(size::GAP_LARGE);
    section_ui(ui, &words.msg_activation_server());
    copied |= copyable_ui(ui, RichText::new(server.host_port).monospace(), &words.msg_copy_server());
    ui.add_space(size::GAP);
    section_ui(ui, &words.msg_activation_fingerprint());
    let fingerprint = RichText::new(grouped(&server.fingerprint.to_string())).monospace();
    copied |= copyable_ui(ui, fingerprint, &words.msg_copy_fingerprint());
    if copied {
        cx.toasts.good(words.msg_copied());
    }
    ui.add_space(size::GAP_LARGE);
    if primary_ui(ui, true, &words.msg_activation_done()).clicked() {
        panel.code = None;
    }
    close
}

/// Hexadecimal digits in groups of eight, as they are compared by eye.
fn grouped(hex: &str) -> String {
    let chars: Vec<char> = hex.chars().collect();
    chars.chunks(8).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_in_groups_is_still_the_fingerprint() {
        let fingerprint = protocol::CaFingerprint::of(b"certificate");
        assert_eq!(grouped(&fingerprint.to_string()).parse(), Ok(fingerprint));
    }
}
