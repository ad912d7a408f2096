//! Text from outside, with a limit: nothing longer than its type allows ever exists in memory as that type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One line of text: 1 to `MAX` characters, no control characters, not only white space.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

/// A name shown to people: a customer, an option, a device's model.
pub type Name = Text<80>;
/// A sentence or two about an option.
pub type Description = Text<400>;
/// What staff type into a search field.
pub type SearchText = Text<100>;

/// Why a string is not a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// More characters than allowed.
    #[error("the text is longer than {max} characters")]
    TooLong {
        /// The limit, in characters.
        max: usize,
    },
    /// A line break, a tab or another control character.
    #[error("the text contains a control character")]
    Control,
}

impl<const MAX: usize> Text<MAX> {
    /// Trims white space at both ends and checks the limits.
    pub fn new(text: impl AsRef<str>) -> Result<Self, TextError> {
        let text = text.as_ref().trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        // Bytes first: counting the characters of something enormous is work that nobody asked for.
        if text.len() > MAX * 4 || text.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl<const MAX: usize> std::str::FromStr for Text<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_characters_not_bytes() {
        assert!(Text::<3>::new("購買部").is_ok());
        assert_eq!(Text::<3>::new("購買部長"), Err(TextError::TooLong { max: 3 }));
    }

    #[test]
    fn white_space_alone_and_control_characters_are_no_text() {
        assert_eq!(Text::<9>::new("  \u{3000}"), Err(TextError::Empty));
        assert_eq!(Text::<9>::new("a\nb"), Err(TextError::Control));
        assert_eq!(Text::<9>::new("  a b ").map(|t| t.to_string()), Ok("a b".to_owned()));
    }
}
