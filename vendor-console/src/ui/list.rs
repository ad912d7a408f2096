//! A list that keeps itself up to date: it asks again when the query or the server's data changed, one request at a
//! time, and shows the old rows until the new ones are there.

use eframe::egui::{self, Ui};
use egui_material_icons::icons::{ICON_CHEVRON_LEFT, ICON_CHEVRON_RIGHT};
use protocol::message::staff::{Page, Query, StaffReply, StaffRequest, Topic};
use protocol::text::SearchText;

use super::backend::{Answer, Backend, Pending};
use super::theme::palette;
use super::widgets::{button_ui, icon_button_ui, problem_ui};
use super::words::Words;
use crate::client::StaffError;

const PAGE_ROWS: u16 = 200;

/// How often each kind of data has changed, as far as this window heard.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Generations([u64; 10]);

impl Generations {
    const ALL: [Topic; 10] = [
        Topic::Customers,
        Topic::Devices,
        Topic::Options,
        Topic::Orders,
        Topic::Charges,
        Topic::Licences,
        Topic::Staff,
        Topic::Proposals,
        Topic::Audit,
        Topic::Keys,
    ];

    pub(crate) const fn of(&self, topic: Topic) -> u64 {
        self.0[topic as usize]
    }

    /// Of several topics at once: it changes when one of them does.
    pub(crate) fn sum(&self, topics: &[Topic]) -> u64 {
        topics.iter().map(|&topic| self.of(topic)).sum()
    }

    pub(crate) fn changed(&mut self, topics: &[Topic]) {
        for &topic in topics {
            self.0[topic as usize] += 1;
        }
    }

    pub(crate) fn all_changed(&mut self) {
        self.changed(&Self::ALL);
    }
}

/// The newest answer to a request that changes now and then.
pub(crate) struct Live<T> {
    asked: Option<(StaffRequest, u64)>,
    pending: Option<Pending<Answer>>,
    value: Option<T>,
    error: Option<StaffError>,
}

impl<T> Default for Live<T> {
    fn default() -> Self {
        Self { asked: None, pending: None, value: None, error: None }
    }
}

impl<T> Live<T> {
    /// Takes what has arrived, and asks if the request or the generation is another one than last time.
    pub(crate) fn sync(
        &mut self,
        backend: &dyn Backend,
        request: StaffRequest,
        generation: u64,
        take: impl Fn(StaffReply) -> Option<T>,
    ) {
        // Twice, because an answer that is there at once should be seen in this very frame.
        for _ in 0..2 {
            if let Some(answer) = self.pending.as_mut().and_then(Pending::poll) {
                self.pending = None;
                match answer.and_then(|reply| take(reply).ok_or(StaffError::WrongAnswer)) {
                    Ok(value) => {
                        self.value = Some(value);
                        self.error = None;
                    }
                    Err(error) => self.error = Some(error),
                }
            }
            let is_new = self.asked.as_ref().is_none_or(|(asked, at)| *asked != request || *at != generation);
            if self.pending.is_none() && is_new {
                self.pending = Some(backend.ask(request.clone()));
                self.asked = Some((request.clone(), generation));
            }
        }
    }

    pub(crate) const fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub(crate) const fn error(&self) -> Option<&StaffError> {
        self.error.as_ref()
    }

    /// Asks again at the next look, whatever happened.
    pub(crate) fn refresh(&mut self) {
        self.asked = None;
    }
}

/// A searchable list of rows, page by page.
pub(crate) struct List<T> {
    /// As typed.
    pub(crate) search: String,
    offset: u32,
    of: Option<StaffRequest>,
    live: Live<Page<T>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { search: String::new(), offset: 0, of: None, live: Live::default() }
    }
}

impl<T> List<T> {
    pub(crate) fn sync(
        &mut self,
        backend: &dyn Backend,
        generation: u64,
        request: impl Fn(Query) -> StaffRequest,
        take: impl Fn(StaffReply) -> Option<Page<T>>,
    ) {
        let search = SearchText::new(&self.search).ok();
        // Another search or filter starts on the first page.
        let of = request(Query { search: search.clone(), offset: 0, limit: PAGE_ROWS });
        if self.of.as_ref().is_some_and(|before| *before != of) {
            self.offset = 0;
        }
        self.of = Some(of);
        self.live.sync(backend, request(Query { search, offset: self.offset, limit: PAGE_ROWS }), generation, take);
    }

    pub(crate) fn rows(&self) -> &[T] {
        self.live.value().map_or(&[], |page| &page.rows)
    }

    /// How many there are in all; `None` until the first answer.
    pub(crate) fn total(&self) -> Option<u64> {
        self.live.value().map(|page| page.total)
    }

    pub(crate) fn refresh(&mut self) {
        self.live.refresh();
    }

    pub(crate) fn is_searching(&self) -> bool {
        !self.search.trim().is_empty()
    }

    /// The error of the last request, with a way to repeat it.
    pub(crate) fn problem_ui(&mut self, ui: &mut Ui, words: &Words) {
        if let Some(error) = self.live.error() {
            problem_ui(ui, words, error);
            if button_ui(ui, true, &words.msg_retry()).clicked() {
                self.live.refresh();
            }
        }
    }

    /// Which rows are shown of how many, and the way to the others.
    pub(crate) fn pager_ui(&mut self, ui: &mut Ui, words: &Words) {
        let Some(total) = self.total() else { return };
        let shown = self.rows().len() as u64;
        let first = u64::from(self.offset);
        let has_more = first + shown < total;
        ui.horizontal(|ui| {
            if self.offset == 0 && !has_more {
                ui.label(egui::RichText::new(words.msg_total_rows(total)).color(palette(ui).weak));
                return;
            }
            ui.label(egui::RichText::new(words.msg_page_of(first + 1, first + shown, total)).color(palette(ui).weak));
            let page = u32::from(PAGE_ROWS);
            ui.add_enabled_ui(self.offset > 0, |ui| {
                if icon_button_ui(ui, ICON_CHEVRON_LEFT, &words.msg_previous_page()).clicked() {
                    self.offset = self.offset.saturating_sub(page);
                }
            });
            ui.add_enabled_ui(has_more, |ui| {
                if icon_button_ui(ui, ICON_CHEVRON_RIGHT, &words.msg_next_page()).clicked() {
                    self.offset = self.offset.saturating_add(page);
                }
            });
        });
    }

    /// Something to look at until the first answer is there.
    pub(crate) fn is_loading_ui(&self, ui: &mut Ui, words: &Words) -> bool {
        let is_loading = self.live.value().is_none() && self.live.error().is_none();
        if is_loading {
            ui.add_space(crate::ui::theme::size::GAP_LARGE);
            ui.add(egui::Label::new(words.msg_loading()));
        }
        is_loading
    }
}
