//! A device whose store was replaced gets back what it has a right to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use e2e::{Device, Vendor};
use panel_app::core::{LicenceNote, LockReason, Restoration};
use panel_app::service::Power;

use crate::shop::{LARGE, OCR, STAMP, stock_large, vendor};

const SERIAL: &str = "HK-320-0001";

/// A new disk in the device, which staff give a new activation code.
fn with_a_new_store(vendor: &Vendor) -> Device {
    let device = Device::new();
    let code = vendor.new_code(&SERIAL.parse().unwrap());
    device.enrol(vendor.addr(), vendor.ca_fingerprint(), SERIAL, &code);
    device
}

fn wait_complete(device: &Device, licences: usize) {
    device.wait(move |core| core.restoration() == Restoration::Complete && core.view().installed.len() == licences);
}

fn report(vendor: &Vendor, device: &Device) {
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences().iter().all(|row| row.reported_at.is_some()));
}

#[test]
fn a_device_with_an_empty_store_gets_its_licences_and_packages_back_and_pays_nothing() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.buy(STAMP, "permanent");
    device.buy(OCR, "uses:3");
    device.use_on(OCR, "O").unwrap();
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences().iter().any(|row| row.uses_left == Some(2)));
    device.switch_off();

    let mut device = with_a_new_store(&vendor);
    wait_complete(&device, 2);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    let left: Vec<LicenceNote> = device.installed().iter().map(|row| row.left).collect();
    assert!(left.contains(&LicenceNote::Uses(1)) && left.contains(&LicenceNote::Unlimited), "{left:?}");
    assert_eq!(vendor.charges().len(), 2);
    assert!(vendor.alarms().iter().all(|row| row.flag.is_none()), "{:?}", vendor.alarms());
    device.switch_on();
    wait_complete(&device, 2);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
}

#[test]
fn power_cuts_while_it_is_restored_only_delay_it() {
    let vendor = vendor();
    stock_large(&vendor);
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.buy(LARGE, "permanent");
    report(&vendor, &device);
    device.switch_off();
    let mut device = with_a_new_store(&vendor);
    let mut cuts = 0;
    for moments in [5, 8, 11, 14, 17, 20, 30] {
        let passed = Arc::new(AtomicUsize::new(0));
        let counted = passed.clone();
        device.switch_on_with(Power::that(move || counted.fetch_add(1, Ordering::Relaxed) < moments));
        if device.outlives(|core| core.restoration() == Restoration::Complete) {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 1, "it was cut");
    device.switch_on();
    wait_complete(&device, 1);
    let disk = device.on_disk();
    assert_eq!((disk.licences.len(), disk.keys.len(), disk.complete.len()), (1, 1, 1));
    assert_eq!(vendor.charges().len(), 1);
}

#[test]
fn what_has_ended_does_not_come_back() {
    let vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.buy(OCR, "uses:3");
    device.buy(STAMP, "permanent");
    (0..3).for_each(|_| _ = device.use_on(OCR, "O").unwrap());
    device.pass_ms(10_000);
    vendor.wait(|vendor| vendor.licences().iter().any(|row| row.erased_at.is_some()));
    device.switch_off();
    let device = with_a_new_store(&vendor);
    wait_complete(&device, 1);
    assert_eq!(device.installed()[0].option.id.as_str(), STAMP);
}

#[test]
fn a_package_that_was_lost_is_fetched_again_and_its_licence_waits_for_it() {
    let mut vendor = vendor();
    let customer = vendor.customer("青空設計");
    let mut device = Device::enrolled(&vendor, SERIAL, Some(&customer));
    device.buy(OCR, "permanent");
    device.switch_off();
    vendor.stop();
    let (opened, loaded) = device.opened();
    opened.store.chunks().drop_package(loaded.licences[0].manifest.digest()).unwrap();
    drop(opened);
    device.switch_on();
    assert_eq!(device.installed()[0].left, LicenceNote::Locked(LockReason::PackageMissing));
    assert!(device.use_on(OCR, "O").is_err());
    vendor.start_again();
    device.switch_on();
    wait_complete(&device, 1);
    assert_eq!(device.use_on(OCR, "O").unwrap(), b"0");
    assert_eq!(vendor.charges().len(), 1);
}
