//! The way to the root and back: text files that can be carried to a machine without a network, read, and carried back.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{KeyList, RootSigned};
use crate::codec;

/// Longest file that is read, in bytes.
pub const KEY_FILE_BYTES_MAX: usize = 64 * 1024;

const REQUEST: &str = "KOBAI KEY REQUEST";
const LIST: &str = "KOBAI KEY LIST";

/// What the root is asked to sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRequest {
    /// The list that counts now, so that whoever signs sees what would change.
    pub present: RootSigned<KeyList>,
    /// The list that shall count.
    pub proposed: KeyList,
}

/// Not the text of a request or a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// The lines that begin and end the text are missing.
    #[error("the file has no {0}")]
    Missing(&'static str),
    /// What is between them is no such value.
    #[error("the file's {0} is damaged")]
    Damaged(&'static str),
}

impl KeyRequest {
    /// For a file.
    pub fn to_text(&self) -> String {
        to_text(REQUEST, self)
    }

    /// What [`KeyRequest::to_text`] wrote; other text around it is left out.
    pub fn from_text(text: &str) -> Result<Self, KeyFileError> {
        from_text(REQUEST, text)
    }
}

impl RootSigned<KeyList> {
    /// For a file.
    pub fn to_text(&self) -> String {
        to_text(LIST, self)
    }

    /// What [`RootSigned::to_text`] wrote; other text around it is left out.
    pub fn from_text(text: &str) -> Result<Self, KeyFileError> {
        from_text(LIST, text)
    }
}

/// The textual form of RFC 7468 with labels of our own.
fn to_text<T: Serialize>(label: &str, value: &T) -> String {
    let body = data_encoding::BASE64.encode(&codec::encode(value));
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

fn from_text<T: DeserializeOwned>(label: &'static str, text: &str) -> Result<T, KeyFileError> {
    let missing = KeyFileError::Missing(label);
    let damaged = KeyFileError::Damaged(label);
    if text.len() > KEY_FILE_BYTES_MAX {
        return Err(damaged);
    }
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----")).ok_or(missing.clone())?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or(missing)?;
    let body: String = body.split_ascii_whitespace().collect();
    let bytes = data_encoding::BASE64.decode(body.as_bytes()).map_err(|_| damaged.clone())?;
    codec::decode(&bytes).map_err(|_| damaged)
}
