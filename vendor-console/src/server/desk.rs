//! One connection's place in the server: reads requests and sends answers, each in time and within the server's memory.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use protocol::message::{Reply, Service};
use protocol::net::{CloseCode, FrameError, encode_frame, read_body, read_header};
use protocol::{Refusal, RefusalCode};
use quinn::{Connection, RecvStream, SendStream};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::limits::{Guard, Holder, Limit};
use crate::clock::Clock;

/// A request has so long before its rate counts: a lost packet or two.
const GRACE: Duration = Duration::from_secs(2);

/// What the parts of the server need to speak with a peer.
pub(super) struct Desk {
    pub(super) guard: Arc<Guard>,
    pub(super) clock: Clock,
    pub(super) service: Service,
    pub(super) holder: Holder,
    pub(super) connection: Connection,
}

impl Desk {
    /// The request on a stream. What is no request, or comes too slowly, is answered with a refusal, and `None` is
    /// returned.
    pub(super) async fn request<T: DeserializeOwned>(
        &self,
        send: &mut SendStream,
        recv: &mut RecvStream,
        bytes_max: usize,
    ) -> Result<Option<T>, FrameError> {
        let limits = &self.guard.limits;
        let patience = Duration::from_millis(limits.request_ms.into());
        let read = tokio::time::timeout(patience, async {
            let announced = read_header(recv, bytes_max).await?;
            let Ok(_memory) = self.guard.memory(announced) else { return Ok(Err(busy())) };
            let paced_ms = announced as u64 * 1_000 / u64::from(limits.request_bytes_per_second.max(1));
            let in_time = GRACE + Duration::from_millis(paced_ms);
            match tokio::time::timeout(in_time, read_body(recv, announced)).await {
                Ok(body) => body.map(Ok),
                Err(_) => {
                    self.guard.met(Limit::RequestRate);
                    Ok(Err(late()))
                }
            }
        });
        let refusal = match read.await {
            Ok(Ok(Ok(request))) => return Ok(Some(request)),
            Ok(Ok(Err(refusal))) => refusal,
            Ok(Err(error)) if error.is_protocol_violation() => Refusal::with_detail(RefusalCode::BadMessage, error),
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                self.guard.met(Limit::RequestTime);
                late()
            }
        };
        self.refuse(send, recv, refusal).await?;
        Ok(None)
    }

    /// Refuses what is on a stream, whatever it is.
    pub(super) async fn refuse(
        &self,
        send: &mut SendStream,
        recv: &mut RecvStream,
        refusal: Refusal,
    ) -> Result<(), FrameError> {
        // Nobody reads what still comes.
        let code = if refusal.code == RefusalCode::Busy { CloseCode::Busy } else { CloseCode::BadMessage };
        let _ = recv.stop(code.var_int());
        self.reply::<()>(send, Err(refusal)).await
    }

    /// Sends the answer, and waits until the peer has it.
    pub(super) async fn reply<T: Serialize>(
        &self,
        send: &mut SendStream,
        outcome: Result<T, Refusal>,
    ) -> Result<(), FrameError> {
        let counted = outcome.as_ref().err().map_or("ok", |refusal| refusal.code.code());
        self.guard.metrics.request(self.service, counted);
        self.send(send, &Reply { now: self.clock.now(), outcome }, true).await
    }

    /// Sends one of several answers; more follow on the stream.
    pub(super) async fn push<T: Serialize>(&self, send: &mut SendStream, outcome: T) -> Result<(), FrameError> {
        self.send(send, &Reply { now: self.clock.now(), outcome: Ok(outcome) }, false).await
    }

    async fn send<T: Serialize>(
        &self,
        send: &mut SendStream,
        reply: &Reply<T>,
        is_last: bool,
    ) -> Result<(), FrameError> {
        let frame = Bytes::from(encode_frame(reply)?);
        let Ok(_memory) = self.guard.memory(frame.len()) else {
            // The request has been carried out, so this is an answer that was lost, not a refusal.
            let _ = send.reset(CloseCode::Busy.var_int());
            return Ok(());
        };
        let patience = Duration::from_millis(self.guard.limits.answer_ms.into());
        let sent = tokio::time::timeout(patience, async {
            send.write_chunk(frame).await?;
            if is_last {
                let _ = send.finish();
                // Until the peer has it all, or is gone.
                let _ = send.stopped().await;
            }
            Ok(())
        });
        sent.await.unwrap_or_else(|_| {
            self.guard.met(Limit::AnswerTime);
            let _ = send.reset(CloseCode::Busy.var_int());
            Err(FrameError::Write(quinn::WriteError::Stopped(CloseCode::Busy.var_int())))
        })
    }
}

/// The refusal of what is too much at the moment.
pub(super) fn busy() -> Refusal {
    RefusalCode::Busy.into()
}

fn late() -> Refusal {
    Refusal::with_detail(RefusalCode::Busy, "the request did not arrive in time")
}
