//! How a device gets its certificate, and how it loses it.

use protocol::message::device::{DeviceInfo, DeviceReply, DeviceRequest};
use protocol::message::enrol::EnrolReply;
use protocol::message::staff::{DeviceRow, DeviceState, Query, StaffReply, StaffRequest};
use protocol::message::{Reply, Service};
use protocol::net::{Client, DeviceKey, enrol_config};
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

#[tokio::test]
async fn a_revocation_acts_on_connections_that_are_open() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let open = vendor.connect(&device.credentials, Service::Device).await;
    let content = vendor.connect(&device.credentials, Service::Content).await;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    assert!(ask(&open, DeviceRequest::Hello).await.is_ok());

    vendor.staff().await.ask(StaffRequest::RevokeDevice { serial: device.serial.clone() }).await.unwrap();
    assert_eq!(on_file(&vendor).await.state, DeviceState::Revoked);
    for request in [DeviceRequest::Hello, DeviceRequest::Catalogue, DeviceRequest::Status { order: authorised.order }] {
        assert_eq!(ask(&open, request).await, Err(RefusalCode::DeviceRevoked));
    }
    let missing = protocol::package::MissingChunks::collect(1, |_| false);
    let refused = super::play::fetch(content, &authorised.ticket, missing).await;
    assert_eq!(refused.err(), Some(RefusalCode::DeviceRevoked));
    let code = vendor.staff().await.ask(StaffRequest::NewActivationCode { serial: device.serial.clone() }).await;
    assert_eq!(code, Err(RefusalCode::Conflict));
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
