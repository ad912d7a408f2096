//! Who somebody is: certificates, activation codes, contract user IDs, and what is said about oneself.

use e2e::peer::{Peer, hello, order_id};
use e2e::{OptionSpec, Vendor};
use protocol::message::content::{ContentReply, ContentRequest, TransferOutcome};
use protocol::message::device::{AbandonReason, DeviceReply, DeviceRequest};
use protocol::message::staff::{CustomerRow, StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::quinn::ConnectionError;
use protocol::net::{
    Authority, Client, CloseCode, Credentials, DeviceKey, Identity, LinkError, Root, SERVER_NAME, ServiceConfig,
    bind_client, bind_server, client_config, enrol_config, report_config, server_config,
};
use protocol::package::OptionKind;
use protocol::signed::SigningKey;
use protocol::time::DAY_MS;
use protocol::{ActivationCode, ContractUserId, RefusalCode, Signed, Ticket, Timestamp};
use vendor_console::clock::Clock;

use crate::Attack;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "no certificate", expectation: "the connection is ended", run: no_certificate },
    Attack { name: "self-signed certificate", expectation: "no connection", run: self_signed },
    Attack { name: "expired certificate", expectation: "no connection; the device is told why", run: expired },
    Attack { name: "certificate of another CA", expectation: "no connection", run: another_ca },
    Attack { name: "certificate for another use", expectation: "refused, each of them", run: another_use },
    Attack { name: "request in early data", expectation: "there is no early data", run: early_data },
    Attack { name: "another device's ID inside a message", expectation: "refused", run: forged_id },
    Attack { name: "another device's order", expectation: "does not exist", run: foreign_order },
    Attack { name: "activation code used again", expectation: "refused", run: reused_code },
    Attack {
        name: "serial number that nobody registered",
        expectation: "refused like a wrong code",
        run: rogue_serial,
    },
    Attack { name: "activation codes guessed", expectation: "ever longer waits; others enrol", run: guessed_codes },
    Attack { name: "contract user IDs guessed", expectation: "ever longer waits; nothing told", run: guessed_ids },
    Attack { name: "PIN guessed", expectation: "ever longer waits; the owner buys", run: guessed_pin },
    Attack { name: "revoked device on an open connection", expectation: "closed at once", run: revoked_while_open },
    Attack { name: "device replaced, the old one goes on", expectation: "closed at once", run: replaced },
    Attack {
        name: "a distribution service that poses as the customer service",
        expectation: "no connection, for panels, staff and other services",
        run: posing_distribution,
    },
    Attack {
        name: "a revoked distribution service on an open connection",
        expectation: "closed at once; refused when it comes back",
        run: revoked_distribution,
    },
    Attack {
        name: "a distribution service's certificate that is on no file",
        expectation: "nothing it reports counts",
        run: unknown_distribution,
    },
    Attack { name: "cloned certificate", expectation: "noticed; nobody else affected", run: cloned },
];

const OCR: &str = "ocr-package";
const SERIAL: &str = "HK-320-0001";
const PIN: &str = "004711";

/// A vendor that sells one option, its clock, and a customer.
fn vendor() -> (Vendor, Clock, CustomerRow) {
    let clock = Clock::manual(Clock::System.now());
    let vendor = Vendor::start_with(clock.clone());
    let offers = [("permanent", 20_000), ("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    let customer = vendor.customer("青空設計");
    (vendor, clock, customer)
}

fn authority(vendor: &Vendor) -> Authority {
    Authority::from_pem(&std::fs::read_to_string(vendor.data().join("issuer.pem")).unwrap()).unwrap()
}

fn device() -> Identity {
    Identity::Device(SERIAL.parse().unwrap())
}

/// What a device service says to whoever shows these credentials.
fn knock(vendor: &Vendor, credentials: &Credentials, service: Service) -> Result<(), LinkError> {
    let config = client_config(credentials, service).unwrap();
    vendor.block_on(async {
        let client = Client::connect(vendor.addr(), config).await?;
        client.request::<_, DeviceReply>(&DeviceRequest::Hello).await.map(drop)
    })
}

fn no_certificate() -> String {
    let (vendor, _, _) = vendor();
    let fingerprint = vendor.ca_fingerprint();
    // What an enrolling device uses, but at the other services' doors.
    let mut ends = Vec::new();
    for service in [Service::Device, Service::Content, Service::Staff] {
        let config = protocol::net::anonymous_config(fingerprint, service).unwrap();
        let end = vendor.block_on(async {
            let client = Client::connect(vendor.addr(), config).await?;
            client.request::<_, DeviceReply>(&DeviceRequest::Hello).await.map(drop)
        });
        assert!(matches!(end, Err(LinkError::NotPermitted)), "{service:?}: {end:?}");
        ends.push(end.unwrap_err().code());
    }
    ends.join(", ")
}

fn self_signed() -> String {
    let (vendor, clock, _) = vendor();
    // A root that signs itself, and shows itself as a device.
    let own = Root::generate(clock.now()).unwrap();
    let pem = own.to_pem();
    let (certificate, key) = pem.split_at(pem.find("-----BEGIN PRIVATE KEY-----").unwrap());
    let credentials = Credentials::from_pem(&[certificate, certificate, key].concat()).unwrap();
    let credentials = Credentials { root: authority(&vendor).root().clone(), ..credentials };
    distrusted(knock(&vendor, &credentials, Service::Device))
}

fn expired() -> String {
    let (vendor, clock, _) = vendor();
    let long_ago = Timestamp::from_ms(clock.now().as_ms() - 366 * DAY_MS);
    let credentials = authority(&vendor).issue_client(&device(), long_ago).unwrap();
    let end = knock(&vendor, &credentials, Service::Device).unwrap_err();
    assert!(matches!(end, LinkError::Expired), "{end:?}");
    end.code().to_owned()
}

fn another_ca() -> String {
    let (vendor, clock, _) = vendor();
    let another = Root::generate(clock.now()).unwrap().issue_authority(clock.now()).unwrap();
    let foreign = another.issue_client(&device(), clock.now()).unwrap();
    let credentials = Credentials { root: authority(&vendor).root().clone(), ..foreign };
    distrusted(knock(&vendor, &credentials, Service::Device))
}

fn distrusted(end: Result<(), LinkError>) -> String {
    let end = end.unwrap_err();
    assert!(matches!(end, LinkError::Distrust(_)), "{end:?}");
    end.code().to_owned()
}

fn another_use() -> String {
    let (vendor, clock, customer) = vendor();
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let (root, now) = (authority(&vendor), clock.now());
    let staff = root.issue_client(&Identity::Staff("sato".parse().unwrap()), now).unwrap();
    let distribution = root.issue_client(&Identity::Distribution, now).unwrap();
    let server = root.issue_server(now).unwrap();
    distrusted(knock(&vendor, &server, Service::Device));
    let mut refused = 1;
    for (credentials, service) in [
        (&staff, Service::Device),
        (&staff, Service::Content),
        (&distribution, Service::Device),
        (&distribution, Service::Staff),
        (&peer.credentials, Service::Staff),
    ] {
        let end = knock(&vendor, credentials, service);
        assert!(matches!(end, Err(LinkError::NotPermitted)), "{service:?}: {end:?}");
        refused += 1;
    }
    format!("{refused} of 6 refused")
}

fn early_data() -> String {
    let (vendor, _, customer) = vendor();
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let mut config = client_config(&peer.credentials, Service::Device).unwrap().quic;
    vendor.block_on(async {
        let endpoint = bind_client(vendor.addr()).unwrap();
        for _ in 0..2 {
            let connecting = endpoint.connect_with(config.clone(), vendor.addr(), SERVER_NAME).unwrap();
            let connecting = connecting.into_0rtt().err().expect("no early data, at the second visit either");
            connecting.await.unwrap().close(CloseCode::Done.var_int(), b"");
            config = client_config(&peer.credentials, Service::Device).unwrap().quic;
        }
    });
    "none offered".to_owned()
}

fn forged_id() -> String {
    let (vendor, _, customer) = vendor();
    let victim = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let thief = Peer::enrolled(&vendor, "HK-320-0002", None);
    let authorised = victim.order(&vendor, order_id(), OCR, None).unwrap();
    // The one message that names a device is the ticket: rewritten for the thief it is not the vendor's any more.
    let real = victim.ring.verify(&authorised.ticket).unwrap();
    let forged = Ticket { device: thief.serial.clone(), ..real };
    let ticket = Signed::new(&forged, &SigningKey::from_seed(&[9; 32]));
    assert_eq!(thief.fetch(&vendor, &ticket, 1).map(drop), Err(RefusalCode::TicketInvalid));
    // Whose customer pays follows from the certificate alone.
    let end = thief.order(&vendor, order_id(), OCR, None).map(drop);
    assert_eq!(end, Err(RefusalCode::ContractRequired));
    format!("{}, {}", RefusalCode::TicketInvalid, RefusalCode::ContractRequired)
}

fn foreign_order() -> String {
    let (vendor, _, customer) = vendor();
    let victim = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let thief = Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    let authorised = victim.order(&vendor, order_id(), OCR, None).unwrap();
    victim.deliver(&vendor, &authorised).unwrap();
    let (order, package) = (authorised.order, victim.manifest(&authorised).digest());
    let form = "permanent".parse().unwrap();
    for request in [
        DeviceRequest::Order { order, option: OCR.parse().unwrap(), contract: None, pin: None },
        DeviceRequest::Received { order, package },
        DeviceRequest::Choose { order, form, follows: None },
        DeviceRequest::Abandon { order, reason: AbandonReason::Cancelled },
        DeviceRequest::Status { order },
    ] {
        assert_eq!(thief.ask(&vendor, &request), Err(RefusalCode::UnknownOrder), "{request:?}");
    }
    victim.choose(&vendor, order, "permanent").unwrap();
    assert_eq!(vendor.charges().len(), 1);
    RefusalCode::UnknownOrder.to_string()
}

fn reused_code() -> String {
    let (vendor, _, customer) = vendor();
    let code = vendor.register(SERIAL, Some(&customer));
    let serial = SERIAL.parse().unwrap();
    Peer::enrol(&vendor, &serial, &code, DeviceKey::generate().unwrap()).unwrap();
    let again = Peer::enrol(&vendor, &serial, &code, DeviceKey::generate().unwrap()).unwrap_err();
    assert_eq!(again, RefusalCode::ActivationRefused);
    again.to_string()
}

fn rogue_serial() -> String {
    let (vendor, _, customer) = vendor();
    let code = vendor.register(SERIAL, Some(&customer));
    let mut refusals = Vec::new();
    for (serial, code) in [("HK-999-0001", code), (SERIAL, ActivationCode::from_random([1; 16]))] {
        let key = DeviceKey::generate().unwrap();
        refusals.push(Peer::enrol(&vendor, &serial.parse().unwrap(), &code, key).unwrap_err());
    }
    assert_eq!(refusals, [RefusalCode::ActivationRefused; 2]);
    RefusalCode::ActivationRefused.to_string()
}

fn guessed_codes() -> String {
    let (vendor, clock, customer) = vendor();
    let code = vendor.register(SERIAL, Some(&customer));
    let guess = |number: u8, code: Option<&ActivationCode>| {
        let wrong = ActivationCode::from_random([number; 16]);
        let key = DeviceKey::generate().unwrap();
        Peer::enrol(&vendor, &SERIAL.parse().unwrap(), code.unwrap_or(&wrong), key)
    };
    let heard =
        (0..100).take_while(|number| guess(*number, None).err() == Some(RefusalCode::ActivationRefused)).count();
    assert_eq!(heard, 5);
    assert_eq!(guess(0, Some(&code)).err(), Some(RefusalCode::TooManyAttempts), "the right one has to wait too");
    clock.advance_ms(30_000);
    guess(0, Some(&code)).unwrap();
    format!("{heard} heard, then {}", RefusalCode::TooManyAttempts)
}

/// How many guesses were heard in a day of guessing without pause, and what was said.
fn guess_for_a_day(
    vendor: &Vendor,
    clock: &Clock,
    device: &Peer,
    mut contract: impl FnMut(u32) -> ContractUserId,
    mut pin: impl FnMut(u32) -> Option<String>,
) -> u32 {
    let end = clock.now().plus_ms(DAY_MS);
    let mut heard = 0;
    while clock.now() < end {
        let refusal = device.order_with_pin(vendor, OCR, &contract(heard), pin(heard).as_deref()).unwrap_err();
        match refusal.wait_ms() {
            Some(wait_ms) => clock.advance_ms(wait_ms),
            None => {
                assert_eq!(refusal, RefusalCode::ContractRefused.into());
                heard += 1;
            }
        }
    }
    heard
}

fn guessed_ids() -> String {
    let (vendor, clock, customer) = vendor();
    let real = customer.contracts[0].id.clone();
    vendor.set_pin(&real, Some(PIN));
    let at_real = Peer::enrolled(&vendor, "HK-999-0001", None);
    let at_nothing = Peer::enrolled(&vendor, "HK-999-0002", None);
    let heard = guess_for_a_day(&vendor, &clock, &at_nothing, ContractUserId::from_body, |_| None);
    // The same at one that exists: nothing tells them apart.
    let heard_at_real = guess_for_a_day(&vendor, &clock, &at_real, |_| real.clone(), |_| None);
    assert_eq!(heard, heard_at_real);
    assert!(heard < 40, "{heard}");
    format!("{heard} heard in a day, at real and invented IDs alike")
}

fn guessed_pin() -> String {
    let (vendor, clock, customer) = vendor();
    let contract = customer.contracts[0].id.clone();
    vendor.set_pin(&contract, Some(PIN));
    let guesser = Peer::enrolled(&vendor, "HK-999-0001", None);
    let guess = |number: u32| Some(format!("{number:06}"));
    let heard = guess_for_a_day(&vendor, &clock, &guesser, |_| contract.clone(), guess);
    assert!(heard < 40, "{heard}");
    let owner = Peer::enrolled(&vendor, SERIAL, None);
    owner.order_with_pin(&vendor, OCR, &contract, Some(PIN)).unwrap();
    format!("{heard} of 1,000,000 in a day; the owner bought")
}

fn revoked_while_open() -> String {
    let (vendor, _, customer) = vendor();
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let open = peer.connect_from(&vendor, [127, 0, 0, 1]);
    hello(&vendor, &open).unwrap();
    vendor.revoke(&peer.serial);
    let code = closed_with(&vendor, &open);
    let told = peer.ask(&vendor, &DeviceRequest::Hello).unwrap_err();
    assert_eq!(told, RefusalCode::DeviceRevoked);
    format!("closed with {code}, then {told}")
}

fn closed_with(vendor: &Vendor, connection: &protocol::net::quinn::Connection) -> u64 {
    match vendor.block_on(connection.closed()) {
        ConnectionError::ApplicationClosed(close) => {
            assert_eq!(close.error_code, CloseCode::Revoked.var_int());
            close.error_code.into_inner()
        }
        other => panic!("{other:?}"),
    }
}

fn replaced() -> String {
    let (vendor, _, customer) = vendor();
    let old = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let open = old.connect_from(&vendor, [127, 0, 0, 1]);
    let code = vendor.new_code(&old.serial);
    hello(&vendor, &open).unwrap();
    let new = Peer::enrol(&vendor, &old.serial, &code, DeviceKey::generate().unwrap()).unwrap();
    let code = closed_with(&vendor, &open);
    let told = old.ask(&vendor, &DeviceRequest::Catalogue).unwrap_err();
    assert_eq!(told, RefusalCode::DeviceRevoked);
    new.buy(&vendor, OCR, "permanent").unwrap();
    format!("closed with {code}, then {told}; the new one bought")
}

fn cloned() -> String {
    let (vendor, _, customer) = vendor();
    let real = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let other = Peer::enrolled(&vendor, "HK-320-0002", Some(&customer));
    let (clone, original) = (real.connect_from(&vendor, [127, 0, 0, 2]), real.connect_from(&vendor, [127, 0, 0, 1]));
    for connection in [&original, &clone, &original] {
        hello(&vendor, connection).unwrap();
    }
    assert!(vendor.device(&real.serial).cloned_at.is_some());
    assert!(vendor.device(&other.serial).cloned_at.is_none());
    other.buy(&vendor, OCR, "uses:3").unwrap();
    let StaffReply::Overview(overview) = vendor.staff(StaffRequest::Overview) else { panic!("no overview") };
    assert_eq!(overview.devices_cloned, 1);
    "flagged at the third request; the other device bought".to_owned()
}

fn posing_distribution() -> String {
    let (vendor, _, customer) = vendor();
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let (reporter, stolen) = vendor.distribution("osaka");
    // The file was stolen, and whoever has it stands in the network's path.
    let config = server_config(&stolen, &Service::ALL).unwrap();
    let endpoint = vendor.block_on(async { bind_server(([127, 0, 0, 1], 0).into(), config, &stolen) }).unwrap();
    let addr = endpoint.local_addr().unwrap();
    let posing = vendor.spawn(async move {
        let mut connections = Vec::new();
        while let Some(incoming) = endpoint.accept().await {
            connections.extend(incoming.await.ok());
        }
    });
    let reach = |config: ServiceConfig| vendor.block_on(Client::connect(addr, config)).map(drop);
    let (admin, credentials) = (vendor.admin(), &peer.credentials);
    let mut refused = 0;
    for (who, config) in [
        ("a panel", client_config(credentials, Service::Device)),
        ("a panel that enrols", enrol_config(vendor.ca_fingerprint())),
        ("staff", client_config(&admin, Service::Staff)),
        ("another distribution service", report_config(&reporter)),
    ] {
        let end = reach(config.unwrap());
        assert!(matches!(end, Err(LinkError::Distrust(_))), "{who}: {end:?}");
        refused += 1;
    }
    reach(client_config(credentials, Service::Content).unwrap()).unwrap();
    posing.abort();
    format!("{refused} of 4 distrust it; packages only")
}

/// What the customer service answers to a report.
fn report(vendor: &Vendor, client: &Client) -> Result<ContentReply, RefusalCode> {
    let outcome = TransferOutcome::Failed(protocol::FailureCode::LinkLost);
    let request = ContentRequest::Report { order: order_id(), outcome };
    let reply: Reply<ContentReply> = vendor.block_on(client.request(&request)).unwrap();
    reply.outcome.map_err(|refusal| refusal.code)
}

fn reporting(vendor: &Vendor, credentials: &Credentials) -> Client {
    vendor.block_on(Client::connect(vendor.addr(), report_config(credentials).unwrap())).unwrap()
}

fn revoked_distribution() -> String {
    let (vendor, _, _) = vendor();
    let (reporter, _) = vendor.distribution("osaka");
    let open = reporting(&vendor, &reporter);
    assert_eq!(report(&vendor, &open), Err(RefusalCode::UnknownOrder));
    vendor.staff(StaffRequest::RevokeDistribution { number: 1 });
    let ConnectionError::ApplicationClosed(close) = vendor.block_on(open.connection().closed()) else { panic!() };
    assert_eq!(close.error_code, CloseCode::Revoked.var_int());
    let refused = report(&vendor, &reporting(&vendor, &reporter)).unwrap_err();
    assert_eq!(refused, RefusalCode::NotPermitted);
    format!("closed with code 5, then {refused}")
}

fn unknown_distribution() -> String {
    let (vendor, clock, customer) = vendor();
    let peer = Peer::enrolled(&vendor, SERIAL, Some(&customer));
    let authorised = peer.order(&vendor, order_id(), OCR, None).unwrap();
    let forged = authority(&vendor).issue_client(&Identity::Distribution, clock.now()).unwrap();
    let client = reporting(&vendor, &forged);
    let outcome = TransferOutcome::Sent(peer.manifest(&authorised).digest());
    let request = ContentRequest::Report { order: authorised.order, outcome };
    let reply: Reply<ContentReply> = vendor.block_on(client.request(&request)).unwrap();
    let refused = reply.outcome.unwrap_err().code;
    assert_eq!(refused, RefusalCode::NotPermitted);
    assert_eq!(vendor.orders()[0].state, protocol::OrderState::Authorised);
    refused.to_string()
}
