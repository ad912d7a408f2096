//! A UDP relay between a device and its vendor that can lose what is large: a link that breaks in the middle of a
//! transfer, at a chosen byte.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Datagrams above this size carry content; acknowledgements and goodbyes are smaller.
const SMALL_BYTES: usize = 300;

/// A relay for any number of connections from any number of devices to one vendor.
pub struct Relay {
    runtime: Runtime,
    addr: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    vendor: SocketAddr,
    /// Content bytes that may still pass toward devices.
    budget_bytes: AtomicU64,
    exhausted: watch::Sender<bool>,
}

impl Relay {
    /// A relay in front of `vendor` that lets everything pass.
    pub fn to(vendor: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared =
            Arc::new(Shared { vendor, budget_bytes: AtomicU64::new(u64::MAX), exhausted: watch::Sender::new(false) });
        let socket = runtime.block_on(UdpSocket::bind("127.0.0.1:0")).unwrap();
        let addr = socket.local_addr().unwrap();
        runtime.spawn(serve(Arc::new(socket), shared.clone()));
        Self { runtime, addr, shared }
    }

    /// Where devices connect to.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Lets only this many further bytes of content pass toward devices.
    pub fn break_after(&self, bytes: u64) {
        self.shared.exhausted.send_replace(false);
        self.shared.budget_bytes.store(bytes, Ordering::SeqCst);
    }

    /// Waits until something was lost.
    pub fn wait_broken(&self) {
        let mut exhausted = self.shared.exhausted.subscribe();
        let waiting = async { tokio::time::timeout(crate::PATIENCE, exhausted.wait_for(|lost| *lost)).await.is_ok() };
        assert!(self.runtime.block_on(waiting), "the link never broke");
    }

    /// Lets everything pass again.
    pub fn mend(&self) {
        self.shared.budget_bytes.store(u64::MAX, Ordering::SeqCst);
    }
}

/// One socket toward the vendor for each address that devices send from.
async fn serve(socket: Arc<UdpSocket>, shared: Arc<Shared>) {
    let mut flows: HashMap<SocketAddr, Arc<UdpSocket>> = HashMap::new();
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok((len, from)) = socket.recv_from(&mut buffer).await else { continue };
        let toward = match flows.entry(from) {
            Entry::Occupied(flow) => flow.into_mut(),
            Entry::Vacant(place) => {
                let Ok(toward) = UdpSocket::bind("127.0.0.1:0").await else { continue };
                let toward = place.insert(Arc::new(toward));
                tokio::spawn(back(socket.clone(), toward.clone(), from, shared.clone()));
                toward
            }
        };
        // A datagram that cannot be sent is lost, as datagrams are.
        let _ = toward.send_to(&buffer[..len], shared.vendor).await;
    }
}

async fn back(socket: Arc<UdpSocket>, toward: Arc<UdpSocket>, device: SocketAddr, shared: Arc<Shared>) {
    let mut buffer = vec![0; 65_536];
    loop {
        let Ok((len, _)) = toward.recv_from(&mut buffer).await else { continue };
        if len > SMALL_BYTES {
            let pass = |left: u64| if left == u64::MAX { Some(left) } else { left.checked_sub(len as u64) };
            if shared.budget_bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, pass).is_err() {
                shared.exhausted.send_replace(true);
                continue;
            }
        }
        let _ = socket.send_to(&buffer[..len], device).await;
    }
}
