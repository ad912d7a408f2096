//! The disk's side of a transfer: whole chunks into the store, verified, many to a transaction.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Instant;

use protocol::{Digest, Manifest};
use tokio::sync::{mpsc, oneshot};

use super::{STORE_FAILED, TransferLimits, storage};
use crate::cancel::Cancel;
use crate::core::{TransferEvent, TransferFault};
use crate::store::ChunkStore;

/// Connects network and disk. Buffers go round; there are never more than `limits.buffers`.
pub(super) fn pipe(limits: TransferLimits) -> (Pipe, Intake) {
    let (full, work) = channel();
    let (emptied, empty) = mpsc::unbounded_channel();
    (Pipe { full, empty, spare: Vec::new(), not_made: limits.buffers.max(1) }, Intake { work, emptied })
}

/// The network's end. Everything returns `None` once the writer has given up.
pub(super) struct Pipe {
    full: Sender<Work>,
    empty: mpsc::UnboundedReceiver<Vec<u8>>,
    spare: Vec<Vec<u8>>,
    /// Buffers that may still be made.
    not_made: usize,
}

/// The disk's end.
pub(super) struct Intake {
    work: Receiver<Work>,
    emptied: mpsc::UnboundedSender<Vec<u8>>,
}

enum Work {
    /// Verify this and store it.
    Chunk(u32, Vec<u8>),
    /// Make durable what came before, then answer.
    Flush(oneshot::Sender<()>),
}

impl Pipe {
    /// A buffer of `length` bytes; waits until one is empty.
    pub(super) async fn empty_buffer(&mut self, length: usize) -> Option<Vec<u8>> {
        let mut buffer = match self.spare.pop() {
            Some(buffer) => buffer,
            None if self.not_made > 0 => {
                self.not_made -= 1;
                Vec::with_capacity(length)
            }
            None => self.empty.recv().await?,
        };
        buffer.resize(length, 0);
        Some(buffer)
    }

    /// Waits until the writer has emptied a buffer, and keeps it.
    pub(super) async fn collect_empty(&mut self) -> Option<()> {
        self.spare.push(self.empty.recv().await?);
        Some(())
    }

    /// Gives a filled buffer to the writer. Never waits: there are only so many buffers.
    pub(super) fn hand_over(&self, index: u32, chunk: Vec<u8>) -> Option<()> {
        self.full.send(Work::Chunk(index, chunk)).ok()
    }

    /// Waits until everything that was handed over is durable.
    pub(super) async fn flush(&self) -> Option<()> {
        let (done, flushed) = oneshot::channel();
        self.full.send(Work::Flush(done)).ok()?;
        flushed.await.ok()
    }
}

/// Verifies and stores.
pub(super) struct Writer<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) package: Digest,
    pub(super) chunks: &'a ChunkStore,
    pub(super) limits: TransferLimits,
    pub(super) cancel: &'a Cancel,
    pub(super) events: &'a (dyn Fn(TransferEvent) + Sync),
}

impl Writer<'_> {
    /// Works until the network's end is gone, and then stores the rest: what has been verified is not fetched again.
    pub(super) fn run(&self, intake: Intake) -> Result<(), TransferFault> {
        let mut durable_bytes = self.durable_bytes()?;
        self.report(durable_bytes);
        // A batch that needs every buffer would never be full.
        let batch_max = self.limits.batch.min(self.limits.buffers.saturating_sub(1)).max(1);
        let mut batch: Vec<(u32, Vec<u8>)> = Vec::with_capacity(batch_max);
        let mut oldest = Instant::now();
        loop {
            let next = if batch.is_empty() {
                intake.work.recv().map_err(RecvTimeoutError::from)
            } else {
                intake.work.recv_timeout(self.limits.batch_time.saturating_sub(oldest.elapsed()))
            };
            match next {
                Ok(Work::Chunk(index, chunk)) => {
                    if self.manifest.chunks.get(index as usize) != Some(&Digest::of(&chunk)) {
                        self.store(&intake, &mut batch, &mut durable_bytes)?;
                        return Err(TransferFault::WrongContent);
                    }
                    if batch.is_empty() {
                        oldest = Instant::now();
                    }
                    batch.push((index, chunk));
                    if batch.len() < batch_max {
                        continue;
                    }
                    self.store(&intake, &mut batch, &mut durable_bytes)?;
                }
                Ok(Work::Flush(done)) => {
                    self.store(&intake, &mut batch, &mut durable_bytes)?;
                    // The network may have been told to stop meanwhile.
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => self.store(&intake, &mut batch, &mut durable_bytes)?,
                Err(RecvTimeoutError::Disconnected) => return self.store(&intake, &mut batch, &mut durable_bytes),
            }
        }
    }

    /// One durable transaction; the emptied buffers go back.
    fn store(
        &self,
        intake: &Intake,
        batch: &mut Vec<(u32, Vec<u8>)>,
        durable_bytes: &mut u64,
    ) -> Result<(), TransferFault> {
        if batch.is_empty() {
            return Ok(());
        }
        let wanted = || !self.cancel.is_stopped();
        if !self.chunks.insert(self.package, batch, wanted).map_err(|error| storage(&error))? {
            // Nobody looks at the reason of a transfer that was cancelled.
            return Err(STORE_FAILED);
        }
        for (_, chunk) in batch.drain(..) {
            *durable_bytes += chunk.len() as u64;
            let _ = intake.emptied.send(chunk);
        }
        self.report(*durable_bytes);
        Ok(())
    }

    fn report(&self, bytes: u64) {
        if !self.cancel.is_stopped() {
            (self.events)(TransferEvent::Durable { bytes });
        }
    }

    fn durable_bytes(&self) -> Result<u64, TransferFault> {
        let present = self.chunks.present(self.package).map_err(|error| storage(&error))?;
        Ok(present.iter().filter_map(|index| self.manifest.stored_chunk_len(index)).map(|bytes| bytes as u64).sum())
    }
}
