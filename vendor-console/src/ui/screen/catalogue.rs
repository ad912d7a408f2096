//! The catalogue: options, their offers, and the files that are published as their releases.

mod offers;
mod publishing;

use eframe::egui::Ui;
use egui_material_icons::icons::ICON_INVENTORY_2;
use protocol::message::device::Bilingual;
use protocol::message::staff::{OptionFields, OptionRow, StaffReply, StaffRequest, Topic};
use protocol::package::OptionKind;
use protocol::staff_role::Action as Task;
use protocol::text::{Description, Name};

use self::offers::OfferEditor;
use self::publishing::Publishing;
use super::{Cx, head_ui, page_ui, side_panel_ui};
use crate::ui::form::{self, Action, Checks};
use crate::ui::list::List;
use crate::ui::table::{Cell, Head, Width, table_ui};
use crate::ui::theme::size;
use crate::ui::widgets::{
    Tone, area_ui, chip_ui, divider_ui, empty_ui, field_ui, labelled_ui, panel_head_ui, search_ui, value_ui,
};
use crate::ui::words::Words;

#[derive(Default)]
pub(crate) struct Catalogue {
    list: List<OptionRow>,
    panel: Option<Panel>,
}

/// An option that is created or edited.
struct Panel {
    /// As the server knows it; `None` while it is new.
    row: Option<OptionRow>,
    id: String,
    kind: OptionKind,
    name: Bilingual<String>,
    description: Bilingual<String>,
    offers: OfferEditor,
    for_sale: bool,
    /// Of the row that the fields were filled from.
    loaded: Option<u32>,
    checks: Checks,
    save: Action,
    publishing: Publishing,
}

impl Panel {
    fn new(row: Option<OptionRow>) -> Self {
        let fields = row.as_ref().map(|row| &row.fields);
        let texts = |get: fn(&OptionFields) -> Bilingual<String>| {
            fields.map_or_else(|| Bilingual { ja: String::new(), en: String::new() }, get)
        };
        Self {
            id: fields.map_or_else(String::new, |fields| fields.id.to_string()),
            kind: fields.map_or(OptionKind::Program, |fields| fields.kind),
            name: texts(|fields| Bilingual { ja: fields.name.ja.to_string(), en: fields.name.en.to_string() }),
            description: texts(|fields| Bilingual {
                ja: fields.description.ja.to_string(),
                en: fields.description.en.to_string(),
            }),
            offers: fields.map_or_else(OfferEditor::default, |fields| OfferEditor::new(&fields.offers)),
            for_sale: fields.is_none_or(|fields| fields.for_sale),
            loaded: row.as_ref().map(|row| row.revision),
            row,
            checks: Checks::default(),
            save: Action::default(),
            publishing: Publishing::default(),
        }
    }
}

impl Catalogue {
    /// Opens the form for a new option.
    pub(crate) fn create(&mut self) {
        self.panel = Some(Panel::new(None));
    }

    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let take = |reply| if let StaffReply::Options(page) = reply { Some(page) } else { None };
        self.list.sync(cx.backend, cx.generations.of(Topic::Options), StaffRequest::Options, take);
        if let Some(panel) = &mut self.panel {
            if let Some(row) = &mut panel.row
                && let Some(fresh) = self.list.rows().iter().find(|fresh| fresh.fields.id == row.fields.id)
            {
                *row = fresh.clone();
            }
            if side_panel_ui(ui, "option", |ui| panel_ui(ui, panel, cx)) {
                self.panel = None;
            }
        }
        page_ui(ui, |ui| self.list_ui(ui, cx));
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let words = cx.words;
        let is_new = head_ui(
            ui,
            &words.msg_nav_catalogue(),
            |ui| self.list.pager_ui(ui, words),
            |ui| cx.primary_ui(ui, Task::CreateOption, true, &words.msg_option_new()).clicked(),
        );
        if is_new {
            self.create();
        }
        search_ui(ui, words, &mut self.list.search);
        ui.add_space(size::GAP);
        self.list.problem_ui(ui, words);
        if self.list.is_loading_ui(ui, words) {
            return;
        }
        if self.list.rows().is_empty() {
            match self.list.is_searching() {
                true => empty_ui(ui, ICON_INVENTORY_2, &words.msg_nothing_found(), &words.msg_nothing_found_advice()),
                false => empty_ui(ui, ICON_INVENTORY_2, &words.msg_options_empty(), &words.msg_options_empty_advice()),
            }
            return;
        }
        let rows = self.list.rows();
        let open = self.panel.as_ref().and_then(|panel| panel.row.as_ref()).map(|row| &row.fields.id);
        let selected = rows.iter().position(|row| Some(&row.fields.id) == open);
        let clicked = table_ui(ui, "options", &heads(words), rows.len(), selected, |i| cells(&rows[i], words));
        if let Some(row) = clicked.and_then(|i| rows.get(i)) {
            self.panel = Some(Panel::new(Some(row.clone())));
        }
    }
}

fn heads(words: &Words) -> [Head; 6] {
    [
        Head::text(words.msg_option(), Width::Rest(130.0)),
        Head::text(words.msg_option_kind(), Width::Fixed(100.0)).secondary(),
        Head::text(words.msg_option_offers(), Width::Rest(220.0)),
        Head::number(words.msg_option_release(), 80.0).secondary(),
        Head::number(words.msg_option_sold(), 72.0).secondary(),
        Head::text(words.msg_option_state(), Width::Fixed(108.0)),
    ]
}

fn state_chip(row: &OptionRow, words: &Words) -> (Tone, String) {
    match (&row.release, row.fields.for_sale) {
        (None, _) if row.waiting.is_some() => (Tone::Warn, words.msg_approval_waiting()),
        (None, _) => (Tone::Warn, words.msg_option_no_release()),
        (Some(_), true) => (Tone::Good, words.msg_option_on_sale()),
        (Some(_), false) => (Tone::Neutral, words.msg_option_hidden()),
    }
}

fn cells(row: &OptionRow, words: &Words) -> Vec<Cell> {
    let offers = row.fields.offers.iter().map(|offer| format!("{} {}", words.form(offer.form), offer.price));
    let (tone, state) = state_chip(row, words);
    vec![
        Cell::Open(words.pick(&row.fields.name).to_string()),
        Cell::Weak(words.kind(row.fields.kind)),
        Cell::Text(offers.collect::<Vec<_>>().join(", ")),
        row.release.as_ref().map_or_else(|| Cell::Weak("-".to_owned()), |it| Cell::Text(it.version.to_string())),
        Cell::Text(row.sold.to_string()),
        Cell::Chip(tone, state),
    ]
}

/// True if the panel is to be closed.
fn panel_ui(ui: &mut Ui, panel: &mut Panel, cx: &mut Cx<'_>) -> bool {
    let words = cx.words;
    take_outcome(panel, cx);
    let title = panel.row.as_ref().map_or_else(|| words.msg_option_new(), |row| row.fields.id.to_string());
    let close = panel_head_ui(ui, words, &title);
    if let Some(row) = &panel.row {
        let (tone, state) = state_chip(row, words);
        chip_ui(ui, tone, &state);
        ui.add_space(size::GAP);
        panel.publishing.ui(ui, row, cx);
        divider_ui(ui);
    }
    if panel.save.problem_ui(ui, words, panel.loaded, panel.row.as_ref().map(|row| row.revision)) {
        let publishing = std::mem::take(&mut panel.publishing);
        *panel = Panel { publishing, ..Panel::new(panel.row.take()) };
    }
    let fields = fields_ui(ui, panel, words);
    let label = if panel.row.is_some() { words.msg_save() } else { words.msg_create() };
    let task = if panel.row.is_some() { Task::UpdateOption } else { Task::CreateOption };
    if cx.primary_ui(ui, task, !panel.save.is_running(), &label).clicked() {
        panel.checks.tried();
        if let Some(fields) = fields {
            let request = match panel.loaded {
                Some(revision) => StaffRequest::UpdateOption { revision, fields },
                None => StaffRequest::CreateOption(fields),
            };
            panel.save.start(cx.backend, request);
        }
    }
    if let Some(row) = &panel.row {
        divider_ui(ui);
        value_ui(ui, &words.msg_option_kind(), &words.kind(row.fields.kind));
        value_ui(ui, &words.msg_option_sold(), &row.sold.to_string());
    }
    close
}

/// The fields of the form; what they hold, if it is right.
fn fields_ui(ui: &mut Ui, panel: &mut Panel, words: &Words) -> Option<OptionFields> {
    let id = form::id(words, &panel.id, || words.msg_error_option_id());
    let name_ja = form::text(words, &panel.name.ja);
    let name_en = form::text(words, &panel.name.en);
    let description_ja = form::text(words, &panel.description.ja);
    let description_en = form::text(words, &panel.description.en);
    if panel.row.is_none() {
        let error = panel.checks.shown(&id);
        field_ui(ui, &words.msg_option_id(), &mut panel.id, &words.msg_option_id_hint(), error.as_deref());
        labelled_ui(ui, &words.msg_option_kind(), None, |ui| {
            ui.horizontal(|ui| {
                for kind in [OptionKind::Program, OptionKind::FontPack] {
                    ui.radio_value(&mut panel.kind, kind, words.kind(kind));
                }
            })
            .response
        });
    }
    let error = panel.checks.shown(&name_ja);
    field_ui(ui, &words.msg_option_name_ja(), &mut panel.name.ja, "", error.as_deref());
    let error = panel.checks.shown(&name_en);
    field_ui(ui, &words.msg_option_name_en(), &mut panel.name.en, "", error.as_deref());
    let error = panel.checks.shown(&description_ja);
    area_ui(ui, &words.msg_option_description_ja(), &mut panel.description.ja, error.as_deref());
    let error = panel.checks.shown(&description_en);
    area_ui(ui, &words.msg_option_description_en(), &mut panel.description.en, error.as_deref());
    let offers = panel.offers.ui(ui, &panel.checks, words);
    ui.add_space(size::GAP_SMALL);
    ui.checkbox(&mut panel.for_sale, words.msg_option_for_sale());
    ui.add_space(size::GAP_SMALL);
    Some(OptionFields {
        id: id.ok()?,
        kind: panel.kind,
        name: Bilingual::<Name> { ja: name_ja.ok()?, en: name_en.ok()? },
        description: Bilingual::<Description> { ja: description_ja.ok()?, en: description_en.ok()? },
        offers: offers?,
        for_sale: panel.for_sale,
    })
}

fn take_outcome(panel: &mut Panel, cx: &mut Cx<'_>) {
    match panel.save.poll() {
        Some(StaffReply::Option(row)) => {
            let words = cx.words;
            cx.toasts.good(match panel.row {
                None => words.msg_option_created(words.pick(&row.fields.name).as_str()),
                Some(_) => words.msg_saved(),
            });
            let publishing = std::mem::take(&mut panel.publishing);
            *panel = Panel { publishing, ..Panel::new(Some(row)) };
        }
        Some(_) => panel.save.wrong_answer(),
        None => {}
    }
}
