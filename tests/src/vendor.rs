//! The vendor: a server that can be stopped and started again on the same data, and staff who work on it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use protocol::message::device::Bilingual;
use protocol::message::staff::{
    ChargeFilter, ChargeRow, CustomerFields, CustomerRow, DeviceAlarmRow, DeviceFields, DeviceRow, LicenceFilter,
    LicenceRow, OptionFields, OrderRow, Query, Settlement, StaffReply, StaffRequest,
};
use protocol::net::Credentials;
use protocol::package::file::pack;
use protocol::package::{FeatureList, OptionKind, PackageContent, ProgramLimits};
use protocol::{ActivationCode, CaFingerprint, ContractUserId, DeviceSerial, Offer, OfferList, StaffRole, Yen};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use vendor_console::client::{StaffClient, StaffError, read_credentials};
use vendor_console::clock::Clock;
use vendor_console::server::{Role, SecondPerson, Server, ServerOptions, init, issue_distribution};

use crate::folder;

/// A vendor in a folder of its own.
pub struct Vendor {
    runtime: Runtime,
    data: TempDir,
    clock: Clock,
    addr: SocketAddr,
    server: Option<Server>,
    staff: StaffClient,
}

/// An option to put on sale.
pub struct OptionSpec<'a> {
    /// Its id.
    pub id: &'a str,
    /// Program or font pack.
    pub kind: OptionKind,
    /// Forms and prices; what costs nothing is a trial.
    pub offers: &'a [(&'a str, u64)],
    /// What is inside.
    pub content: &'a [u8],
}

impl Vendor {
    /// A new vendor, whose server is running.
    pub fn start() -> Self {
        Self::start_with(Clock::System)
    }

    /// A new vendor with this clock. It is one person, so what is published is on sale.
    pub fn start_with(clock: Clock) -> Self {
        Self::found(clock, SecondPerson::Solo)
    }

    /// A new vendor in which releases and large credits wait for a second person.
    pub fn strict() -> Self {
        Self::found(Clock::System, SecondPerson::Needed)
    }

    fn found(clock: Clock, second_person: SecondPerson) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let data = tempfile::tempdir().unwrap();
        runtime.block_on(init(data.path(), second_person, &clock)).unwrap();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = runtime.block_on(start(data.path(), listen, &clock));
        let addr = server.local_addr();
        let credentials = read_credentials(&data.path().join("admin.pem")).unwrap();
        let staff = StaffClient::new(&addr.to_string(), &credentials).unwrap();
        Self { runtime, data, clock, addr, server: Some(server), staff }
    }

    /// A new vendor with these lines in its `limits.toml`.
    pub fn start_limited(limits: &str) -> Self {
        let mut vendor = Self::start();
        std::fs::write(vendor.data.path().join("limits.toml"), limits).unwrap();
        vendor.start_again();
        vendor
    }

    /// What the server counts, for instance `kobai_connections`; nought if it has never counted that.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.server.as_ref().map(Server::metrics).unwrap_or_default();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_default()
    }

    /// How often a limit was met.
    pub fn limit_met(&self, key: &str) -> u64 {
        self.metric(&format!("kobai_limit_met_total{{limit=\"{key}\"}}"))
    }

    /// The first administrator's certificate and key.
    pub fn admin(&self) -> Credentials {
        read_credentials(&self.data.path().join("admin.pem")).unwrap()
    }

    /// Stops the server; nobody answers any more.
    pub fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.shutdown());
        }
    }

    /// The server is killed: whatever it was doing, it does not finish, and it says goodbye to nobody.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// Starts the server again, on the same data and the same port.
    pub fn start_again(&mut self) {
        self.stop();
        self.server = Some(self.runtime.block_on(start(self.data.path(), self.addr, &self.clock)));
    }

    /// Where it listens.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// A copy of its data folder, while its server is stopped.
    pub fn copy_folder(&self) -> TempDir {
        folder::copy(self.data.path())
    }

    /// Puts a copy back in the place of its data folder, while its server is stopped.
    pub fn restore_folder(&self, copy: &TempDir) {
        folder::restore(self.data.path(), copy);
    }

    /// What panels pin.
    pub fn ca_fingerprint(&self) -> CaFingerprint {
        self.staff.ca_fingerprint()
    }

    /// What staff ask.
    pub fn try_staff(&self, request: StaffRequest) -> Result<StaffReply, StaffError> {
        self.runtime.block_on(self.staff.request(request))
    }

    /// What staff ask, and must be answered.
    pub fn staff(&self, request: StaffRequest) -> StaffReply {
        self.try_staff(request).unwrap()
    }

    /// The admin's client.
    pub const fn staff_client(&self) -> &StaffClient {
        &self.staff
    }

    /// A new member of staff.
    pub fn member(&self, name: &str, role: StaffRole) -> StaffClient {
        let file = self.data().join(format!("{name}.pem"));
        let name = name.parse().unwrap();
        self.block_on(self.staff.certify(&file, |csr| StaffRequest::AddStaff { name, role, csr })).unwrap();
        StaffClient::with_file(&self.addr.to_string(), &file).unwrap()
    }

    /// A new customer with one contract.
    pub fn customer(&self, name: &str) -> CustomerRow {
        let fields = CustomerFields { name: name.parse().unwrap(), email: None, settlement: Settlement::Monthly };
        match self.staff(StaffRequest::CreateCustomer(fields)) {
            StaffReply::Customer(row) => row,
            other => panic!("{other:?}"),
        }
    }

    /// Registers a device.
    pub fn register(&self, serial: &str, customer: Option<&CustomerRow>) -> ActivationCode {
        let fields = DeviceFields {
            serial: serial.parse().unwrap(),
            model: "Hikari 320".parse().unwrap(),
            customer: customer.map(|c| c.id),
        };
        match self.staff(StaffRequest::RegisterDevice(fields)) {
            StaffReply::Activation { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    /// Puts an option on sale.
    pub fn publish(&self, spec: &OptionSpec<'_>) {
        let file = self.data.path().join(format!("upload-{}", spec.id));
        std::fs::write(&file, package_file(spec.kind, spec.content)).unwrap();
        self.publish_file(spec, &file);
        std::fs::remove_file(&file).unwrap();
    }

    /// Puts an option on sale whose package file this is.
    pub fn publish_file(&self, spec: &OptionSpec<'_>, file: &Path) {
        let offer = |(form, price): &(&str, u64)| match price {
            0 => Offer::trial(form.parse().unwrap()),
            price => Offer::new(form.parse().unwrap(), Yen::new(*price).unwrap()),
        };
        let fields = OptionFields {
            id: spec.id.parse().unwrap(),
            kind: spec.kind,
            name: Bilingual { ja: spec.id.parse().unwrap(), en: spec.id.parse().unwrap() },
            description: Bilingual { ja: "試験用".parse().unwrap(), en: "For tests".parse().unwrap() },
            offers: OfferList::new(spec.offers.iter().map(offer).collect()).unwrap(),
            for_sale: true,
        };
        self.staff(StaffRequest::CreateOption(fields));
        self.publish_next(spec.id, file);
    }

    /// A release of an option that exists, from a package file.
    pub fn publish_next(&self, option: &str, file: &Path) {
        self.runtime.block_on(self.staff.publish(option.parse().unwrap(), file, |_, _| {})).unwrap();
    }

    /// Every charge, newest first.
    pub fn charges(&self) -> Vec<ChargeRow> {
        match self.staff(StaffRequest::Charges { query: Query::default(), filter: ChargeFilter::default() }) {
            StaffReply::Charges { page, .. } => page.rows,
            other => panic!("{other:?}"),
        }
    }

    /// Every order, newest first.
    pub fn orders(&self) -> Vec<OrderRow> {
        match self.staff(StaffRequest::Orders { query: Query::default(), customer: None, open_only: false }) {
            StaffReply::Orders(page) => page.rows,
            other => panic!("{other:?}"),
        }
    }

    /// Licences, newest first.
    pub fn licences(&self) -> Vec<LicenceRow> {
        match self.staff(StaffRequest::Licences { query: Query::default(), filter: LicenceFilter::default() }) {
            StaffReply::Licences(page) => page.rows,
            other => panic!("{other:?}"),
        }
    }

    /// Devices that staff should look at.
    pub fn alarms(&self) -> Vec<DeviceAlarmRow> {
        match self.staff(StaffRequest::DeviceAlarms(Query::default())) {
            StaffReply::DeviceAlarms(page) => page.rows,
            other => panic!("{other:?}"),
        }
    }

    /// Asks until the books are as they should be.
    pub fn wait(&self, mut is_so: impl FnMut(&Self) -> bool) {
        let started = std::time::Instant::now();
        while !is_so(self) {
            assert!(started.elapsed() < crate::PATIENCE, "waited in vain: {:?} {:?}", self.licences(), self.alarms());
        }
    }

    /// Revokes a device.
    pub fn revoke(&self, serial: &DeviceSerial) {
        self.staff(StaffRequest::RevokeDevice { serial: serial.clone() });
    }

    /// A new distribution service's certificates, to report and to serve with.
    pub fn distribution(&self, name: &str) -> (Credentials, Credentials) {
        let file = self.data().join(name);
        self.block_on(issue_distribution(&self.data(), &name.parse().unwrap(), &file, &self.clock)).unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        let (client, server) = text.split_once("[server]").unwrap();
        (Credentials::from_pem(client).unwrap(), Credentials::from_pem(server).unwrap())
    }

    /// Begins something asynchronous that goes on beside the test.
    pub fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// Another PIN for a contract, or none.
    pub fn set_pin(&self, contract: &ContractUserId, pin: Option<&str>) {
        let pin = pin.map(|pin| pin.parse().unwrap());
        self.staff(StaffRequest::SetContractPin { contract: contract.clone(), pin });
    }

    /// A new activation code for a device that is on file.
    pub fn new_code(&self, serial: &DeviceSerial) -> ActivationCode {
        match self.staff(StaffRequest::NewActivationCode { serial: serial.clone() }) {
            StaffReply::Activation { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    /// A device as staff see it.
    pub fn device(&self, serial: &DeviceSerial) -> DeviceRow {
        match self.staff(StaffRequest::Devices(Query::default())) {
            StaffReply::Devices(page) => page.rows.into_iter().find(|row| row.serial == *serial).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Runs something asynchronous on the vendor's side.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What programs of tests may take, and packages with them.
pub fn package_content(kind: OptionKind) -> PackageContent {
    match kind {
        OptionKind::Program => PackageContent::Program(ProgramLimits::new(64, 1_000_000_000).unwrap()),
        OptionKind::FontPack => PackageContent::FontPack,
    }
}

/// A package file with this content, which gives nothing to jobs.
pub fn package_file(kind: OptionKind, content: &[u8]) -> Vec<u8> {
    pack(package_content(kind), FeatureList::default(), content).unwrap()
}

async fn start(data: &Path, listen: SocketAddr, clock: &Clock) -> Server {
    let role = Role::All { data: data.to_owned() };
    Server::start(ServerOptions::new(listen, role, clock.clone())).await.unwrap()
}
