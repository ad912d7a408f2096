//! Watching: the server tells what changed; after a broken connection everything may have.

use std::time::Duration;

use protocol::codec::MESSAGE_BYTES_MAX;
use protocol::message::Reply;
use protocol::message::staff::{StaffReply, StaffRequest, Topic};
use protocol::net::{LinkError, read_frame};
use tokio::sync::mpsc;

use super::{StaffClient, StaffError, Witnessed};

const EVENTS_HELD: usize = 64;
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(8);

/// What a [`Watch`] tells.
#[derive(Debug)]
pub enum WatchEvent {
    /// The server is there, for the first time or again: whatever is shown may be out of date.
    Connected,
    /// Something of these kinds may have changed.
    Changed(Vec<Topic>),
    /// The audit log is not what it was.
    Alarm(StaffError),
    /// The server is not there; the watch goes on trying, with growing pauses.
    Lost(StaffError),
}

/// A stream of [`WatchEvent`]s. Dropping it ends the watch.
#[derive(Debug)]
pub struct Watch {
    events: mpsc::Receiver<WatchEvent>,
}

impl Watch {
    /// The next event; `None` once the runtime stops.
    pub async fn next(&mut self) -> Option<WatchEvent> {
        self.events.recv().await
    }
}

pub(super) fn start(client: StaffClient) -> Watch {
    let (sender, events) = mpsc::channel(EVENTS_HELD);
    tokio::spawn(async move {
        let mut pause = PAUSE_FIRST;
        loop {
            let mut was_connected = false;
            let ended = tokio::select! {
                ended = follow(&client, &sender, &mut was_connected) => ended,
                () = sender.closed() => return,
            };
            let Err(error) = ended else { return };
            if was_connected {
                pause = PAUSE_FIRST;
            }
            if sender.send(WatchEvent::Lost(error)).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
                () = sender.closed() => return,
            }
        }
    });
    Watch { events }
}

/// Follows one connection until it breaks; `Ok` when nobody listens any more.
async fn follow(
    client: &StaffClient,
    sender: &mpsc::Sender<WatchEvent>,
    was_connected: &mut bool,
) -> Result<(), StaffError> {
    let connection = client.connection().await?;
    let (mut send, mut recv) = connection.open(&StaffRequest::Watch).await?;
    // Nothing more to ask; the server tells until one side goes.
    let _ = send.finish();
    loop {
        let reply: Reply<StaffReply> = read_frame(&mut recv, MESSAGE_BYTES_MAX).await.map_err(LinkError::from)?;
        let StaffReply::Changed(topics) = client.accept(reply)? else { return Err(StaffError::WrongAnswer) };
        let is_witnessed = topics.contains(&Topic::Audit);
        let event = if *was_connected { WatchEvent::Changed(topics) } else { WatchEvent::Connected };
        *was_connected = true;
        if sender.send(event).await.is_err() {
            return Ok(());
        }
        if is_witnessed && client.shared.head_file.is_some() {
            match client.witness().await {
                Err(alarm @ StaffError::Audit(_)) => {
                    if sender.send(WatchEvent::Alarm(alarm)).await.is_err() {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
                Ok(Witnessed { not_kept: Some(error), .. }) => tracing::warn!("the audit head is not kept: {error}"),
                Ok(_) => {}
            }
        }
    }
}
