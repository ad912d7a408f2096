//! The data folder: made once, used by one process, and complete or made anew.

use std::path::PathBuf;

use protocol::RefusalCode;
use protocol::message::staff::{Query, StaffRequest};

use crate::clock::Clock;
use crate::server::{Role, SecondPerson, Server, ServerError, ServerOptions, init};

use super::play::Vendor;

fn signing_keys(data: &std::path::Path) -> Vec<PathBuf> {
    std::fs::read_dir(data.join("signing-keys")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn options(data: &std::path::Path) -> ServerOptions {
    let role = Role::All { data: data.to_owned() };
    ServerOptions::new(([127, 0, 0, 1], 0).into(), role, Clock::System)
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_is_told_so_and_the_first_goes_on() {
    let (vendor, world) = Vendor::with_world().await;
    let second = Server::start(options(&vendor.data())).await;
    assert!(matches!(second, Err(ServerError::InUse(_))), "{second:?}");
    world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
}

#[tokio::test]
async fn a_folder_is_initialised_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let missing = Server::start(options(&data)).await;
    assert!(matches!(missing, Err(ServerError::NotInitialised(_))), "{missing:?}");
    let report = init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
    let again = init(&data, SecondPerson::Solo, &Clock::System).await;
    assert!(matches!(again, Err(ServerError::AlreadyInitialised(_))), "{again:?}");
    let server = Server::start(options(&data)).await.unwrap();
    assert_eq!(server.ca_fingerprint(), report.ca_fingerprint);
    server.shutdown().await;
}

#[tokio::test]
async fn an_init_that_was_killed_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let whole = init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
    // Every prefix of the files in the order in which they are written; the mark is the last.
    let release = |path: &PathBuf| path.to_string_lossy().contains("release-");
    for missing_from in (0..=9).rev() {
        let mut keys = signing_keys(&data);
        keys.sort_by_key(|path| !release(path));
        let [release, licence] = keys.try_into().unwrap();
        let file = |name| data.join(name);
        let (root, issuer, server, list) =
            (file("root.pem"), file("issuer.pem"), file("server.pem"), file("key-list.pem"));
        let record = file("root.pem.signed");
        let files = [root, issuer, server, release, licence, record, list, file("books.sqlite"), file("admin.pem")];
        for file in &files[missing_from..] {
            std::fs::remove_file(file).unwrap();
        }
        std::fs::remove_file(data.join("vendor.json")).unwrap();
        std::fs::write(data.join("root.pem.new"), "half a file").unwrap();
        let unfinished = Server::start(options(&data)).await;
        assert!(matches!(unfinished, Err(ServerError::NotInitialised(_))), "{unfinished:?}");
        let report = init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
        assert_eq!(report.ca_fingerprint == whole.ca_fingerprint, missing_from > 0);
        Server::start(options(&data)).await.unwrap().shutdown().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_keys_and_books() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
    let files = ["root.pem", "issuer.pem", "server.pem", "key-list.pem", "books.sqlite", "admin.pem"];
    for file in files.map(|file| data.join(file)).into_iter().chain(signing_keys(&data)) {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    let mode = std::fs::metadata(data.join("signing-keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn damaged_files_are_errors_that_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    init(&data, SecondPerson::Solo, &Clock::System).await.unwrap();
    let key = signing_keys(&data).pop().unwrap();
    let key = format!("signing-keys/{}", key.file_name().unwrap().to_str().unwrap());
    for file in ["books.sqlite", &key, "key-list.pem", "server.pem", "issuer.pem"] {
        std::fs::write(data.join(file), "this is not what it should be, by any means at all").unwrap();
        let error = Server::start(options(&data)).await.unwrap_err();
        assert_eq!((error.code(), error.exit_status()), ("storage-failed", 5), "{file}: {error}");
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_is_taken_is_a_network_error() {
    let vendor = Vendor::open().await;
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), SecondPerson::Solo, &Clock::System).await.unwrap();
    let taken = ServerOptions { listen: vendor.server().local_addr(), ..options(folder.path()) };
    let error = Server::start(taken).await.unwrap_err();
    assert_eq!((error.code(), error.exit_status()), ("cannot-listen", 4), "{error}");
}

#[tokio::test]
async fn a_server_that_is_dropped_frees_its_folder_and_loses_nothing() {
    let (mut vendor, world) = Vendor::with_world().await;
    let licence = world.device.buy(&vendor, &world.option, "permanent").await.unwrap();
    vendor.kill();
    vendor.restart().await;
    let again = world.device.choose(&vendor, licence.id.into(), "permanent").await.unwrap();
    assert_eq!(again, licence);
}

#[tokio::test]
async fn books_that_cannot_be_read_are_told_to_whoever_asks_and_nothing_is_lost() {
    let (vendor, world) = Vendor::with_world().await;
    let behind = sea_orm::Database::connect(format!("sqlite:{}", vendor.data().join("books.sqlite").display()));
    let behind = behind.await.unwrap();
    let rename = async |from: &str, to: &str| {
        sea_orm::ConnectionTrait::execute_unprepared(&behind, &format!("ALTER TABLE {from} RENAME TO {to}"))
            .await
            .unwrap();
    };
    rename("option_software", "away").await;
    let order = super::play::order_id();
    let refused = world.device.order(&vendor, order, &world.option, None).await;
    assert_eq!(refused.err(), Some(RefusalCode::StorageFailed));
    let staff = vendor.staff().await;
    let listed = staff.ask(StaffRequest::Options(Query::default())).await;
    assert_eq!(listed, Err(RefusalCode::StorageFailed));
    rename("away", "option_software").await;
    world.device.order(&vendor, order, &world.option, None).await.unwrap();
}
