//! The vendor's server: four services on one UDP port, named by ALPN, in one process or split over two hosts.
//!
//! A server runs on a thread of its own with a runtime of its own, because a busy QUIC endpoint is twice as fast on a
//! current-thread runtime, and so that a window in the same process never waits for it.

mod ceremony;
mod changes;
mod customers;
mod desk;
mod device;
mod distribution;
mod enrol;
mod error;
mod folder;
mod guesses;
mod init;
mod keys;
mod limits;
mod live;
mod metrics;
mod passport;
mod pins;
mod record;
mod reporters;
mod reports;
mod router;
mod staff;
mod sweeper;
mod tickets;
mod turns;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use protocol::message::Service;
use protocol::net::{CloseCode, Credentials, TransportLimits, bind_server, limit_server, server_config};
use protocol::{CaFingerprint, Text};
use tokio::sync::oneshot;

pub use ceremony::Ceremony;
pub use error::ServerError;
pub use init::{InitReport, SecondPerson, init};
pub use limits::{LimitSpec, Limits, LimitsError};
pub use passport::issue_distribution;

use crate::clock::Clock;
use crate::content::Packages;
use customers::Customers;
use distribution::Distribution;
use folder::DataFolder;
use limits::Guard;
use metrics::Exporter;
use passport::Passport;
use reports::{Remote, Reports};
use router::Services;
pub(crate) use staff::subject::contract as contract_ending;
use tickets::TicketKeys;

/// Where a server listens if nothing else is said: the loopback interface only.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:7443";

/// The data folder if nothing else is said: `kobai-vendor` in the user's data folder (`XDG_DATA_HOME`, else
/// `~/.local/share`), or in the working folder where there is no such thing.
pub fn default_data_folder() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local").join("share")));
    base.unwrap_or_default().join("kobai-vendor")
}

/// How long a stopping server waits for requests that run.
const GOODBYE: Duration = Duration::from_secs(5);

/// What a server needs to know.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// What it does.
    pub role: Role,
    /// Its time.
    pub clock: Clock,
    /// What it grants its peers at most. `None`: what `limits.toml` in the data folder says, or the defaults.
    pub limits: Option<Limits>,
    /// Where its metrics are served over HTTP, if anywhere.
    pub metrics: Option<SocketAddr>,
}

impl ServerOptions {
    /// A server without metrics, with the limits of its data folder.
    pub const fn new(listen: SocketAddr, role: Role, clock: Clock) -> Self {
        Self { listen, role, clock, limits: None, metrics: None }
    }
}

/// What a server does.
#[derive(Debug, Clone)]
pub enum Role {
    /// Customer service and distribution service.
    All {
        /// The data folder that [`init`] has made.
        data: PathBuf,
    },
    /// Customer service only.
    Customers {
        /// The data folder that [`init`] has made.
        data: PathBuf,
        /// `HOST:PORT` of the distribution service, as devices reach it.
        content_server: Text<120>,
    },
    /// Distribution service only. It has no books; the tickets that devices bring say what they may fetch.
    Distribution {
        /// The file that [`issue_distribution`] has made.
        identity: PathBuf,
        /// `HOST:PORT` of the customer service, which hears how transfers end.
        customers: String,
        /// The folder of packages that both services see.
        packages: PathBuf,
    },
}

impl Role {
    /// The limits that the operator has set for this role.
    fn limits(&self) -> Result<Limits, ServerError> {
        match self {
            Self::All { data } | Self::Customers { data, .. } => Limits::of_folder(data),
            Self::Distribution { .. } => Ok(Limits::default()),
        }
    }
}

/// A running server. Dropped, it stops at once, as if it had been killed; [`Server::shutdown`] carries through what has
/// begun.
pub struct Server {
    started: Started,
    stop: Option<oneshot::Sender<()>>,
    stopped: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server. When this returns it answers.
    pub async fn start(options: ServerOptions) -> Result<Self, ServerError> {
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopping) = oneshot::channel();
        let (done, stopped) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(ServerError::machine)?;
        let run = move || {
            runtime.block_on(run(options, ready, stopping));
            drop(runtime);
            // Nobody waits any more if the server was dropped.
            let _ = done.send(());
        };
        let thread = std::thread::Builder::new().name("kobai-server".to_owned()).spawn(run);
        let thread = thread.map_err(ServerError::machine)?;
        let died = || ServerError::machine(std::io::Error::other("the server's thread ended"));
        let started = is_ready.await.map_err(|_| died())??;
        Ok(Self { started, stop: Some(stop), stopped, thread: Some(thread) })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.started.local_addr
    }

    /// Where its metrics are, if they are served.
    pub const fn metrics_addr(&self) -> Option<SocketAddr> {
        self.started.metrics_addr
    }

    /// What panels pin.
    pub const fn ca_fingerprint(&self) -> CaFingerprint {
        self.started.ca_fingerprint
    }

    /// What it has counted, in the OpenMetrics text format.
    pub fn metrics(&self) -> String {
        self.started.guard.metrics.render()
    }

    /// Stops the server. Requests that run are carried through for up to five seconds, though their answers are lost;
    /// whoever asked will ask again. When this returns the data folder and the port are free.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.stopped).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping `stop` tells the thread, which cuts off whatever runs.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.started.local_addr)
    }
}

/// What is known of a server once it answers.
struct Started {
    local_addr: SocketAddr,
    metrics_addr: Option<SocketAddr>,
    ca_fingerprint: CaFingerprint,
    guard: Arc<Guard>,
}

type Ready = oneshot::Sender<Result<Started, ServerError>>;

async fn run(mut options: ServerOptions, ready: Ready, stopping: oneshot::Receiver<()>) {
    let metrics = options.metrics.take();
    let opened = async {
        let (serving, ca_fingerprint) = Serving::open(options).await?;
        let exporter = match metrics {
            Some(addr) => Some(metrics::bind(addr).await?),
            None => None,
        };
        let metrics_addr = exporter.as_ref().map(Exporter::local_addr).transpose()?;
        let local_addr = serving.endpoint.local_addr().map_err(ServerError::machine)?;
        let guard = serving.services.guard.clone();
        Ok((Started { local_addr, metrics_addr, ca_fingerprint, guard }, serving, exporter))
    };
    match opened.await {
        Err(error) => {
            let _ = ready.send(Err(error));
        }
        Ok((started, serving, exporter)) => {
            if ready.send(Ok(started)).is_ok() {
                serving.serve(exporter, stopping).await;
            }
        }
    }
}

struct Serving {
    endpoint: quinn::Endpoint,
    services: Arc<Services>,
    /// Locked as long as it exists.
    _folder: Option<DataFolder>,
}

impl Serving {
    async fn open(options: ServerOptions) -> Result<(Self, CaFingerprint), ServerError> {
        let ServerOptions { listen, role, clock, limits, .. } = options;
        let guard = Guard::new(match limits {
            Some(limits) => limits,
            None => role.limits()?,
        });
        match role {
            Role::All { data } => {
                let (folder, customers) = Self::customers(data, clock.clone(), None, &guard.limits).await?;
                let (packages, reports) = (customers.packages.clone(), Reports::Local(customers.clone()));
                let keys = TicketKeys::Local(customers.clone());
                let distribution = Distribution::new(packages, keys, clock.clone(), reports);
                let server = customers.keys.server.clone();
                let distribution = Some(distribution.into());
                let services = Services { clock, guard, customers: Some(customers), distribution };
                Self::bind(listen, &server, &Service::ALL, services, Some(folder))
            }
            Role::Customers { data, content_server } => {
                let (folder, customers) =
                    Self::customers(data, clock.clone(), Some(content_server), &guard.limits).await?;
                let server = customers.keys.server.clone();
                let services = Services { clock, guard, customers: Some(customers), distribution: None };
                Self::bind(listen, &server, &Service::ALL, services, Some(folder))
            }
            Role::Distribution { identity, customers, packages } => {
                let passport = Passport::read(&identity)?;
                let server = passport.server.clone();
                let packages = Packages::open(&packages).map_err(ServerError::storage)?;
                let remote = Arc::new(Remote::new(passport.client.clone(), customers));
                let keys = TicketKeys::remote(passport, identity, remote.clone(), clock.clone())?;
                let distribution = Distribution::new(packages, keys, clock.clone(), Reports::Remote(remote));
                let services = Services { clock, guard, customers: None, distribution: Some(distribution.into()) };
                Self::bind(listen, &server, &[Service::Content], services, None)
            }
        }
    }

    async fn customers(
        data: PathBuf,
        clock: Clock,
        content_server: Option<Text<120>>,
        limits: &Limits,
    ) -> Result<(DataFolder, Arc<Customers>), ServerError> {
        let folder = DataFolder::lock(data)?;
        folder.require_initialised()?;
        let mut customers = Customers::open(&folder, clock, content_server).await?;
        customers.store = customers.store.with_contact_days(limits.contact_days());
        Ok((folder, Arc::new(customers)))
    }

    fn bind(
        listen: SocketAddr,
        server: &Credentials,
        offered: &[Service],
        services: Services,
        folder: Option<DataFolder>,
    ) -> Result<(Self, CaFingerprint), ServerError> {
        let mut config = server_config(server, offered).map_err(ServerError::storage)?;
        limit_server(&mut config, &transport(&services.guard.limits));
        let endpoint = bind_server(listen, config, server).map_err(|error| ServerError::listen(listen, error))?;
        let fingerprint = server.fingerprint();
        Ok((Self { endpoint, services: Arc::new(services), _folder: folder }, fingerprint))
    }

    async fn serve(self, exporter: Option<Exporter>, mut stopping: oneshot::Receiver<()>) {
        let guard = self.services.guard.clone();
        let exporter = exporter.map(|exporter| tokio::spawn(exporter.run(guard.clone())));
        let sweeper = self.services.customers.clone().map(|customers| tokio::spawn(sweeper::run(customers)));
        let renewer = self
            .services
            .distribution
            .clone()
            .map(|distribution| tokio::spawn(async move { distribution.keys().keep_renewed().await }));
        let mut connections = tokio::task::JoinSet::new();
        let gently = loop {
            tokio::select! {
                incoming = self.endpoint.accept() => {
                    let Some(incoming) = incoming else { break false };
                    if let Some(begun) = guard.arrive(incoming) {
                        connections.spawn(router::accept(self.services.clone(), begun));
                    }
                }
                Some(_) = connections.join_next() => {}
                stop = &mut stopping => break stop.is_ok(),
            }
        };
        self.endpoint.close(CloseCode::ShuttingDown.var_int(), b"");
        for helper in [sweeper, exporter, renewer].into_iter().flatten() {
            helper.abort();
        }
        if gently {
            let finished = async {
                while connections.join_next().await.is_some() {}
                self.endpoint.wait_idle().await;
            };
            let _ = tokio::time::timeout(GOODBYE, finished).await;
        }
        connections.shutdown().await;
        if let Some(customers) = &self.services.customers {
            customers.close().await;
        }
    }
}

/// What a connection may cost before it is known who speaks.
fn transport(limits: &Limits) -> TransportLimits {
    TransportLimits {
        streams: limits.streams_of_strangers,
        receive_window_bytes: limits.receive_window_bytes,
        send_window_bytes: limits.send_window_bytes,
        idle_ms: limits.idle_ms,
        incoming: limits.handshakes.saturating_mul(2),
        ..TransportLimits::default()
    }
}

#[cfg(test)]
mod tests;
