//! Starts what the window needs: a server of its own or a connection to another's, then the window.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Runtime;

use super::{Console, LiveBackend, native_options, words};
use crate::cli::Lang;
use crate::client::{StaffClient, StaffError};
use crate::clock::Clock;
use crate::server::{self, Role, SecondPerson, Server, ServerError, ServerOptions};

/// Why the window could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The server in this process.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The connection to the server.
    #[error(transparent)]
    Staff(#[from] StaffError),
    /// The machine has no thread left.
    #[error("the machine lacks a resource: {0}")]
    Machine(#[from] std::io::Error),
    /// There is no display, or a library of the desktop is missing.
    #[error("the window cannot be opened: {0}")]
    Window(String),
}

/// Opens the window with the server in the same process, and stops the server when the window is closed. A data folder
/// that does not exist or is not complete is set up first. Must be called on the main thread.
pub fn open(
    data: &Path,
    second_person: SecondPerson,
    listen: SocketAddr,
    lang: Option<Lang>,
) -> Result<(), StartError> {
    let runtime = runtime()?;
    let (server, client) = runtime.block_on(async {
        match server::init(data, second_person, &Clock::System).await {
            Ok(_) | Err(ServerError::AlreadyInitialised(_)) => {}
            Err(error) => return Err(StartError::Server(error)),
        }
        let role = Role::All { data: PathBuf::from(data) };
        let server = Server::start(ServerOptions::new(listen, role, Clock::System)).await?;
        let address = reachable(server.local_addr()).to_string();
        let client = StaffClient::connect(&address, &data.join("admin.pem")).await?;
        Ok((server, client))
    })?;
    let shown = run(client.clone(), &runtime, lang);
    runtime.block_on(async {
        client.close().await;
        server.shutdown().await;
    });
    shown
}

/// Opens the window as a client of the server at `HOST:PORT`, as the holder of the certificate file. Must be called on
/// the main thread.
pub fn connect(host_port: &str, certificate: &Path, lang: Option<Lang>) -> Result<(), StartError> {
    let runtime = runtime()?;
    let client = runtime.block_on(StaffClient::connect(host_port, certificate))?;
    let shown = run(client.clone(), &runtime, lang);
    runtime.block_on(client.close());
    shown
}

/// Opens the window and returns when it is closed. Must be called on the main thread; `runtime` runs the requests.
fn run(client: StaffClient, runtime: &Runtime, lang: Option<Lang>) -> Result<(), StartError> {
    let lang = lang.unwrap_or_else(words::system_language);
    let options = native_options(client.host_port());
    let is_open = Arc::new(AtomicBool::new(false));
    let (opened, handle) = (is_open.clone(), runtime.handle().clone());
    let create = move |cc: &eframe::CreationContext<'_>| {
        opened.store(true, Ordering::Relaxed);
        let backend = LiveBackend::new(client, handle, cc.egui_ctx.clone());
        Ok(Box::new(Console::new(&cc.egui_ctx, Box::new(backend), lang)) as Box<dyn eframe::App>)
    };
    let show = || eframe::run_native("kobai-console", options, Box::new(create));
    match catch_unwind(AssertUnwindSafe(show)) {
        Ok(shown) => shown.map_err(|error| StartError::Window(error.to_string())),
        // The windowing libraries panic when a library of the desktop cannot be loaded.
        Err(panic) if is_open.load(Ordering::Relaxed) => resume_unwind(panic),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a library is missing");
            Err(StartError::Window(text.to_owned()))
        }
    }
}

fn runtime() -> Result<Runtime, StartError> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

/// Where panels can reach a server that listens on every interface: the address of the interface towards the network.
fn reachable(listening: SocketAddr) -> SocketAddr {
    if !listening.ip().is_unspecified() {
        return listening;
    }
    // Connecting a UDP socket sends nothing; it only asks the system for the way. 192.0.2.1 is for documentation.
    let outward = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
        socket.local_addr().ok().map(|addr| addr.ip())
    };
    let loopback: IpAddr = if listening.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let ip = outward().filter(|ip| !ip.is_unspecified() && ip.is_ipv4() == listening.is_ipv4());
    SocketAddr::new(ip.unwrap_or(loopback), listening.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_panels_can_type_is_shown_whatever_the_server_listens_on() {
        let given: SocketAddr = "127.0.0.1:7443".parse().unwrap();
        assert_eq!(reachable(given), given);
        let any = reachable("0.0.0.0:7443".parse().unwrap());
        assert!(!any.ip().is_unspecified() && any.is_ipv4() && any.port() == 7443, "{any}");
        assert!(!reachable("[::]:7443".parse().unwrap()).ip().is_unspecified());
    }
}
