//! Rule programs, `kobai-rules/1`: maps, then regular expressions, on the text of a job. `docs/option-content.md` says
//! what they mean.

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Captures, Regex, RegexBuilder};
use regex_automata::util::interpolate;
use serde::Deserialize;

use super::{RESULT_BYTES_MAX, Stop, go_on};
use crate::cancel::Cancel;
use crate::core::JobFault;

const PROGRAM_BYTES_MAX: usize = 256 * 1024;
const MAPS_MAX: usize = 2_000;
const RULES_MAX: usize = 200;
const NAME_CHARS_MAX: usize = 80;
/// Largest compiled pattern, in bytes.
const PATTERN_BYTES_MAX: usize = 1024 * 1024;
const FORMAT: &str = "kobai-rules/1";

/// A program that has passed all checks.
pub(super) struct Program {
    maps: AhoCorasick,
    /// What each map writes.
    to: Vec<String>,
    rules: Vec<Rule>,
}

struct Rule {
    pattern: Regex,
    replace: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramFile {
    format: String,
    name: String,
    #[serde(default)]
    map: Vec<MapFile>,
    #[serde(default)]
    rule: Vec<RuleFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MapFile {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    pattern: String,
    replace: String,
}

impl Program {
    /// Checks everything, so that a program runs whole or not at all.
    pub(super) fn parse(content: &[u8]) -> Result<Self, JobFault> {
        Self::checked(content).map_err(|detail| {
            tracing::error!(detail, "a rule program cannot be used");
            JobFault::OptionDamaged
        })
    }

    fn checked(content: &[u8]) -> Result<Self, String> {
        if content.len() > PROGRAM_BYTES_MAX {
            return Err(format!("longer than {PROGRAM_BYTES_MAX} bytes"));
        }
        let text = std::str::from_utf8(content).map_err(|error| error.to_string())?;
        let file: ProgramFile = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if file.format != FORMAT {
            return Err("another format".to_owned());
        }
        if file.name.is_empty() || file.name.chars().count() > NAME_CHARS_MAX {
            return Err("the name is empty or too long".to_owned());
        }
        if file.map.len() > MAPS_MAX || file.rule.len() > RULES_MAX {
            return Err("too many maps or rules".to_owned());
        }
        let mut seen = HashSet::new();
        if file.map.iter().any(|map| map.from.is_empty() || !seen.insert(&map.from)) {
            return Err("a map's `from` is empty or occurs twice".to_owned());
        }
        let maps =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(file.map.iter().map(|map| &map.from));
        let rules = file.rule.into_iter().map(|rule| {
            let pattern = RegexBuilder::new(&rule.pattern).size_limit(PATTERN_BYTES_MAX).build();
            Ok(Rule { pattern: pattern.map_err(|error| error.to_string())?, replace: rule.replace })
        });
        Ok(Self {
            rules: rules.collect::<Result<_, String>>()?,
            maps: maps.map_err(|error| error.to_string())?,
            to: file.map.into_iter().map(|map| map.to).collect(),
        })
    }

    /// Maps first, then each rule in order.
    pub(super) fn run(&self, text: String, cancel: &Cancel) -> Result<String, Stop> {
        let mut text = self.run_maps(text, cancel)?;
        for rule in &self.rules {
            go_on(cancel)?;
            text = rule.run(text, cancel)?;
        }
        Ok(text)
    }

    fn run_maps(&self, text: String, cancel: &Cancel) -> Result<String, Stop> {
        let mut out = Output::new(&text, cancel);
        for found in self.maps.find_iter(&text) {
            out.keep_until(found.start(), found.end())?;
            out.push(&self.to[found.pattern().as_usize()])?;
        }
        out.finish()
    }
}

impl Rule {
    fn run(&self, text: String, cancel: &Cancel) -> Result<String, Stop> {
        let mut out = Output::new(&text, cancel);
        if self.replace.contains('$') {
            for found in self.pattern.captures_iter(&text) {
                let whole = found.get_match();
                out.keep_until(whole.start(), whole.end())?;
                self.expand(&found, &mut out)?;
            }
        } else {
            for found in self.pattern.find_iter(&text) {
                out.keep_until(found.start(), found.end())?;
                out.push(&self.replace)?;
            }
        }
        out.finish()
    }

    /// Like [`Captures::expand`], which knows no limit: a short template can name a long group very often.
    fn expand(&self, found: &Captures<'_>, out: &mut Output<'_>) -> Result<(), Stop> {
        let mut fits = true;
        let append = |index: usize, text: &mut String| {
            let group = found.get(index).map_or("", |group| group.as_str());
            fits = fits && text.len() + group.len() <= RESULT_BYTES_MAX;
            if fits {
                text.push_str(group);
            }
        };
        let index_of = |name: &str| self.pattern.capture_names().position(|known| known == Some(name));
        interpolate::string(&self.replace, append, index_of, &mut out.text);
        if fits { out.check() } else { Err(JobFault::DocumentTooLarge.into()) }
    }
}

/// A text that is being made from another one, within the limit.
struct Output<'a> {
    from: &'a str,
    /// How much of `from` has been read.
    read: usize,
    text: String,
    cancel: &'a Cancel,
}

impl<'a> Output<'a> {
    fn new(from: &'a str, cancel: &'a Cancel) -> Self {
        Self { from, read: 0, text: String::with_capacity(from.len()), cancel }
    }

    /// Keeps what is before a match, and goes on behind it.
    fn keep_until(&mut self, start: usize, end: usize) -> Result<(), Stop> {
        go_on(self.cancel)?;
        self.text.push_str(&self.from[self.read..start]);
        self.read = end;
        self.check()
    }

    fn push(&mut self, text: &str) -> Result<(), Stop> {
        self.text.push_str(text);
        self.check()
    }

    fn finish(mut self) -> Result<String, Stop> {
        self.text.push_str(&self.from[self.read..]);
        self.check()?;
        Ok(self.text)
    }

    fn check(&self) -> Result<(), Stop> {
        if self.text.len() > RESULT_BYTES_MAX { Err(JobFault::DocumentTooLarge.into()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(body: &str) -> Result<Program, JobFault> {
        Program::parse(format!("format = \"kobai-rules/1\"\nname = \"test\"\n{body}").as_bytes())
    }

    fn run(body: &str, text: &str) -> String {
        program(body).unwrap().run(text.to_owned(), &Cancel::new()).unwrap()
    }

    fn map(from: &str, to: &str) -> String {
        format!("[[map]]\nfrom = '{from}'\nto = '{to}'\n")
    }

    fn rule(pattern: &str, replace: &str) -> String {
        format!("[[rule]]\npattern = '{pattern}'\nreplace = '{replace}'\n")
    }

    #[test]
    fn the_longest_map_wins_and_what_it_wrote_is_not_read_again() {
        let maps = [map("㈱", "株式会社"), map("a", "b"), map("ab", "c"), map("b", "a"), map("abcd", "x")].concat();
        assert_eq!(run(&maps, "㈱ ab a b abc abcd"), "株式会社 c b a cc x");
    }

    #[test]
    fn where_a_long_map_nearly_matches_the_shorter_one_counts() {
        assert_eq!(run(&[map("abcdef", "1"), map("bc", "2"), map("abc", "3")].concat(), "abcde"), "3de");
    }

    #[test]
    fn rules_run_in_order_after_all_maps() {
        let body = [rule("b", "c"), rule("c", "d"), map("a", "b")].concat();
        assert_eq!(run(&body, "abc"), "ddd");
    }

    #[test]
    fn replacements_name_groups_as_the_regex_crate_does() {
        let dates = rule(r"(\d{4})年(?<month>\d{1,2})月", "$1-${month}/$$/${1}x/$2x/$nothing");
        assert_eq!(run(&dates, "2026年11月、2027年1月"), "2026-11/$/2026x//、2027-1/$/2027x//");
        let text = "2026年11月 abc";
        let pattern = Regex::new(r"(\d{4})年(?<month>\d{1,2})月").unwrap();
        for replace in ["$1-$2", "$0$0", "${month}$", "$$1", "${1", "$", "a$"] {
            let expected = pattern.replace_all(text, replace);
            assert_eq!(run(&rule(pattern.as_str(), replace), text), expected, "{replace}");
        }
    }

    #[test]
    fn an_empty_match_does_not_stop_a_rule() {
        assert_eq!(run(&rule("x*", "-"), "aあ"), "-a-あ-");
        assert_eq!(run(&rule("(?m)^", "> "), "a\r\nb"), "> a\r\n> b");
    }

    #[test]
    fn a_program_that_breaks_a_limit_does_not_run_at_all() {
        let many = |count: usize, entry: &dyn Fn(usize) -> String| (0..count).map(entry).collect::<String>();
        let maps = |count| many(count, &|n| map(&format!("{n}"), ""));
        let rules = |count| many(count, &|n| rule(&format!("{n}"), ""));
        assert!(program(&maps(MAPS_MAX)).is_ok());
        assert!(program(&rules(RULES_MAX)).is_ok());
        for bad in [
            maps(MAPS_MAX + 1),
            rules(RULES_MAX + 1),
            map("", "x"),
            [map("a", "1"), map("a", "2")].concat(),
            rule("(", ""),
            rule(r"(\w{1000}){1000}", ""),
            rule("(?=a)", ""),
            "extra = 1".to_owned(),
            "[[map]]\nfrom = 'a'".to_owned(),
            "[[rule]]\npattern = 'a'\nreplace = 'b'\nflags = 'i'".to_owned(),
            "#".repeat(PROGRAM_BYTES_MAX),
        ] {
            assert_eq!(program(&bad).err(), Some(JobFault::OptionDamaged), "{}", &bad[..bad.len().min(80)]);
        }
        for whole in ["", "format = 'kobai-rules/2'\nname = 'x'", "format = 'kobai-rules/1'\nname = ''", "\u{FEFF}}"] {
            assert_eq!(Program::parse(whole.as_bytes()).err(), Some(JobFault::OptionDamaged), "{whole}");
        }
        assert_eq!(Program::parse(b"\xFF").err(), Some(JobFault::OptionDamaged));
    }

    #[test]
    fn a_text_that_grows_without_bound_is_stopped_early() {
        let long = "a".repeat(100_000);
        for body in [
            map("a", &"b".repeat(200)),
            rule("a", &"b".repeat(200)),
            // One match that would grow to 10 GB.
            rule("^.*$", &"$0".repeat(100_000)),
            // Harmless each, too much together.
            (0..5).map(|_| rule("b|a", "bbbb")).collect(),
        ] {
            let grown = program(&body).unwrap().run(long.clone(), &Cancel::new());
            assert_eq!(grown, Err(Stop::Fault(JobFault::DocumentTooLarge)));
        }
    }

    #[test]
    fn a_cancelled_program_stops() {
        let cancel = Cancel::new();
        cancel.stop();
        let stopped = program(&rule("a", "b")).unwrap().run("banana".to_owned(), &cancel);
        assert_eq!(stopped, Err(Stop::Cancelled));
    }
}
