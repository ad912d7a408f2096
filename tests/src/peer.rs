//! A device as an attacker would write one: only its certificate and the wire, so that it can say what no panel says.

use protocol::message::content::{ContentReply, ContentRequest, EndOfTransfer};
use protocol::message::device::{Authorised, DeviceReply, DeviceRequest};
use protocol::message::enrol::{EnrolReply, EnrolRequest};
use protocol::message::report::{DeviceReport, LicenceReport, ReportAnswer, UsageMark};
use protocol::message::staff::CustomerRow;
use protocol::message::{Reply, Service};
use protocol::net::quinn::{Connection, Endpoint, RecvStream, SendStream};
use protocol::net::{Client, Credentials, DeviceKey, client_config, enrol_config, read_frame, write_frame};
use protocol::package::MissingChunks;
use protocol::{
    ActivationCode, ContractUserId, DeviceSerial, Digest, KeyRing, Licence, Manifest, OptionId, OrderId, Refusal,
    RefusalCode, Signed, Ticket, Timestamp, UsageForm, uuid::Uuid,
};

use crate::Vendor;

/// An enrolled device without a panel.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Who it is.
    pub serial: DeviceSerial,
    /// What it proves that with.
    pub credentials: Credentials,
    /// Whose signatures count.
    pub ring: KeyRing,
}

impl Peer {
    /// Registers and enrols a device.
    pub fn enrolled(vendor: &Vendor, serial: &str, customer: Option<&CustomerRow>) -> Self {
        let code = vendor.register(serial, customer);
        let key = DeviceKey::generate().unwrap();
        Self::enrol(vendor, &serial.parse().unwrap(), &code, key).unwrap()
    }

    /// Enrols with this code and key.
    pub fn enrol(
        vendor: &Vendor,
        serial: &DeviceSerial,
        code: &ActivationCode,
        key: DeviceKey,
    ) -> Result<Self, RefusalCode> {
        let fingerprint = vendor.ca_fingerprint();
        let csr = key.signing_request().unwrap();
        let request = EnrolRequest::Enrol { serial: serial.clone(), code: code.clone(), csr };
        let (reply, root) = vendor.block_on(async {
            let client = Client::connect(vendor.addr(), enrol_config(fingerprint).unwrap()).await.unwrap();
            let reply: Reply<EnrolReply> = client.request(&request).await.unwrap();
            (reply, client.server_root(fingerprint).unwrap())
        });
        let EnrolReply::Enrolled { chain, keys } = reply.outcome.map_err(|refusal| refusal.code)?;
        let credentials = key.into_credentials(&chain, root);
        let ring = KeyRing::open(&keys, &credentials.root_key().unwrap()).unwrap();
        Ok(Self { serial: serial.clone(), credentials, ring })
    }

    /// A connection to a service with the device's certificate.
    pub fn connect(&self, vendor: &Vendor, service: Service) -> Client {
        let config = client_config(&self.credentials, service).unwrap();
        vendor.block_on(Client::connect(vendor.addr(), config)).unwrap()
    }

    /// One question to the customer service.
    pub fn ask(&self, vendor: &Vendor, request: &DeviceRequest) -> Result<DeviceReply, RefusalCode> {
        let client = self.connect(vendor, Service::Device);
        let reply: Reply<DeviceReply> = vendor.block_on(client.request(request)).unwrap();
        reply.outcome.map_err(|refusal| refusal.code)
    }

    /// A purchase request.
    pub fn order(
        &self,
        vendor: &Vendor,
        order: OrderId,
        option: &str,
        contract: Option<&ContractUserId>,
    ) -> Result<Authorised, RefusalCode> {
        let option: OptionId = option.parse().unwrap();
        match self.ask(vendor, &DeviceRequest::Order { order, option, contract: contract.cloned(), pin: None })? {
            DeviceReply::Authorised(authorised) => Ok(*authorised),
            other => panic!("{other:?}"),
        }
    }

    /// A purchase request with a contract user ID and perhaps a PIN; the refusal with its detail.
    pub fn order_with_pin(
        &self,
        vendor: &Vendor,
        option: &str,
        contract: &ContractUserId,
        pin: Option<&str>,
    ) -> Result<(), Refusal> {
        let client = self.connect(vendor, Service::Device);
        let request = DeviceRequest::Order {
            order: order_id(),
            option: option.parse().unwrap(),
            contract: Some(contract.clone()),
            pin: pin.map(|pin| pin.parse().unwrap()),
        };
        let reply: Reply<DeviceReply> = vendor.block_on(client.request(&request)).unwrap();
        reply.outcome.map(drop)
    }

    /// A connection to the customer service from this address of this machine.
    pub fn connect_from(&self, vendor: &Vendor, ip: [u8; 4]) -> Connection {
        let config = client_config(&self.credentials, Service::Device).unwrap();
        vendor.block_on(async {
            let endpoint = Endpoint::client((ip, 0).into()).unwrap();
            endpoint.connect_with(config.quic, vendor.addr(), config.server_name).unwrap().await.unwrap()
        })
    }

    /// Asks for every chunk with this ticket.
    pub fn fetch(&self, vendor: &Vendor, ticket: &Signed<Ticket>, chunk_count: u32) -> Result<Fetch, RefusalCode> {
        let missing = MissingChunks::collect(chunk_count, |_| false);
        let client = self.connect(vendor, Service::Content);
        let request = ContentRequest::Fetch { ticket: ticket.clone(), missing };
        vendor.block_on(async {
            let (send, mut recv) = client.open(&request).await.unwrap();
            let reply: Reply<ContentReply> = read_frame(&mut recv, 4_096).await.unwrap();
            match reply.outcome.map_err(|refusal| refusal.code)? {
                ContentReply::Sending { bytes } => Ok(Fetch { _client: client, send, recv, bytes }),
                other => panic!("{other:?}"),
            }
        })
    }

    /// The manifest of an order, verified.
    pub fn manifest(&self, authorised: &Authorised) -> Manifest {
        self.ring.verify(&authorised.manifest).unwrap()
    }

    /// Fetches everything and confirms it on both services.
    pub fn deliver(&self, vendor: &Vendor, authorised: &Authorised) -> Result<Vec<u8>, RefusalCode> {
        let manifest = self.manifest(authorised);
        let mut fetch = self.fetch(vendor, &authorised.ticket, manifest.chunk_count())?;
        let bytes = fetch.read_all(vendor);
        fetch.end(vendor, manifest.digest())?;
        let received = DeviceRequest::Received { order: authorised.order, package: manifest.digest() };
        self.ask(vendor, &received)?;
        Ok(bytes)
    }

    /// A report of one licence, as an honest device would make it.
    pub fn report(&self, vendor: &Vendor, sequence: u64, row: LicenceReport) -> ReportAnswer {
        let mark = |sequence| UsageMark { sequence, head: Digest([u8::try_from(sequence).unwrap(); 32]) };
        let report = DeviceReport {
            acknowledged: if sequence > 1 { mark(sequence - 1) } else { UsageMark::default() },
            mark: mark(sequence),
            clock: Timestamp::from_ms(1_800_000_000_000),
            licences: vec![row],
            faults: Vec::new(),
            receipts: Vec::new(),
        };
        match self.ask(vendor, &DeviceRequest::Report(Box::new(report))).unwrap() {
            DeviceReply::Reported(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// The licence.
    pub fn choose(&self, vendor: &Vendor, order: OrderId, form: &str) -> Result<Licence, RefusalCode> {
        let form: UsageForm = form.parse().unwrap();
        match self.ask(vendor, &DeviceRequest::Choose { order, form, follows: None })? {
            DeviceReply::Licensed(licence) => Ok(self.ring.verify(&licence).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    /// From order to licence.
    pub fn buy(&self, vendor: &Vendor, option: &str, form: &str) -> Result<Licence, RefusalCode> {
        let authorised = self.order(vendor, order_id(), option, None)?;
        self.deliver(vendor, &authorised)?;
        self.choose(vendor, authorised.order, form)
    }
}

/// One question on a connection that is open.
pub fn hello(vendor: &Vendor, connection: &Connection) -> Result<DeviceReply, RefusalCode> {
    vendor.block_on(async {
        let (mut send, mut recv) = connection.open_bi().await.unwrap();
        write_frame(&mut send, &DeviceRequest::Hello).await.unwrap();
        let reply: Reply<DeviceReply> = read_frame(&mut recv, 4_096).await.unwrap();
        reply.outcome.map_err(|refusal| refusal.code)
    })
}

/// A fresh order id.
pub fn order_id() -> OrderId {
    OrderId(Uuid::now_v7())
}

/// A transfer that has been admitted.
#[derive(Debug)]
pub struct Fetch {
    _client: Client,
    send: SendStream,
    /// What the vendor sends.
    pub recv: RecvStream,
    /// How much it has announced.
    pub bytes: u64,
}

impl Fetch {
    /// All announced bytes.
    pub fn read_all(&mut self, vendor: &Vendor) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.bytes).unwrap()];
        vendor.block_on(self.recv.read_exact(&mut bytes)).unwrap();
        bytes
    }

    /// The end packets.
    pub fn end(mut self, vendor: &Vendor, package: Digest) -> Result<(), RefusalCode> {
        vendor.block_on(async {
            write_frame(&mut self.send, &EndOfTransfer { package }).await.unwrap();
            let reply: Reply<ContentReply> = read_frame(&mut self.recv, 4_096).await.unwrap();
            match reply.outcome.map_err(|refusal| refusal.code)? {
                ContentReply::Ended => Ok(()),
                other => panic!("{other:?}"),
            }
        })
    }
}
