//! `--with FEATURE-or-OPTION [--set id=value]...`, several times: a setting belongs to the program that was named before it.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command, Error, FromArgMatches};
use protocol::OptionId;
use protocol::package::Feature;

use crate::core::{PROGRAMS_MAX, ProgramWish, SETTING_VALUE_BYTES_MAX, SettingWish, Wanted};

const WITH: &str = "with";
const SET: &str = "set";
const FEATURES: [&str; 7] = [
    Feature::TEXT_RECOGNITION,
    Feature::CODE_READING,
    Feature::BLANK_PAGE_REMOVAL,
    Feature::DESKEW,
    Feature::WATERMARK,
    Feature::CLEAN_UP,
    Feature::PAGE_NUMBERING,
];

/// The programs of a job, in the order in which they work.
#[derive(Debug, Default)]
pub(super) struct Programs(pub(super) Vec<ProgramWish>);

impl clap::Args for Programs {
    fn augment_args(command: Command) -> Command {
        let with = Arg::new(WITH).long(WITH).action(ArgAction::Append).value_name("FEATURE|OPTION");
        let set = Arg::new(SET).long(SET).action(ArgAction::Append).value_name("ID=VALUE").requires(WITH);
        command
            .arg(with.help("Works on each page with whatever does this, or with this option; up to four times"))
            .arg(set.help("Sets something for the program that was named before"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Programs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut words: Vec<(usize, bool, &str)> = Vec::new();
        for (id, is_program) in [(WITH, true), (SET, false)] {
            let (Some(values), Some(at)) = (matches.get_many::<String>(id), matches.indices_of(id)) else { continue };
            words.extend(at.zip(values).map(|(at, value)| (at, is_program, value.as_str())));
        }
        words.sort_unstable();
        let mut programs: Vec<ProgramWish> = Vec::new();
        for (_, is_program, word) in words {
            if is_program {
                let wanted = wanted(word).ok_or_else(|| invalid(WITH, word))?;
                programs.push(ProgramWish { wanted, settings: Vec::new() });
                continue;
            }
            let setting = word
                .split_once('=')
                .filter(|(id, value)| !id.is_empty() && id.len() <= 40 && value.len() <= SETTING_VALUE_BYTES_MAX);
            let (Some((id, value)), Some(program)) = (setting, programs.last_mut()) else {
                return Err(invalid(SET, word));
            };
            program.settings.push(SettingWish { id: id.to_owned(), value: value.to_owned() });
        }
        if let Some(further) = programs.get(PROGRAMS_MAX) {
            return Err(invalid(WITH, &format!("{:?}", further.wanted)));
        }
        Ok(Self(programs))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The names of the features that the wire specification lists are features; everything else is an option's id.
fn wanted(word: &str) -> Option<Wanted> {
    if FEATURES.contains(&word) {
        return word.parse().ok().map(Wanted::Feature);
    }
    word.parse::<OptionId>().ok().map(Wanted::Option)
}

fn invalid(arg: &str, word: &str) -> Error {
    let mut error = Error::new(ErrorKind::InvalidValue);
    error.insert(ContextKind::InvalidArg, ContextValue::String(format!("--{arg}")));
    error.insert(ContextKind::InvalidValue, ContextValue::String(word.to_owned()));
    error
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        programs: Programs,
    }

    fn parse(words: &str) -> Result<Vec<ProgramWish>, Error> {
        Line::try_parse_from(std::iter::once("x").chain(words.split(' '))).map(|line| line.programs.0)
    }

    #[test]
    fn a_setting_belongs_to_the_program_before_it() {
        let programs = parse("--with deskew --set limit=3 --with my-stamp --set text=a=b --set dark=on").unwrap();
        let set = |at: usize| -> Vec<(&str, &str)> {
            programs[at].settings.iter().map(|set| (set.id.as_str(), set.value.as_str())).collect()
        };
        assert_eq!(programs[0].wanted, Wanted::Feature(Feature::DESKEW.parse().unwrap()));
        assert_eq!(programs[1].wanted, Wanted::Option("my-stamp".parse().unwrap()));
        assert_eq!((set(0), set(1)), (vec![("limit", "3")], vec![("text", "a=b"), ("dark", "on")]));
    }

    #[test]
    fn what_belongs_to_no_program_or_is_no_setting_is_refused() {
        for words in
            ["--set a=b", "--set a=b --with deskew", "--with deskew --set a", "--with deskew --set =b", "--with Ä"]
        {
            assert!(parse(words).is_err(), "{words}");
        }
        let five = "--with a1 --with a2 --with a3 --with a4 --with a5";
        assert!(parse(five).is_err() && parse(&five[..five.len() - 10]).is_ok());
    }
}
