//! The distribution service: sends the chunks of packages to devices that have a ticket, and reports how it ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Buf;
use protocol::message::content::{ContentReply, EndOfTransfer, TransferOutcome};
use protocol::net::{FrameError, read_frame};
use protocol::package::MissingChunks;
use protocol::{DeviceSerial, FailureCode, OrderId, Refusal, RefusalCode, Signed, Ticket};
use quinn::{RecvStream, SendStream};
use tokio::time::Instant;

use super::desk::Desk;
use super::limits::Limit;
use super::reports::Reports;
use super::tickets::TicketKeys;
use crate::clock::Clock;
use crate::content::{ContentError, Package, Packages};

/// Bytes handed to the connection at once: large enough to cost nothing, small enough that progress is seen.
const PIECE_BYTES: usize = 256 * 1024;
/// Staff hear of progress after each of these.
const NEWS_BYTES: u64 = 4 * 1024 * 1024;
const END_BYTES_MAX: usize = 64;

/// The distribution service.
pub(super) struct Distribution {
    packages: Packages,
    keys: TicketKeys,
    clock: Clock,
    reports: Reports,
    transfers: Arc<Transfers>,
}

/// A transfer that may begin.
pub(super) struct Admitted {
    ticket: Ticket,
    package: Package,
    missing: MissingChunks,
}

/// How a transfer broke off.
enum Broken {
    /// The device broke off or the link did.
    Device(FailureCode),
    /// This side cannot go on.
    Content(ContentError),
    /// The device said something that is no end of a transfer.
    BadMessage,
}

impl Distribution {
    pub(super) fn new(packages: Packages, keys: TicketKeys, clock: Clock, reports: Reports) -> Self {
        let transfers = match &reports {
            Reports::Local(customers) => customers.transfers.clone(),
            Reports::Remote(_) => Arc::default(),
        };
        Self { packages, keys, clock, reports, transfers }
    }

    /// Whose tickets it takes.
    pub(super) const fn keys(&self) -> &TicketKeys {
        &self.keys
    }

    /// Sends the missing chunks and settles the transfer.
    pub(super) async fn fetch(
        &self,
        desk: &Desk,
        admitted: &Admitted,
        (send, recv): (&mut SendStream, &mut RecvStream),
    ) -> Result<(), FrameError> {
        let Admitted { ticket, package, missing } = admitted;
        let bytes: u64 = missing.indices().map(|index| package.chunk_bytes(index)).sum();
        desk.push(send, ContentReply::Sending { bytes }).await?;
        let sent = self.send_all(desk, ticket, package, missing, send).await;
        let ended = match sent {
            Ok(()) => end_of_transfer(desk, bytes, recv).await,
            Err(broken) => Err(broken),
        };
        let outcome = match ended {
            Ok(Some(end)) => self.settle(ticket, end).await,
            // A device with more holes than one request can name ends the stream and asks for the rest.
            Ok(None) if missing.ranges().len() == MissingChunks::MAX_RANGES => return Ok(()),
            Ok(None) => {
                self.report_failure(ticket, FailureCode::LinkLost).await;
                return Ok(());
            }
            Err(broken) => {
                let (code, answer) = match broken {
                    Broken::Device(code) => (code, None),
                    Broken::Content(error) => (FailureCode::Storage, Some(Refusal::from(error))),
                    Broken::BadMessage => (FailureCode::LinkLost, Some(RefusalCode::BadMessage.into())),
                };
                self.report_failure(ticket, code).await;
                // Within the bytes of chunks no answer can be told from content: end the stream in the middle.
                let _ = send.reset(protocol::net::CloseCode::Done.var_int());
                match answer {
                    Some(refusal) => tracing::warn!("the transfer of {:?} was cut off: {refusal}", ticket.order),
                    None => tracing::info!("the transfer of {:?} broke off: {code}", ticket.order),
                }
                return Ok(());
            }
        };
        desk.reply(send, outcome).await
    }

    /// Whether the device, which the connection's certificate names, may fetch this.
    pub(super) async fn admit(
        &self,
        device: &DeviceSerial,
        certificate: &[u8],
        ticket: &Signed<Ticket>,
        missing: MissingChunks,
    ) -> Result<Admitted, Refusal> {
        self.reports.permit(device, certificate).await?;
        let ticket = self.keys.verify(ticket).await?;
        if ticket.device != *device {
            return Err(RefusalCode::TicketInvalid.into());
        }
        if self.clock.now() >= ticket.expires_at {
            return Err(RefusalCode::TicketExpired.into());
        }
        if missing.end() > ticket.chunk_count {
            return Err(RefusalCode::NoSuchChunk.into());
        }
        let package = self.packages.open_package(ticket.package, ticket.chunk_count).await?;
        Ok(Admitted { ticket, package, missing })
    }

    async fn send_all(
        &self,
        desk: &Desk,
        ticket: &Ticket,
        package: &Package,
        missing: &MissingChunks,
        send: &mut SendStream,
    ) -> Result<(), Broken> {
        let transfer = self.transfers.begin(ticket.order);
        self.reports.moved();
        // The next chunk is read from the disk while this one is sent.
        let read = |index| {
            let package = package.clone();
            tokio::spawn(async move { package.chunk(index).await })
        };
        let mut indices = missing.indices();
        let mut ahead = indices.next().map(read);
        let (mut told, mut pace) = (0, desk.guard.pace());
        while let Some(reading) = ahead.take() {
            let lost = |error| ContentError::Folder(std::io::Error::other(error));
            let mut chunk = reading.await.map_err(lost).and_then(|chunk| chunk).map_err(Broken::Content)?;
            ahead = indices.next().map(read);
            while !chunk.is_empty() {
                let mut piece = [chunk.slice(..chunk.len().min(PIECE_BYTES))];
                let written = tokio::time::timeout_at(pace.deadline(), send.write_chunks(&mut piece)).await;
                let Ok(written) = written else {
                    desk.guard.met(Limit::TransferRate);
                    return Err(Broken::Device(FailureCode::Timeout));
                };
                let bytes = written.map_err(|_| Broken::Device(FailureCode::LinkLost))?.bytes;
                chunk.advance(bytes);
                pace.moved(Instant::now(), bytes as u64);
                desk.guard.metrics.sent_bytes(bytes as u64);
                let sent = transfer.add(bytes as u64);
                if sent >= told + NEWS_BYTES {
                    told = sent;
                    self.reports.moved();
                }
            }
        }
        Ok(())
    }

    /// The device has everything and says so: report, and only then the end packet.
    async fn settle(&self, ticket: &Ticket, end: EndOfTransfer) -> Result<ContentReply, Refusal> {
        if end.package != ticket.package {
            let failed = TransferOutcome::Failed(FailureCode::WrongContent);
            self.reports.report(ticket.order, failed).await?;
            return Err(RefusalCode::DigestMismatch.into());
        }
        self.reports.report(ticket.order, TransferOutcome::Sent(end.package)).await?;
        Ok(ContentReply::Ended)
    }

    async fn report_failure(&self, ticket: &Ticket, code: FailureCode) {
        if let Err(refusal) = self.reports.report(ticket.order, TransferOutcome::Failed(code)).await {
            tracing::warn!("the failed transfer of {:?} was not reported: {refusal}", ticket.order);
        }
    }
}

/// The device's end packet; `None` if the device ended the stream without one. What is still on its way when this begins,
/// `bytes` at most, may flow as slowly as a transfer may; when nothing flows any more, the device has its time to store
/// it.
async fn end_of_transfer(desk: &Desk, bytes: u64, recv: &mut RecvStream) -> Result<Option<EndOfTransfer>, Broken> {
    let limits = &desk.guard.limits;
    let (patience, window) = (ms(limits.transfer_end_ms), ms(limits.transfer_window_ms));
    let buffered = bytes.min(limits.send_window_transfer_bytes.into());
    let flow = Duration::from_secs(buffered / u64::from(limits.transfer_bytes_per_second.max(1)));
    let flowed = || desk.connection.stats().frame_tx.stream;
    let end = read_frame(recv, END_BYTES_MAX);
    tokio::pin!(end);
    let (mut before, mut idle_since) = (flowed(), Instant::now());
    let last_at = idle_since + flow + patience;
    let ended = loop {
        let look_at = (Instant::now() + window).min(idle_since + patience);
        if let Ok(ended) = tokio::time::timeout_at(look_at, &mut end).await {
            break ended;
        }
        let now = Instant::now();
        let known = std::mem::replace(&mut before, flowed());
        if before > known && now < last_at {
            idle_since = now;
        } else if now >= idle_since + patience {
            desk.guard.met(Limit::TransferEnd);
            return Err(Broken::Device(FailureCode::Timeout));
        }
    };
    match ended {
        Ok(end) => Ok(Some(end)),
        Err(FrameError::Ended) => Ok(None),
        Err(error) if error.is_protocol_violation() => Err(Broken::BadMessage),
        Err(_) => Err(Broken::Device(FailureCode::LinkLost)),
    }
}

fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

/// The transfers that run now, for staff who watch.
#[derive(Debug, Default)]
pub(super) struct Transfers(Mutex<HashMap<OrderId, Arc<AtomicU64>>>);

impl Transfers {
    /// Bytes sent in the running transfer of this order.
    pub(super) fn sending_bytes(&self, order: OrderId) -> Option<u64> {
        let transfers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        transfers.get(&order).map(|sent| sent.load(Ordering::Relaxed))
    }

    fn begin(&self, order: OrderId) -> Transfer<'_> {
        let sent = Arc::new(AtomicU64::new(0));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(order, sent.clone());
        Transfer { transfers: self, order, sent }
    }
}

/// One running transfer; over when dropped.
struct Transfer<'a> {
    transfers: &'a Transfers,
    order: OrderId,
    sent: Arc<AtomicU64>,
}

impl Transfer<'_> {
    /// How many bytes that makes in all.
    fn add(&self, bytes: u64) -> u64 {
        self.sent.fetch_add(bytes, Ordering::Relaxed) + bytes
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        let mut transfers = self.transfers.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A second transfer of the same order may have taken the place.
        if transfers.get(&self.order).is_some_and(|sent| Arc::ptr_eq(sent, &self.sent)) {
            transfers.remove(&self.order);
        }
    }
}
