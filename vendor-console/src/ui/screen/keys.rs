//! The keys that sign: which count, how long they have been here, and the change of one. Where the root's private key is
//! elsewhere, a change is a file that is carried there, and another one that is brought back.

use std::path::PathBuf;

use eframe::egui::Ui;
use protocol::keys::{KEY_FILE_BYTES_MAX, KeyRequest, RootSigned};
use protocol::message::staff::{KeyChange, KeyStatus, StaffReply, StaffRequest, Topic};
use protocol::staff_role::Action as Task;
use protocol::{KeyId, KeyList, KeyRole, Timestamp};

use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::backend::Pending;
use crate::ui::form::{Action, Checks};
use crate::ui::list::Live;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{
    Confirmed, Tone, alarm_ui, button_ui, chip_ui, confirm_ui, divider_ui, field_ui, labelled_ui, panel_head_ui,
    problem_ui, value_ui, weak_ui,
};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Keys {
    status: Live<KeyStatus>,
    panel: Option<Panel>,
}

/// A key as it is shown.
#[derive(Clone, Copy)]
struct Row {
    id: KeyId,
    /// Of a revoked key nobody knows any more.
    role: Option<KeyRole>,
    state: State,
    since: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Signs,
    Counts,
    Revoked,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Key(KeyId),
    Rotate,
    Import,
}

/// What is looked at or done at the side.
struct Panel {
    open: Open,
    role: KeyRole,
    /// Where a request goes, or where the answer is.
    file: String,
    checks: Checks,
    change: Action,
    asking: Option<KeyChange>,
    /// What the root has to sign, on its way into a file.
    writing: Option<(PathBuf, Pending<std::io::Result<()>>)>,
    written: Option<PathBuf>,
    reading: Option<Pending<std::io::Result<Vec<u8>>>>,
    choosing: Option<Pending<Option<PathBuf>>>,
    failed: Option<String>,
}

impl Panel {
    fn new(open: Open) -> Self {
        Self {
            open,
            role: KeyRole::Release,
            file: String::new(),
            checks: Checks::default(),
            change: Action::default(),
            asking: None,
            writing: None,
            written: None,
            reading: None,
            choosing: None,
            failed: None,
        }
    }

    const fn is_idle(&self) -> bool {
        !self.change.is_running() && self.writing.is_none() && self.reading.is_none()
    }

    fn request_file(&self) -> PathBuf {
        match self.file.trim() {
            "" => PathBuf::from(REQUEST_FILE),
            file => PathBuf::from(file),
        }
    }
}

const REQUEST_FILE: &str = "request.pem";

impl Keys {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let take = |reply| if let StaffReply::Keys(status) = reply { Some(status) } else { None };
        self.status.sync(cx.backend, StaffRequest::Keys, cx.generations.of(Topic::Keys), take);
        let status = self.status.value().cloned();
        if let (Some(panel), Some(status)) = (&mut self.panel, &status) {
            let close = side_panel_ui(ui, "key", |ui| panel_ui(ui, panel, status, cx));
            ask_ui(ui, panel, cx);
            if close {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, status.as_ref(), cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, status: Option<&KeyStatus>, cx: &Cx<'_>) {
        let words = cx.words;
        let (rotate, import) = head_ui(
            ui,
            &words.msg_nav_keys(),
            |_| (),
            |ui| {
                let rotate = cx.primary_ui(ui, Task::ProposeKeys, true, &words.msg_key_rotate()).clicked();
                (rotate, cx.button_ui(ui, Task::ImportKeys, true, &words.msg_key_import()).clicked())
            },
        );
        if rotate {
            self.panel = Some(Panel::new(Open::Rotate));
        }
        if import {
            self.panel = Some(Panel::new(Open::Import));
        }
        if let Some(error) = self.status.error() {
            problem_ui(ui, words, error);
        }
        let Some(status) = status else {
            weak_ui(ui, words.msg_loading());
            return;
        };
        weak_ui(ui, if status.root_is_here { words.msg_keys_root_here() } else { words.msg_keys_root_away() });
        ui.add_space(size::GAP);
        let rows = rows(status);
        let open = self.panel.as_ref().map(|panel| panel.open);
        let selected = rows.iter().position(|row| open == Some(Open::Key(row.id)));
        let clicked = table_ui(ui, "keys", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(Panel::new(Open::Key(row.id)));
        }
    }
}

fn rows(status: &KeyStatus) -> Vec<Row> {
    let since = |id| status.here.iter().find(|(here, _)| *here == id).map(|(_, at)| *at);
    let counting = status.list.keys().iter().rev().map(|entry| {
        let id = entry.id();
        let state = if status.signing.contains(&id) { State::Signs } else { State::Counts };
        Row { id, role: Some(entry.role), state, since: since(id) }
    });
    let revoked = status.list.revoked().iter().rev();
    let revoked = revoked.map(|id| Row { id: *id, role: None, state: State::Revoked, since: None });
    counting.chain(revoked).collect()
}

fn heads(words: &Words) -> [Head; 4] {
    [
        Head::text(words.msg_key_name(), Width::Rest(250.0)),
        Head::text(words.msg_key_role(), Width::Rest(140.0)),
        Head::text(words.msg_key_since(), Width::Fixed(size::TIME_WIDTH)).secondary(),
        Head::text(words.msg_key_state(), Width::Fixed(112.0)),
    ]
}

fn state_chip(state: State, words: &Words) -> (Tone, String) {
    match state {
        State::Signs => (Tone::Good, words.msg_key_signs()),
        State::Counts => (Tone::Neutral, words.msg_key_counts()),
        State::Revoked => (Tone::Bad, words.msg_key_revoked()),
    }
}

fn role_name(role: KeyRole, words: &Words) -> String {
    match role {
        KeyRole::Release => words.msg_key_role_release(),
        KeyRole::Licence => words.msg_key_role_licence(),
    }
}

fn cells(row: &Row, words: &Words) -> Vec<Cell> {
    let (tone, state) = state_chip(row.state, words);
    vec![
        Cell::Open(row.id.to_string()),
        row.role.map_or_else(|| Cell::Weak(words.msg_none()), |role| Cell::Text(role_name(role, words))),
        Cell::Weak(row.since.map_or_else(|| words.msg_none(), |at| words.time(at))),
        Cell::Chip(tone, state),
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, status: &KeyStatus, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    take_outcome(panel, cx);
    let title = match panel.open {
        Open::Key(id) => format!("{}…", &id.to_string()[..8]),
        Open::Rotate => words.msg_key_rotate(),
        Open::Import => words.msg_key_import(),
    };
    let close = panel_head_ui(ui, words, &title);
    if let Some(error) = panel.change.error() {
        problem_ui(ui, words, error);
    }
    if let Some(failed) = &panel.failed {
        alarm_ui(ui, words.msg_key_file_unusable(), failed.clone(), None);
    }
    if let Some(written) = &panel.written {
        weak_ui(ui, words.msg_key_request_next(written.display().to_string()));
        ui.add_space(size::GAP);
    }
    match panel.open {
        Open::Key(id) => {
            let row = rows(status).into_iter().find(|row| row.id == id);
            let Some(row) = row else { return true };
            let (tone, state) = state_chip(row.state, words);
            chip_ui(ui, tone, &state);
            ui.add_space(size::GAP);
            value_ui(ui, &words.msg_key_name(), &id.to_string());
            if let Some(role) = row.role {
                value_ui(ui, &words.msg_key_role(), &role_name(role, words));
            }
            if let Some(at) = row.since {
                value_ui(ui, &words.msg_key_since(), &words.time(at));
            }
            if row.state != State::Revoked {
                divider_ui(ui);
                weak_ui(ui, words.msg_key_revoke_advice());
                file_ui(ui, panel, status, words);
                if cx.danger_ui(ui, Task::ProposeKeys, panel.is_idle(), &words.msg_key_revoke()).clicked() {
                    panel.asking = Some(KeyChange::Revoke(id));
                }
            }
        }
        Open::Rotate => {
            weak_ui(ui, words.msg_key_rotate_advice());
            labelled_ui(ui, &words.msg_key_role(), None, |ui| {
                ui.vertical(|ui| {
                    for role in KeyRole::ALL {
                        ui.radio_value(&mut panel.role, role, role_name(role, words));
                    }
                })
                .response
            });
            file_ui(ui, panel, status, words);
            if cx.primary_ui(ui, Task::ProposeKeys, panel.is_idle(), &words.msg_key_rotate_do()).clicked() {
                panel.asking = Some(KeyChange::Rotate(panel.role));
            }
        }
        Open::Import => import_ui(ui, panel, cx),
    }
    divider_ui(ui);
    value_ui(ui, &words.msg_keys_version(), &status.list.version().to_string());
    close
}

/// Where the request goes, if the root has to sign it elsewhere.
fn file_ui(ui: &mut Ui, panel: &mut Panel, status: &KeyStatus, words: &Words) {
    ui.add_space(size::GAP_SMALL);
    if !status.root_is_here {
        field_ui(ui, &words.msg_key_request_file(), &mut panel.file, REQUEST_FILE, None);
    }
}

fn import_ui(ui: &mut Ui, panel: &mut Panel, cx: &Cx<'_>) {
    let words = cx.words;
    weak_ui(ui, words.msg_key_import_advice());
    ui.add_space(size::GAP_SMALL);
    let file = match panel.file.trim() {
        "" => Err(words.msg_error_file()),
        file => Ok(PathBuf::from(file)),
    };
    let error = panel.checks.shown(&file);
    field_ui(ui, &words.msg_key_answer_file(), &mut panel.file, "answer.pem", error.as_deref());
    ui.horizontal(|ui| {
        if cx.primary_ui(ui, Task::ImportKeys, panel.is_idle(), &words.msg_key_import_do()).clicked() {
            panel.checks.tried();
            panel.failed = None;
            if let Ok(file) = file {
                panel.reading = Some(cx.backend.read_file(file, KEY_FILE_BYTES_MAX));
            }
        }
        if button_ui(ui, panel.choosing.is_none(), &words.msg_browse()).clicked() {
            panel.choosing = Some(cx.backend.choose_file());
        }
    });
}

fn take_outcome(panel: &mut Panel, cx: &mut Cx<'_>) {
    let words = cx.words;
    if let Some(chosen) = panel.choosing.as_mut().and_then(Pending::poll) {
        panel.choosing = None;
        if let Some(file) = chosen {
            panel.file = file.display().to_string();
        }
    }
    if let Some(read) = panel.reading.as_mut().and_then(Pending::poll) {
        panel.reading = None;
        match read.map_err(|error| error.to_string()).and_then(|content| parse(&content)) {
            Ok(list) => panel.change.start(cx.backend, StaffRequest::ImportKeys(list)),
            Err(error) => panel.failed = Some(error),
        }
    }
    if let Some((_, writing)) = &mut panel.writing
        && let Some(written) = writing.poll()
        && let Some((path, _)) = panel.writing.take()
    {
        match written {
            Ok(()) => {
                cx.toasts.good(words.msg_key_request_done());
                panel.written = Some(std::path::absolute(&path).unwrap_or(path));
            }
            Err(error) => panel.failed = Some(format!("{}: {error}", path.display())),
        }
    }
    match panel.change.poll() {
        Some(StaffReply::Keys(_)) => {
            cx.toasts.good(words.msg_key_changed());
            *panel = Panel::new(panel.open);
        }
        Some(StaffReply::KeyRequest(request)) => write(panel, &request, cx),
        Some(_) => panel.change.wrong_answer(),
        None => {}
    }
}

fn write(panel: &mut Panel, request: &KeyRequest, cx: &Cx<'_>) {
    let path = panel.request_file();
    let writing = cx.backend.write_file(path.clone(), request.to_text().into_bytes());
    panel.writing = Some((path, writing));
}

fn parse(content: &[u8]) -> Result<RootSigned<KeyList>, String> {
    RootSigned::from_text(&String::from_utf8_lossy(content)).map_err(|error| error.to_string())
}

fn ask_ui(ui: &Ui, panel: &mut Panel, cx: &Cx<'_>) {
    let (Some(change), words) = (panel.asking, cx.words) else { return };
    let said = match change {
        KeyChange::Rotate(role) => confirm_ui(
            ui,
            words,
            &words.msg_key_rotate_confirm(role_name(role, words)),
            &words.msg_key_rotate_warning(),
            &words.msg_key_rotate_do(),
        ),
        KeyChange::Revoke(id) => confirm_ui(
            ui,
            words,
            &words.msg_key_revoke_confirm(id.to_string()),
            &words.msg_key_revoke_warning(),
            &words.msg_key_revoke(),
        ),
    };
    let Some(said) = said else { return };
    if said == Confirmed::Yes {
        (panel.written, panel.failed) = (None, None);
        panel.change.start(cx.backend, StaffRequest::ProposeKeys(change));
    }
    panel.asking = None;
}
