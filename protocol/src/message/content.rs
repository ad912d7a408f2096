//! `kobai-content/1`: packages, chunk by chunk.
//!
//! A fetch: the device sends [`ContentRequest::Fetch`]; the service answers [`ContentReply::Sending`] and then the
//! missing chunks as raw bytes, ascending, without framing (their lengths follow from the manifest). When every chunk
//! of the package is verified and durable, the device sends [`EndOfTransfer`] on the same stream; the service reports to
//! the customer service and only then answers [`ContentReply::Ended`]. That is the seed's end packet in both directions.

use serde::{Deserialize, Serialize};

use crate::keys::{KeyList, RootSigned};
use crate::package::MissingChunks;
use crate::{Digest, FailureCode, OrderId, Signed, Ticket};

/// What can be asked of the content service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentRequest {
    /// A device wants the chunks that it lacks; with none missing, only the end of the transfer is exchanged.
    Fetch {
        /// Proves the right to the package.
        ticket: Signed<Ticket>,
        /// What to send.
        missing: MissingChunks,
    },
    /// A distribution service on another host tells the customer service how a transfer ended. Certificates of
    /// services only.
    Report {
        /// The order of the ticket.
        order: OrderId,
        /// How it ended.
        outcome: TransferOutcome,
    },
    /// A distribution service on another host asks the customer service which keys count. Certificates of services
    /// only.
    Keys,
}

/// How a transfer ended, as the distribution service saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferOutcome {
    /// Everything was sent and the device sent the end of the transfer, with this digest.
    Sent(Digest),
    /// It broke off.
    Failed(FailureCode),
}

/// The device's end packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndOfTransfer {
    /// The package, as the device has verified it.
    pub package: Digest,
}

/// What the content service answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContentReply {
    /// To `Fetch`: this many bytes of chunks follow.
    Sending {
        /// Raw bytes that follow this frame.
        bytes: u64,
    },
    /// To [`EndOfTransfer`]: the service's end packet; the report is durable.
    Ended,
    /// To `Report`: durable.
    Reported,
    /// To `Keys`: the newest list.
    Keys(RootSigned<KeyList>),
}
