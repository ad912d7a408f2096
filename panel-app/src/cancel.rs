//! A wish to stop that reaches threads and futures alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Says stop, once. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopped: AtomicBool,
    changed: Notify,
}

impl Cancel {
    /// Nobody has said stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says stop.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.changed.notify_waiters();
    }

    /// Whether somebody has said stop.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::Acquire)
    }

    /// Waits until somebody says stop.
    pub async fn stopped(&self) {
        let changed = self.0.changed.notified();
        tokio::pin!(changed);
        // Registered before the flag is read, so that no stop slips in between.
        changed.as_mut().enable();
        if !self.is_stopped() {
            changed.await;
        }
    }
}
