//! The one place that knows how messages become bytes: bincode's legacy configuration (fixed-width, little-endian).
//!
//! Every decode has a limit, consumes all of its input, and therefore costs no more than the bytes that arrived.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest message in either direction, in bytes: a manifest of the largest package and a full catalogue fit.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

type Config<const MAX: usize> = Configuration<LittleEndian, Fixint, Limit<MAX>>;

const fn config<const MAX: usize>() -> Config<MAX> {
    bincode::config::legacy().with_limit::<MAX>()
}

/// Messages up to this size, and up to the next one, are decoded with a limit of their own: bincode takes memory for a text
/// of any length below the limit before it looks whether the text is there.
const SMALL_BYTES_MAX: usize = 4 * 1024;
const MEDIUM_BYTES_MAX: usize = 64 * 1024;

/// Bytes that are not the message they were taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than any message may be.
    #[error("the message is longer than {MESSAGE_BYTES_MAX} bytes")]
    TooLong,
    /// Bytes are left after the message.
    #[error("{0} bytes follow the end of the message")]
    Trailing(usize),
    /// Not a message of the expected type.
    #[error("the message is malformed: {0}")]
    Malformed(String),
}

/// The bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to memory cannot fail, and every type of this crate is of known length.
    #[allow(clippy::expect_used)]
    bincode::serde::encode_to_vec(value, bincode::config::legacy()).expect("encoding to memory")
}

/// The value of these bytes, all of them.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(DecodeError::TooLong);
    }
    let length = bytes.len();
    let decoded = if length <= SMALL_BYTES_MAX {
        bincode::serde::decode_from_slice(bytes, config::<SMALL_BYTES_MAX>())
    } else if length <= MEDIUM_BYTES_MAX {
        bincode::serde::decode_from_slice(bytes, config::<MEDIUM_BYTES_MAX>())
    } else {
        bincode::serde::decode_from_slice(bytes, config::<MESSAGE_BYTES_MAX>())
    };
    match decoded {
        Ok((value, used)) if used == length => Ok(value),
        Ok((_, used)) => Err(DecodeError::Trailing(length - used)),
        Err(error) => Err(DecodeError::Malformed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_claims_more_than_there_is_fails_without_allocating_it() {
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        bytes.push(0);
        assert!(matches!(decode::<Vec<u64>>(&bytes), Err(DecodeError::Malformed(_))));
        assert!(matches!(decode::<String>(&bytes), Err(DecodeError::Malformed(_))));
        assert!(matches!(decode::<crate::Manifest>(&bytes), Err(DecodeError::Malformed(_))));
    }

    #[test]
    fn messages_of_every_size_around_the_steps_of_the_limit_are_decoded() {
        for length in [1, SMALL_BYTES_MAX - 8, SMALL_BYTES_MAX, MEDIUM_BYTES_MAX - 8, MEDIUM_BYTES_MAX, 1 << 20] {
            for length in [length, length + 1] {
                let text = "x".repeat(length);
                assert_eq!(decode::<String>(&encode(&text)).as_ref(), Ok(&text), "{length}");
                assert_eq!(decode::<Vec<u8>>(&encode(&text)).as_deref(), Ok(text.as_bytes()), "{length}");
            }
        }
    }

    #[test]
    fn trailing_bytes_are_an_error() {
        let mut bytes = encode(&7_u32);
        assert_eq!(decode::<u32>(&bytes), Ok(7));
        bytes.push(0);
        assert_eq!(decode::<u32>(&bytes), Err(DecodeError::Trailing(1)));
    }

    #[test]
    fn a_message_above_the_limit_is_not_even_looked_at() {
        assert_eq!(decode::<Vec<u8>>(&vec![0; MESSAGE_BYTES_MAX + 1]), Err(DecodeError::TooLong));
    }

    #[test]
    fn numbers_are_fixed_width_and_little_endian() {
        assert_eq!(encode(&(1_u16, 2_u64)), [1, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    }
}
