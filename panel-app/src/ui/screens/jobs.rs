//! What waits, what is in the works, and what has ended.

use egui::{Rect, Sense, Ui, pos2, vec2};
use egui_material_icons::icons;

use super::parts;
use crate::core::{Command, JobRow, JobRowState, Place, Wanted};
use crate::ui::chrome;
use crate::ui::reasons;
use crate::ui::state::Cx;
use crate::ui::theme::{self, Tone};
use crate::ui::widgets::{self, Look};

const ROW: f32 = 84.0;
const BUTTON: f32 = 160.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_jobs(), Some(Place::Home));
    let list = below.body.shrink2(vec2(theme::MARGIN, 0.0)).with_max_y(below.body.bottom() - 12.0);
    let jobs = cx.view.jobs.clone();
    widgets::scroll(ui, list, "jobs", |ui| {
        if jobs.is_empty() {
            widgets::say(ui, theme::BODY, theme::INK_SOFT, texts.msg_jobs_none());
        }
        for job in &jobs {
            row(ui, cx, list.width(), job);
        }
    });
}

fn row(ui: &mut Ui, cx: &mut Cx<'_>, width: f32, job: &JobRow) {
    let texts = cx.texts;
    let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    widgets::paint_card(ui, rect);
    let (icon, tone) = parts::job_icon(job.kind);
    widgets::paint_disc(ui.painter(), pos2(rect.left() + 44.0, rect.center().y), icon, 56.0, tone);
    let mut answers: Vec<(String, Look, Command)> = Vec::new();
    if matches!(job.state, JobRowState::Needs(_)) {
        answers.push((texts.msg_job_see_offer(), Look::Primary, Command::GetOption(job.job)));
        answers.push((texts.msg_job_go_without(), Look::Plain, Command::GoOnWithout(job.job)));
    }
    if job.state.is_live() {
        answers.push((texts.msg_cancel(), Look::Plain, Command::CancelJob(job.job)));
    }
    let mut right = rect.right() - 14.0;
    for (label, look, command) in answers.into_iter().rev() {
        let place = Rect::from_min_max(pos2(right - BUTTON, rect.top() + 14.0), pos2(right, rect.bottom() - 14.0));
        let name = format!("{label} · {}", job.document);
        let clicked =
            widgets::row_at(ui, place, (job.job, &label), |ui| widgets::named_button(ui, place, look, &label, &name));
        if clicked {
            cx.send(command);
        }
        right = place.left() - 10.0;
    }
    let left = rect.left() + 88.0;
    let room = right - left - 12.0;
    let (state, tone) = state(cx, &job.state);
    let painter = ui.painter().clone();
    let name = widgets::lay_out(&painter, theme::BODY_BOLD, theme::INK, &job.document, room, 1);
    let place = Rect::from_min_size(pos2(left, rect.top() + 13.0), name.size());
    let told = ui.interact(place, ui.scope_id().with(("job", job.job)), Sense::hover());
    told.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &job.document));
    painter.galley(place.min, name, theme::INK);
    let note = widgets::lay_out(&painter, theme::SMALL, tone.ink, &state, room, 1);
    let place = Rect::from_min_size(pos2(left, rect.top() + 44.0), note.size());
    widgets::tell(ui, &told, place, &state);
    painter.galley(place.min, note, tone.ink);
}

fn state(cx: &Cx<'_>, state: &JobRowState) -> (String, Tone) {
    let texts = cx.texts;
    match state {
        JobRowState::Waiting => (texts.msg_job_waiting(), theme::NEUTRAL),
        JobRowState::Needs(Wanted::Feature(feature)) => (texts.msg_jobs_needs(texts.feature(feature)), theme::WARN),
        JobRowState::Needs(Wanted::Option(option)) => (texts.msg_jobs_needs(option.to_string()), theme::WARN),
        JobRowState::Running(progress) => (texts.progress(progress), theme::BLUE),
        JobRowState::Finished(file) => (texts.msg_job_finished_text(file.as_str()), theme::GOOD),
        JobRowState::Failed(failure) => (reasons::reason(texts, *failure).sentence, theme::BAD),
    }
}

/// Live jobs in a few words, for the status bar; nothing if there are none.
pub(in crate::ui) fn in_short(cx: &Cx<'_>) -> Option<String> {
    let live = cx.view.jobs.iter().filter(|job| job.state.is_live()).count();
    (live > 0).then(|| cx.texts.msg_jobs_in_short(live))
}

/// The icon beside it.
pub(in crate::ui) const ICON: egui_material_icons::MaterialIcon = icons::ICON_PENDING_ACTIONS;
