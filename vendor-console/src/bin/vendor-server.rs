//! The vendor's server without a window: for a machine in a rack, and for scripts.

use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum, error::ErrorKind};
use protocol::Text;
use protocol::text::Name;
use tracing_subscriber::EnvFilter;
use vendor_console::clock::Clock;
use vendor_console::server::{self, Ceremony, Limits, Role, SecondPerson, Server, ServerError, ServerOptions};

/// The vendor's server: customers, devices, catalogue, orders, deliveries, charges.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Command {
    /// Make the data folder of a new vendor: CA, keys, books and the first administrator's certificate.
    Init {
        /// The data folder.
        #[arg(long, value_name = "DIR", default_value_os_t = server::default_data_folder())]
        data: PathBuf,
        /// The vendor is one person: releases and large credits take effect without a second one.
        #[arg(long)]
        solo: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write the identity file of a distribution service that runs on another host.
    IssueDistribution {
        /// The data folder of the customer service.
        #[arg(long, value_name = "DIR", default_value_os_t = server::default_data_folder())]
        data: PathBuf,
        /// The file to write; it must not exist.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// What staff call it, for instance its host.
        #[arg(long, default_value = "distribution")]
        name: Name,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// What only the root's private key can do; needs no data folder and no network.
    #[command(subcommand)]
    Root(RootCommand),
    /// Print every limit with its value and what it does, as a server started now would keep it.
    Limits {
        /// The data folder, whose `limits.toml` counts.
        #[arg(long, value_name = "DIR", default_value_os_t = server::default_data_folder())]
        data: PathBuf,
        /// A file of limits in place of that one.
        #[arg(long, value_name = "FILE")]
        limits: Option<PathBuf>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
enum RootCommand {
    /// Show what a request would change about the keys, and sign it.
    Sign {
        /// What `vendor-console key rotate` or `revoke` has written.
        #[arg(value_name = "REQUEST")]
        request: PathBuf,
        /// The root's certificate and private key; FILE.signed beside it remembers what it has signed last.
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// The file to write the answer to; it must not exist.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(clap::Args)]
struct Run {
    /// The data folder that `init` has made; by default the same as for `init`.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen.
    #[arg(long, value_name = "ADDR", default_value = server::DEFAULT_LISTEN)]
    listen: SocketAddr,
    /// What to serve.
    #[arg(long, value_enum, default_value = "all")]
    role: RoleName,
    /// Where devices reach the distribution service (role customers).
    #[arg(long, value_name = "HOST:PORT", required_if_eq("role", "customers"))]
    content_server: Option<Text<120>>,
    /// The file that `issue-distribution` has written (role distribution).
    #[arg(long, value_name = "FILE", required_if_eq("role", "distribution"))]
    identity: Option<PathBuf>,
    /// Where the customer service hears how transfers end (role distribution).
    #[arg(long, value_name = "HOST:PORT", required_if_eq("role", "distribution"))]
    customers: Option<String>,
    /// The folder of packages, shared with the customer service (role distribution).
    #[arg(long, value_name = "DIR", required_if_eq("role", "distribution"))]
    packages: Option<PathBuf>,
    /// A file of limits, in place of `limits.toml` in the data folder; `vendor-server limits` explains them.
    #[arg(long, value_name = "FILE")]
    limits: Option<PathBuf>,
    /// Serve metrics for Prometheus over HTTP on this address of this machine, for instance 127.0.0.1:9464.
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Let --metrics be reached from other machines. Whoever can reach it sees how busy the vendor is.
    #[arg(long, requires = "metrics")]
    metrics_anywhere: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    Customers,
    Distribution,
    All,
}

impl Run {
    /// Where metrics are served.
    fn metrics(&self) -> Result<Option<SocketAddr>, clap::Error> {
        match self.metrics {
            Some(addr) if !addr.ip().is_loopback() && !self.metrics_anywhere => {
                let text = format!("{addr} can be reached from other machines; --metrics-anywhere allows it");
                Err(Args::command().error(ErrorKind::ValueValidation, text))
            }
            other => Ok(other),
        }
    }

    fn role(self) -> Result<Role, clap::Error> {
        let usage = |text| Args::command().error(ErrorKind::ArgumentConflict, text);
        let split = self.identity.is_some() || self.customers.is_some() || self.packages.is_some();
        match self.role {
            RoleName::Distribution => match (self.identity, self.customers, self.packages) {
                _ if self.data.is_some() => Err(usage("--data is not for --role distribution: it has no books")),
                (Some(identity), Some(customers), Some(packages)) => {
                    Ok(Role::Distribution { identity, customers, packages })
                }
                _ => Err(usage("--role distribution needs --identity, --customers and --packages")),
            },
            _ if split => Err(usage("--identity, --customers and --packages are for --role distribution")),
            role => {
                let data = self.data.unwrap_or_else(server::default_data_folder);
                match (role, self.content_server) {
                    (RoleName::Customers, Some(content_server)) => Ok(Role::Customers { data, content_server }),
                    (_, None) => Ok(Role::All { data }),
                    (_, Some(_)) => Err(usage("--content-server is for --role customers")),
                }
            }
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(args)),
        Err(error) => fail("machine-failed", 5, &error),
    }
}

async fn run(args: Args) -> ExitCode {
    let done = match args.command {
        Some(Command::Init { data, solo, json }) => init(&data, solo, json).await,
        Some(Command::IssueDistribution { data, out, name, json }) => {
            let issued = server::issue_distribution(&data, &name, &out, &Clock::System).await;
            issued.map(|number| match json {
                true => say(&serde_json::json!({ "identity": out, "number": number })),
                false => say(&format_args!("identity of distribution service {number}: {}", out.display())),
            })
        }
        Some(Command::Limits { data, limits, json }) => print_limits(&data, limits.as_deref(), json),
        Some(Command::Root(RootCommand::Sign { request, root, out, yes })) => sign(&request, &root, &out, yes),
        None => serve(args.run).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.code(), error.exit_status(), &error),
    }
}

async fn init(data: &Path, solo: bool, json: bool) -> Result<(), ServerError> {
    let second_person = if solo { SecondPerson::Solo } else { SecondPerson::Needed };
    let report = server::init(data, second_person, &Clock::System).await?;
    let (fingerprint, root, admin) = (report.ca_fingerprint.to_string(), &report.root, &report.admin);
    match json {
        true => {
            say(&serde_json::json!({ "data": data, "ca_fingerprint": fingerprint, "root": root, "admin": admin }));
        }
        false => {
            say(&format_args!("CA fingerprint: {fingerprint}"));
            say(&format_args!("first administrator's certificate: {}", admin.display()));
            say(&format_args!("the root's private key, to be moved to a safe place: {}", root.display()));
        }
    }
    Ok(())
}

fn print_limits(data: &Path, file: Option<&Path>, json: bool) -> Result<(), ServerError> {
    let limits = match file {
        Some(file) => Limits::read(file)?,
        None => Limits::of_folder(data)?,
    };
    let memory_bytes = limits.memory_bytes_max();
    if json {
        let one = |(spec, value): (&server::LimitSpec, u32)| {
            let server::LimitSpec { key, default, min, max, explanation } = spec;
            serde_json::json!({
                "key": key, "value": value, "default": default, "min": min, "max": max, "explanation": explanation,
            })
        };
        let limits: Vec<_> = limits.values().map(one).collect();
        say(&serde_json::json!({ "limits": limits, "memory_bytes_max": memory_bytes }));
    } else {
        for (spec, value) in limits.values() {
            say(&format_args!("{} = {value}\n    {} Default {}.", spec.key, spec.explanation, spec.default));
        }
        say(&format_args!("These limits bound the memory that peers can take to {} MiB.", memory_bytes >> 20));
    }
    Ok(())
}

/// Shows, asks, signs. A person signs what a person has read.
fn sign(request: &Path, root: &Path, out: &Path, yes: bool) -> Result<(), ServerError> {
    let ceremony = Ceremony::open(root, request, &Clock::System)?;
    for line in ceremony.describe() {
        say(&line);
    }
    if !yes {
        say(&"Sign this? Compare the names of the keys with those that you expect. Type yes to sign.");
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        if read.is_err() || answer.trim() != "yes" {
            return Err(ServerError::Refused("it was not confirmed".to_owned()));
        }
    }
    ceremony.sign(out)?;
    say(&format_args!("signed: {}; take it back and give it to vendor-console key import", out.display()));
    Ok(())
}

async fn serve(run: Run) -> Result<(), ServerError> {
    let (listen, json) = (run.listen, run.json);
    let metrics = run.metrics().unwrap_or_else(|usage| usage.exit());
    let limits = run.limits.as_deref().map(Limits::read).transpose()?;
    let role = run.role().unwrap_or_else(|usage| usage.exit());
    // Before the address is printed: a script may send the signal as soon as it has read it.
    let mut signals = Signals::listen()?;
    let options = ServerOptions { limits, metrics, ..ServerOptions::new(listen, role, Clock::System) };
    let server = Server::start(options).await?;
    let (address, fingerprint) = (server.local_addr(), server.ca_fingerprint().to_string());
    let metrics = server.metrics_addr().map(|addr| format!("http://{addr}/metrics"));
    match json {
        true => say(&serde_json::json!({
            "listening": address.to_string(),
            "ca_fingerprint": fingerprint,
            "metrics": metrics,
        })),
        false => {
            say(&format_args!("listening on {address}"));
            if let Some(metrics) = metrics {
                say(&format_args!("metrics: {metrics}"));
            }
            say(&format_args!("CA fingerprint: {fingerprint}"));
        }
    }
    signals.wait().await;
    server.shutdown().await;
    Ok(())
}

/// Ctrl-C and, where there is such a thing, SIGTERM.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> Result<Self, ServerError> {
        use tokio::signal::unix::{SignalKind, signal};
        let on = |kind| signal(kind).map_err(|error| ServerError::Machine(error.to_string()));
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    #[cfg(unix)]
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Self, ServerError> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn wait(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// One line for whoever reads; a closed pipe is no reason to stop.
fn say(line: &dyn std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn fail(code: &str, status: u8, error: &dyn std::fmt::Display) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "vendor-server: {error} [{code}]");
    ExitCode::from(status)
}
