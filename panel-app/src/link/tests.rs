//! The link against a vendor that behaves well or badly, over real QUIC on loopback.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use protocol::message::Service;
use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::net::Root;
use protocol::package::{ChunkRange, MissingChunks};
use protocol::{FailureCode, RefusalCode, Text};

use super::test_vendor::{Enrolling, Manner, NOW, TestPackage, TestVendor};
use super::{Link, Pace, TransferLimits, TransferRunner, enrol};
use crate::cancel::Cancel;
use crate::core::{EnrolForm, Failure, LinkFault, TransferEvent, TransferFault};
use crate::data::Device;
use crate::store::ChunkStore;

/// A device that has never heard the time.
#[derive(Debug)]
struct Anytime;

impl protocol::net::PastTime for Anytime {
    fn past(&self) -> Option<protocol::Timestamp> {
        None
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn device() -> (tempfile::TempDir, Device) {
    let dir = tempfile::tempdir().unwrap();
    let (device, _) = Device::open(dir.path()).unwrap();
    (dir, device)
}

/// Small, so that bounds matter.
const LIMITS: TransferLimits = TransferLimits {
    buffers: 3,
    batch: 2,
    batch_time: Duration::from_millis(50),
    stall: Duration::from_millis(400),
    pace: Pace { window: Duration::from_secs(30), bytes: 1 },
};

fn runner(vendor: &TestVendor, chunks: &ChunkStore) -> TransferRunner {
    TransferRunner {
        order: vendor.order(),
        credentials: vendor.device(),
        clock: Arc::new(Anytime),
        chunks: chunks.clone(),
        limits: LIMITS,
        cancel: Cancel::new(),
    }
}

/// Runs a transfer and returns its events.
fn run(runner: TransferRunner) -> Vec<TransferEvent> {
    let events = Mutex::new(Vec::new());
    runner.run(&|event| events.lock().unwrap().push(event));
    events.into_inner().unwrap()
}

fn present(vendor: &TestVendor, chunks: &ChunkStore) -> Vec<u32> {
    chunks.present(vendor.package.manifest.digest()).unwrap().iter().collect()
}

fn all_is_there(vendor: &TestVendor, chunks: &ChunkStore) -> bool {
    let digest = vendor.package.manifest.digest();
    (0..).zip(&vendor.package.chunks).all(|(index, chunk)| chunks.read(digest, index).unwrap().as_ref() == Some(chunk))
}

#[test]
fn a_package_arrives_and_both_sides_agree_on_the_end() {
    let vendor = TestVendor::start(TestPackage::of_chunks(4));
    let (_dir, device) = device();
    let chunks = device.store.chunks();
    let events = run(runner(&vendor, &chunks));
    assert!(all_is_there(&vendor, &chunks));
    assert_eq!(vendor.state.lock().unwrap().ends, [vendor.package.manifest.digest()]);
    assert_eq!(events.first(), Some(&TransferEvent::Durable { bytes: 0 }));
    let total = vendor.package.manifest.stored_bytes();
    assert_eq!(events[events.len() - 2..], [TransferEvent::Durable { bytes: total }, TransferEvent::Ended]);
}

#[test]
fn what_was_reported_as_durable_is_stored_at_that_moment() {
    let vendor = TestVendor::start(TestPackage::of_chunks(4));
    let (_dir, device) = device();
    let chunks = device.store.chunks();
    runner(&vendor, &chunks).run(&|event| {
        if let TransferEvent::Durable { bytes } = event {
            let stored = present(&vendor, &chunks);
            let manifest = &vendor.package.manifest;
            let stored: usize = stored.iter().map(|index| manifest.stored_chunk_len(*index).unwrap()).sum();
            assert_eq!(stored as u64, bytes);
        }
    });
    assert!(all_is_there(&vendor, &chunks));
}

#[test]
fn a_transfer_that_was_cut_asks_for_the_missing_chunks_only() {
    for manner in [Manner::FinishAfter(3), Manner::SilentAfter(3)] {
        let vendor = TestVendor::start(TestPackage::of_chunks(5));
        let (_dir, device) = device();
        let chunks = device.store.chunks();
        vendor.behave(manner);
        let expected = match manner {
            Manner::SilentAfter(_) => TransferFault::Stalled,
            _ => TransferFault::Link(LinkFault::Lost),
        };
        assert_eq!(run(runner(&vendor, &chunks)).last(), Some(&TransferEvent::Failed(expected)));
        assert_eq!(present(&vendor, &chunks), [0, 1, 2], "whole chunks are kept, half ones are not");

        vendor.behave(Manner::Honest);
        let events = run(runner(&vendor, &chunks));
        assert_eq!(events.last(), Some(&TransferEvent::Ended));
        assert_eq!(events[0], TransferEvent::Durable { bytes: 3 * 1_048_512 });
        assert_eq!(vendor.state.lock().unwrap().fetches[1].ranges(), [ChunkRange { first: 3, count: 3 }]);
        assert!(all_is_there(&vendor, &chunks));
    }
}

#[test]
fn a_connection_that_is_closed_in_the_middle_is_a_lost_link() {
    let vendor = TestVendor::start(TestPackage::of_chunks(3));
    let (_dir, device) = device();
    vendor.behave(Manner::SilentAfter(1));
    let mut runner = runner(&vendor, &device.store.chunks());
    runner.limits.stall = Duration::from_secs(20);
    let last = Mutex::new(None);
    runner.run(&|event| {
        if event == (TransferEvent::Durable { bytes: 1_048_512 }) {
            vendor.hang_up();
        }
        *last.lock().unwrap() = Some(event);
    });
    let lost = TransferEvent::Failed(TransferFault::Link(LinkFault::Lost));
    assert_eq!(last.into_inner().unwrap(), Some(lost));
}

#[test]
fn a_transfer_of_which_nothing_is_missing_exchanges_the_end_only() {
    let vendor = TestVendor::start(TestPackage::of_chunks(1));
    let (_dir, device) = device();
    let chunks = device.store.chunks();
    run(runner(&vendor, &chunks));
    assert_eq!(run(runner(&vendor, &chunks)).last(), Some(&TransferEvent::Ended));
    let state = vendor.state.lock().unwrap();
    assert_eq!(state.fetches[1], MissingChunks::default());
    assert_eq!(state.ends.len(), 2);
}

#[test]
fn a_wrong_byte_is_found_and_its_chunk_is_not_stored() {
    let vendor = TestVendor::start(TestPackage::of_chunks(4));
    let (_dir, device) = device();
    let chunks = device.store.chunks();
    vendor.behave(Manner::WrongByteIn(2));
    assert_eq!(run(runner(&vendor, &chunks)).last(), Some(&TransferEvent::Failed(TransferFault::WrongContent)));
    assert_eq!(present(&vendor, &chunks), [0, 1]);
    assert!(vendor.state.lock().unwrap().ends.is_empty(), "no end of transfer is agreed on");
}

#[test]
fn a_service_that_does_not_keep_to_the_protocol_is_left() {
    for manner in [Manner::Endless, Manner::WrongLength, Manner::Babbles] {
        let vendor = TestVendor::start(TestPackage::of_chunks(1));
        let (_dir, device) = device();
        vendor.behave(manner);
        let last = run(runner(&vendor, &device.store.chunks())).pop();
        let garbled = TransferEvent::Failed(TransferFault::Link(LinkFault::Garbled));
        assert_eq!(last, Some(garbled), "{manner:?}");
    }
}

#[test]
fn a_service_that_sends_just_enough_not_to_be_silent_is_left() {
    let vendor = TestVendor::start(TestPackage::of_chunks(1));
    let (_dir, device) = device();
    vendor.behave(Manner::Trickle);
    let mut runner = runner(&vendor, &device.store.chunks());
    runner.limits.stall = Duration::from_secs(20);
    runner.limits.pace = Pace { window: Duration::from_millis(200), bytes: 4_096 };
    assert_eq!(run(runner).last(), Some(&TransferEvent::Failed(TransferFault::Stalled)));
    assert!(present(&vendor, &device.store.chunks()).is_empty());
}

#[test]
fn a_refused_ticket_comes_back_with_its_code() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let (_dir, device) = device();
    vendor.behave(Manner::Refuses(RefusalCode::TicketExpired));
    let last = run(runner(&vendor, &device.store.chunks())).pop();
    assert_eq!(last, Some(TransferEvent::Failed(TransferFault::Refused(RefusalCode::TicketExpired))));
}

#[test]
fn after_stop_nothing_is_stored_and_nothing_is_said() {
    let vendor = TestVendor::start(TestPackage::of_chunks(6));
    let (_dir, device) = device();
    let chunks = device.store.chunks();
    let mut runner = runner(&vendor, &chunks);
    runner.limits.stall = Duration::from_secs(20);
    vendor.behave(Manner::SilentAfter(2));
    let events = Arc::new(Mutex::new(Vec::new()));
    let cancel = runner.cancel.clone();
    let digest = vendor.package.manifest.digest();
    runner.run(&|event| {
        events.lock().unwrap().push(event);
        if event == (TransferEvent::Durable { bytes: 2 * 1_048_512 }) {
            cancel.stop();
            chunks.drop_package(digest).unwrap();
        }
    });
    assert_eq!(events.lock().unwrap().last(), Some(&TransferEvent::Durable { bytes: 2 * 1_048_512 }));
    assert_eq!(chunks.packages().unwrap(), []);
    assert!(!chunks.insert(digest, &[(0, b"late")], || !cancel.is_stopped()).unwrap());
    assert_eq!(chunks.packages().unwrap(), []);
}

#[test]
fn a_vendor_with_another_ca_is_distrusted() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let stranger = TestVendor::start(TestPackage::of_chunks(0));
    let (_dir, device) = device();
    let mut runner = runner(&vendor, &device.store.chunks());
    runner.credentials = stranger.device();
    let distrust = TransferEvent::Failed(TransferFault::Link(LinkFault::Distrust));
    assert_eq!(run(runner).last(), Some(&distrust));
    let link = Link::new(vendor.addr.to_string(), stranger.device(), Arc::new(Anytime));
    assert_eq!(wait(link.ask(&DeviceRequest::Hello)).unwrap_err(), LinkFault::Distrust);
}

#[test]
fn requests_share_one_connection_and_a_new_one_is_made_when_it_broke() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let link = Link::new(vendor.addr.to_string(), vendor.device(), Arc::new(Anytime));
    wait(async {
        for _ in 0..3 {
            let reply = link.ask(&DeviceRequest::Hello).await.unwrap();
            assert_eq!(reply.now, NOW);
            assert!(matches!(reply.outcome, Ok(DeviceReply::Hello(_))));
        }
        assert_eq!(vendor.connections(Service::Device), 1);
        vendor.hang_up();
        link.ask(&DeviceRequest::Hello).await.unwrap();
        assert_eq!(vendor.connections(Service::Device), 2);
    });
}

#[test]
fn a_vendor_that_cannot_be_found_is_a_lost_link() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let link = Link::new("no port".to_owned(), vendor.device(), Arc::new(Anytime));
    assert_eq!(wait(link.ask(&DeviceRequest::Hello)).unwrap_err(), LinkFault::Lost);
}

fn form(vendor: &TestVendor) -> EnrolForm {
    EnrolForm {
        vendor: Text::new(vendor.addr.to_string()).unwrap(),
        ca_fingerprint: vendor.authority.fingerprint(),
        serial: "MX-204-0001".parse().unwrap(),
        code: protocol::ActivationCode::from_random([5; 16]),
    }
}

#[test]
fn an_enrolled_device_can_ask() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let (_dir, device) = device();
    let enrolment = wait(enrol(&form(&vendor), &device.identity)).unwrap().enrolment;
    assert_eq!(enrolment.vendor, vendor.addr.to_string());
    let link = Link::new(enrolment.vendor.clone(), device.identity.credentials(&enrolment).unwrap(), Arc::new(Anytime));
    wait(link.ask(&DeviceRequest::Hello)).unwrap();
}

#[test]
fn an_enrolment_whose_answer_was_lost_is_repeated_with_the_same_key() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let (dir, device) = device();
    vendor.state.lock().unwrap().enrolling = Enrolling::Closes;
    let lost = wait(enrol(&form(&vendor), &device.identity)).unwrap_err();
    assert_eq!(lost, Failure::Fault(FailureCode::LinkLost));

    drop(device);
    let (device, _) = Device::open(dir.path()).unwrap();
    vendor.state.lock().unwrap().enrolling = Enrolling::Honest;
    wait(enrol(&form(&vendor), &device.identity)).unwrap();
    // An uncompressed P-256 point in a bit string.
    let public_key = |csr: &Vec<u8>| {
        let start = csr.windows(4).position(|bytes| bytes == [0x03, 0x42, 0x00, 0x04]).unwrap() + 4;
        csr[start..start + 64].to_vec()
    };
    let keys: Vec<_> = vendor.state.lock().unwrap().requests.iter().map(public_key).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn a_certificate_for_another_device_or_key_or_a_list_of_another_root_is_not_accepted() {
    for enrolling in [Enrolling::OtherSerial, Enrolling::OtherKey, Enrolling::OtherRoot] {
        let vendor = TestVendor::start(TestPackage::of_chunks(0));
        let (_dir, device) = device();
        vendor.state.lock().unwrap().enrolling = enrolling;
        let refused = wait(enrol(&form(&vendor), &device.identity)).unwrap_err();
        assert_eq!(refused, Failure::NotGenuine, "{enrolling:?}");
    }
}

#[test]
fn a_refused_activation_code_comes_back_with_its_code() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let (_dir, device) = device();
    vendor.state.lock().unwrap().enrolling = Enrolling::Refuses;
    let refused = wait(enrol(&form(&vendor), &device.identity)).unwrap_err();
    assert_eq!(refused, Failure::Refused(RefusalCode::ActivationRefused));
}

#[test]
fn a_vendor_with_another_fingerprint_gets_no_activation_code() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let (_dir, device) = device();
    let mut form = form(&vendor);
    form.ca_fingerprint = Root::generate(NOW).unwrap().fingerprint();
    assert_eq!(wait(enrol(&form, &device.identity)).unwrap_err(), Failure::Distrust);
    assert!(vendor.state.lock().unwrap().requests.is_empty());
}

/// Somebody who speaks no version that others speak, and counts who tries.
fn stranger() -> (std::net::SocketAddr, Arc<Mutex<HashSet<std::net::SocketAddr>>>) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (addr, callers) = (socket.local_addr().unwrap(), Arc::<Mutex<HashSet<_>>>::default());
    let seen = callers.clone();
    std::thread::spawn(move || {
        let mut packet = [0; 2_048];
        while let Ok((_, from)) = socket.recv_from(&mut packet) {
            // RFC 9000, 17.2.1: version negotiation, with the ids the other way round.
            let (to_len, rest) = (usize::from(packet[5]), &packet[6..]);
            let (from_len, id) = (usize::from(rest[to_len]), &rest[to_len + 1..]);
            let mut answer = vec![0x80, 0, 0, 0, 0, rest[to_len]];
            answer.extend(&id[..from_len]);
            answer.push(packet[5]);
            answer.extend(&rest[..to_len]);
            answer.extend([0x1a, 0x2a, 0x3a, 0x4a]);
            seen.lock().unwrap().insert(from);
            let _ = socket.send_to(&answer, from);
        }
    });
    (addr, callers)
}

#[test]
fn many_requests_to_a_vendor_that_is_down_cost_the_patience_for_one() {
    let vendor = TestVendor::start(TestPackage::of_chunks(0));
    let (stranger, callers) = stranger();
    let link = Link::new(stranger.to_string(), vendor.device(), Arc::new(Anytime));
    wait(async {
        let ask = || {
            let link = link.clone();
            tokio::spawn(async move { link.ask(&DeviceRequest::Hello).await })
        };
        for answer in [(); 20].map(|()| ask()) {
            assert_eq!(answer.await.unwrap().unwrap_err(), LinkFault::Lost);
        }
        assert_eq!(callers.lock().unwrap().len(), 1, "one attempt for all of them");
        ask().await.unwrap().unwrap_err();
        assert_eq!(callers.lock().unwrap().len(), 2, "and another one later");
    });
}
