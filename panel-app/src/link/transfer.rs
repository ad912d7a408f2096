//! Transfers: the network fills large buffers on one thread, a second thread verifies and stores them.
//!
//! ```text
//!   QUIC ─▶ buffer of one chunk ─▶ BLAKE3 ─▶ batch ─▶ one redb transaction ─▶ TransferEvent::Durable
//!           ▲                                                     │
//!           └────────────────── empty buffers ◀───────────────────┘
//! ```
//!
//! The number of buffers is the only bound that is needed: when all of them wait for the disk, the stream's flow control
//! stops the server. What is missing is always asked of the store, so a transfer resumes after a cut as it does after a
//! restart.

mod receive;
mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer};
use protocol::message::{Reply, Service};
use protocol::net::quinn::{RecvStream, SendStream};
use protocol::net::{Client, CloseCode, Credentials, LinkError, PastTime, read_frame, write_frame};
use protocol::package::MissingChunks;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::fault;
use crate::cancel::Cancel;
use crate::core::{LinkFault, StorageFault, TransferEvent, TransferFault, TransferOrder};
use crate::data::StorageError;
use crate::store::ChunkStore;
use receive::receive;
use writer::{Pipe, Writer};

/// Largest answer of the content service: a refusal with its detail.
const REPLY_BYTES_MAX: usize = 4_096;

/// How long to wait until the goodbye is sent.
const FAREWELL: Duration = Duration::from_millis(200);

/// How much a transfer may hold and how long it waits.
#[derive(Debug, Clone, Copy)]
pub struct TransferLimits {
    /// Chunks in memory at most, about 1 MiB each.
    pub buffers: usize,
    /// Chunks in one transaction at most. With fewer than `buffers`, the network goes on while the disk works.
    pub batch: usize,
    /// A transaction is made after this time even if the batch is not full, so that a slow transfer shows progress and
    /// loses little.
    pub batch_time: Duration,
    /// Nothing arrived for so long: the transfer breaks off.
    pub stall: Duration,
    /// The slowest that a transfer may be.
    pub pace: Pace,
}

/// So many bytes in so long a time, at least. A service that sends just enough not to be silent would hold a device up
/// for ever.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Over which it is measured.
    pub window: Duration,
    /// That must arrive within it.
    pub bytes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { window: Duration::from_secs(60), bytes: 60 * 1024 }
    }
}

impl Default for TransferLimits {
    fn default() -> Self {
        let (batch_time, stall) = (Duration::from_secs(1), Duration::from_secs(20));
        Self { buffers: 30, batch: 16, batch_time, stall, pace: Pace::default() }
    }
}

/// Why a transfer has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Cancelled,
    Fault(TransferFault),
}

impl From<TransferFault> for Stop {
    fn from(fault: TransferFault) -> Self {
        Self::Fault(fault)
    }
}

/// A transfer on its own thread.
#[derive(Debug)]
pub struct Transfer {
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Transfer {
    /// Starts it. Events come from its threads; the last one is `Ended` or `Failed`. Errors if there is no thread to be
    /// had.
    pub fn start(
        runner: TransferRunner,
        events: impl Fn(TransferEvent) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let cancel = runner.cancel.clone();
        let thread = std::thread::Builder::new().name("transfer".to_owned()).spawn(move || {
            runner.run(&events);
        })?;
        Ok(Self { cancel, thread: Some(thread) })
    }

    /// Stops it, without waiting. From now on it stores nothing and sends no event, but for one that may be under way.
    pub fn stop(&self) {
        self.cancel.stop();
    }

    /// Waits until its thread has ended.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook; nothing is left to be done about it here.
            let _ = thread.join();
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.cancel.stop();
    }
}

/// Everything that a transfer needs.
#[derive(Debug)]
pub struct TransferRunner {
    /// What to fetch, from where.
    pub order: TransferOrder,
    /// The device's certificate.
    pub credentials: Credentials,
    /// What the server's certificate is judged by.
    pub clock: Arc<dyn PastTime>,
    /// Where chunks go.
    pub chunks: ChunkStore,
    /// How much and how long.
    pub limits: TransferLimits,
    /// Stops it.
    pub cancel: Cancel,
}

impl TransferRunner {
    /// Fetches what is missing, on this thread and one more, and agrees with the vendor on the end. Blocks; must not be
    /// called within a Tokio runtime. The last event is `Ended` or `Failed`, or none after [`Cancel::stop`].
    pub fn run(self, events: &(dyn Fn(TransferEvent) + Sync)) {
        let mut client = None;
        // One thread for socket and connection: a runtime of several costs half the speed.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread);
        let result = match &runtime {
            Ok(runtime) => self.run_to_end(runtime, &mut client, events),
            Err(fault) => Err((*fault).into()),
        };
        // Whoever hears of the end may close the store at once.
        let Self { order, cancel, chunks, .. } = self;
        drop(chunks);
        let last = match result {
            Ok(()) => Some(TransferEvent::Ended),
            Err(Stop::Cancelled) => None,
            Err(Stop::Fault(fault)) => {
                tracing::warn!(order = %order.order, ?fault, "a transfer broke off");
                Some(TransferEvent::Failed(fault))
            }
        };
        if let Some(last) = last.filter(|_| !cancel.is_stopped()) {
            events(last);
        }
        // So that the goodbye leaves; a server that does not hear it has its idle timeout. Nobody waits for it.
        let Ok(runtime) = runtime else { return };
        if let Some(client) = client {
            let _ = runtime.block_on(async { timeout(FAREWELL, client.close()).await });
        }
        // Nor for the name of a server that is not found.
        runtime.shutdown_background();
    }

    fn run_to_end(
        &self,
        runtime: &Runtime,
        client: &mut Option<Client>,
        events: &(dyn Fn(TransferEvent) + Sync),
    ) -> Result<(), Stop> {
        let (mut pipe, intake) = writer::pipe(self.limits);
        let writer = Writer {
            manifest: &self.order.manifest,
            package: self.order.manifest.digest(),
            chunks: &self.chunks,
            limits: self.limits,
            cancel: &self.cancel,
            events,
        };
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().name("transfer-store".to_owned());
            let storing = builder.spawn_scoped(scope, || writer.run(intake)).map_err(no_thread)?;
            let fetched = runtime.block_on(self.fetch_all(client, &mut pipe));
            // Ends the writer once it has stored what it holds.
            drop(pipe);
            let stored = storing.join().unwrap_or(Err(STORE_FAILED));
            match (fetched, stored) {
                (Err(Stop::Cancelled), _) => Err(Stop::Cancelled),
                // The network ended because the writer did.
                (Err(_), Err(fault)) | (Ok(()), Err(fault)) => Err(fault.into()),
                (fetched, Ok(())) => fetched,
            }
        })
    }

    async fn fetch_all(&self, connected: &mut Option<Client>, pipe: &mut Pipe) -> Result<(), Stop> {
        let client = self
            .or_cancelled(async {
                let client =
                    super::connect(&self.order.server, &self.credentials, Service::Content, self.clock.clone()).await;
                client.map_err(|error| TransferFault::Link(fault(&error)))
            })
            .await?;
        let client = connected.insert(client);
        let result = self.fetch_missing(client, pipe).await;
        client.connection().close(CloseCode::Done.var_int(), b"");
        result
    }

    async fn fetch_missing(&self, client: &Client, pipe: &mut Pipe) -> Result<(), Stop> {
        let mut missing = self.missing()?;
        loop {
            let request = ContentRequest::Fetch { ticket: self.order.ticket.clone(), missing: missing.clone() };
            let (mut send, mut recv, bytes) = self.or_cancelled(self.fetch(client, &request)).await?;
            if bytes != self.bytes_of(missing.indices()) {
                return Err(garbled("the announced length is not that of the missing chunks").into());
            }
            receive(&mut recv, &missing, &self.order.manifest, pipe, &self.cancel, self.limits).await?;
            let asked = missing.ranges().len();
            missing = self.missing()?;
            if missing.is_empty() {
                return self.or_cancelled(self.agree_on_end(&mut send, &mut recv)).await;
            }
            if asked < MissingChunks::MAX_RANGES {
                // Everything that was missing has been stored, and yet something is missing: somebody dropped it.
                return Err(STORE_FAILED.into());
            }
        }
    }

    /// Asks for chunks; as many bytes of them follow on the stream as it returns.
    async fn fetch(
        &self,
        client: &Client,
        request: &ContentRequest,
    ) -> Result<(SendStream, RecvStream, u64), TransferFault> {
        let exchange = async {
            let (send, mut recv) = client.open(request).await?;
            let reply = read_frame::<Reply<ContentReply>>(&mut recv, REPLY_BYTES_MAX).await?;
            Ok::<_, LinkError>((send, recv, reply))
        };
        let exchange = timeout(self.limits.stall, exchange).await.map_err(|_| TransferFault::Stalled)?;
        let (send, recv, reply) = exchange.map_err(|error| TransferFault::Link(fault(&error)))?;
        match reply.outcome {
            Ok(ContentReply::Sending { bytes }) => Ok((send, recv, bytes)),
            Ok(ContentReply::Ended | ContentReply::Reported | ContentReply::Keys(_)) => {
                Err(garbled("not an answer to Fetch"))
            }
            Err(refusal) => Err(TransferFault::Refused(refusal.code)),
        }
    }

    async fn agree_on_end(&self, send: &mut SendStream, recv: &mut RecvStream) -> Result<(), TransferFault> {
        let exchange = async {
            write_frame(send, &EndOfTransfer { package: self.order.manifest.digest() }).await?;
            // The service may have answered and stopped reading already; the answer is what counts.
            let _ = send.finish();
            Ok::<_, LinkError>(read_frame::<Reply<ContentReply>>(recv, REPLY_BYTES_MAX).await?)
        };
        let exchange = timeout(self.limits.stall, exchange).await.map_err(|_| TransferFault::Stalled)?;
        match exchange.map_err(|error| TransferFault::Link(fault(&error)))?.outcome {
            Ok(ContentReply::Ended) => Ok(()),
            Ok(_) => Err(garbled("not an answer to the end")),
            Err(refusal) => Err(TransferFault::Refused(refusal.code)),
        }
    }

    fn missing(&self) -> Result<MissingChunks, TransferFault> {
        let present = self.chunks.present(self.order.manifest.digest()).map_err(|error| storage(&error))?;
        Ok(MissingChunks::collect(self.order.manifest.chunk_count(), |index| present.contains(index)))
    }

    fn bytes_of(&self, chunks: impl Iterator<Item = u32>) -> u64 {
        chunks.filter_map(|index| self.order.manifest.stored_chunk_len(index)).map(|bytes| bytes as u64).sum()
    }

    async fn or_cancelled<T>(&self, work: impl Future<Output = Result<T, TransferFault>>) -> Result<T, Stop> {
        tokio::select! {
            done = work => Ok(done?),
            () = self.cancel.stopped() => Err(Stop::Cancelled),
        }
    }
}

const STORE_FAILED: TransferFault = TransferFault::Storage(StorageFault::Failed);

fn no_thread(error: std::io::Error) -> TransferFault {
    tracing::error!(%error, "no thread or no runtime for a transfer");
    STORE_FAILED
}

fn storage(error: &StorageError) -> TransferFault {
    tracing::error!(%error, "a transfer cannot use the store");
    TransferFault::Storage(error.fault())
}

fn garbled(detail: &str) -> TransferFault {
    tracing::warn!(detail, "the content service does not keep to the protocol");
    TransferFault::Link(LinkFault::Garbled)
}
