//! One at a time for each device: what costs the server real work, so that no device takes more than its share of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::DeviceSerial;
use tokio::sync::OwnedMutexGuard;

type Waiting = Arc<tokio::sync::Mutex<()>>;

/// Whose turn it is, by device.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<DeviceSerial, Waiting>>);

/// A device's turn; the next one begins when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    device: &'a DeviceSerial,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until everything that this device has begun before is over.
    pub(super) async fn wait<'a>(&'a self, device: &'a DeviceSerial) -> Turn<'a> {
        let turn = self.of(device);
        // Made first: whoever stops waiting leaves nothing behind.
        let mut mine = Turn { turns: self, device, held: None };
        mine.held = Some(turn.lock_owned().await);
        mine
    }

    /// The device's turn; `None` if something of it is under way.
    pub(super) fn take<'a>(&'a self, device: &'a DeviceSerial) -> Option<Turn<'a>> {
        let held = self.of(device).try_lock_owned().ok()?;
        Some(Turn { turns: self, device, held: Some(held) })
    }

    fn of(&self, device: &DeviceSerial) -> Waiting {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(device.clone()).or_default().clone()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.held = None;
        let mut all = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits holds it too.
        if all.get(self.device).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            all.remove(self.device);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_device_has_one_turn_at_a_time_and_others_do_not_wait_for_it() {
        let turns = Turns::default();
        let (one, other): (DeviceSerial, DeviceSerial) =
            ("MX-204-0001".parse().unwrap(), "MX-204-0002".parse().unwrap());
        let first = turns.wait(&one).await;
        assert!(turns.take(&one).is_none());
        assert!(turns.take(&other).is_some());
        assert!(turns.wait(&one).now_or_never().is_none(), "and whoever gives up waiting is forgotten");
        let mut second = Box::pin(turns.wait(&one));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        let second = second.await;
        assert!(turns.take(&one).is_none());
        drop(second);
        assert!(turns.0.lock().unwrap().is_empty(), "nothing is kept of devices that are done");
    }
}
