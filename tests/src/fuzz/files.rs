//! What is in files: packages, vaults, certificates, the content of options, settings.

use std::cell::OnceCell;

use panel_app::job::try_rules;
use panel_app::vault::{FileVault, KeyVault as _};
use protocol::codec::decode;
use protocol::content_key::ReleaseContext;
use protocol::net::{Authority, CertificateDer, Credentials, DeviceKey, Identity, Root, certificate_term};
use protocol::package::file::{PackageHeader, pack, unpack};
use protocol::uuid::Uuid;
use protocol::{ContentKey, Digest, LicenceId, Manifest, Timestamp};
use vendor_console::server::Limits;

const KEY: ContentKey = ContentKey::from_bytes([7; 32]);
const TEXT: &str = "請求書 第12号\t合計 ￥1,234（税込）\nInvoice no. 12, total 1,234 yen\n";

/// A manifest, after its length as two bytes, and then chunks.
pub(super) fn package(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (manifest, stored) = rest.split_at(length);
    let Ok(manifest) = decode::<Manifest>(manifest) else { return };
    let sum: u64 =
        (0..manifest.chunk_count()).filter_map(|index| manifest.stored_chunk_len(index)).map(|n| n as u64).sum();
    assert_eq!(sum, manifest.stored_bytes());
    assert_eq!(manifest.stored_chunk_len(manifest.chunk_count()), None);
    let cipher = KEY.cipher(ReleaseContext::from(&manifest));
    let mut chunk = stored.to_vec();
    if cipher.open(0, &mut chunk).is_ok() {
        // Only who has the key can have sealed it; the corpus has.
        assert_ne!(Digest::of(stored), Digest::of(&chunk));
    }
}

/// A package file, as whoever publishes it reads it.
pub(super) fn package_file(bytes: &[u8]) {
    if let Ok((header, content)) = unpack(bytes) {
        assert_eq!(header.content_bytes(), content.len() as u64);
        assert_eq!(header.digest(), Digest::of(content));
        let again = pack(header.content(), header.provides().clone(), content).unwrap();
        assert_eq!(unpack(&again).unwrap(), (header, content), "what was unpacked is packed alike");
    }
    // Without a content of this hash, which mutations do not find.
    if let Some((start, rest)) = bytes.split_first_chunk()
        && let Ok(length) = PackageHeader::length(start)
    {
        let _ = PackageHeader::decode(&rest[..length.min(rest.len())]);
    }
}

/// A vault file with these bytes.
pub(super) fn vault(bytes: &[u8]) {
    thread_local! {
        static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| {
            // In memory if possible: each opening may sync.
            tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
        });
        std::fs::write(folder.path().join("vault"), bytes).unwrap();
        let Ok(vault) = FileVault::open(folder.path()) else { return };
        let licences = vault.list();
        let keys: Vec<_> = licences.iter().map(|licence| vault.get(*licence).unwrap()).collect();
        assert!(keys.iter().all(Option::is_some), "a licence that is listed has its key");
        let new = LicenceId(Uuid::from_bytes([0xa5; 16]));
        vault.keep(new, &KEY).unwrap();
        drop(vault);
        let vault = FileVault::open(folder.path()).unwrap();
        assert_eq!(vault.get(new).unwrap(), Some(KEY));
        for (licence, key) in licences.iter().zip(keys).filter(|(licence, _)| **licence != new) {
            assert_eq!(vault.get(*licence).unwrap(), key, "what was there is still there");
        }
        vault.destroy(new).unwrap();
        assert_eq!(vault.get(new).unwrap(), None);
    });
}

/// A certificate, a signing request, keys, in DER and in PEM.
pub(super) fn certificate(bytes: &[u8]) {
    thread_local! {
        static AUTHORITY: OnceCell<Authority> = const { OnceCell::new() };
    }
    let now = Timestamp::from_ms(1_795_000_000_000);
    let _ = Identity::of_certificate(&CertificateDer::from(bytes));
    let _ = certificate_term(bytes);
    AUTHORITY.with(|authority| {
        let authority = authority.get_or_init(|| Root::generate(now).unwrap().issue_authority(now).unwrap());
        let identity = Identity::Device("HK-320-0001".parse().unwrap());
        if let Ok(issued) = authority.sign_request(bytes, &identity, now) {
            assert_eq!(Identity::of_certificate(&issued), Ok(identity), "names come from the books alone");
        }
    });
    let _ = DeviceKey::from_pkcs8(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Credentials::from_pem(text);
        let _ = Authority::from_pem(text);
        let _ = Root::from_pem(text);
    }
}

/// A rule program.
pub(super) fn program(bytes: &[u8]) {
    let first = try_rules(bytes, TEXT);
    assert_eq!(first, try_rules(bytes, TEXT), "the same text gives the same result");
}

/// `limits.toml`.
pub(super) fn limits(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(limits) = Limits::parse(text) {
        for (spec, value) in limits.values() {
            assert!((spec.min..=spec.max).contains(&value), "{}", spec.key);
        }
    }
}
