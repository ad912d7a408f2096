//! The backend of a real window: a [`StaffClient`] on a Tokio runtime that wakes the window when something arrived.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui;
use protocol::audit::AuditHead;
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::{OptionId, Timestamp};
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::backend::{Answer, Backend, CertificateRequest, Pending, ServerInfo, Upload, UploadProgress};
use crate::client::{StaffClient, StaffError, WatchEvent};

const EVENTS_HELD: usize = 64;

/// A [`StaffClient`] as a [`Backend`].
#[derive(Debug)]
pub struct LiveBackend {
    client: StaffClient,
    runtime: Handle,
    ctx: egui::Context,
    events: mpsc::Receiver<WatchEvent>,
}

impl LiveBackend {
    /// Watches the server from now on and wakes `ctx` when something arrived.
    pub fn new(client: StaffClient, runtime: Handle, ctx: egui::Context) -> Self {
        let (sender, events) = mpsc::channel(EVENTS_HELD);
        let (watched, waker) = (client.clone(), ctx.clone());
        runtime.spawn(async move {
            let mut watch = watched.watch();
            while let Some(event) = watch.next().await {
                if sender.send(event).await.is_err() {
                    return;
                }
                waker.request_repaint();
            }
        });
        Self { client, runtime, ctx, events }
    }

    fn deliver<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Pending<T> {
        let (sender, pending) = Pending::channel();
        let ctx = self.ctx.clone();
        self.runtime.spawn(async move { send(sender, work.await, &ctx) });
        pending
    }
}

/// Nobody may be waiting any more: the user has gone to another screen.
fn send<T>(sender: oneshot::Sender<T>, value: T, ctx: &egui::Context) {
    if sender.send(value).is_ok() {
        ctx.request_repaint();
    }
}

impl Backend for LiveBackend {
    fn ask(&self, request: StaffRequest) -> Pending<Answer> {
        let client = self.client.clone();
        self.deliver(async move { client.request(request).await })
    }

    fn certify(&self, out: PathBuf, request: CertificateRequest) -> Pending<Answer> {
        let client = self.client.clone();
        self.deliver(async move { client.certify(&out, request).await.map(StaffReply::StaffMember) })
    }

    fn verify_audit(&self) -> Pending<Result<AuditHead, StaffError>> {
        let client = self.client.clone();
        self.deliver(async move { client.verify_audit().await })
    }

    fn publish(&self, option: OptionId, path: PathBuf) -> Upload {
        let progress = Arc::new(UploadProgress::default());
        let (client, ctx, heard) = (self.client.clone(), self.ctx.clone(), progress.clone());
        let answer = self.deliver(async move {
            let note = |sent, total| {
                heard.set(sent, total);
                ctx.request_repaint();
            };
            client.publish(option, &path, note).await
        });
        Upload { progress, answer }
    }

    fn choose_file(&self) -> Pending<Option<PathBuf>> {
        let (sender, pending) = Pending::channel();
        let ctx = self.ctx.clone();
        self.runtime.spawn_blocking(move || send(sender, rfd::FileDialog::new().pick_file(), &ctx));
        pending
    }

    fn read_file(&self, path: PathBuf, bytes_max: usize) -> Pending<std::io::Result<Vec<u8>>> {
        self.deliver(async move {
            let mut content = Vec::new();
            let file = tokio::fs::File::open(path).await?;
            file.take(bytes_max as u64 + 1).read_to_end(&mut content).await?;
            if content.len() > bytes_max { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(content) }
        })
    }

    fn write_file(&self, path: PathBuf, content: Vec<u8>) -> Pending<std::io::Result<()>> {
        self.deliver(async move { tokio::fs::write(path, content).await })
    }

    fn next_event(&mut self) -> Option<WatchEvent> {
        self.events.try_recv().ok()
    }

    fn server(&self) -> ServerInfo {
        ServerInfo {
            host_port: self.client.host_port().to_owned(),
            staff: self.client.name().to_string(),
            fingerprint: self.client.ca_fingerprint(),
        }
    }

    fn server_now(&self) -> Option<Timestamp> {
        self.client.server_now()
    }
}
