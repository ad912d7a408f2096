//! Publishing a file: typed, chosen or dropped, with progress until the server has signed and stored it.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::{self, Ui};
use protocol::message::staff::{OptionRow, StaffReply};
use protocol::staff_role::Action as Task;

use crate::ui::backend::{Pending, Upload, UploadProgress};
use crate::ui::form::{Action, Checks};
use crate::ui::screen::{Cx, package_ui};
use crate::ui::theme::{palette, size};
use crate::ui::widgets::{Tone, bar_ui, button_ui, chip_ui, field_ui, is_entered, problem_ui, section_ui, weak_ui};
use crate::ui::words::bytes;

#[derive(Default)]
pub(super) struct Publishing {
    path: String,
    choosing: Option<Pending<Option<PathBuf>>>,
    checks: Checks,
    upload: Action,
    progress: Arc<UploadProgress>,
}

impl Publishing {
    pub(super) fn ui(&mut self, ui: &mut Ui, row: &OptionRow, cx: &mut Cx<'_>) {
        let words = cx.words;
        self.take_outcome(cx);
        self.take_file(ui);
        section_ui(ui, &words.msg_publish_title());
        let release = match &row.release {
            Some(release) => words.msg_release_line(
                release.version.0,
                bytes(release.content_bytes),
                words.time(release.published_at),
            ),
            None => words.msg_release_none(),
        };
        weak_ui(ui, release);
        if let Some(release) = &row.release {
            package_ui(ui, words, release.content, &release.provides);
        }
        if let Some(version) = row.waiting {
            chip_ui(ui, Tone::Warn, &words.msg_release_waiting(version.0));
            ui.add_space(size::GAP_SMALL);
        }
        weak_ui(ui, words.msg_publish_advice());
        ui.add_space(size::GAP_SMALL);
        if let Some(error) = self.upload.error() {
            problem_ui(ui, words, error);
        }
        if self.upload.is_running() {
            let (sent, total) = self.progress.get();
            weak_ui(ui, words.msg_publishing(bytes(sent), bytes(total)));
            bar_ui(ui, sent, total, ui.available_width());
            return;
        }
        let path = match self.path.trim() {
            "" => Err(words.msg_error_file()),
            path => Ok(PathBuf::from(path)),
        };
        let error = self.checks.shown(&path);
        let field =
            field_ui(ui, &words.msg_publish_file(), &mut self.path, &words.msg_publish_drop(), error.as_deref());
        if ui.input(|input| !input.raw.hovered_files.is_empty()) {
            let edge = egui::Stroke::new(2.0, palette(ui).accent);
            ui.painter().rect_stroke(field.rect.expand(2.0), size::RADIUS, edge, egui::StrokeKind::Outside);
            weak_ui(ui, words.msg_publish_drop_now());
        }
        ui.horizontal(|ui| {
            if cx.primary_ui(ui, Task::Publish, true, &words.msg_publish()).clicked() || is_entered(&field) {
                self.checks.tried();
                if let Ok(path) = path {
                    let Upload { progress, answer } = cx.backend.publish(row.fields.id.clone(), path);
                    self.progress = progress;
                    self.upload.watch(answer);
                }
            }
            if button_ui(ui, self.choosing.is_none(), &words.msg_browse()).clicked() {
                self.choosing = Some(cx.backend.choose_file());
            }
        });
    }

    fn take_outcome(&mut self, cx: &mut Cx<'_>) {
        match self.upload.poll() {
            Some(StaffReply::Option(row)) => {
                if row.waiting.is_some() {
                    cx.toasts.good(cx.words.msg_waits_for_approval());
                } else if let Some(release) = row.release {
                    cx.toasts.good(cx.words.msg_published(release.version.0));
                }
                self.path.clear();
                self.checks = Checks::default();
            }
            Some(_) => self.upload.wrong_answer(),
            None => {}
        }
    }

    /// A file that was chosen or dropped.
    fn take_file(&mut self, ui: &Ui) {
        if let Some(chosen) = self.choosing.as_mut().and_then(Pending::poll) {
            self.choosing = None;
            if let Some(path) = chosen {
                self.path = path.display().to_string();
            }
        }
        let dropped = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_owned()));
        if let Some(path) = dropped {
            self.path = path.display().to_string();
        }
    }
}
