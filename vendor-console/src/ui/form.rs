//! Forms: fields that are parsed into protocol types, and requests whose outcome is looked for every frame.

use std::fmt::Display;
use std::str::FromStr;

use eframe::egui::Ui;
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::text::TextError;
use protocol::{RefusalCode, Text, Yen};

use super::backend::{Answer, Backend, Pending};
use super::theme::size;
use super::widgets::{button_ui, problem_ui};
use super::words::Words;
use crate::client::StaffError;

/// Errors of a form are shown once the user has tried to send it.
#[derive(Default)]
pub(crate) struct Checks {
    tried: bool,
}

impl Checks {
    pub(crate) const fn tried(&mut self) {
        self.tried = true;
    }

    /// The error to show beside a field.
    pub(crate) fn shown<T>(&self, parsed: &Result<T, String>) -> Option<String> {
        parsed.as_ref().err().filter(|_| self.tried).cloned()
    }
}

pub(crate) fn text<const MAX: usize>(words: &Words, typed: &str) -> Result<Text<MAX>, String> {
    Text::new(typed).map_err(|error| words.text_error(error))
}

/// A text that may be left out.
pub(crate) fn optional_text<const MAX: usize>(words: &Words, typed: &str) -> Result<Option<Text<MAX>>, String> {
    match Text::new(typed) {
        Ok(text) => Ok(Some(text)),
        Err(TextError::Empty) => Ok(None),
        Err(error) => Err(words.text_error(error)),
    }
}

/// An identifier; nothing typed is told apart from something wrong.
pub(crate) fn id<T: FromStr>(words: &Words, typed: &str, wrong: impl FnOnce() -> String) -> Result<T, String> {
    match typed.trim() {
        "" => Err(words.msg_error_required()),
        typed => typed.parse().map_err(|_| wrong()),
    }
}

/// A price; separators between digits are allowed.
pub(crate) fn price(words: &Words, typed: &str) -> Result<Yen, String> {
    let digits = typed.trim().trim_start_matches(['￥', '¥']).replace(',', "");
    let amount = digits.parse::<u64>().ok().and_then(|amount| Yen::new(amount).ok());
    amount.ok_or_else(|| words.msg_error_price())
}

pub(crate) fn count<T: FromStr + Display>(typed: &str) -> Option<T> {
    typed.trim().replace(',', "").parse().ok()
}

/// A request that changes something, from the click to its outcome.
#[derive(Default)]
pub(crate) struct Action {
    pending: Option<Pending<Answer>>,
    error: Option<StaffError>,
}

impl Action {
    pub(crate) fn start(&mut self, backend: &dyn Backend, request: StaffRequest) {
        self.watch(backend.ask(request));
    }

    pub(crate) fn watch(&mut self, pending: Pending<Answer>) {
        self.error = None;
        self.pending = Some(pending);
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.pending.is_some()
    }

    /// What the server answered, once. A refusal is kept until the next start.
    pub(crate) fn poll(&mut self) -> Option<StaffReply> {
        let answer = self.pending.as_mut()?.poll()?;
        self.pending = None;
        answer.map_err(|error| self.error = Some(error)).ok()
    }

    pub(crate) const fn error(&self) -> Option<&StaffError> {
        self.error.as_ref()
    }

    /// Draws why it failed, and whether the form's `loaded` revision is no longer that of the row as it is `now`. True if the
    /// form is to be filled anew from the row.
    pub(crate) fn problem_ui(&self, ui: &mut Ui, words: &Words, loaded: Option<u32>, now: Option<u32>) -> bool {
        let is_refused = self.error.as_ref().is_some_and(|error| error.refusal_code() == Some(RefusalCode::Stale));
        // The list may still show the row from before this form's own change.
        if is_refused || loaded.zip(now).is_some_and(|(loaded, now)| now > loaded) {
            problem_ui(ui, words, &StaffError::Refused(RefusalCode::Stale.into()));
            let reload = button_ui(ui, true, &words.msg_stale_reload()).clicked();
            ui.add_space(size::GAP_SMALL);
            return reload;
        }
        if let Some(error) = &self.error {
            problem_ui(ui, words, error);
        }
        false
    }

    /// The reply was to another question.
    pub(crate) fn wrong_answer(&mut self) {
        self.error = Some(StaffError::WrongAnswer);
    }
}
