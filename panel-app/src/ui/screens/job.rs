//! Copy, print, scan, fax: what is to be done, and what has become of it.

mod choose;
mod settings;

use egui::{Rect, Sense, Ui, vec2};
use egui_material_icons::{MaterialIcon, icons};

use super::parts;
use crate::core::{Command, Failure, JobId, JobKind, JobProgress, JobState, JobView, LicenceNote, Place, Wanted};
use crate::ui::chrome;
use crate::ui::reasons;
use crate::ui::state::{Cx, Unfolded};
use crate::ui::theme::{self, Tone};
use crate::ui::widgets::{self, Look};

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView) {
    match &job.state {
        JobState::Idle => match cx.state.job.unfolded.clone() {
            Unfolded::Nothing => choose::show(ui, cx, area, job),
            Unfolded::Settings(option) => settings::show(ui, cx, area, job, &option),
            Unfolded::Faces => choose::faces(ui, cx, area, job),
        },
        JobState::Waiting { job: id, document } => {
            let text = cx.texts.msg_job_waiting_text(document);
            under_way(ui, cx, area, job.kind, &cx.texts.msg_job_waiting(), &[text], None, *id);
        }
        JobState::Running { job: id, document, progress } => {
            let texts = cx.texts;
            let lines = [texts.msg_job_running_text(document), texts.progress(progress)];
            under_way(ui, cx, area, job.kind, &texts.msg_job_running(), &lines, Some(progress), *id);
        }
        JobState::Needs { job: id, document, wanted } => needs(ui, cx, area, job, *id, document, wanted),
        JobState::Finished { files, left, .. } => finished(ui, cx, area, job.kind, files, *left),
        JobState::Failed(failure) => failed(ui, cx, area, job.kind, *failure),
    }
}

#[allow(clippy::too_many_arguments)]
fn under_way(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    area: Rect,
    kind: JobKind,
    title: &str,
    lines: &[String],
    progress: Option<&JobProgress>,
    id: JobId,
) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.job(kind), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let (icon, tone) = parts::job_icon(kind);
    parts::disc_card(ui, body, icon, tone, |ui| {
        widgets::say(ui, theme::TITLE, theme::INK, title);
        ui.add_space(4.0);
        for line in lines {
            widgets::say(ui, theme::BODY, theme::INK_SOFT, line.as_str());
        }
        match progress {
            Some(JobProgress::Working { page, pages, .. }) if *pages > 1 => {
                ui.add_space(8.0);
                widgets::progress(ui, &texts.msg_job_progress(), *page as f32 / *pages as f32);
            }
            _ => {
                let (dots, _) = ui.allocate_exact_size(vec2(120.0, 40.0), Sense::hover());
                widgets::paint_waiting(ui, dots.center());
            }
        }
    });
    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &texts.msg_cancel(), true) {
        cx.send(Command::CancelJob(id));
    }
    let leave = chrome::right_action(bar, 300.0);
    if widgets::button(ui, leave, Look::Plain, Some(icons::ICON_HOME), &texts.msg_job_leave(), true) {
        cx.send(Command::Go(Place::Home));
    }
}

fn needs(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView, id: JobId, document: &str, wanted: &Wanted) {
    let texts = cx.texts;
    let name = match wanted {
        Wanted::Feature(feature) => texts.feature(feature),
        Wanted::Option(option) => match job.options.iter().find(|row| row.option.id == *option) {
            Some(row) => texts.pick(&row.option.name).as_str().to_owned(),
            None => option.to_string(),
        },
    };
    let lines = [(texts.msg_job_needs_text(document, name), theme::INK), (texts.msg_job_needs_note(), theme::INK_SOFT)];
    let below = chrome::header(ui, cx, area, &texts.job(job.kind), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    outcome(ui, body, (icons::ICON_EXTENSION, theme::WARN), &texts.msg_job_needs(), &lines);
    let columns: Vec<Rect> = widgets::columns(bar, 3, 20.0).collect();
    let [cancel, without, offer] = columns[..] else { return };
    if widgets::button(ui, cancel, Look::Plain, None, &texts.msg_job_give_up(), true) {
        cx.send(Command::CancelJob(id));
    }
    if widgets::button(ui, without, Look::Plain, None, &texts.msg_job_go_without(), true) {
        cx.send(Command::GoOnWithout(id));
    }
    if widgets::button(ui, offer, Look::Primary, None, &texts.msg_job_see_offer(), true) {
        cx.send(Command::GetOption(id));
    }
}

fn finished(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, kind: JobKind, files: &[String], left: Option<LicenceNote>) {
    let texts = cx.texts;
    let output = files.first().map_or("", String::as_str);
    let mut lines = vec![(texts.msg_job_finished_text(output), theme::INK_SOFT)];
    if files.len() > 1 {
        lines.push((texts.msg_job_finished_more(files.len() - 1), theme::INK_SOFT));
    }
    lines.extend(left.map(|left| (texts.left(left), theme::INK)));
    let below = chrome::header(ui, cx, area, &texts.job(kind), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    outcome(ui, body, (icons::ICON_CHECK_CIRCLE, theme::GOOD), &texts.msg_job_finished(), &lines);
    if widgets::button(ui, chrome::right_action(bar, theme::ACTION.x), Look::Primary, None, &texts.msg_ok(), true) {
        cx.send(Command::Dismiss);
    }
}

fn failed(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, kind: JobKind, failure: Failure) {
    let texts = cx.texts;
    let reason = reasons::reason(texts, failure);
    let lines = [
        (reason.sentence, theme::INK),
        (reason.advice, theme::INK),
        (texts.msg_job_failed_note(), theme::INK_SOFT),
        (texts.msg_failed_code(failure.code()), theme::INK_SOFT),
    ];
    let below = chrome::header(ui, cx, area, &texts.job(kind), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    outcome(ui, body, (icons::ICON_ERROR, theme::BAD), &texts.msg_job_failed(), &lines);
    if widgets::button(ui, chrome::right_action(bar, theme::ACTION.x), Look::Primary, None, &texts.msg_close(), true) {
        cx.send(Command::Dismiss);
    }
}

/// A card with an icon, a title and a few lines.
fn outcome(
    ui: &mut Ui,
    body: Rect,
    (icon, tone): (MaterialIcon, Tone),
    title: &str,
    lines: &[(String, egui::Color32)],
) {
    parts::disc_card(ui, body, icon, tone, |ui| {
        widgets::say(ui, theme::TITLE, theme::INK, title);
        ui.add_space(4.0);
        for (text, color) in lines {
            widgets::say(ui, theme::BODY, *color, text.as_str());
        }
    });
}
