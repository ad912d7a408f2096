//! What goes into a program and what comes out of it. Whatever a program answers is checked here, and only here, against
//! the limits of the interface: what passes can be believed by all that follows.

use super::bindings::exports::kobai::page::program as guest;
use super::bindings::kobai::page::types;
use crate::core::JobKind;
use crate::page::{Colour, Page};
use crate::program::{
    Area, CHOICES_MAX, Chosen, Code, Control, DOCUMENT_NAME_BYTES_MAX, FINDINGS_MAX, FOUND_TEXT_BYTES_MAX, Fate,
    Finding, LABEL_BYTES_MAX, Label, PageOutcome, Place, ProgramFault, SETTING_ID_BYTES_MAX, SETTINGS_MAX,
    SYMBOLOGY_BYTES_MAX, Setting, TEXT_CHARS_MAX, TextLine, Unsuitable, Value, detail,
};

type Checked<T> = Result<T, ProgramFault>;

impl<'a> From<&'a Page> for types::PageParam<'a> {
    fn from(page: &'a Page) -> Self {
        let colour = match page.colour() {
            Colour::Grey => types::Colour::Grey,
            Colour::Rgb => types::Colour::Rgb,
        };
        Self { width: page.width(), height: page.height(), dpi: page.dpi(), colour, pixels: page.pixels() }
    }
}

impl<'a> From<&'a Chosen> for types::Chosen<'a> {
    fn from(chosen: &'a Chosen) -> Self {
        let value = match &chosen.value {
            Value::Toggle(on) => types::Value::Toggle(*on),
            Value::Choice(at) => types::Value::Choice(*at),
            Value::Number(number) => types::Value::Number(*number),
            Value::Text(text) => types::Value::Text(text),
        };
        Self { id: &chosen.id, value }
    }
}

impl<'a> From<&'a Place> for types::Place<'a> {
    fn from(place: &'a Place) -> Self {
        let kind = match place.kind {
            JobKind::Copy => types::JobKind::Copy,
            JobKind::Print => types::JobKind::Print,
            JobKind::Scan => types::JobKind::Scan,
            JobKind::Fax => types::JobKind::Fax,
        };
        Self { kind, number: place.number, pages: place.pages, started: &place.started, device: &place.device }
    }
}

fn wrong(what: impl std::fmt::Display) -> ProgramFault {
    ProgramFault::Answer(detail(what))
}

/// Anything of at most so many bytes.
fn short(text: String, bytes_max: usize, what: &str) -> Checked<String> {
    if text.len() > bytes_max { Err(wrong(format_args!("{what} has {} bytes", text.len()))) } else { Ok(text) }
}

/// One line that says something.
fn line(text: String, bytes_max: usize, what: &str) -> Checked<String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(wrong(format_args!("{what} is empty or not one line")));
    }
    short(text, bytes_max, what)
}

/// Lower-case letters, digits and `-`.
fn name(text: String, bytes_max: usize, what: &str) -> Checked<String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > bytes_max || !text.bytes().all(fits) {
        return Err(wrong(format_args!("{what} is not lower-case letters, digits and `-`")));
    }
    Ok(text)
}

fn label(label: types::Label) -> Checked<Label> {
    let text = |text| line(text, LABEL_BYTES_MAX, "a label");
    Ok(Label { ja: text(label.ja)?, en: text(label.en)? })
}

/// What can be set.
pub(super) fn settings(settings: Vec<types::Setting>) -> Checked<Vec<Setting>> {
    if settings.len() > SETTINGS_MAX {
        return Err(wrong(format_args!("{} settings", settings.len())));
    }
    let mut checked: Vec<Setting> = Vec::with_capacity(settings.len());
    for setting in settings {
        let id = name(setting.id, SETTING_ID_BYTES_MAX, "a setting's id")?;
        if checked.iter().any(|other| other.id == id) {
            return Err(wrong(format_args!("two settings are called {id}")));
        }
        let control = control(setting.control)?;
        if !control.allows(&control.initial()) {
            return Err(wrong(format_args!("{id} is at first not {control}")));
        }
        checked.push(Setting { id, label: label(setting.label)?, control });
    }
    Ok(checked)
}

fn control(control: types::Control) -> Checked<Control> {
    Ok(match control {
        types::Control::Toggle(initial) => Control::Toggle { initial },
        types::Control::Choice(list) => {
            if list.choices.is_empty() || list.choices.len() > CHOICES_MAX {
                return Err(wrong(format_args!("{} choices", list.choices.len())));
            }
            let choices = list.choices.into_iter().map(label).collect::<Checked<_>>()?;
            Control::Choice { choices, initial: list.initial }
        }
        types::Control::Number(range) => {
            if range.min > range.max || range.step == 0 {
                return Err(wrong("a range without a number in it"));
            }
            Control::Number { min: range.min, max: range.max, step: range.step, initial: range.initial }
        }
        types::Control::Text(field) => {
            if field.max_length == 0 || field.max_length > TEXT_CHARS_MAX {
                return Err(wrong(format_args!("a text of at most {} characters", field.max_length)));
            }
            Control::Text { max_chars: field.max_length, initial: field.initial }
        }
    })
}

/// What became of `page`.
pub(super) fn outcome(answer: Result<guest::Outcome, guest::Failure>, page: &Page) -> Checked<PageOutcome> {
    let outcome = answer.map_err(|failure| match failure {
        types::Failure::UnsuitablePage(why) => ProgramFault::Unsuitable(Unsuitable::Page, detail(why)),
        types::Failure::UnsuitableSetting(why) => ProgramFault::Unsuitable(Unsuitable::Setting, detail(why)),
        types::Failure::Internal(why) => ProgramFault::Failed(detail(why)),
    })?;
    let fate = match outcome.fate {
        types::Fate::Keep => Fate::Keep,
        types::Fate::Omit => Fate::Omit,
        types::Fate::Replace(page) => Fate::Replace(replacement(page)?),
    };
    if outcome.findings.len() > FINDINGS_MAX {
        return Err(wrong(format_args!("{} findings", outcome.findings.len())));
    }
    let size = match &fate {
        Fate::Replace(page) => (page.width(), page.height()),
        Fate::Keep | Fate::Omit => (page.width(), page.height()),
    };
    let findings = outcome.findings.into_iter().map(|one| finding(one, size)).collect::<Checked<_>>()?;
    let begins = outcome.begins.map(|begins| line(begins, DOCUMENT_NAME_BYTES_MAX, "a document's name"));
    Ok(PageOutcome { fate, findings, begins: begins.transpose()? })
}

fn replacement(page: types::PageResult) -> Checked<Page> {
    let colour = match page.colour {
        types::Colour::Grey => Colour::Grey,
        types::Colour::Rgb => Colour::Rgb,
    };
    Page::new(page.width, page.height, page.dpi, colour, page.pixels).map_err(wrong)
}

fn finding(finding: types::Finding, size: (u32, u32)) -> Checked<Finding> {
    Ok(match finding {
        types::Finding::Line(found) => {
            if found.confidence > 100 {
                return Err(wrong(format_args!("sure by {} percent", found.confidence)));
            }
            let text = line(found.text, FOUND_TEXT_BYTES_MAX, "a line of text")?;
            Finding::Line(TextLine { text, area: area(found.area, size)?, confidence: found.confidence })
        }
        types::Finding::Code(found) => Finding::Code(Code {
            symbology: name(found.symbology, SYMBOLOGY_BYTES_MAX, "a symbology")?,
            text: short(found.text, FOUND_TEXT_BYTES_MAX, "the text of a code")?,
            area: area(found.area, size)?,
        }),
    })
}

fn area(area: types::Area, (width, height): (u32, u32)) -> Checked<Area> {
    let area = Area { x: area.x, y: area.y, width: area.width, height: area.height };
    if area.is_within(width, height) { Ok(area) } else { Err(wrong("an area outside the page")) }
}
