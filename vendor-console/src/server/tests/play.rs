//! The stage: a vendor in a scratch folder, a device, a member of staff, and a clock that the test moves.

use std::net::SocketAddr;
use std::path::Path;

use protocol::content_key::ReleaseContext;
use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer};
use protocol::message::device::{Authorised, Bilingual, DeviceReply, DeviceRequest};
use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::staff::{
    ChargeFilter, ChargeRow, CustomerFields, CustomerRow, DeviceFields, OptionFields, OptionRow, Query, Settlement,
    StaffReply, StaffRequest,
};
use protocol::message::{Reply, Service};
use protocol::net::{Client, Credentials, DeviceKey, client_config, enrol_config, read_frame, write_frame};
use protocol::package::file::PackageHeader;
use protocol::package::{FeatureList, MissingChunks, OptionKind, PackageContent, ProgramLimits};
use protocol::{
    ActivationCode, ContractUserId, CustomerId, DeviceSerial, KeyRing, Licence, Manifest, Offer, OfferList, OptionId,
    OrderId, RefusalCode, Signed, Ticket, UsageForm, Yen,
};
use uuid::Uuid;

use crate::clock::Clock;
use crate::server::{Role, SecondPerson, Server, ServerOptions, init};

pub(super) struct Vendor {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Clock,
    server: Option<Server>,
}

impl Vendor {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(Clock::System.now());
        init(&folder.path().join("data"), SecondPerson::Solo, &clock).await.unwrap();
        let mut vendor = Self { folder, clock, server: None };
        vendor.restart().await;
        vendor
    }

    pub(super) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub(super) async fn restart(&mut self) {
        self.close().await;
        self.server = Some(start(Role::All { data: self.data() }, &self.clock).await);
    }

    pub(super) async fn restart_as(&mut self, role: impl FnOnce(std::path::PathBuf) -> Role) {
        self.close().await;
        self.server = Some(start(role(self.data()), &self.clock).await);
    }

    /// At the address where peers expect it.
    pub(super) async fn reopen_at(&mut self, listen: SocketAddr, role: impl FnOnce(std::path::PathBuf) -> Role) {
        let options = ServerOptions::new(listen, role(self.data()), self.clock.clone());
        self.server = Some(Server::start(options).await.unwrap());
    }

    /// Stops the server without a goodbye.
    pub(super) fn kill(&mut self) {
        self.server = None;
    }

    pub(super) async fn close(&mut self) {
        if let Some(server) = self.server.take() {
            server.shutdown().await;
        }
    }

    pub(super) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    pub(super) async fn connect(&self, credentials: &Credentials, service: Service) -> Client {
        Client::connect(self.server().local_addr(), client_config(credentials, service).unwrap()).await.unwrap()
    }

    pub(super) fn admin(&self) -> Credentials {
        Credentials::from_pem(&std::fs::read_to_string(self.data().join("admin.pem")).unwrap()).unwrap()
    }

    pub(super) async fn staff(&self) -> Staff {
        Staff(self.connect(&self.admin(), Service::Staff).await)
    }

    pub(super) async fn enrol_with(
        &self,
        serial: &DeviceSerial,
        code: &ActivationCode,
        key: &DeviceKey,
    ) -> Result<EnrolReply, RefusalCode> {
        let config = enrol_config(self.server().ca_fingerprint()).unwrap();
        let client = Client::connect(self.server().local_addr(), config).await.unwrap();
        let csr = key.signing_request().unwrap();
        let request = EnrolRequest::Enrol { serial: serial.clone(), code: code.clone(), csr };
        let reply: Reply<EnrolReply> = client.request(&request).await.unwrap();
        reply.outcome.map_err(|refusal| refusal.code)
    }

    /// Registers and enrols a device.
    pub(super) async fn device(&self, serial: &str, customer: Option<CustomerId>) -> Device {
        let serial: DeviceSerial = serial.parse().unwrap();
        let model = "MX-204".parse().unwrap();
        let fields = DeviceFields { serial: serial.clone(), model, customer };
        let registered = self.staff().await.ask(StaffRequest::RegisterDevice(fields)).await.unwrap();
        let StaffReply::Activation { code, .. } = registered else { panic!("{registered:?}") };
        let key = DeviceKey::generate().unwrap();
        let enrolled = self.enrol_with(&serial, &code, &key).await.unwrap();
        Device::new(self, key, enrolled)
    }

    /// A customer with a contract, an option on sale in both forms, and an enrolled device of that customer.
    pub(super) async fn with_world() -> (Self, World) {
        let vendor = Self::open().await;
        let staff = vendor.staff().await;
        let customer = staff.customer("Sakura Printing", Settlement::Monthly).await;
        let option = staff.option("ocr-package", &[("permanent", 20_000), ("uses:10", 2_000)]).await;
        staff.publish(&option, b"the OCR program").await.unwrap();
        let device = vendor.device("MX-204-0001", Some(customer.id)).await;
        let contract = customer.contracts[0].id.clone();
        (vendor, World { customer: customer.id, contract, option, device })
    }
}

pub(super) async fn start(role: Role, clock: &Clock) -> Server {
    let options = ServerOptions::new(([127, 0, 0, 1], 0).into(), role, clock.clone());
    Server::start(options).await.unwrap()
}

pub(super) struct World {
    pub(super) customer: CustomerId,
    pub(super) contract: ContractUserId,
    pub(super) option: OptionId,
    pub(super) device: Device,
}

pub(super) struct Staff(pub(super) Client);

impl Staff {
    pub(super) async fn ask(&self, request: StaffRequest) -> Result<StaffReply, RefusalCode> {
        let reply: Reply<StaffReply> = self.0.request(&request).await.unwrap();
        reply.outcome.map_err(|refusal| refusal.code)
    }

    pub(super) async fn customer(&self, name: &str, settlement: Settlement) -> CustomerRow {
        let fields = CustomerFields { name: name.parse().unwrap(), email: None, settlement };
        match self.ask(StaffRequest::CreateCustomer(fields)).await.unwrap() {
            StaffReply::Customer(row) => row,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn option(&self, id: &str, offers: &[(&str, u64)]) -> OptionId {
        let fields = option_fields(id, offers);
        self.ask(StaffRequest::CreateOption(fields.clone())).await.unwrap();
        fields.id
    }

    pub(super) async fn publish(&self, option: &OptionId, content: &[u8]) -> Result<OptionRow, RefusalCode> {
        self.publish_as(option, content, content).await
    }

    pub(super) async fn publish_as(
        &self,
        option: &OptionId,
        content: &[u8],
        announced: &[u8],
    ) -> Result<OptionRow, RefusalCode> {
        let program = PackageContent::Program(ProgramLimits::new(64, 1_000_000).unwrap());
        let package = PackageHeader::of(program, FeatureList::default(), announced).unwrap();
        let request = StaffRequest::Publish { option: option.clone(), package };
        let (mut send, mut recv) = self.0.open(&request).await.unwrap();
        // The server may refuse before it has read everything.
        let _ = send.write_all(content).await;
        let _ = send.finish();
        let reply: Reply<StaffReply> = read_frame(&mut recv, protocol::codec::MESSAGE_BYTES_MAX).await.unwrap();
        match reply.outcome.map_err(|refusal| refusal.code)? {
            StaffReply::Option(row) => Ok(row),
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn charges(&self) -> (Vec<ChargeRow>, Yen) {
        let filter = ChargeFilter::default();
        match self.ask(StaffRequest::Charges { query: Query::default(), filter }).await.unwrap() {
            StaffReply::Charges { page, sum } => (page.rows, sum),
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn option_fields(id: &str, offers: &[(&str, u64)]) -> OptionFields {
    let offer = |(form, price): &(&str, u64)| Offer::new(form.parse().unwrap(), Yen::new(*price).unwrap());
    OptionFields {
        id: id.parse().unwrap(),
        kind: OptionKind::Program,
        name: Bilingual { ja: "文字認識".parse().unwrap(), en: "OCR package".parse().unwrap() },
        description: Bilingual { ja: "説明".parse().unwrap(), en: "Reads text".parse().unwrap() },
        offers: OfferList::new(offers.iter().map(offer).collect()).unwrap(),
        for_sale: true,
    }
}

pub(super) fn order_id() -> OrderId {
    OrderId(Uuid::now_v7())
}

pub(super) fn form(text: &str) -> UsageForm {
    text.parse().unwrap()
}

/// A device with nothing but its certificate and the list of the vendor's keys.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) serial: DeviceSerial,
    pub(super) credentials: Credentials,
    pub(super) ring: KeyRing,
}

impl Device {
    pub(super) fn new(vendor: &Vendor, key: DeviceKey, enrolled: EnrolReply) -> Self {
        let EnrolReply::Enrolled { chain, keys } = enrolled;
        let credentials = key.into_credentials(&chain, vendor.admin().root);
        let ring = KeyRing::open(&keys, &credentials.root_key().unwrap()).unwrap();
        let protocol::net::Identity::Device(serial) = credentials.identity().unwrap() else { panic!() };
        Self { serial, credentials, ring }
    }

    pub(super) async fn ask(&self, vendor: &Vendor, request: DeviceRequest) -> Result<DeviceReply, RefusalCode> {
        ask(&vendor.connect(&self.credentials, Service::Device).await, request).await
    }

    pub(super) async fn order(
        &self,
        vendor: &Vendor,
        order: OrderId,
        option: &OptionId,
        contract: Option<&ContractUserId>,
    ) -> Result<Authorised, RefusalCode> {
        let (option, contract) = (option.clone(), contract.cloned());
        match self.ask(vendor, DeviceRequest::Order { order, option, contract, pin: None }).await? {
            DeviceReply::Authorised(authorised) => Ok(*authorised),
            other => panic!("{other:?}"),
        }
    }

    /// A purchase request with a contract user ID and perhaps a PIN; the refusal with its detail.
    pub(super) async fn order_with_pin(
        &self,
        vendor: &Vendor,
        order: OrderId,
        option: &OptionId,
        contract: &ContractUserId,
        pin: Option<&str>,
    ) -> Result<(), protocol::Refusal> {
        let client = vendor.connect(&self.credentials, Service::Device).await;
        let pin = pin.map(|pin| pin.parse().unwrap());
        let request = DeviceRequest::Order { order, option: option.clone(), contract: Some(contract.clone()), pin };
        let reply: Reply<DeviceReply> = client.request(&request).await.unwrap();
        reply.outcome.map(drop)
    }

    /// Fetches what is missing; the bytes as they came.
    pub(super) async fn fetch(
        &self,
        vendor: &Vendor,
        ticket: &Signed<Ticket>,
        missing: MissingChunks,
    ) -> Result<Transfer, RefusalCode> {
        let client = vendor.connect(&self.credentials, Service::Content).await;
        fetch(client, ticket, missing).await
    }

    /// Fetches everything and ends the transfer on both sides.
    pub(super) async fn deliver(&self, vendor: &Vendor, authorised: &Authorised) -> Result<Vec<u8>, RefusalCode> {
        let manifest = self.ring.verify(&authorised.manifest).unwrap();
        let missing = MissingChunks::collect(manifest.chunk_count(), |_| false);
        let mut transfer = self.fetch(vendor, &authorised.ticket, missing).await?;
        let bytes = transfer.read_all().await;
        transfer.end(manifest.digest()).await?;
        Ok(bytes)
    }

    pub(super) async fn received(&self, vendor: &Vendor, authorised: &Authorised) -> Result<(), RefusalCode> {
        let package = self.manifest(authorised).digest();
        let reply = self.ask(vendor, DeviceRequest::Received { order: authorised.order, package }).await?;
        assert_eq!(reply, DeviceReply::Delivered);
        Ok(())
    }

    pub(super) async fn choose(&self, vendor: &Vendor, order: OrderId, form: &str) -> Result<Licence, RefusalCode> {
        let choice = DeviceRequest::Choose { order, form: form.parse().unwrap(), follows: None };
        match self.ask(vendor, choice).await? {
            DeviceReply::Licensed(licence) => Ok(self.ring.verify(&licence).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// From order to licence.
    pub(super) async fn buy(&self, vendor: &Vendor, option: &OptionId, form: &str) -> Result<Licence, RefusalCode> {
        let authorised = self.order(vendor, order_id(), option, None).await?;
        self.deliver(vendor, &authorised).await?;
        self.received(vendor, &authorised).await?;
        self.choose(vendor, authorised.order, form).await
    }

    pub(super) fn manifest(&self, authorised: &Authorised) -> Manifest {
        self.ring.verify(&authorised.manifest).unwrap()
    }
}

pub(super) async fn ask(client: &Client, request: DeviceRequest) -> Result<DeviceReply, RefusalCode> {
    let reply: Reply<DeviceReply> = client.request(&request).await.unwrap();
    reply.outcome.map_err(|refusal| refusal.code)
}

pub(super) async fn fetch(
    client: Client,
    ticket: &Signed<Ticket>,
    missing: MissingChunks,
) -> Result<Transfer, RefusalCode> {
    let request = ContentRequest::Fetch { ticket: ticket.clone(), missing };
    let (send, mut recv) = client.open(&request).await.unwrap();
    let reply: Reply<ContentReply> = read_frame(&mut recv, 1_000).await.unwrap();
    match reply.outcome.map_err(|refusal| refusal.code)? {
        ContentReply::Sending { bytes } => Ok(Transfer { _client: client, send, recv, bytes }),
        other => panic!("{other:?}"),
    }
}

/// A transfer that runs.
pub(super) struct Transfer {
    _client: Client,
    pub(super) send: quinn::SendStream,
    pub(super) recv: quinn::RecvStream,
    pub(super) bytes: u64,
}

impl Transfer {
    pub(super) async fn read_all(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.bytes).unwrap()];
        self.recv.read_exact(&mut bytes).await.unwrap();
        bytes
    }

    pub(super) async fn end(mut self, package: protocol::Digest) -> Result<(), RefusalCode> {
        write_frame(&mut self.send, &EndOfTransfer { package }).await.unwrap();
        let reply: Reply<ContentReply> = read_frame(&mut self.recv, 1_000).await.unwrap();
        match reply.outcome.map_err(|refusal| refusal.code)? {
            ContentReply::Ended => Ok(()),
            other => panic!("{other:?}"),
        }
    }
}

/// The content of a package, decrypted with its licence.
pub(super) fn open_package(stored: &[u8], manifest: &Manifest, licence: &Licence) -> Vec<u8> {
    let cipher = licence.content_key.cipher(ReleaseContext::from(manifest));
    let (mut content, mut rest) = (Vec::new(), stored);
    for index in 0..manifest.chunk_count() {
        let (chunk, after) = rest.split_at(manifest.stored_chunk_len(index).unwrap());
        assert_eq!(protocol::Digest::of(chunk), manifest.chunks[index as usize]);
        content.extend_from_slice(cipher.open(index, &mut chunk.to_vec()).unwrap());
        rest = after;
    }
    content
}

pub(super) fn packages_on_disk(data: &Path) -> usize {
    std::fs::read_dir(data.join("packages")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count()
}
