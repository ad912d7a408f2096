//! The network's side of a transfer: bytes of the stream into whole chunks.

use protocol::Manifest;
use protocol::net::LinkError;
use protocol::net::quinn::{ReadError, RecvStream};
use protocol::package::MissingChunks;
use tokio::time::{Instant, sleep};

use super::super::fault;
use super::writer::Pipe;
use super::{Pace, STORE_FAILED, Stop, TransferLimits};
use crate::cancel::Cancel;
use crate::core::{LinkFault, TransferFault};

/// Reads the missing chunks and hands each one over; returns when all of them are durable.
pub(super) async fn receive(
    recv: &mut RecvStream,
    missing: &MissingChunks,
    manifest: &Manifest,
    pipe: &mut Pipe,
    cancel: &Cancel,
    limits: TransferLimits,
) -> Result<(), Stop> {
    let stopped = cancel.stopped();
    tokio::pin!(stopped);
    let stall = limits.stall;
    let alarm = sleep(stall);
    tokio::pin!(alarm);
    let mut progress = true;
    let mut meter = Meter { pace: limits.pace, since: Instant::now(), bytes: 0 };

    for index in missing.indices() {
        // `missing` was collected from this manifest.
        let length = manifest.stored_chunk_len(index).ok_or(STORE_FAILED)?;
        let waiting_since = Instant::now();
        let mut buffer = tokio::select! {
            buffer = pipe.empty_buffer(length) => buffer.ok_or(STORE_FAILED)?,
            () = &mut stopped => return Err(Stop::Cancelled),
        };
        // The disk was waited for, not the network.
        meter.since += waiting_since.elapsed();
        let mut filled = 0;
        while filled < length {
            tokio::select! {
                biased;
                read = recv.read(&mut buffer[filled..]) => {
                    let bytes = arrived(read)?;
                    meter.count(bytes)?;
                    filled += bytes;
                    progress = true;
                }
                () = &mut stopped => return Err(Stop::Cancelled),
                open = pipe.collect_empty() => open.ok_or(STORE_FAILED)?,
                () = &mut alarm => {
                    if !progress {
                        return Err(TransferFault::Stalled.into());
                    }
                    progress = false;
                    alarm.as_mut().reset(Instant::now() + stall);
                }
            }
        }
        pipe.hand_over(index, buffer).ok_or(STORE_FAILED)?;
    }
    tokio::select! {
        flushed = pipe.flush() => Ok(flushed.ok_or(STORE_FAILED)?),
        () = &mut stopped => Err(Stop::Cancelled),
    }
}

/// Measures the network's pace.
struct Meter {
    pace: Pace,
    since: Instant,
    bytes: usize,
}

impl Meter {
    fn count(&mut self, bytes: usize) -> Result<(), TransferFault> {
        self.bytes += bytes;
        if self.since.elapsed() < self.pace.window {
            return Ok(());
        }
        if self.bytes < self.pace.bytes {
            tracing::warn!(bytes = self.bytes, "the content service is too slow");
            return Err(TransferFault::Stalled);
        }
        (self.since, self.bytes) = (Instant::now(), 0);
        Ok(())
    }
}

/// How many bytes have arrived; a stream that ends here has ended too early.
fn arrived(read: Result<Option<usize>, ReadError>) -> Result<usize, TransferFault> {
    match read {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(TransferFault::Link(LinkFault::Lost)),
        Err(ReadError::ConnectionLost(lost)) => Err(TransferFault::Link(fault(&LinkError::from(lost)))),
        Err(error) => Err(TransferFault::Link(fault(&LinkError::Broken(error.to_string())))),
    }
}
