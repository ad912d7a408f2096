//! Who a device is over its life: renewal, replacement, another vendor; and whoever types a contract user ID with a PIN.

use e2e::peer::Peer;
use e2e::{Device, OptionSpec, Vendor};
use panel_app::core::{Command, Failure, Screen};
use protocol::RefusalCode;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::net::{Authority, Credentials, DeviceKey, Identity};
use protocol::package::OptionKind;
use protocol::time::DAY_MS;
use vendor_console::clock::Clock;

const OCR: &str = "ocr-package";
const SERIAL: &str = "HK-320-0001";
/// More than two thirds of a certificate's life.
const LATE_MS: u64 = 250 * DAY_MS;

fn vendor() -> (Vendor, Clock) {
    let clock = Clock::manual(Clock::System.now());
    let vendor = Vendor::start_with(clock.clone());
    let offers = [("permanent", 20_000), ("uses:3", 2_000)];
    vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content: b"the OCR program" });
    (vendor, clock)
}

fn certificate_file(device: &Device) -> std::path::PathBuf {
    let files = std::fs::read_dir(device.path("identity")).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "pem")).unwrap()
}

fn credentials(device: &Device) -> Credentials {
    Credentials::from_pem(&std::fs::read_to_string(certificate_file(device)).unwrap()).unwrap()
}

/// Waits until the device keeps another certificate than this.
fn wait_renewed(device: &Device, before: &Credentials) {
    let (file, before) = (certificate_file(device), before.chain.clone());
    device.wait(move |_| {
        let now = std::fs::read_to_string(&file).ok().and_then(|pem| Credentials::from_pem(&pem).ok());
        now.is_some_and(|now| now.chain != before)
    });
}

#[test]
fn a_device_renews_its_certificate_by_itself_and_goes_on_buying() {
    let (vendor, clock) = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    let first = credentials(&device);
    clock.advance_ms(LATE_MS);
    device.pass_ms(LATE_MS);
    wait_renewed(&device, &first);
    device.buy(OCR, "uses:3");
    device.switch_off();
    device.switch_on();
    device.buy(OCR, "permanent");
    assert_eq!(vendor.charges().len(), 2);
}

#[test]
fn a_renewal_whose_answer_is_lost_costs_nothing() {
    let (mut vendor, clock) = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    let first = credentials(&device);
    clock.advance_ms(LATE_MS);
    device.switch_off();
    // The vendor has answered; the device never heard it.
    let key = || DeviceKey::from_pkcs8(first.key.secret_pkcs8_der()).unwrap();
    let lost = {
        let peer = peer(&vendor, &first);
        let csr = key().signing_request().unwrap();
        match peer.ask(&vendor, &DeviceRequest::Renew { csr }).unwrap() {
            DeviceReply::Renewed { chain } => chain,
            other => panic!("{other:?}"),
        }
    };
    vendor.start_again();
    // With the certificate from before it can still ask; it hears of the time, and renews.
    device.switch_on();
    device.buy(OCR, "uses:3");
    wait_renewed(&device, &first);
    assert_eq!(credentials(&device).chain[0].as_ref(), lost.certificates()[0], "the same again");
    device.buy(OCR, "permanent");
}

/// The device's certificate in other hands.
fn peer(vendor: &Vendor, credentials: &Credentials) -> Peer {
    let other = Peer::enrolled(vendor, "HK-999-0001", None);
    Peer { serial: SERIAL.parse().unwrap(), credentials: credentials.clone(), ..other }
}

#[test]
fn a_half_written_certificate_leaves_the_one_before_it() {
    let (vendor, _) = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.switch_off();
    std::fs::write(certificate_file(&device).with_extension("new"), b"-----BEGIN CERTIF").unwrap();
    device.switch_on();
    device.buy(OCR, "permanent");
}

#[test]
fn a_device_whose_certificate_has_run_out_says_so_and_enrols_again() {
    let (vendor, clock) = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.switch_off();
    let pem = std::fs::read_to_string(vendor.data().join("issuer.pem")).unwrap();
    let long_ago = protocol::Timestamp::from_ms(clock.now().as_ms() - 366 * DAY_MS);
    let identity = Identity::Device(SERIAL.parse().unwrap());
    let expired = Authority::from_pem(&pem).unwrap().issue_client(&identity, long_ago).unwrap();
    std::fs::write(certificate_file(&device), expired.to_pem()).unwrap();
    device.switch_on();
    device.apply(Command::OpenOffer(OCR.parse().unwrap()));
    device.wait_screen(|screen| matches!(screen, Screen::Failed { failure: Failure::CertificateExpired, .. }));
    device.apply(Command::Dismiss);
    let code = vendor.new_code(&SERIAL.parse().unwrap());
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), SERIAL, &code);
    device.buy(OCR, "permanent");
}

#[test]
fn a_device_that_enrols_at_another_vendor_does_not_speak_there_of_its_old_orders() {
    let (first, _) = vendor();
    let (second, _) = vendor();
    let customers = [first.customer("青空設計"), second.customer("港出版")];
    let device = Device::enrolled(&first, SERIAL, Some(&customers[0]));
    device.order(OCR);
    device.wait_screen(|screen| matches!(screen, Screen::Choose { .. }));
    device.apply(Command::Cancel);
    let code = second.register(SERIAL, Some(&customers[1]));
    device.enrol(second.addr(), second.ca_fingerprint(), SERIAL, &code);
    device.buy(OCR, "permanent");
    assert_eq!(second.orders().len(), 1);
    assert_eq!(second.charges().len(), 1);
    assert!(first.charges().is_empty());
}

#[test]
fn a_pin_is_asked_for_guessing_is_slowed_down_and_the_right_one_buys() {
    let (vendor, clock) = vendor();
    let contract = vendor.customer("青空設計").contracts[0].id.clone();
    vendor.set_pin(&contract, Some("004711"));
    let device = Device::enrolled(&vendor, SERIAL, None);
    device.order(OCR);
    device.wait_screen(|screen| matches!(screen, Screen::ContractId { .. }));
    let enter = |pin: &str| {
        device.apply(Command::EnterContract { contract: contract.clone(), pin: Some(pin.parse().unwrap()) });
        device.wait_screen(|screen| !matches!(screen, Screen::Requesting { .. } | Screen::Downloading { .. }));
        match device.screen() {
            Screen::ContractId { refused, blocked_until, .. } => (refused, blocked_until.is_some()),
            _ => (None, false),
        }
    };
    for _ in 0..5 {
        assert_eq!(enter("1111"), (Some(RefusalCode::ContractRefused), false));
    }
    assert_eq!(enter("004711"), (Some(RefusalCode::TooManyAttempts), true));
    clock.advance_ms(30_000);
    device.pass_ms(30_000);
    device.wait_screen(|screen| matches!(screen, Screen::ContractId { blocked_until: None, .. }));
    assert_eq!(enter("004711"), (None, false));
    device.apply(Command::Choose("uses:3".parse().unwrap()));
    device.wait_done();
    assert_eq!(vendor.charges().len(), 1);
}
