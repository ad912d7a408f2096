//! What the window needs from outside: answers that arrive later, and news. Everything else it has itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::audit::AuditHead;
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::{CaFingerprint, OptionId, Timestamp};
use tokio::sync::oneshot;

use crate::client::{StaffError, WatchEvent};

/// What a staff request brings.
pub type Answer = Result<StaffReply, StaffError>;

/// What asks for a certificate, once the key's signing request is there.
pub type CertificateRequest = Box<dyn FnOnce(Vec<u8>) -> StaffRequest + Send>;

/// A server as the window sees it. No method waits.
pub trait Backend {
    /// Asks the server.
    fn ask(&self, request: StaffRequest) -> Pending<Answer>;
    /// Makes a key, has it certified by what `request` makes of its signing request, and writes both to the file `out`.
    /// The answer is the member of staff.
    fn certify(&self, out: PathBuf, request: CertificateRequest) -> Pending<Answer>;
    /// Checks the whole audit log.
    fn verify_audit(&self) -> Pending<Result<AuditHead, StaffError>>;
    /// Publishes the file at `path` as a release of `option`.
    fn publish(&self, option: OptionId, path: PathBuf) -> Upload;
    /// Lets the user choose a file to read; `None` if none was chosen.
    fn choose_file(&self) -> Pending<Option<PathBuf>>;
    /// The content of a file, of at most so many bytes.
    fn read_file(&self, path: PathBuf, bytes_max: usize) -> Pending<std::io::Result<Vec<u8>>>;
    /// Writes a file.
    fn write_file(&self, path: PathBuf, content: Vec<u8>) -> Pending<std::io::Result<()>>;
    /// The next news of the server, if there is any.
    fn next_event(&mut self) -> Option<WatchEvent>;
    /// Which server it is, and who asks.
    fn server(&self) -> ServerInfo;
    /// The server's clock at its last answer.
    fn server_now(&self) -> Option<Timestamp>;
}

/// Which server, and who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// `HOST:PORT`.
    pub host_port: String,
    /// The name in the certificate.
    pub staff: String,
    /// The vendor's CA, as panels must pin it.
    pub fingerprint: CaFingerprint,
}

/// Something that arrives later; the frame looks whether it has.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<T>);

impl<T> Pending<T> {
    /// The sending end, for another thread, and the receiving end.
    pub fn channel() -> (oneshot::Sender<T>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }

    /// Something that is there already.
    pub fn ready(value: T) -> Self {
        let (sender, pending) = Self::channel();
        // The receiver is alive: it is returned below.
        let _ = sender.send(value);
        pending
    }

    /// What has arrived, once; `None` before and after.
    pub fn poll(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

/// An upload that runs.
#[derive(Debug)]
pub struct Upload {
    /// How far it is.
    pub progress: Arc<UploadProgress>,
    /// How it ends.
    pub answer: Pending<Answer>,
}

/// How far an upload is, written by one thread and read by another.
#[derive(Debug, Default)]
pub struct UploadProgress {
    sent_bytes: AtomicU64,
    total_bytes: AtomicU64,
}

impl UploadProgress {
    /// Notes how far it is, in bytes.
    pub fn set(&self, sent_bytes: u64, total_bytes: u64) {
        self.total_bytes.store(total_bytes, Ordering::Relaxed);
        self.sent_bytes.store(sent_bytes, Ordering::Relaxed);
    }

    /// Bytes sent, and bytes in all; 0 in all until the file is open.
    pub fn get(&self) -> (u64, u64) {
        (self.sent_bytes.load(Ordering::Relaxed), self.total_bytes.load(Ordering::Relaxed))
    }
}
