//! Keys are rotated and revoked while the server runs, and the root's private key can be elsewhere.

use protocol::keys::{KeyEntry, KeyRequest, RootSigned};
use protocol::message::device::{Catalogue, DeviceReply, DeviceRequest};
use protocol::message::staff::{KeyChange, KeyStatus, StaffReply, StaffRequest};
use protocol::net::Root;
use protocol::package::MissingChunks;
use protocol::signed::SignatureError;
use protocol::{KeyId, KeyList, KeyRing, KeyRole, RefusalCode, Signed};

use super::play::{Device, Vendor, order_id, start};
use crate::server::{Role, issue_distribution};

/// The root's file, moved out of the data folder.
fn move_root_away(vendor: &Vendor) -> Root {
    let away = vendor.folder.path().join("root.pem");
    std::fs::rename(vendor.data().join("root.pem"), &away).unwrap();
    Root::from_pem(&std::fs::read_to_string(away).unwrap()).unwrap()
}

async fn status(vendor: &Vendor) -> KeyStatus {
    match vendor.staff().await.ask(StaffRequest::Keys).await.unwrap() {
        StaffReply::Keys(status) => status,
        other => panic!("{other:?}"),
    }
}

/// The key of this role that signs now.
async fn signing(vendor: &Vendor, role: KeyRole) -> KeyId {
    let KeyStatus { list, signing, .. } = status(vendor).await;
    list.keys().iter().find(|entry| entry.role == role && signing.contains(&entry.id())).unwrap().id()
}

async fn change(vendor: &Vendor, change: KeyChange) -> Result<KeyStatus, RefusalCode> {
    match vendor.staff().await.ask(StaffRequest::ProposeKeys(change)).await? {
        StaffReply::Keys(status) => Ok(status),
        other => panic!("the root is not here: {other:?}"),
    }
}

async fn request(vendor: &Vendor, change: KeyChange) -> KeyRequest {
    match vendor.staff().await.ask(StaffRequest::ProposeKeys(change)).await.unwrap() {
        StaffReply::KeyRequest(request) => request,
        other => panic!("{other:?}"),
    }
}

async fn import(vendor: &Vendor, list: RootSigned<KeyList>) -> Result<(), RefusalCode> {
    vendor.staff().await.ask(StaffRequest::ImportKeys(list)).await.map(drop)
}

async fn catalogue(vendor: &Vendor, device: &Device) -> Signed<Catalogue> {
    match device.ask(vendor, DeviceRequest::Catalogue).await.unwrap() {
        DeviceReply::Catalogue(signed) => signed,
        other => panic!("{other:?}"),
    }
}

async fn newest_ring(vendor: &Vendor, device: &Device) -> KeyRing {
    match device.ask(vendor, DeviceRequest::Keys).await.unwrap() {
        DeviceReply::Keys(list) => KeyRing::open(&list, &device.credentials.root_key().unwrap()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn everything_but_changing_the_keys_works_without_the_root() {
    let mut vendor = Vendor::open().await;
    move_root_away(&vendor);
    vendor.restart().await;
    let staff = vendor.staff().await;
    let customer = staff.customer("Sakura Printing", protocol::message::staff::Settlement::Monthly).await;
    let option = staff.option("ocr-package", &[("permanent", 20_000)]).await;
    staff.publish(&option, b"the OCR program").await.unwrap();
    let device = vendor.device("MX-204-0001", Some(customer.id)).await;
    device.buy(&vendor, &option, "permanent").await.unwrap();
    let (name, out) = ("osaka".parse().unwrap(), vendor.folder.path().join("identity"));
    issue_distribution(&vendor.data(), &name, &out, &vendor.clock).await.unwrap();
    assert!(!status(&vendor).await.root_is_here);
}

#[tokio::test]
async fn a_new_key_signs_at_once_and_the_one_before_it_still_counts() {
    let (mut vendor, world) = Vendor::with_world().await;
    let device = &world.device;
    let before = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    for role in KeyRole::ALL {
        let old = signing(&vendor, role).await;
        change(&vendor, KeyChange::Rotate(role)).await.unwrap();
        assert_ne!(signing(&vendor, role).await, old);
    }
    let ring = newest_ring(&vendor, device).await;
    let signed = catalogue(&vendor, device).await;
    assert_eq!(device.ring.verify(&signed), Err(SignatureError::UnknownKey(signed.key())));
    ring.verify(&signed).unwrap();
    // A purchase in the middle of it goes on with the ticket that it has.
    ring.verify(&before.manifest).unwrap();
    device.deliver(&vendor, &before).await.unwrap();
    device.received(&vendor, &before).await.unwrap();

    // After two more, the first one is gone, and nothing is left of it on the disk.
    let first = device.ring.list().keys()[0].id();
    change(&vendor, KeyChange::Rotate(KeyRole::Release)).await.unwrap();
    vendor.restart().await;
    assert!(!newest_ring(&vendor, device).await.is_in_force(first));
    let files: Vec<_> = std::fs::read_dir(vendor.data().join("signing-keys")).unwrap().collect();
    assert_eq!(files.len(), 4, "two of each role");
}

#[tokio::test]
async fn what_a_revoked_key_has_signed_is_signed_anew_and_says_the_same() {
    let (mut vendor, world) = Vendor::with_world().await;
    let device = Device { ring: world.device.ring.clone(), ..world.device.clone() };
    let authorised = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    device.deliver(&vendor, &authorised).await.unwrap();
    device.received(&vendor, &authorised).await.unwrap();
    let licence = device.choose(&vendor, authorised.order, "permanent").await.unwrap();
    let manifest = device.manifest(&authorised);

    for role in KeyRole::ALL {
        let stolen = signing(&vendor, role).await;
        let status = change(&vendor, KeyChange::Revoke(stolen)).await.unwrap();
        assert!(status.list.revoked().contains(&stolen) && !status.signing.contains(&stolen));
        assert_eq!(change(&vendor, KeyChange::Revoke(stolen)).await, Err(RefusalCode::Conflict), "for ever");
        let file = vendor.data().join("signing-keys").join(format!("{role}-{stolen}.der"));
        assert!(!file.exists(), "nobody needs it any more");
    }
    let unknown = "00112233445566778899aabbccddeeff".parse().unwrap();
    assert_eq!(change(&vendor, KeyChange::Revoke(unknown)).await, Err(RefusalCode::NotFound));
    vendor.restart().await;

    let ring = newest_ring(&vendor, &device).await;
    assert!(matches!(ring.verify(&authorised.manifest), Err(SignatureError::Revoked(_))));
    assert!(matches!(ring.verify(&authorised.ticket), Err(SignatureError::Revoked(_))));
    let device = Device { ring, ..device };
    let again = device.order(&vendor, authorised.order, &world.option, None).await.unwrap();
    assert_eq!(device.manifest(&again), manifest);
    assert_eq!(device.choose(&vendor, authorised.order, "permanent").await, Ok(licence));
    device.ring.verify(&catalogue(&vendor, &device).await).unwrap();
    let refused = device.fetch(&vendor, &authorised.ticket, MissingChunks::default()).await.err();
    assert_eq!(refused, Some(RefusalCode::TicketInvalid), "a ticket of the revoked key");
}

#[tokio::test]
async fn a_list_that_the_root_has_signed_elsewhere_counts_without_a_restart_and_after_one() {
    let (mut vendor, world) = Vendor::with_world().await;
    let root = move_root_away(&vendor);
    let stolen = signing(&vendor, KeyRole::Release).await;
    let KeyRequest { proposed, .. } = request(&vendor, KeyChange::Revoke(stolen)).await;
    assert_eq!(signing(&vendor, KeyRole::Release).await, stolen, "nothing has changed yet");
    let list = root.key().sign(&proposed).unwrap();
    // A request survives a restart: the new key is on the disk.
    vendor.restart().await;
    import(&vendor, list.clone()).await.unwrap();
    import(&vendor, list.clone()).await.unwrap();
    let signed = catalogue(&vendor, &world.device).await;
    assert_ne!(signed.key(), stolen);
    vendor.restart().await;
    assert_eq!(newest_ring(&vendor, &world.device).await.list(), &proposed);
}

#[tokio::test]
async fn a_list_that_is_not_the_roots_or_leads_back_is_refused_and_changes_nothing() {
    let (vendor, _) = Vendor::with_world().await;
    let root = move_root_away(&vendor);
    let before = status(&vendor).await;
    let stolen = signing(&vendor, KeyRole::Release).await;

    let first = request(&vendor, KeyChange::Rotate(KeyRole::Licence)).await.proposed;
    let second = request(&vendor, KeyChange::Revoke(stolen)).await.proposed;
    let other = Root::generate(vendor.clock.now()).unwrap();
    assert_eq!(import(&vendor, other.key().sign(&second).unwrap()).await, Err(RefusalCode::InvalidInput));
    let voided = root.key().sign(&first).unwrap();
    assert_eq!(import(&vendor, voided.clone()).await, Err(RefusalCode::Conflict), "its key was thrown away");
    import(&vendor, root.key().sign(&second).unwrap()).await.unwrap();
    assert_eq!(import(&vendor, voided).await, Err(RefusalCode::Conflict), "made before it");
    let present = status(&vendor).await.list;
    let stolen = *before.list.keys().iter().find(|entry| entry.id() == stolen).unwrap();
    let with_it = present.keys().iter().copied().chain([stolen]).collect();
    let back = KeyList::new(present.version() + 1, with_it, Vec::new()).unwrap();
    assert_eq!(import(&vendor, root.key().sign(&back).unwrap()).await, Err(RefusalCode::Conflict), "newer, but so too");
    let old = root.key().sign(&before.list).unwrap();
    assert_eq!(import(&vendor, old).await, Err(RefusalCode::Conflict), "an older list");

    // A list that was made beside the present one, not after it: it does not know the key that signs, neither as one that
    // counts nor as one that is revoked. All its keys are here.
    let made = request(&vendor, KeyChange::Rotate(KeyRole::Release)).await.proposed;
    let signing = signing(&vendor, KeyRole::Release).await;
    let keys: Vec<_> = made.keys().iter().copied().filter(|entry| entry.id() != signing).collect();
    let beside = KeyList::new(made.version(), keys, made.revoked().to_vec()).unwrap();
    assert_eq!(import(&vendor, root.key().sign(&beside).unwrap()).await, Err(RefusalCode::Conflict), "beside");

    // Keys that nobody here has: the server could sign nothing any more.
    let entry = |seed, role| KeyEntry { key: protocol::signed::SigningKey::from_seed(&[seed; 32]).verify_key(), role };
    let strangers = vec![entry(1, KeyRole::Release), entry(2, KeyRole::Licence)];
    let revoked = present.keys().iter().map(KeyEntry::id).chain(present.revoked().iter().copied()).collect();
    let strange = KeyList::new(u64::MAX, strangers, revoked).unwrap();
    assert_eq!(import(&vendor, root.key().sign(&strange).unwrap()).await, Err(RefusalCode::Conflict));
    assert_eq!(status(&vendor).await.list, second);
}

#[tokio::test]
async fn what_the_root_has_signed_on_the_servers_machine_is_on_record_beside_its_key() {
    let vendor = Vendor::open().await;
    let record = vendor.data().join("root.pem.signed");
    let on_record = || {
        let list: RootSigned<KeyList> = RootSigned::from_text(&std::fs::read_to_string(&record).unwrap()).unwrap();
        KeyRing::open(&list, &vendor.admin().root_key().unwrap()).unwrap().list().clone()
    };
    assert_eq!(on_record(), status(&vendor).await.list, "from the beginning");
    let rotated = change(&vendor, KeyChange::Rotate(KeyRole::Release)).await.unwrap();
    assert_eq!(on_record(), rotated.list);
}

#[tokio::test]
async fn a_distribution_service_elsewhere_learns_of_new_keys_by_itself_and_remembers() {
    let (mut vendor, world) = Vendor::with_world().await;
    let (device, identity) = (&world.device, vendor.folder.path().join("identity"));
    issue_distribution(&vendor.data(), &"osaka".parse().unwrap(), &identity, &vendor.clock).await.unwrap();
    vendor.restart_as(|data| Role::Customers { data, content_server: "x:1".parse().unwrap() }).await;
    let old = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    let customers = vendor.server().local_addr().to_string();
    let packages = vendor.data().join("packages");
    let role = Role::Distribution { identity: identity.clone(), customers, packages };
    let distribution = start(role.clone(), &vendor.clock).await;
    let fetch = async |ticket: &Signed<protocol::Ticket>, from: std::net::SocketAddr| {
        let config = protocol::net::client_config(&device.credentials, protocol::message::Service::Content).unwrap();
        let client = protocol::net::Client::connect(from, config).await.unwrap();
        super::play::fetch(client, ticket, MissingChunks::default()).await.map(drop)
    };
    fetch(&old.ticket, distribution.local_addr()).await.unwrap();

    let stolen = signing(&vendor, KeyRole::Licence).await;
    change(&vendor, KeyChange::Revoke(stolen)).await.unwrap();
    // Past the pause between two questions.
    vendor.clock.advance_ms(60_000);
    let new = device.order(&vendor, order_id(), &world.option, None).await.unwrap();
    fetch(&new.ticket, distribution.local_addr()).await.unwrap();
    let forged = fetch(&old.ticket, distribution.local_addr()).await;
    assert_eq!(forged, Err(RefusalCode::TicketInvalid));
    distribution.shutdown().await;

    vendor.close().await;
    let distribution = start(role, &vendor.clock).await;
    fetch(&new.ticket, distribution.local_addr()).await.unwrap();
    assert_eq!(fetch(&old.ticket, distribution.local_addr()).await, Err(RefusalCode::TicketInvalid));
    distribution.shutdown().await;
}

#[tokio::test]
async fn books_that_were_restored_from_a_backup_do_not_close_the_store() {
    let (mut vendor, world) = Vendor::with_world().await;
    let version = async |vendor: &Vendor| {
        let signed = catalogue(vendor, &world.device).await;
        world.device.ring.verify(&signed).unwrap().version
    };
    vendor.close().await;
    let books = vendor.data().join("books.sqlite");
    let backup = std::fs::read(&books).unwrap();
    vendor.restart().await;
    for content in [b"second", b"third.", b"fourth"] {
        vendor.staff().await.publish(&world.option, content).await.unwrap();
    }
    let seen = version(&vendor).await;
    vendor.close().await;
    std::fs::write(&books, backup).unwrap();
    vendor.clock.advance_ms(1_000);
    vendor.restart().await;
    assert!(version(&vendor).await > seen);
}
