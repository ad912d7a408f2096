//! Publishing and fetching packages of several chunks.

use protocol::message::device::{DeviceReply, DeviceRequest};
use protocol::message::staff::{DeliveryRow, Query, StaffReply, StaffRequest};
use protocol::package::{CHUNK_CONTENT_MAX, CHUNK_STORED_MAX, ChunkRange, MissingChunks};
use protocol::signed::SigningKey;
use protocol::ticket::TICKET_LIFE_MS;
use protocol::{Digest, FailureCode, OptionId, OrderId, OrderState, RefusalCode, Signed, Ticket};

use super::play::{Device, Vendor, World, open_package, order_id, packages_on_disk};

const CONTENT: usize = 3 * CHUNK_CONTENT_MAX + 7;

fn content() -> Vec<u8> {
    (0..=252).cycle().take(CONTENT).collect()
}

async fn with_large_option() -> (Vendor, World, OptionId) {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let option = staff.option("font-pack", &[("permanent", 5_000)]).await;
    let row = staff.publish(&option, &content()).await.unwrap();
    assert_eq!(row.release.map(|release| release.content_bytes), Some(CONTENT as u64));
    (vendor, world, option)
}

fn chunks(first: u32, count: u32) -> MissingChunks {
    MissingChunks::new(vec![ChunkRange { first, count }]).unwrap()
}

async fn delivery(vendor: &Vendor, order: OrderId) -> (OrderState, DeliveryRow) {
    let all = StaffRequest::Orders { query: Query::default(), customer: None, open_only: false };
    let StaffReply::Orders(page) = vendor.staff().await.ask(all).await.unwrap() else { panic!() };
    let row = page.rows.into_iter().find(|row| row.order == order).unwrap();
    (row.state, row.delivery.unwrap())
}

async fn attempts(vendor: &Vendor, order: OrderId, wanted: u32) -> DeliveryRow {
    // The server notices a broken stream a little after the device has broken it.
    let mut changes = super::staffing::watch(vendor).await;
    loop {
        let (_, row) = delivery(vendor, order).await;
        if row.failed_attempts >= wanted {
            return row;
        }
        super::staffing::next(&mut changes).await;
    }
}

#[tokio::test]
async fn a_package_is_fetched_in_parts_that_fit_together() {
    let (vendor, world, option) = with_large_option().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    let manifest = device.manifest(&authorised);
    let mut stored = Vec::new();
    for missing in [chunks(0, 1), chunks(1, 2), chunks(3, 1)] {
        let mut part = device.fetch(&vendor, &authorised.ticket, missing).await.unwrap();
        stored.extend(part.read_all().await);
    }
    assert_eq!(stored.len() as u64, manifest.stored_bytes());
    let nothing = device.fetch(&vendor, &authorised.ticket, MissingChunks::default()).await.unwrap();
    assert_eq!(nothing.bytes, 0);
    nothing.end(manifest.digest()).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let licence = device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    assert!(open_package(&stored, &manifest, &licence) == content());
}

#[tokio::test]
async fn a_broken_transfer_is_on_file_and_the_order_goes_on() {
    let (vendor, world, option) = with_large_option().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    for attempt in 1..=2 {
        let mut transfer = device.fetch(&vendor, &authorised.ticket, chunks(0, 4)).await.unwrap();
        let mut some = vec![0; CHUNK_STORED_MAX / 2];
        transfer.recv.read_exact(&mut some).await.unwrap();
        drop(transfer);
        let row = attempts(&vendor, authorised.order, attempt).await;
        assert_eq!(row.last_failure, Some(FailureCode::LinkLost));
        assert_eq!(row.sending_bytes, None);
    }
    assert_eq!(delivery(&vendor, authorised.order).await.0, OrderState::Authorised);
    device.deliver(&vendor, &authorised).await.unwrap();
    assert_eq!(delivery(&vendor, authorised.order).await.0, OrderState::Sent);
    device.received(&vendor, &authorised).await.unwrap();
}

#[tokio::test]
async fn an_end_packet_for_something_else_is_no_delivery() {
    let (vendor, world, option) = with_large_option().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    let mut transfer = device.fetch(&vendor, &authorised.ticket, chunks(0, 4)).await.unwrap();
    transfer.read_all().await;
    assert_eq!(transfer.end(Digest([1; 32])).await, Err(RefusalCode::DigestMismatch));
    let (state, row) = delivery(&vendor, authorised.order).await;
    assert_eq!((state, row.last_failure), (OrderState::Authorised, Some(FailureCode::WrongContent)));
    let received = DeviceRequest::Received { order: authorised.order, package: Digest([1; 32]) };
    assert_eq!(device.ask(&vendor, received).await, Err(RefusalCode::DigestMismatch));
}

#[tokio::test]
async fn a_stream_that_ends_without_an_end_packet_is_a_failed_transfer() {
    let (vendor, world, option) = with_large_option().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    let mut part = device.fetch(&vendor, &authorised.ticket, chunks(3, 1)).await.unwrap();
    part.read_all().await;
    part.send.finish().unwrap();
    attempts(&vendor, authorised.order, 1).await;
    assert_eq!(delivery(&vendor, authorised.order).await.0, OrderState::Authorised);
}

#[tokio::test]
async fn a_ticket_counts_for_its_device_its_package_and_its_time() {
    let (vendor, world, option) = with_large_option().await;
    let device = &world.device;
    let refused =
        async |device: &Device, ticket: &Signed<Ticket>, missing| device.fetch(&vendor, ticket, missing).await.err();
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    let ticket = &authorised.ticket;
    assert_eq!(refused(device, ticket, chunks(4, 1)).await, Some(RefusalCode::NoSuchChunk));

    let thief = vendor.device("MX-204-0002", Some(world.customer)).await;
    assert_eq!(refused(&thief, ticket, chunks(0, 1)).await, Some(RefusalCode::TicketInvalid));

    let content = device.ring.verify(ticket).unwrap();
    let forged = Signed::new(&content, &SigningKey::from_seed(&[3; 32]));
    assert_eq!(refused(device, &forged, chunks(0, 1)).await, Some(RefusalCode::TicketInvalid));

    vendor.clock.advance_ms(TICKET_LIFE_MS);
    assert_eq!(refused(device, ticket, chunks(0, 1)).await, Some(RefusalCode::TicketExpired));
    let again = device.order(&vendor, authorised.order, &option, None).await.unwrap();
    assert_eq!(refused(device, &again.ticket, chunks(0, 1)).await, None, "the order gets a fresh ticket");
}

#[tokio::test]
async fn a_package_whose_file_is_gone_is_refused_and_comes_back_with_it() {
    let (vendor, world, option) = with_large_option().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    let file = vendor.data().join("packages").join(device.manifest(&authorised).digest().to_string());
    let away = vendor.folder.path().join("away");
    std::fs::rename(&file, &away).unwrap();
    let refused = device.fetch(&vendor, &authorised.ticket, chunks(0, 1)).await;
    assert_eq!(refused.err(), Some(RefusalCode::PackageUnavailable));
    std::fs::rename(&away, &file).unwrap();
    device.deliver(&vendor, &authorised).await.unwrap();
}

#[tokio::test]
async fn a_transfer_is_cut_by_a_restart_and_resumed_with_the_same_ticket() {
    let (mut vendor, world, option) = with_large_option().await;
    let device = world.device.clone();
    let authorised = device.order(&vendor, order_id(), &option, None).await.unwrap();
    let mut transfer = device.fetch(&vendor, &authorised.ticket, chunks(0, 4)).await.unwrap();
    let mut first = vec![0; CHUNK_STORED_MAX];
    transfer.recv.read_exact(&mut first).await.unwrap();
    vendor.restart().await;
    let rest = device.fetch(&vendor, &authorised.ticket, chunks(1, 3)).await.unwrap().read_all().await;
    let last = device.fetch(&vendor, &authorised.ticket, MissingChunks::default()).await.unwrap();
    last.end(device.manifest(&authorised).digest()).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let licence = device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    first.extend(rest);
    assert!(open_package(&first, &device.manifest(&authorised), &licence) == content());
}

#[tokio::test]
async fn an_upload_that_is_not_what_was_announced_publishes_nothing() {
    let (vendor, world) = Vendor::with_world().await;
    let staff = vendor.staff().await;
    let before = packages_on_disk(&vendor.data());
    for sent in [[1; 9].as_slice(), &[1; 11], &[2; 10]] {
        let refused = staff.publish_as(&world.option, sent, &[1; 10]).await;
        assert_eq!(refused, Err(RefusalCode::UploadIncomplete), "{sent:?}");
    }
    assert_eq!(staff.publish(&"nothing-here".parse().unwrap(), b"x").await, Err(RefusalCode::NotFound));
    assert_eq!(packages_on_disk(&vendor.data()), before);
    let reply = world.device.ask(&vendor, DeviceRequest::Catalogue).await.unwrap();
    let DeviceReply::Catalogue(catalogue) = reply else { panic!() };
    assert_eq!(world.device.ring.verify(&catalogue).unwrap().entries[0].version.0, 1);
}

#[tokio::test]
async fn of_two_releases_published_at_once_at_least_one_is_on_file_and_no_package_is_left_over() {
    let (vendor, world) = Vendor::with_world().await;
    let before = packages_on_disk(&vendor.data());
    let (first, second) = (vendor.staff().await, vendor.staff().await);
    let (first, second) =
        tokio::join!(first.publish(&world.option, b"second"), second.publish(&world.option, b"third"));
    let published = [&first, &second].into_iter().filter(|published| published.is_ok()).count();
    assert!(published >= 1);
    assert!([first, second].iter().all(|published| !matches!(published, Err(code) if *code != RefusalCode::Conflict)));
    assert_eq!(packages_on_disk(&vendor.data()), before + published);
}

#[tokio::test]
async fn a_package_that_never_came_on_file_is_gone_after_the_next_start_and_the_others_stay() {
    let (mut vendor, world) = Vendor::with_world().await;
    let packages = vendor.data().join("packages");
    // A server killed between storing a package and putting its release on file leaves such a file.
    let orphan = packages.join(Digest([5; 32]).to_string());
    std::fs::write(&orphan, b"a package").unwrap();
    std::fs::write(packages.join("README"), b"not ours").unwrap();
    vendor.restart().await;
    assert!(!orphan.exists() && packages.join("README").exists());
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
}

#[tokio::test]
async fn an_older_order_delivers_the_release_that_was_authorised() {
    let (vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    vendor.staff().await.publish(&world.option, b"a newer program").await.unwrap();
    let stored = device.deliver(&vendor, &authorised).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let licence = device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    assert_eq!(licence.version.0, 1);
    assert_eq!(open_package(&stored, &device.manifest(&authorised), &licence), b"the OCR program");
}
