//! Tells watching staff what kinds of things have changed, without a queue that could grow.

use protocol::message::staff::Topic;
use tokio::sync::watch;

const TOPICS: [Topic; 10] = [
    Topic::Customers,
    Topic::Devices,
    Topic::Options,
    Topic::Orders,
    Topic::Charges,
    Topic::Licences,
    Topic::Staff,
    Topic::Proposals,
    Topic::Audit,
    Topic::Keys,
];

/// How often each topic has changed.
type Counts = [u64; TOPICS.len()];

/// The telling side.
#[derive(Debug, Default)]
pub(super) struct Changes(watch::Sender<Counts>);

impl Changes {
    /// Something of these kinds may have changed.
    pub(super) fn tell(&self, topics: &[Topic]) {
        self.0.send_modify(|counts| {
            for (count, topic) in counts.iter_mut().zip(TOPICS) {
                *count += u64::from(topics.contains(&topic));
            }
        });
    }

    /// The listening side.
    pub(super) fn listen(&self) -> Listener {
        let counts = self.0.subscribe();
        Listener { known: None, counts }
    }
}

/// The listening side. However slow it is, it misses no topic and gets none twice.
#[derive(Debug)]
pub(super) struct Listener {
    known: Option<Counts>,
    counts: watch::Receiver<Counts>,
}

impl Listener {
    /// What changed since the last call; every topic at the first. `None` once nothing can change any more.
    pub(super) async fn next(&mut self) -> Option<Vec<Topic>> {
        if let Some(known) = self.known {
            self.counts.wait_for(|counts| *counts != known).await.ok()?;
        }
        let counts = *self.counts.borrow_and_update();
        let changed = |topic: usize| self.known.is_none_or(|known| known[topic] != counts[topic]);
        let topics = (0..TOPICS.len()).filter(|topic| changed(*topic)).map(|topic| TOPICS[topic]).collect();
        self.known = Some(counts);
        Some(topics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_listener_hears_of_everything_first_and_then_of_each_change_once() {
        let changes = Changes::default();
        let mut listener = changes.listen();
        assert_eq!(listener.next().await.unwrap(), TOPICS);
        changes.tell(&[Topic::Orders]);
        changes.tell(&[Topic::Orders, Topic::Charges]);
        assert_eq!(listener.next().await.unwrap(), [Topic::Orders, Topic::Charges]);
        changes.tell(&[Topic::Devices]);
        assert_eq!(listener.next().await.unwrap(), [Topic::Devices]);
        drop(changes);
        assert_eq!(listener.next().await, None);
    }
}
