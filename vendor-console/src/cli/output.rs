//! What the staff commands print: aligned tables for people, JSON with stable names for scripts.

use std::io::{self, Write};

use protocol::{Timestamp, Yen};
use serde_json::{Map, Value, json};

use super::CliError;
use crate::client::StaffError;

/// What a command has to say.
pub(super) enum Output {
    /// `{"rows": [..], "total": n}`, with a sum where there is one.
    List { rows: Vec<Record>, total: u64, sum: Option<Yen> },
    /// An object.
    One(Record),
    /// An object with its lines as an array `lines`.
    Document { head: Record, lines: Vec<Record> },
}

/// A row or an object: each field once, for both ways of printing.
#[derive(Default)]
pub(super) struct Record(Vec<Field>);

struct Field {
    key: &'static str,
    label: &'static str,
    text: String,
    value: Value,
    is_number: bool,
    is_in_table: bool,
}

impl Record {
    pub(super) fn text(self, key: &'static str, label: &'static str, text: impl ToString) -> Self {
        let text = text.to_string();
        let value = Value::String(text.clone());
        self.with(key, label, text, value)
    }

    pub(super) fn optional(self, key: &'static str, label: &'static str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.text(key, label, text),
            None => self.with(key, label, "-".to_owned(), Value::Null),
        }
    }

    pub(super) fn number(self, key: &'static str, label: &'static str, number: impl Into<u64>) -> Self {
        let number = number.into();
        self.with(key, label, number.to_string(), json!(number)).right()
    }

    pub(super) fn optional_number(self, key: &'static str, label: &'static str, number: Option<u64>) -> Self {
        match number {
            Some(number) => self.number(key, label, number),
            None => self.with(key, label, "-".to_owned(), Value::Null).right(),
        }
    }

    pub(super) fn yen(self, key: &'static str, label: &'static str, amount: Option<Yen>) -> Self {
        let text = amount.map_or_else(|| "-".to_owned(), |yen| yen.to_string());
        self.with(key, label, text, json!(amount.map(Yen::amount))).right()
    }

    pub(super) fn flag(self, key: &'static str, label: &'static str, flag: bool) -> Self {
        self.with(key, label, if flag { "yes" } else { "no" }.to_owned(), Value::Bool(flag))
    }

    /// JSON has RFC 3339 in UTC, people see local time.
    pub(super) fn time(self, key: &'static str, label: &'static str, at: Option<Timestamp>) -> Self {
        let value = at.and_then(utc).map_or(Value::Null, |at| Value::String(at.to_string()));
        let text = at.and_then(utc).map_or_else(|| "-".to_owned(), |at| local_minute(&at));
        self.with(key, label, text, value)
    }

    pub(super) fn list(self, key: &'static str, label: &'static str, text: String, values: Vec<Value>) -> Self {
        self.with(key, label, text, Value::Array(values))
    }

    /// Leaves the last field out of tables.
    pub(super) fn detail(mut self) -> Self {
        if let Some(field) = self.0.last_mut() {
            field.is_in_table = false;
        }
        self
    }

    fn right(mut self) -> Self {
        if let Some(field) = self.0.last_mut() {
            field.is_number = true;
        }
        self
    }

    fn with(mut self, key: &'static str, label: &'static str, text: String, value: Value) -> Self {
        self.0.push(Field { key, label, text, value, is_number: false, is_in_table: true });
        self
    }

    fn into_json(self) -> Value {
        Value::Object(self.0.into_iter().map(|field| (field.key.to_owned(), field.value)).collect())
    }
}

fn utc(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(at.as_ms()).ok()?).ok()
}

fn local_minute(at: &jiff::Timestamp) -> String {
    at.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

impl Output {
    pub(super) fn print(self, as_json: bool) -> io::Result<()> {
        let text = if as_json { self.into_json().to_string() + "\n" } else { self.into_text() };
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    pub(super) fn into_json(self) -> Value {
        let array = |records: Vec<Record>| Value::Array(records.into_iter().map(Record::into_json).collect());
        match self {
            Self::List { rows, total, sum } => {
                let mut object = Map::new();
                object.insert("rows".to_owned(), array(rows));
                object.insert("total".to_owned(), json!(total));
                if let Some(sum) = sum {
                    object.insert("sum_yen".to_owned(), json!(sum.amount()));
                }
                Value::Object(object)
            }
            Self::One(record) => record.into_json(),
            Self::Document { head, lines } => {
                let mut document = head.into_json();
                if let Value::Object(object) = &mut document {
                    object.insert("lines".to_owned(), array(lines));
                }
                document
            }
        }
    }

    pub(super) fn into_text(self) -> String {
        match self {
            Self::List { rows, total, sum } => {
                let shown = rows.len() as u64;
                let mut text = table(&rows);
                if shown < total {
                    text.push_str(&format!("{shown} of {total}\n"));
                }
                if let Some(sum) = sum {
                    text.push_str(&format!("Sum of all {total}: {sum}\n"));
                }
                text
            }
            Self::One(record) => details(&record),
            Self::Document { head, lines } => format!("{}\n{}", details(&head), table(&lines)),
        }
    }
}

fn details(record: &Record) -> String {
    let width = record.0.iter().map(|field| columns(field.label)).max().unwrap_or(0) + 2;
    record.0.iter().map(|field| format!("{}{}\n", padded(field.label, width, false), field.text)).collect()
}

fn table(rows: &[Record]) -> String {
    let Some(first) = rows.first() else { return "Nothing found.\n".to_owned() };
    let shown: Vec<usize> = (0..first.0.len()).filter(|&i| first.0[i].is_in_table).collect();
    let width = |i: usize| {
        let cells = rows.iter().filter_map(|row| row.0.get(i)).map(|field| columns(&field.text)).max();
        cells.unwrap_or(0).max(columns(first.0[i].label))
    };
    let widths: Vec<usize> = shown.iter().map(|&i| width(i)).collect();
    let line = |cell: &dyn Fn(usize) -> String| {
        let cells = shown.iter().zip(&widths).map(|(&i, &width)| padded(&cell(i), width, first.0[i].is_number));
        let mut line = cells.collect::<Vec<_>>().join("  ").trim_end().to_owned();
        line.push('\n');
        line
    };
    let mut text = line(&|i| first.0[i].label.to_owned());
    for row in rows {
        text.push_str(&line(&|i| row.0.get(i).map_or_else(String::new, |field| field.text.clone())));
    }
    text
}

fn padded(text: &str, width: usize, right: bool) -> String {
    let space = " ".repeat(width.saturating_sub(columns(text)));
    if right { space + text } else { text.to_owned() + &space }
}

/// How many terminal columns a text takes: East Asian wide and full-width characters take two.
fn columns(text: &str) -> usize {
    let is_wide = |c: char| matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD);
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// Errors go to stderr as a sentence with a code, and with advice if it is a refusal.
pub(super) fn print_error(error: &CliError) {
    print_note(&match error {
        CliError::Staff(StaffError::Refused(refusal)) => format!("vendor-console: {error} {}", refusal.code.advice()),
        CliError::Staff(other) => format!("vendor-console: {error} [{}]", other.code()),
        CliError::Usage(_) => format!("vendor-console: {error} [usage]"),
        CliError::Io(_) => format!("vendor-console: {error} [storage]"),
    });
}

/// One line to stderr; if even that is gone there is nobody to tell.
pub(super) fn print_note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Record> {
        let yen = |amount| Some(Yen::new(amount).unwrap());
        vec![
            Record::default().text("name", "NAME", "購買商事").yen("due_yen", "DUE", yen(20_000)),
            Record::default().text("name", "NAME", "Acme").yen("due_yen", "DUE", None),
        ]
    }

    #[test]
    fn a_table_stays_aligned_with_japanese_names_and_puts_numbers_right() {
        let text = Output::List { rows: rows(), total: 3, sum: Yen::new(9).ok() }.into_text();
        assert_eq!(text, "NAME           DUE\n購買商事  ￥20,000\nAcme             -\n2 of 3\nSum of all 3: ￥9\n");
    }

    #[test]
    fn json_has_amounts_as_numbers_and_nothing_as_null() {
        let json = Output::List { rows: rows(), total: 2, sum: None }.into_json();
        assert_eq!(json["rows"][0], json!({"name": "購買商事", "due_yen": 20_000}));
        assert_eq!(json["rows"][1]["due_yen"], Value::Null);
        assert_eq!(json["total"], json!(2));
    }

    #[test]
    fn json_times_are_rfc_3339_in_utc() {
        let at = Timestamp::from_ms(1_760_000_000_123);
        let json = Output::One(Record::default().time("at", "AT", Some(at))).into_json();
        assert_eq!(json["at"], json!("2025-10-09T08:53:20.123Z"));
    }
}
