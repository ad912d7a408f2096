//! What is set of what can be set: complete, of the right kind, and within the limits, before a program sees it.

use super::{Chosen, Control, Setting, Value};

/// Why something cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The program has no such setting.
    #[error("there is no setting `{0}`")]
    Unknown(String),
    /// The same one twice.
    #[error("`{0}` is set twice")]
    Twice(String),
    /// Not what the setting allows.
    #[error("`{id}` is {allowed}")]
    NotAllowed {
        /// The setting's id.
        id: String,
        /// What it allows, for people.
        allowed: String,
    },
}

/// All settings in their order: what was chosen, and for the rest what is set at first.
pub fn complete(settings: &[Setting], chosen: &[Chosen]) -> Result<Vec<Chosen>, SettingError> {
    for (index, one) in chosen.iter().enumerate() {
        let setting = settings.iter().find(|setting| setting.id == one.id);
        let setting = setting.ok_or_else(|| SettingError::Unknown(one.id.clone()))?;
        if chosen[..index].iter().any(|other| other.id == one.id) {
            return Err(SettingError::Twice(one.id.clone()));
        }
        if !setting.control.allows(&one.value) {
            return Err(setting.not_allowed());
        }
    }
    let value = |setting: &Setting| {
        let set = chosen.iter().find(|one| one.id == setting.id);
        set.map_or_else(|| setting.control.initial(), |one| one.value.clone())
    };
    Ok(settings.iter().map(|setting| Chosen { id: setting.id.clone(), value: value(setting) }).collect())
}

impl Setting {
    /// What a script writes for it: `on`/`off`, the number of a choice counted from 1, a number, or a text.
    pub fn parse(&self, text: &str) -> Result<Chosen, SettingError> {
        let value = match self.control {
            Control::Toggle { .. } => match text {
                "on" | "true" => Some(Value::Toggle(true)),
                "off" | "false" => Some(Value::Toggle(false)),
                _ => None,
            },
            Control::Choice { .. } => {
                text.parse::<u32>().ok().and_then(|number| number.checked_sub(1)).map(Value::Choice)
            }
            Control::Number { .. } => text.parse().ok().map(Value::Number),
            Control::Text { .. } => Some(Value::Text(text.to_owned())),
        };
        let value = value.filter(|value| self.control.allows(value)).ok_or_else(|| self.not_allowed())?;
        Ok(Chosen { id: self.id.clone(), value })
    }

    fn not_allowed(&self) -> SettingError {
        SettingError::NotAllowed { id: self.id.clone(), allowed: self.control.to_string() }
    }
}

impl Control {
    /// What is set at first.
    pub fn initial(&self) -> Value {
        match self {
            Self::Toggle { initial } => Value::Toggle(*initial),
            Self::Choice { initial, .. } => Value::Choice(*initial),
            Self::Number { initial, .. } => Value::Number(*initial),
            Self::Text { initial, .. } => Value::Text(initial.clone()),
        }
    }

    /// Whether this can be set.
    pub fn allows(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Toggle { .. }, Value::Toggle(_)) => true,
            (Self::Choice { choices, .. }, Value::Choice(at)) => (*at as usize) < choices.len(),
            (Self::Number { min, max, step, .. }, Value::Number(number)) => {
                let from_min = i64::from(*number) - i64::from(*min);
                (min..=max).contains(&number) && *step > 0 && from_min % i64::from(*step) == 0
            }
            (Self::Text { max_chars, .. }, Value::Text(text)) => {
                // Bytes first: counting the characters of something enormous is work that nobody asked for.
                let most = *max_chars as usize;
                text.len() <= most * 4 && text.chars().count() <= most && !text.chars().any(char::is_control)
            }
            _ => false,
        }
    }
}

/// What it allows, for people: `a whole number from 1 to 9`.
impl std::fmt::Display for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Toggle { .. } => f.write_str("`on` or `off`"),
            Self::Choice { choices, .. } => {
                f.write_str("one of ")?;
                for (number, choice) in (1..).zip(choices) {
                    let comma = if number == 1 { "" } else { ", " };
                    write!(f, "{comma}{number} ({})", choice.en)?;
                }
                Ok(())
            }
            Self::Number { min, max, step: 1, .. } => write!(f, "a whole number from {min} to {max}"),
            Self::Number { min, max, step, .. } => write!(f, "a whole number from {min} to {max} in steps of {step}"),
            Self::Text { max_chars, .. } => write!(f, "one line of at most {max_chars} characters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Label;
    use super::*;

    fn setting(id: &str, control: Control) -> Setting {
        Setting { id: id.to_owned(), label: Label { ja: "名".to_owned(), en: "Name".to_owned() }, control }
    }

    fn settings() -> Vec<Setting> {
        let choices = ["白", "黒"].map(|ja| Label { ja: ja.to_owned(), en: ja.to_owned() }).to_vec();
        vec![
            setting("strong", Control::Toggle { initial: false }),
            setting("colour", Control::Choice { choices, initial: 1 }),
            setting("threshold", Control::Number { min: -5, max: 250, step: 5, initial: 125 }),
            setting("text", Control::Text { max_chars: 3, initial: "写".to_owned() }),
        ]
    }

    fn chosen(id: &str, value: Value) -> Chosen {
        Chosen { id: id.to_owned(), value }
    }

    #[test]
    fn what_nobody_set_is_what_is_set_at_first() {
        let all = complete(&settings(), &[chosen("threshold", Value::Number(-5))]).unwrap();
        let expected = [
            chosen("strong", Value::Toggle(false)),
            chosen("colour", Value::Choice(1)),
            chosen("threshold", Value::Number(-5)),
            chosen("text", Value::Text("写".to_owned())),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn nothing_is_set_that_the_description_does_not_allow() {
        for (id, value) in [
            ("strong", Value::Number(1)),
            ("colour", Value::Choice(2)),
            ("threshold", Value::Number(251)),
            ("threshold", Value::Number(-10)),
            ("threshold", Value::Number(124)),
            ("threshold", Value::Number(i32::MIN)),
            ("text", Value::Text("四文字長".to_owned())),
            ("text", Value::Text("a\nb".to_owned())),
        ] {
            let refused = complete(&settings(), &[chosen(id, value.clone())]);
            assert!(matches!(refused, Err(SettingError::NotAllowed { .. })), "{id} {value:?}");
        }
        let twice = vec![chosen("strong", Value::Toggle(true)); 2];
        assert_eq!(complete(&settings(), &twice), Err(SettingError::Twice("strong".to_owned())));
        let unknown = [chosen("nothing", Value::Toggle(true))];
        assert_eq!(complete(&settings(), &unknown), Err(SettingError::Unknown("nothing".to_owned())));
    }

    #[test]
    fn scripts_write_settings_as_text() {
        let [strong, colour, threshold, text] = &settings()[..] else { panic!() };
        assert_eq!(strong.parse("on").unwrap().value, Value::Toggle(true));
        assert_eq!(colour.parse("1").unwrap().value, Value::Choice(0));
        assert_eq!(threshold.parse("0").unwrap().value, Value::Number(0));
        assert_eq!(text.parse("写").unwrap().value, Value::Text("写".to_owned()));
        for (setting, bad) in [(strong, "yes"), (colour, "0"), (colour, "3"), (threshold, "1"), (text, "long text")] {
            assert!(setting.parse(bad).is_err(), "{bad}");
        }
        assert_eq!(colour.parse("3").unwrap_err().to_string(), "`colour` is one of 1 (白), 2 (黒)");
        assert_eq!(
            threshold.parse("x").unwrap_err().to_string(),
            "`threshold` is a whole number from -5 to 250 in steps of 5"
        );
    }
}
