//! The command line of `vendor-console`: the window, and what staff do from a script.
//!
//! Exit codes are a contract: 0 success, 2 usage, 3 refused, 4 network, 5 storage (a file here), 6 the audit log was
//! tampered with.

mod approval;
mod audit;
mod charge;
mod credit;
mod customer;
mod device;
mod distribution;
mod input;
mod invoice;
mod key;
mod licence;
mod option;
mod order;
mod output;
mod rule;
mod staff;
mod window;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use protocol::message::staff::{PAGE_ROWS_MAX, Page, Query, StaffReply, StaffRequest};
use protocol::text::SearchText;
use protocol::{Refusal, RefusalCode};

use crate::client::{StaffClient, StaffError};
use crate::server::{DEFAULT_LISTEN, default_data_folder};
use output::{Output, Record};

/// The vendor's side of Kobai: the staff console, and the staff commands.
#[derive(Debug, Parser)]
#[command(name = "vendor-console", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the window, with the server in the same process (the default)
    Gui(WindowArgs),
    /// Open the window as a client of a server elsewhere
    Connect(ConnectArgs),
    /// Customers and their contracts
    Customer(Staff<customer::Command>),
    /// Devices: register, assign, revoke
    Device(Staff<device::Command>),
    /// Options: what is sold, at which offers, and its releases
    Option(Staff<option::Command>),
    /// Orders and deliveries
    Order(Staff<order::Command>),
    /// Licences on their devices, and devices that need a decision
    Licence(Staff<licence::Command>),
    /// Charges
    Charge(Staff<charge::Command>),
    /// Invoices and the periodic settlement
    Invoice(Staff<invoice::Command>),
    /// The keys that sign: rotate, revoke
    Key(Staff<key::Command>),
    /// Distribution services on hosts of their own: list, revoke
    Distribution(Staff<distribution::Command>),
    /// Credits: what is given back of charges
    Credit(Staff<credit::Command>),
    /// What waits for a second person
    Approval(Staff<approval::Command>),
    /// The staff: add, change role, revoke
    Staff(Staff<staff::Command>),
    /// The rules that staff work under
    Rule(Staff<rule::Command>),
    /// The audit log, and whether it is whole
    Audit(Staff<audit::Command>),
}

/// How the window with a server of its own is started.
#[derive(Debug, Clone, Args)]
pub struct WindowArgs {
    /// Folder of the vendor's data; a new one is set up
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// UDP address that devices and staff connect to
    #[arg(long, value_name = "ADDR", default_value = DEFAULT_LISTEN)]
    pub listen: std::net::SocketAddr,
    /// If a new folder is set up: the vendor is one person, and nothing waits for a second one
    #[arg(long)]
    pub solo: bool,
    /// Language of the window; it can be changed there too
    #[arg(long, value_name = "ja|en")]
    pub lang: Option<Lang>,
}

impl WindowArgs {
    fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(default_data_folder)
    }
}

/// How the window is started as a client.
#[derive(Debug, Clone, Args)]
pub struct ConnectArgs {
    /// The server
    #[arg(value_name = "HOST:PORT")]
    pub server: String,
    /// Staff certificate with its key
    #[arg(long = "as", value_name = "CERT")]
    pub certificate: PathBuf,
    /// Language of the window; it can be changed there too
    #[arg(long, value_name = "ja|en")]
    pub lang: Option<Lang>,
}

/// A language of the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// 日本語
    Ja,
    /// English
    En,
}

/// A staff command, where the server is, and who asks.
#[derive(Debug, Args)]
struct Staff<C: Subcommand> {
    #[command(subcommand)]
    command: C,
    /// The server
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_LISTEN, global = true)]
    server: String,
    /// Staff certificate with its key
    ///
    /// By default the administrator's in this machine's data folder
    #[arg(long = "as", value_name = "CERT", global = true)]
    certificate: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

/// What a staff command does.
trait Run {
    /// Whether it is carried out although the audit log is not what it was: to find out what happened to it.
    const DESPITE_ALARM: bool = false;

    async fn run(self, session: &Session) -> Result<Output, CliError>;
}

/// Which rows a list prints; all of them if nothing is said.
#[derive(Debug, Clone, Default, Args)]
struct ListArgs {
    /// Only rows whose number or name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<SearchText>,
    /// Leave out this many rows
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: u32,
    /// Print at most this many rows
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error(transparent)]
    Staff(#[from] StaffError),
    #[error("{0}")]
    Usage(String),
    #[error("the command cannot be carried out: {0}")]
    Io(#[from] std::io::Error),
}

impl CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Staff(StaffError::Refused(_)) => ExitCode::from(3),
            Self::Staff(StaffError::Link(_) | StaffError::WrongAnswer) => ExitCode::from(4),
            Self::Staff(StaffError::Audit(_)) => ExitCode::from(6),
            Self::Staff(StaffError::Certificate { .. } | StaffError::File { .. } | StaffError::Package { .. })
            | Self::Io(_) => ExitCode::from(5),
        }
    }
}

/// Runs `vendor-console` with these arguments, the program's name first.
pub fn main_with_args(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> ExitCode {
    let command = match Cli::try_parse_from(args) {
        Ok(cli) => cli.command.unwrap_or(Command::Gui(cli.window)),
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match command {
        Command::Gui(args) => window::open(&args),
        Command::Connect(args) => window::connect(&args),
        Command::Customer(args) => script(args),
        Command::Device(args) => script(args),
        Command::Option(args) => script(args),
        Command::Order(args) => script(args),
        Command::Licence(args) => script(args),
        Command::Charge(args) => script(args),
        Command::Invoice(args) => script(args),
        Command::Key(args) => script(args),
        Command::Distribution(args) => script(args),
        Command::Credit(args) => script(args),
        Command::Approval(args) => script(args),
        Command::Staff(args) => script(args),
        Command::Rule(args) => script(args),
        Command::Audit(args) => script(args),
    }
}

fn script<C: Run + Subcommand>(args: Staff<C>) -> ExitCode {
    let Staff { command, server, certificate, json } = args;
    let certificate = certificate.unwrap_or_else(|| default_data_folder().join("admin.pem"));
    let done = async {
        let client = StaffClient::connect(&server, &certificate).await?;
        match client.witness().await {
            Err(alarm @ StaffError::Audit(_)) if C::DESPITE_ALARM => output::print_error(&alarm.into()),
            Err(error) => return Err(error.into()),
            Ok(witnessed) => {
                if let Some(error) = witnessed.not_kept {
                    output::print_note(&format!("vendor-console: the audit head could not be kept: {error}"));
                }
            }
        }
        let session = Session { client };
        let output = command.run(&session).await;
        session.client.close().await;
        output
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Io);
    match runtime.and_then(|runtime| runtime.block_on(done)).and_then(|output| Ok(output.print(json)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(&error);
            error.exit_code()
        }
    }
}

/// A connection for one command.
struct Session {
    client: StaffClient,
}

impl Session {
    async fn ask(&self, request: StaffRequest) -> Result<StaffReply, CliError> {
        Ok(self.client.request(request).await?)
    }

    /// Fetches the rows that `args` name, page by page, and prints each through `record`.
    async fn list<T>(
        &self,
        args: &ListArgs,
        request: impl Fn(Query) -> StaffRequest,
        page: impl Fn(StaffReply) -> Option<Page<T>>,
        record: impl Fn(&T) -> Record,
    ) -> Result<Output, CliError> {
        let mut rows = Vec::new();
        let mut total;
        let wanted = args.limit.map_or(usize::MAX, |limit| limit as usize);
        loop {
            let limit = u16::try_from(wanted - rows.len()).unwrap_or(PAGE_ROWS_MAX).clamp(1, PAGE_ROWS_MAX);
            let offset = args.offset.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            let query = Query { search: args.search.clone(), offset, limit };
            let got = page(self.ask(request(query)).await?).ok_or(StaffError::WrongAnswer)?;
            total = got.total;
            let got_rows = got.rows.len();
            rows.extend(got.rows.iter().map(&record));
            if got_rows < usize::from(limit) || rows.len() >= wanted {
                break;
            }
        }
        rows.truncate(wanted);
        Ok(Output::List { rows, total, sum: None })
    }

    /// The one row whose id is `id`, found by searching for it.
    async fn find<T>(
        &self,
        id: &str,
        request: impl Fn(Query) -> StaffRequest,
        page: impl Fn(StaffReply) -> Option<Page<T>>,
        is_it: impl Fn(&T) -> bool,
    ) -> Result<T, CliError> {
        let search = Some(SearchText::new(id).map_err(|error| CliError::Usage(error.to_string()))?);
        let mut offset = 0;
        loop {
            let query = Query { search: search.clone(), offset, limit: PAGE_ROWS_MAX };
            let got = page(self.ask(request(query)).await?).ok_or(StaffError::WrongAnswer)?;
            let last = got.rows.len() < usize::from(PAGE_ROWS_MAX);
            if let Some(row) = got.rows.into_iter().find(&is_it) {
                return Ok(row);
            }
            if last {
                let missing = Refusal::with_detail(RefusalCode::NotFound, id);
                return Err(StaffError::Refused(missing).into());
            }
            offset += u32::from(PAGE_ROWS_MAX);
        }
    }
}

#[cfg(test)]
mod tests;
