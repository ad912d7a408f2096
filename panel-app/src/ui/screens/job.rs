//! Copy, print, scan, fax: a document, perhaps an option to use with it, and Start.

use egui::{Rect, Sense, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};

use super::parts;
use crate::core::{Command, DocumentRow, Failure, JobKind, JobOrder, JobState, JobView, LicenceNote, Place, StoreRow};
use crate::ui::chrome;
use crate::ui::reasons;
use crate::ui::state::Cx;
use crate::ui::texts::{self, Texts};
use crate::ui::theme::{self, Tone};
use crate::ui::widgets::{self, Look};

const ROW: f32 = 72.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView) {
    match &job.state {
        JobState::Idle => choose(ui, cx, area, job),
        JobState::Running { document } => running(ui, cx, area, job.kind, document),
        JobState::Finished { output, left } => finished(ui, cx, area, job.kind, output, *left),
        JobState::Failed(failure) => failed(ui, cx, area, job.kind, *failure),
    }
}

fn choose(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.job(job.kind), Some(Place::Home));
    let (body, bar) = chrome::action_bar(ui, below.body);
    let body = Rect::from_min_max(
        pos2(body.left() + theme::MARGIN, body.top()),
        pos2(body.right() - theme::MARGIN, body.bottom() - 12.0),
    );
    let mut halves = widgets::columns(body, 2, 24.0);
    if let (Some(left), Some(right)) = (halves.next(), halves.next()) {
        documents(ui, cx, left, job);
        options(ui, cx, right, job);
    }
    let chosen = cx.state.job.option.as_ref().and_then(|id| job.options.iter().find(|row| row.option.id == *id));
    let document = cx.state.job.document.clone();
    let hint = if document.is_none() {
        texts.msg_job_choose_document()
    } else if chosen.is_some_and(|row| !row.installed) {
        texts.msg_job_buy_first()
    } else {
        String::new()
    };
    if !hint.is_empty() {
        let place = bar.with_max_x(bar.right() - 320.0);
        let galley = widgets::lay_out(ui.painter(), theme::BODY, theme::INK_SOFT, &hint, place.width(), 2);
        let place = place.with_min_y(place.center().y - galley.size().y / 2.0);
        widgets::at(ui, place, |ui| widgets::say(ui, theme::BODY, theme::INK_SOFT, hint));
    }
    let start = chrome::right_action(bar, 300.0);
    let icon = Some(icons::ICON_PLAY_ARROW);
    if widgets::button(ui, start, Look::Primary, icon, &start_label(texts, job.kind), document.is_some())
        && let Some(document) = document
    {
        let option = chosen.map(|row| row.option.id.clone());
        cx.send(Command::Run(JobOrder { kind: job.kind, document, option }));
    }
}

fn start_label(texts: &Texts, kind: JobKind) -> String {
    match kind {
        JobKind::Copy => texts.msg_job_start_copy(),
        JobKind::Print => texts.msg_job_start_print(),
        JobKind::Scan => texts.msg_job_start_scan(),
        JobKind::Fax => texts.msg_job_start_fax(),
    }
}

fn documents(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect, job: &JobView) {
    let texts = cx.texts;
    let title = match job.kind {
        JobKind::Copy => texts.msg_job_documents_copy(),
        JobKind::Print => texts.msg_job_documents_print(),
        JobKind::Scan => texts.msg_job_documents_scan(),
        JobKind::Fax => texts.msg_job_documents_fax(),
    };
    let list = titled(ui, rect, &title);
    widgets::scroll(ui, list, "documents", |ui| {
        if job.documents.is_empty() {
            widgets::say(ui, theme::BODY, theme::INK_SOFT, texts.msg_job_no_documents());
        }
        for DocumentRow { name, bytes } in &job.documents {
            let selected = cx.state.job.document.as_ref() == Some(name);
            let item = Item {
                icon: icons::ICON_DESCRIPTION,
                tone: theme::NEUTRAL,
                name,
                note: &texts::bytes(*bytes),
                note_tone: theme::NEUTRAL,
                selected,
            };
            if item.show(ui, list.width()) {
                cx.state.job.document = Some(name.clone());
            }
        }
    });
}

fn options(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect, job: &JobView) {
    let texts = cx.texts;
    let list = titled(ui, rect, &texts.msg_job_options());
    widgets::scroll(ui, list, "options", |ui| {
        let none = Item {
            icon: icons::ICON_BLOCK,
            tone: theme::NEUTRAL,
            name: &texts.msg_job_no_option(),
            note: &texts.msg_job_no_option_hint(),
            note_tone: theme::NEUTRAL,
            selected: cx.state.job.option.is_none(),
        };
        if none.show(ui, list.width()) {
            cx.state.job.option = None;
        }
        for row in &job.options {
            let (icon, tone) = parts::kind_icon(row.option.kind);
            let (note, note_tone) = option_note(cx, row);
            let item = Item {
                icon,
                tone,
                name: texts.pick(&row.option.name).as_str(),
                note: &note,
                note_tone,
                selected: cx.state.job.option.as_ref() == Some(&row.option.id),
            };
            if item.show(ui, list.width()) {
                cx.state.job.option = Some(row.option.id.clone());
            }
        }
    });
}

fn option_note(cx: &Cx<'_>, row: &StoreRow) -> (String, Tone) {
    let licence = cx.view.installed.iter().find(|option| option.option.id == row.option.id);
    match licence {
        Some(licence) if row.installed => (cx.texts.left(licence.left), theme::GOOD),
        _ if row.installed => (cx.texts.msg_installed(), theme::GOOD),
        _ => (cx.texts.msg_job_not_installed(cx.texts.price_from(&row.offers)), theme::NEUTRAL),
    }
}

/// A title above a list; returns the place of the list.
fn titled(ui: &mut Ui, rect: Rect, title: &str) -> Rect {
    widgets::at(ui, rect, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, title));
    rect.with_min_y(rect.top() + 32.0)
}

/// One thing to choose from a list.
struct Item<'a> {
    icon: MaterialIcon,
    tone: Tone,
    name: &'a str,
    note: &'a str,
    note_tone: Tone,
    selected: bool,
}

impl Item<'_> {
    /// True if it was touched.
    fn show(&self, ui: &mut Ui, width: f32) -> bool {
        let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let response =
            widgets::row_at(ui, rect, self.name, |ui| widgets::plate(ui, rect, self.name, Some(self.selected)));
        let painter = ui.painter().clone();
        widgets::paint_disc(&painter, pos2(rect.left() + 40.0, rect.center().y), self.icon, 48.0, self.tone);
        let left = rect.left() + 78.0;
        let room = rect.right() - 64.0 - left;
        let name = widgets::lay_out(&painter, theme::BODY_BOLD, theme::INK, self.name, room, 1);
        painter.galley(pos2(left, rect.top() + 9.0), name, theme::INK);
        let note = widgets::lay_out(&painter, theme::SMALL, self.note_tone.ink, self.note, room, 1);
        painter.galley(pos2(left, rect.top() + 38.0), note, self.note_tone.ink);
        let below = Rect::from_min_max(pos2(left, rect.top() + 38.0), pos2(left + room, rect.bottom()));
        widgets::tell(ui, &response, below, self.note);
        let (icon, color) = if self.selected {
            (icons::ICON_RADIO_BUTTON_CHECKED, theme::ACCENT)
        } else {
            (icons::ICON_RADIO_BUTTON_UNCHECKED, theme::LINE_STRONG)
        };
        widgets::paint_icon(&painter, pos2(rect.right() - 36.0, rect.center().y), icon, 28.0, color);
        response.clicked()
    }
}

fn running(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, kind: JobKind, document: &str) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.job(kind), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let text = texts.msg_job_running_text(document);
    outcome(ui, body, parts::job_icon(kind), &texts.msg_job_running(), &[(text, theme::INK_SOFT)], true);
    let cancel = chrome::left_action(bar, theme::ACTION.x);
    if widgets::button(ui, cancel, Look::Plain, None, &texts.msg_cancel(), true) {
        cx.send(Command::CancelJob);
    }
}

fn finished(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, kind: JobKind, output: &str, left: Option<LicenceNote>) {
    let texts = cx.texts;
    let mut lines = vec![(texts.msg_job_finished_text(output), theme::INK_SOFT)];
    lines.extend(left.map(|left| (texts.left(left), theme::INK)));
    let below = chrome::header(ui, cx, area, &texts.job(kind), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    outcome(ui, body, (icons::ICON_CHECK_CIRCLE, theme::GOOD), &texts.msg_job_finished(), &lines, false);
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
    outcome(ui, body, (icons::ICON_ERROR, theme::BAD), &texts.msg_job_failed(), &lines, false);
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
    waiting: bool,
) {
    parts::disc_card(ui, body, icon, tone, |ui| {
        widgets::say(ui, theme::TITLE, theme::INK, title);
        ui.add_space(4.0);
        for (text, color) in lines {
            widgets::say(ui, theme::BODY, *color, text.as_str());
        }
        if waiting {
            let (dots, _) = ui.allocate_exact_size(vec2(120.0, 40.0), Sense::hover());
            widgets::paint_waiting(ui, dots.center());
        }
    });
}
