//! The document, the options to use with it, and Start.

use egui::{Rect, Sense, Ui, pos2, vec2};
use egui_material_icons::{MaterialIcon, icons};

use super::parts;
use crate::core::{
    Command, DocumentRow, JobKind, JobOptionRow, JobOrder, JobSource, JobTask, JobView, OutputFormat, PROGRAMS_MAX,
    Place, ProgramWish, Wanted,
};
use crate::ui::chrome;
use crate::ui::state::{Cx, JobChoice, Pick, Unfolded};
use crate::ui::texts::{self, Texts};
use crate::ui::theme::{self, Tone};
use crate::ui::widgets::{self, Look};

const ROW: f32 = 72.0;

pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.job(job.kind), Some(Place::Home));
    let (body, bar) = chrome::action_bar(ui, below.body);
    let body = Rect::from_min_max(
        pos2(body.left() + theme::MARGIN, body.top()),
        pos2(body.right() - theme::MARGIN, body.bottom() - 12.0),
    );
    let (lists, ways) = body.split_top_bottom_at_y(body.bottom() - theme::BUTTON_HEIGHT);
    let lists = lists.with_max_y(lists.bottom() - 12.0);
    let mut halves = widgets::columns(lists, 2, 24.0);
    if let (Some(left), Some(right)) = (halves.next(), halves.next()) {
        documents(ui, cx, left, job);
        options(ui, cx, right, job);
    }
    how(ui, cx, ways, job);
    let choice = &cx.state.job;
    let document = choice.document.clone();
    let picked = |row: &&JobOptionRow| choice.picks.iter().any(|pick| pick.option == row.option.id);
    let hint = if document.is_none() {
        texts.msg_job_choose_document()
    } else if job.options.iter().filter(picked).any(|row| !row.installed) {
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
        let order = JobOrder { task: task(job.kind, &cx.state.job), source: JobSource::Glass(vec![document]) };
        cx.send(Command::Run(order));
    }
}

fn task(kind: JobKind, choice: &JobChoice) -> JobTask {
    let wish =
        |pick: &Pick| ProgramWish { wanted: Wanted::Option(pick.option.clone()), settings: pick.settings.clone() };
    JobTask {
        programs: choice.picks.iter().map(wish).collect(),
        face: choice.face.clone().filter(|_| kind == JobKind::Print),
        split: choice.split && kind != JobKind::Print,
        format: if choice.png { OutputFormat::Png } else { OutputFormat::Pdf },
        ..JobTask::plain(kind)
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
            let item = Item {
                icon: icons::ICON_DESCRIPTION,
                tone: theme::NEUTRAL,
                name,
                note: &texts::bytes(*bytes),
                note_tone: theme::NEUTRAL,
                mark: Mark::one_of(cx.state.job.document.as_ref() == Some(name)),
            };
            if item.show(ui, list.width(), 0.0) {
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
            mark: Mark::one_of(cx.state.job.picks.is_empty()),
        };
        if none.show(ui, list.width(), 0.0) {
            cx.state.job.picks.clear();
        }
        for row in &job.options {
            let (icon, tone) = parts::kind_icon(row.option.kind);
            let (note, note_tone) = option_note(cx, row);
            let at = cx.state.job.picks.iter().position(|pick| pick.option == row.option.id);
            let name = texts.pick(&row.option.name).as_str();
            let item = Item { icon, tone, name, note: &note, note_tone, mark: Mark::among(at) };
            let can_be_set = at.is_some() && !row.settings.is_empty();
            let right = if can_be_set { ROW + 8.0 } else { 0.0 };
            let top = ui.cursor().top();
            if item.show(ui, list.width(), right) {
                cx.state.job.toggle(&row.option.id, PROGRAMS_MAX);
            }
            let place = Rect::from_min_size(pos2(list.right() - ROW, top), vec2(ROW, ROW));
            let label = texts.msg_job_settings_of(name);
            if can_be_set
                && widgets::row_at(ui, place, name, |ui| widgets::icon_button(ui, place, icons::ICON_TUNE, &label))
            {
                cx.state.job.unfolded = Unfolded::Settings(row.option.id.clone());
            }
        }
    });
}

fn option_note(cx: &Cx<'_>, row: &JobOptionRow) -> (String, Tone) {
    let licence = cx.view.installed.iter().find(|option| option.option.id == row.option.id);
    match licence {
        Some(licence) if row.installed => (cx.texts.left(licence.left), theme::GOOD),
        _ if row.installed => (cx.texts.msg_installed(), theme::GOOD),
        _ => (cx.texts.msg_job_not_installed(cx.texts.price_from(&row.offers)), theme::NEUTRAL),
    }
}

/// What comes out, and in which face or how it is divided.
fn how(ui: &mut Ui, cx: &mut Cx<'_>, rect: Rect, job: &JobView) {
    let texts = cx.texts;
    let mut halves = widgets::columns(rect, 2, 24.0);
    let (Some(left), Some(right)) = (halves.next(), halves.next()) else { return };
    let mut formats = widgets::columns(left, 2, 12.0);
    for (png, label) in [(false, texts.msg_job_as_pdf()), (true, texts.msg_job_as_png())] {
        let Some(place) = formats.next() else { return };
        if choice(ui, place, &label, cx.state.job.png == png) {
            cx.state.job.png = png;
        }
    }
    if job.kind == JobKind::Print {
        let face = cx.state.job.face.clone().unwrap_or_else(|| texts.msg_job_own_face());
        let icon = Some(icons::ICON_TEXT_FIELDS);
        if widgets::button(ui, right, Look::Plain, icon, &texts.msg_job_face(face), true) {
            cx.state.job.unfolded = Unfolded::Faces;
        }
    } else if choice(ui, right, &texts.msg_job_split(), cx.state.job.split) {
        cx.state.job.split = !cx.state.job.split;
    }
}

/// A plate with a text that is chosen or not.
fn choice(ui: &mut Ui, rect: Rect, label: &str, chosen: bool) -> bool {
    let response = widgets::plate(ui, rect, label, Some(chosen));
    let kinds = [theme::BODY_BOLD, theme::SMALL_BOLD, theme::FINE];
    let galley = widgets::lay_out_fitting(ui.painter(), &kinds, theme::INK, label, rect.width() - 24.0);
    let place = rect.center() - galley.size() / 2.0;
    ui.painter().galley(place, galley, theme::INK);
    response.clicked()
}

/// Which face a print job is set in.
pub(super) fn faces(ui: &mut Ui, cx: &mut Cx<'_>, area: Rect, job: &JobView) {
    let texts = cx.texts;
    let below = chrome::header(ui, cx, area, &texts.msg_job_faces(), None);
    let (body, bar) = chrome::action_bar(ui, below.body);
    let list = body.shrink2(vec2(theme::MARGIN, 0.0)).with_max_y(body.bottom() - 12.0);
    widgets::scroll(ui, list, "faces", |ui| {
        let own = Item {
            icon: icons::ICON_TEXT_FIELDS,
            tone: theme::NEUTRAL,
            name: &texts.msg_job_own_face(),
            note: &texts.msg_job_no_option_hint(),
            note_tone: theme::NEUTRAL,
            mark: Mark::one_of(cx.state.job.face.is_none()),
        };
        if own.show(ui, list.width(), 0.0) {
            cx.state.job.face = None;
        }
        for row in &job.options {
            for face in row.provides.faces() {
                let (icon, tone) = parts::kind_icon(row.option.kind);
                let (note, note_tone) = option_note(cx, row);
                let note = format!("{} · {note}", texts.pick(&row.option.name).as_str());
                let mark = Mark::one_of(cx.state.job.face.as_deref() == Some(face));
                let item = Item { icon, tone, name: face, note: &note, note_tone, mark };
                if item.show(ui, list.width(), 0.0) {
                    cx.state.job.face = Some(face.to_owned());
                }
            }
        }
    });
    if widgets::button(ui, chrome::right_action(bar, theme::ACTION.x), Look::Primary, None, &texts.msg_done(), true) {
        cx.state.job.unfolded = Unfolded::Nothing;
    }
}

/// A title above a list; returns the place of the list.
fn titled(ui: &mut Ui, rect: Rect, title: &str) -> Rect {
    widgets::at(ui, rect, |ui| widgets::say(ui, theme::SMALL_BOLD, theme::INK_SOFT, title));
    rect.with_min_y(rect.top() + 32.0)
}

/// Whether something in a list is chosen.
#[derive(Debug, Clone, Copy)]
enum Mark {
    /// One of a list, or not.
    One(bool),
    /// Several of a list: which one, in the order in which they were chosen.
    Several(Option<usize>),
}

impl Mark {
    const fn one_of(chosen: bool) -> Self {
        Self::One(chosen)
    }

    const fn among(at: Option<usize>) -> Self {
        Self::Several(at)
    }

    const fn is_chosen(self) -> bool {
        matches!(self, Self::One(true) | Self::Several(Some(_)))
    }
}

/// One thing to choose from a list.
struct Item<'a> {
    icon: MaterialIcon,
    tone: Tone,
    name: &'a str,
    note: &'a str,
    note_tone: Tone,
    mark: Mark,
}

impl Item<'_> {
    /// Leaves `right` points free at its right end. True if it was touched.
    fn show(&self, ui: &mut Ui, width: f32, right: f32) -> bool {
        let (whole, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let rect = whole.with_max_x(whole.right() - right);
        let chosen = Some(self.mark.is_chosen());
        let response = widgets::row_at(ui, rect, self.name, |ui| widgets::plate(ui, rect, self.name, chosen));
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
        let center = pos2(rect.right() - 36.0, rect.center().y);
        match self.mark {
            Mark::Several(Some(at)) => {
                painter.circle_filled(center, 15.0, theme::ACCENT);
                let number =
                    widgets::lay_out(&painter, theme::SMALL_BOLD, theme::ON_ACCENT, &(at + 1).to_string(), 30.0, 1);
                painter.galley(center - number.size() / 2.0, number, theme::ON_ACCENT);
            }
            Mark::Several(None) => {
                widgets::paint_icon(&painter, center, icons::ICON_CHECK_BOX_OUTLINE_BLANK, 28.0, theme::LINE_STRONG);
            }
            Mark::One(true) => {
                widgets::paint_icon(&painter, center, icons::ICON_RADIO_BUTTON_CHECKED, 28.0, theme::ACCENT);
            }
            Mark::One(false) => {
                widgets::paint_icon(&painter, center, icons::ICON_RADIO_BUTTON_UNCHECKED, 28.0, theme::LINE_STRONG);
            }
        }
        response.clicked()
    }
}
