//! Devices that have noticed something, or of which the vendor has, and the decision about their licences.

use eframe::egui::Ui;
use protocol::message::staff::{DeviceAlarmRow, DeviceDecision, Page, Query, StaffReply, StaffRequest};

use super::super::{Cx, side_panel_ui};
use crate::ui::backend::Backend;
use crate::ui::form::Action;
use crate::ui::list::Live;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{
    Confirmed, Tone, button_ui, chip_ui, confirm_ui, danger_ui, divider_ui, panel_head_ui, problem_ui, section_ui,
    value_ui, weak_ui,
};
use crate::ui::words::Words;

/// Devices that are shown; those that wait for a decision come first.
const ROWS: u16 = 5;

#[derive(Default)]
pub(super) struct Alarms {
    live: Live<Page<DeviceAlarmRow>>,
    panel: Option<Panel>,
}

struct Panel {
    row: DeviceAlarmRow,
    asking: Option<DeviceDecision>,
    change: Action,
}

impl Alarms {
    pub(super) fn sync(&mut self, backend: &dyn Backend, generation: u64) {
        let query = Query { search: None, offset: 0, limit: ROWS };
        let take = |reply| if let StaffReply::DeviceAlarms(page) = reply { Some(page) } else { None };
        self.live.sync(backend, StaffRequest::DeviceAlarms(query), generation, take);
    }

    pub(super) fn close(&mut self) {
        self.panel = None;
    }

    /// Draws the devices, if there are any. True if one was opened.
    pub(super) fn list_ui(&mut self, ui: &mut Ui, words: &Words) -> bool {
        let Some(page) = self.live.value().filter(|page| !page.rows.is_empty()) else { return false };
        section_ui(ui, &words.msg_alarms_title(page.total));
        ui.add_space(size::GAP_SMALL);
        let heads = [
            Head::text(words.msg_order_device(), Width::Rest(120.0)),
            Head::text(words.msg_order_customer(), Width::Rest(120.0)).secondary(),
            Head::text(words.msg_order_state(), Width::Fixed(152.0)),
            Head::text(words.msg_alarm_noticed(), Width::Rest(200.0)),
        ];
        let open = self.panel.as_ref().map(|panel| &panel.row.serial);
        let selected = page.rows.iter().position(|row| Some(&row.serial) == open);
        let height = size::ROW_HEIGHT * (page.rows.len() as f32 + 1.0) + size::GAP;
        let clicked = ui.allocate_ui(eframe::egui::vec2(ui.available_width(), height), |ui| {
            ui.set_max_height(height);
            table_ui(ui, "alarms", &heads, page.rows.len(), selected, |i| cells(&page.rows[i], words))
        });
        ui.add_space(size::GAP);
        let Some(row) = clicked.inner.and_then(|i| page.rows.get(i)) else { return false };
        self.panel = Some(Panel { row: row.clone(), asking: None, change: Action::default() });
        true
    }

    /// Draws the opened device, if there is one. True if one is open.
    pub(super) fn panel_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) -> bool {
        let Some(panel) = &mut self.panel else { return false };
        let rows = self.live.value().map_or(&[][..], |page| &page.rows);
        if let Some(fresh) = rows.iter().find(|fresh| fresh.serial == panel.row.serial) {
            panel.row = fresh.clone();
        }
        match panel.change.poll() {
            Some(StaffReply::DeviceAlarm(row)) => {
                cx.toasts.good(cx.words.msg_alarm_decided());
                panel.row = row;
            }
            Some(_) => panel.change.wrong_answer(),
            None => {}
        }
        if side_panel_ui(ui, "alarm", |ui| opened_ui(ui, panel, cx)) {
            self.panel = None;
        }
        true
    }
}

fn cells(row: &DeviceAlarmRow, words: &Words) -> Vec<Cell> {
    vec![
        Cell::Open(row.serial.to_string()),
        row.customer
            .as_ref()
            .map_or_else(|| Cell::Weak(words.msg_none()), |customer| Cell::Text(customer.name.to_string())),
        match row.flag {
            Some(_) => Cell::Chip(Tone::Bad, words.msg_alarm_flagged()),
            None => Cell::Weak(words.msg_alarm_no_flag()),
        },
        Cell::Text(row.faults.first().map_or_else(|| "-".to_owned(), |fault| words.fault(fault.kind))),
    ]
}

/// True if the panel is to be closed.
fn opened_ui(ui: &mut Ui, panel: &mut Panel, cx: &Cx<'_>) -> bool {
    let (row, words) = (&panel.row, cx.words);
    let close = panel_head_ui(ui, words, row.serial.as_str());
    if let Some((reason, since)) = row.flag {
        chip_ui(ui, Tone::Bad, &words.msg_alarm_flagged());
        weak_ui(ui, words.flag_reason(reason));
        value_ui(ui, &words.msg_alarm_since(), &words.time(since));
    }
    if let Some(error) = panel.change.error() {
        problem_ui(ui, words, error);
    }
    value_ui(ui, &words.msg_alarm_temporary(), &row.temporary.to_string());
    if !row.faults.is_empty() {
        ui.add_space(size::GAP);
        section_ui(ui, &words.msg_alarm_noticed());
        for fault in &row.faults {
            value_ui(ui, &words.time(fault.at), &words.fault(fault.kind));
        }
    }
    if row.flag.is_some() {
        divider_ui(ui);
        weak_ui(ui, words.msg_alarm_decide_advice());
        ui.add_space(size::GAP_SMALL);
        ui.horizontal_wrapped(|ui| {
            let is_idle = !panel.change.is_running();
            if button_ui(ui, is_idle, &words.msg_alarm_release()).clicked() {
                panel.asking = Some(DeviceDecision::Release);
            }
            if danger_ui(ui, is_idle, &words.msg_alarm_end()).clicked() {
                panel.asking = Some(DeviceDecision::End);
            }
        });
    }
    if let Some(decision) = panel.asking {
        let (question, warning, action) = match decision {
            DeviceDecision::Release => {
                (words.msg_alarm_release_confirm(), words.msg_alarm_release_warning(), words.msg_alarm_release())
            }
            DeviceDecision::End => {
                (words.msg_alarm_end_confirm(), words.msg_alarm_end_warning(), words.msg_alarm_end())
            }
        };
        match confirm_ui(ui, words, &question, &warning, &action) {
            Some(Confirmed::Yes) => {
                panel.asking = None;
                panel.change.start(cx.backend, StaffRequest::DecideDevice { serial: row.serial.clone(), decision });
            }
            Some(Confirmed::No) => panel.asking = None,
            None => {}
        }
    }
    close
}
