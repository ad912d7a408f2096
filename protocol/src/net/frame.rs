//! Frames: a length of four bytes, little-endian, then an encoded message of that length.

use quinn::{ReadError, ReadExactError, RecvStream, SendStream, WriteError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{self, DecodeError, MESSAGE_BYTES_MAX};

/// Memory is taken as bytes arrive, in steps of this size, whatever length a frame announces.
const STEP_BYTES: usize = 64 * 1024;

/// Why a frame could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream ended where a frame should begin.
    #[error("the stream ended")]
    Ended,
    /// The stream ended inside a frame.
    #[error("the stream ended inside a message")]
    Truncated,
    /// The frame announces more than the reader allows.
    #[error("the message announces {announced} bytes where at most {limit} are allowed")]
    TooLong {
        /// Announced length, in bytes.
        announced: usize,
        /// Allowed length, in bytes.
        limit: usize,
    },
    /// The bytes are not the expected message.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The connection failed while reading.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The connection failed while writing.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl FrameError {
    /// Whether the peer broke the protocol, rather than the link.
    pub const fn is_protocol_violation(&self) -> bool {
        matches!(self, Self::Truncated | Self::TooLong { .. } | Self::Decode(_))
    }
}

/// A frame with this message.
pub fn encode_frame<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let body = codec::encode(message);
    let announced = body.len();
    let length = u32::try_from(announced).ok().filter(|_| announced <= MESSAGE_BYTES_MAX);
    let length = length.ok_or(FrameError::TooLong { announced, limit: MESSAGE_BYTES_MAX })?;
    Ok([&length.to_le_bytes(), body.as_slice()].concat())
}

/// Writes one message.
pub async fn write_frame<T: Serialize>(stream: &mut SendStream, message: &T) -> Result<(), FrameError> {
    stream.write_all(&encode_frame(message)?).await?;
    Ok(())
}

/// Reads one message of at most `limit` bytes.
pub async fn read_frame<T: DeserializeOwned>(stream: &mut RecvStream, limit: usize) -> Result<T, FrameError> {
    let announced = read_header(stream, limit).await?;
    read_body(stream, announced).await
}

/// The first part of [`read_frame`]: how many bytes the message has, at most `limit`.
pub async fn read_header(stream: &mut RecvStream, limit: usize) -> Result<usize, FrameError> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).await.map_err(|error| match error {
        ReadExactError::FinishedEarly(0) => FrameError::Ended,
        other => exact(other),
    })?;
    frame_length(header, limit)
}

/// How many bytes follow this header, at most `limit`.
pub fn frame_length(header: [u8; 4], limit: usize) -> Result<usize, FrameError> {
    let announced = u32::from_le_bytes(header) as usize;
    if announced > limit.min(MESSAGE_BYTES_MAX) {
        return Err(FrameError::TooLong { announced, limit });
    }
    Ok(announced)
}

/// The second part of [`read_frame`]: the message, of as many bytes as [`read_header`] has told.
pub async fn read_body<T: DeserializeOwned>(stream: &mut RecvStream, announced: usize) -> Result<T, FrameError> {
    let mut body = Vec::new();
    while body.len() < announced {
        let start = body.len();
        body.resize(announced.min(start + STEP_BYTES), 0);
        stream.read_exact(&mut body[start..]).await.map_err(exact)?;
    }
    Ok(codec::decode(&body)?)
}

fn exact(error: ReadExactError) -> FrameError {
    match error {
        ReadExactError::FinishedEarly(_) => FrameError::Truncated,
        ReadExactError::ReadError(error) => FrameError::Read(error),
    }
}
