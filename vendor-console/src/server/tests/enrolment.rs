//! How a device gets its certificate, and how it loses it.

use protocol::message::device::{DeviceInfo, DeviceReply, DeviceRequest};
use protocol::message::enrol::EnrolReply;
use protocol::message::staff::{DeviceRow, DeviceState, Query, StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::{Client, CloseCode, DeviceKey, client_config, enrol_config, read_frame, write_frame};
use protocol::time::DAY_MS;
use protocol::{ActivationCode, DeviceSerial, RefusalCode};

use super::play::{Device, Vendor, ask, order_id};

const HOURS_72_MS: u64 = 72 * 3_600_000;

async fn register(vendor: &Vendor, serial: &DeviceSerial) -> ActivationCode {
    let fields = protocol::message::staff::DeviceFields {
        serial: serial.clone(),
        model: "MX-204".parse().unwrap(),
        customer: None,
    };
    activation(vendor, StaffRequest::RegisterDevice(fields)).await
}

async fn activation(vendor: &Vendor, request: StaffRequest) -> ActivationCode {
    match vendor.staff().await.ask(request).await.unwrap() {
        StaffReply::Activation { code, .. } => code,
        other => panic!("{other:?}"),
    }
}

async fn on_file(vendor: &Vendor) -> DeviceRow {
    match vendor.staff().await.ask(StaffRequest::Devices(Query::default())).await.unwrap() {
        StaffReply::Devices(mut page) => page.rows.pop().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn serial() -> DeviceSerial {
    "MX-204-0001".parse().unwrap()
}

#[tokio::test]
async fn a_lost_answer_is_given_again_to_the_same_key_and_to_no_other() {
    let mut vendor = Vendor::open().await;
    let code = register(&vendor, &serial()).await;
    assert_eq!(on_file(&vendor).await.state, DeviceState::Registered);
    assert!(on_file(&vendor).await.code_expires_at.is_some());
    let key = DeviceKey::generate().unwrap();
    let first = vendor.enrol_with(&serial(), &code, &key).await.unwrap();
    vendor.restart().await;
    vendor.clock.advance_ms(HOURS_72_MS);
    assert_eq!(vendor.enrol_with(&serial(), &code, &key).await.unwrap(), first);
    let other = DeviceKey::generate().unwrap();
    assert_eq!(vendor.enrol_with(&serial(), &code, &other).await, Err(RefusalCode::ActivationRefused));
    let row = on_file(&vendor).await;
    assert_eq!((row.state, row.code_expires_at, row.last_seen_at), (DeviceState::Enrolled, None, None));

    let device = Device::new(&vendor, key, first);
    let hello = device.ask(&vendor, DeviceRequest::Hello).await;
    assert!(matches!(hello, Ok(DeviceReply::Hello(DeviceInfo { customer: None, .. }))), "{hello:?}");
    assert_eq!(on_file(&vendor).await.last_seen_at, Some(vendor.clock.now()));
    vendor.restart().await;
    assert_eq!(on_file(&vendor).await.last_seen_at, Some(vendor.clock.now()), "written down when the server stopped");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_code_the_answer_is_the_same() {
    let vendor = Vendor::open().await;
    let code = register(&vendor, &serial()).await;
    let key = DeviceKey::generate().unwrap();
    let wrong = ActivationCode::from_random([1; 16]);
    let unknown: DeviceSerial = "MX-204-0009".parse().unwrap();
    assert_eq!(vendor.enrol_with(&serial(), &wrong, &key).await, Err(RefusalCode::ActivationRefused));
    assert_eq!(vendor.enrol_with(&unknown, &code, &key).await, Err(RefusalCode::ActivationRefused));
    vendor.clock.advance_ms(HOURS_72_MS);
    assert_eq!(vendor.enrol_with(&serial(), &code, &key).await, Err(RefusalCode::ActivationRefused));

    let new = activation(&vendor, StaffRequest::NewActivationCode { serial: serial() }).await;
    assert_eq!(vendor.enrol_with(&serial(), &code, &key).await, Err(RefusalCode::ActivationRefused), "replaced");
    vendor.clock.advance_ms(HOURS_72_MS - 1);
    assert!(vendor.enrol_with(&serial(), &new, &key).await.is_ok());
}

#[tokio::test]
async fn a_signing_request_that_is_none_uses_up_no_code() {
    let vendor = Vendor::open().await;
    let code = register(&vendor, &serial()).await;
    let config = enrol_config(vendor.server().ca_fingerprint()).unwrap();
    let client = Client::connect(vendor.server().local_addr(), config).await.unwrap();
    let key = DeviceKey::generate().unwrap();
    let mut altered = key.signing_request().unwrap();
    *altered.last_mut().unwrap() ^= 1;
    for csr in [vec![], vec![0; 4_097], altered] {
        let request = protocol::message::enrol::EnrolRequest::Enrol { serial: serial(), code: code.clone(), csr };
        let reply: Reply<EnrolReply> = client.request(&request).await.unwrap();
        assert_eq!(reply.outcome.unwrap_err().code, RefusalCode::BadMessage);
    }
    assert!(vendor.enrol_with(&serial(), &code, &key).await.is_ok());
}

/// Why the server has closed the connection.
async fn closed_with(client: &Client) -> quinn::VarInt {
    match client.connection().closed().await {
        quinn::ConnectionError::ApplicationClosed(close) => close.error_code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_revocation_ends_the_connections_that_are_open_and_every_further_one_is_told_why() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let open = vendor.connect(&device.credentials, Service::Device).await;
    let content = vendor.connect(&device.credentials, Service::Content).await;
    let bystander = vendor.device("MX-203-0001", None).await;
    let bystanders = vendor.connect(&bystander.credentials, Service::Device).await;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    for client in [&open, &bystanders] {
        assert!(ask(client, DeviceRequest::Hello).await.is_ok());
    }

    vendor.staff().await.ask(StaffRequest::RevokeDevice { serial: device.serial.clone() }).await.unwrap();
    assert_eq!(on_file(&vendor).await.state, DeviceState::Revoked);
    for client in [&open, &content] {
        assert_eq!(closed_with(client).await, CloseCode::Revoked.var_int());
    }
    assert!(ask(&bystanders, DeviceRequest::Hello).await.is_ok());
    for request in [DeviceRequest::Hello, DeviceRequest::Catalogue, DeviceRequest::Status { order: authorised.order }] {
        assert_eq!(device.ask(&vendor, request).await, Err(RefusalCode::DeviceRevoked));
    }
    let missing = protocol::package::MissingChunks::collect(1, |_| false);
    let refused = device.fetch(&vendor, &authorised.ticket, missing).await;
    assert_eq!(refused.err(), Some(RefusalCode::DeviceRevoked));
    let code = vendor.staff().await.ask(StaffRequest::NewActivationCode { serial: device.serial.clone() }).await;
    assert_eq!(code, Err(RefusalCode::Conflict));
}

#[tokio::test]
async fn a_transfer_that_runs_ends_with_the_revocation() {
    let (vendor, world) = Vendor::with_world().await;
    // More than the window of a stream: the transfer cannot have ended.
    let large = vec![7; 12 * 1024 * 1024];
    let staff = vendor.staff().await;
    let option = staff.option("large-package", &[("permanent", 1_000)]).await;
    staff.publish(&option, &large).await.unwrap();
    let authorised = world.device.order(&vendor, order_id(), &option, None).await.unwrap();
    let chunks = world.device.manifest(&authorised).chunk_count();
    let missing = protocol::package::MissingChunks::collect(chunks, |_| false);
    let mut transfer = world.device.fetch(&vendor, &authorised.ticket, missing).await.unwrap();
    staff.ask(StaffRequest::RevokeDevice { serial: world.device.serial.clone() }).await.unwrap();
    let ended = transfer.recv.read_to_end(large.len() * 2).await;
    assert!(ended.is_err(), "the rest never comes");
}

#[tokio::test]
async fn enrolling_anew_replaces_the_certificate() {
    let (vendor, world) = Vendor::with_world().await;
    let old = &world.device;
    let code = activation(&vendor, StaffRequest::NewActivationCode { serial: old.serial.clone() }).await;
    assert!(old.ask(&vendor, DeviceRequest::Hello).await.is_ok(), "good until the new code is used");
    let key = DeviceKey::generate().unwrap();
    let enrolled = vendor.enrol_with(&old.serial, &code, &key).await.unwrap();
    assert_eq!(old.ask(&vendor, DeviceRequest::Hello).await, Err(RefusalCode::DeviceRevoked));
    let new = Device::new(&vendor, key, enrolled);
    assert!(new.buy(&vendor, &world.option, "permanent").await.is_ok());
}

#[tokio::test]
async fn enrolling_anew_ends_the_connections_of_the_machine_before() {
    let (vendor, world) = Vendor::with_world().await;
    let old = vendor.connect(&world.device.credentials, Service::Device).await;
    let code = activation(&vendor, StaffRequest::NewActivationCode { serial: world.device.serial.clone() }).await;
    assert!(ask(&old, DeviceRequest::Hello).await.is_ok());
    let key = DeviceKey::generate().unwrap();
    vendor.enrol_with(&world.device.serial, &code, &key).await.unwrap();
    assert_eq!(closed_with(&old).await, CloseCode::Revoked.var_int());
}

async fn renew(vendor: &Vendor, device: &Device, key: &DeviceKey) -> Result<Device, RefusalCode> {
    let csr = key.signing_request().unwrap();
    match device.ask(vendor, DeviceRequest::Renew { csr }).await? {
        DeviceReply::Renewed { chain } => {
            let key = DeviceKey::from_pkcs8(&key.to_pkcs8()).unwrap();
            let credentials = key.into_credentials(&chain, device.credentials.root.clone());
            Ok(Device { credentials, ..device.clone() })
        }
        other => panic!("{other:?}"),
    }
}

fn own_key(device: &Device) -> DeviceKey {
    DeviceKey::from_pkcs8(device.credentials.key.secret_pkcs8_der()).unwrap()
}

#[tokio::test]
async fn a_renewed_certificate_and_the_one_before_it_are_both_good_wherever_the_power_fails() {
    let (vendor, world) = Vendor::with_world().await;
    let (first, key) = (&world.device, own_key(&world.device));
    vendor.clock.advance_ms(243 * DAY_MS);
    let second = renew(&vendor, first, &key).await.unwrap();
    assert_ne!(second.credentials.chain, first.credentials.chain);
    // The answer was lost: the same one comes again, however often.
    for _ in 0..2 {
        let again = renew(&vendor, first, &key).await.unwrap();
        assert_eq!(again.credentials.chain, second.credentials.chain);
    }
    // It was kept, or not; it was used, and the device was put back.
    for device in [first, &second, first] {
        assert!(device.ask(&vendor, DeviceRequest::Hello).await.is_ok());
    }
    // Asked too early, nothing new is made.
    let early = renew(&vendor, &second, &key).await.unwrap();
    assert_eq!(early.credentials.chain, second.credentials.chain);
    vendor.clock.advance_ms(243 * DAY_MS);
    let third = renew(&vendor, &second, &key).await.unwrap();
    for device in [&second, &third] {
        assert!(device.ask(&vendor, DeviceRequest::Hello).await.is_ok());
    }
    assert_eq!(first.ask(&vendor, DeviceRequest::Hello).await, Err(RefusalCode::DeviceRevoked), "two at most");
}

#[tokio::test]
async fn a_renewal_is_for_the_enrolled_key_alone_and_never_for_a_revoked_device() {
    let (vendor, world) = Vendor::with_world().await;
    vendor.clock.advance_ms(243 * DAY_MS);
    let another = DeviceKey::generate().unwrap();
    assert_eq!(renew(&vendor, &world.device, &another).await.err(), Some(RefusalCode::NotPermitted));
    let garbage = world.device.ask(&vendor, DeviceRequest::Renew { csr: vec![0; 100] }).await;
    assert_eq!(garbage, Err(RefusalCode::BadMessage));
    vendor.staff().await.ask(StaffRequest::RevokeDevice { serial: world.device.serial.clone() }).await.unwrap();
    let refused = renew(&vendor, &world.device, &own_key(&world.device)).await;
    assert_eq!(refused.err(), Some(RefusalCode::DeviceRevoked));
}

#[tokio::test]
async fn enrolling_anew_ends_a_renewed_certificate_and_the_one_before_it() {
    let (vendor, world) = Vendor::with_world().await;
    vendor.clock.advance_ms(243 * DAY_MS);
    let renewed = renew(&vendor, &world.device, &own_key(&world.device)).await.unwrap();
    let code = activation(&vendor, StaffRequest::NewActivationCode { serial: world.device.serial.clone() }).await;
    vendor.enrol_with(&world.device.serial, &code, &DeviceKey::generate().unwrap()).await.unwrap();
    for device in [&world.device, &renewed] {
        assert_eq!(device.ask(&vendor, DeviceRequest::Hello).await, Err(RefusalCode::DeviceRevoked));
    }
}

#[tokio::test]
async fn staff_see_until_when_a_certificate_is_good() {
    let (vendor, _) = Vendor::with_world().await;
    let until = on_file(&vendor).await.certificate_until.unwrap();
    let days = until.ms_since(vendor.clock.certificate_time()) / DAY_MS;
    assert!((364..=365).contains(&days), "{days}");
}

/// A connection of the device from this address.
async fn connect_from(vendor: &Vendor, device: &Device, ip: [u8; 4]) -> quinn::Connection {
    let config = client_config(&device.credentials, Service::Device).unwrap();
    let endpoint = quinn::Endpoint::client((ip, 0).into()).unwrap();
    endpoint.connect_with(config.quic, vendor.server().local_addr(), config.server_name).unwrap().await.unwrap()
}

async fn hello(connection: &quinn::Connection) {
    let (mut send, mut recv) = connection.open_bi().await.unwrap();
    write_frame(&mut send, &DeviceRequest::Hello).await.unwrap();
    let reply: Reply<DeviceReply> = read_frame(&mut recv, 4_096).await.unwrap();
    reply.outcome.unwrap();
}

async fn cloned(vendor: &Vendor) -> (bool, u64) {
    let StaffReply::Overview(overview) = vendor.staff().await.ask(StaffRequest::Overview).await.unwrap() else {
        panic!()
    };
    (on_file(vendor).await.cloned_at.is_some(), overview.devices_cloned)
}

#[tokio::test]
async fn two_machines_with_one_certificate_are_noticed_and_nothing_else_changes() {
    let (vendor, world) = Vendor::with_world().await;
    let here = connect_from(&vendor, &world.device, [127, 0, 0, 1]).await;
    let there = connect_from(&vendor, &world.device, [127, 0, 0, 2]).await;
    hello(&here).await;
    hello(&there).await;
    assert_eq!(cloned(&vendor).await, (false, 0), "it may have moved");
    hello(&here).await;
    assert_eq!(cloned(&vendor).await, (true, 1));
    assert!(world.device.buy(&vendor, &world.option, "permanent").await.is_ok(), "staff decide");
    let code = activation(&vendor, StaffRequest::NewActivationCode { serial: world.device.serial.clone() }).await;
    vendor.enrol_with(&world.device.serial, &code, &DeviceKey::generate().unwrap()).await.unwrap();
    assert_eq!(cloned(&vendor).await, (false, 0), "enrolled anew there is one again");
}

#[tokio::test]
async fn an_honest_device_that_connects_anew_moves_or_has_several_connections_is_no_clone() {
    let (vendor, world) = Vendor::with_world().await;
    for ip in [[127, 0, 0, 1], [127, 0, 0, 2], [127, 0, 0, 1], [127, 0, 0, 1]] {
        let connection = connect_from(&vendor, &world.device, ip).await;
        hello(&connection).await;
        hello(&connection).await;
    }
    let two = [
        connect_from(&vendor, &world.device, [127, 0, 0, 1]).await,
        connect_from(&vendor, &world.device, [127, 0, 0, 1]).await,
    ];
    for _ in 0..3 {
        for connection in &two {
            hello(connection).await;
        }
    }
    assert_eq!(cloned(&vendor).await, (false, 0));
}
