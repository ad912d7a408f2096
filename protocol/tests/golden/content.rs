//! Messages of `kobai-content/1`.

use protocol::message::Reply;
use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer, TransferOutcome};
use protocol::package::{ChunkRange, MissingChunks};
use protocol::{FailureCode, RefusalCode};

use super::book::{Page, variants};
use super::world::{NOW, manifest, order, signed_key_list, signed_ticket};

variants! {
    ContentRequest { Fetch, Report, Keys }
    ContentReply { Sending, Ended, Reported, Keys }
}

pub(crate) fn page() -> Page {
    let (order, package) = (order(), manifest().digest());
    let missing = MissingChunks::new(vec![ChunkRange { first: 1, count: 1 }]).unwrap();
    let refused = Reply::<ContentReply> { now: NOW, outcome: Err(RefusalCode::TicketExpired.into()) };
    Page::new("content.txt", "kobai-content/1.")
        .every(vec![
            ("chunk 1", ContentRequest::Fetch { ticket: signed_ticket(), missing }),
            ("nothing missing", ContentRequest::Fetch { ticket: signed_ticket(), missing: MissingChunks::default() }),
            ("sent", ContentRequest::Report { order, outcome: TransferOutcome::Sent(package) }),
            ("failed", ContentRequest::Report { order, outcome: TransferOutcome::Failed(FailureCode::LinkLost) }),
            ("", ContentRequest::Keys),
        ])
        .value("EndOfTransfer", EndOfTransfer { package })
        .every(vec![
            ("", ContentReply::Sending { bytes: 1_048_512 }),
            ("", ContentReply::Ended),
            ("", ContentReply::Reported),
            ("", ContentReply::Keys(signed_key_list())),
        ])
        .value("Reply of ContentReply::Ended", Reply { now: NOW, outcome: Ok(ContentReply::Ended) })
        .value("Reply of ContentReply, refused ticket-expired", refused)
}
