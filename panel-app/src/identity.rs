//! The device's private key and its certificates, in files that only the device may read.
//!
//! ```text
//! device.key          the private key, PKCS#8, made once
//! records.key         the key that the device's own records are sealed with, made once
//! CA-SERIAL.pem       certificates up to the root, and key, for one enrolment
//! ```
//!
//! The key is durable before anything is asked of the vendor, so a lost answer costs nothing: the next attempt comes
//! with the same key and is answered alike. Each enrolment has a file of its own, so the one that the store names stays
//! usable until the store names another.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use protocol::net::{Credentials, DeviceKey};
use protocol::{CaFingerprint, DeviceSerial};
use ring::rand::SecureRandom as _;
use zeroize::Zeroizing;

use crate::core::{Enrolment, RecordsKey};
use crate::data::{StorageError, replace_file};

/// No key or certificate file is longer.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The folder of the device's key and certificates.
#[derive(Debug, Clone)]
pub struct IdentityFiles {
    dir: PathBuf,
}

impl IdentityFiles {
    /// In this folder, which exists.
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The device's key; made, and durable, if there is none.
    pub fn device_key(&self) -> Result<DeviceKey, StorageError> {
        let path = self.dir.join("device.key");
        if let Some(der) = read(&path)? {
            return DeviceKey::from_pkcs8(&der).map_err(|error| StorageError::damaged("device key", error));
        }
        let key = DeviceKey::generate().map_err(|error| StorageError::Failed(error.to_string()))?;
        let der = Zeroizing::new(key.to_pkcs8());
        replace_file(&path, &self.dir.join("device.key.new"), &der).map_err(|error| StorageError::at(&path, error))?;
        Ok(key)
    }

    /// The key of the device's own records; made, and durable, if there is none. One that was replaced or is no key
    /// makes every record one that this device has not written, and that is what the vendor is told.
    pub fn records_key(&self) -> Result<RecordsKey, StorageError> {
        let path = self.dir.join("records.key");
        if let Some(bytes) = read(&path)?
            && let Ok(bytes) = <[u8; 32]>::try_from(bytes.as_slice())
        {
            return Ok(RecordsKey::from_bytes(bytes));
        }
        let mut bytes = Zeroizing::new([0; 32]);
        let random = ring::rand::SystemRandom::new().fill(&mut *bytes);
        random.map_err(|_| StorageError::Failed("the system gives no random bits".to_owned()))?;
        replace_file(&path, &self.dir.join("records.key.new"), &*bytes)
            .map_err(|error| StorageError::at(&path, error))?;
        Ok(RecordsKey::from_bytes(*bytes))
    }

    /// Keeps what an enrolment has brought.
    pub fn save(
        &self,
        ca: CaFingerprint,
        serial: &DeviceSerial,
        credentials: &Credentials,
    ) -> Result<(), StorageError> {
        let path = self.credentials_path(ca, serial);
        let pem = Zeroizing::new(credentials.to_pem());
        replace_file(&path, &path.with_extension("new"), pem.as_bytes()).map_err(|error| StorageError::at(&path, error))
    }

    /// The credentials of an enrolment.
    pub fn credentials(&self, enrolment: &Enrolment) -> Result<Credentials, StorageError> {
        let damaged = |detail: &str| StorageError::damaged("device certificate", detail);
        let path = self.credentials_path(enrolment.ca_fingerprint, &enrolment.serial);
        let pem = read(&path)?.ok_or_else(|| damaged("the file is missing"))?;
        let pem = std::str::from_utf8(&pem).map_err(|_| damaged("not a text"))?;
        Credentials::from_pem(pem).map_err(|error| StorageError::damaged("device certificate", error))
    }

    fn credentials_path(&self, ca: CaFingerprint, serial: &DeviceSerial) -> PathBuf {
        self.dir.join(format!("{ca}-{serial}.pem"))
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StorageError> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StorageError::at(path, error)),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(|error| StorageError::at(path, error))?;
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use protocol::Timestamp;
    use protocol::net::{Identity, Root};

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_795_000_000_000);

    fn enrolment(ca: CaFingerprint) -> Enrolment {
        Enrolment {
            serial: "MX-204-0001".parse().unwrap(),
            vendor: "localhost:1".to_owned(),
            ca_fingerprint: ca,
            root_key: protocol::keys::RootKey::from_point(&[4; 65]).unwrap(),
            device_key: protocol::DeviceKeyHash([3; 32]),
        }
    }

    #[test]
    fn the_device_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let files = IdentityFiles::new(dir.path().to_owned());
        let first = files.device_key().unwrap().to_pkcs8();
        assert_eq!(files.device_key().unwrap().to_pkcs8(), first);
        assert_eq!(std::fs::read(dir.path().join("device.key")).unwrap(), first, "durable before it is used");
    }

    #[test]
    fn the_records_key_is_made_once_and_anew_when_it_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let files = IdentityFiles::new(dir.path().to_owned());
        let first = files.records_key().unwrap();
        assert_eq!(files.records_key().unwrap(), first);
        std::fs::write(dir.path().join("records.key"), b"short").unwrap();
        assert_ne!(files.records_key().unwrap(), first);
    }

    #[test]
    fn a_key_that_was_half_written_when_the_power_failed_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("device.key.new"), b"\x30\x81").unwrap();
        IdentityFiles::new(dir.path().to_owned()).device_key().unwrap();
    }

    #[test]
    fn a_damaged_key_is_not_silently_replaced() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("device.key"), b"garbage").unwrap();
        let error = IdentityFiles::new(dir.path().to_owned()).device_key().err().unwrap();
        assert_eq!(error.code(), "data-damaged");
    }

    #[test]
    fn enrolling_again_elsewhere_leaves_the_present_enrolment_usable() {
        let dir = tempfile::tempdir().unwrap();
        let files = IdentityFiles::new(dir.path().to_owned());
        let authorities = [(); 2].map(|()| Root::generate(NOW).unwrap().issue_authority(NOW).unwrap());
        let serial: DeviceSerial = "MX-204-0001".parse().unwrap();
        for authority in &authorities {
            let key = files.device_key().unwrap();
            let device = Identity::Device(serial.clone());
            let certificate = authority.sign_request(&key.signing_request().unwrap(), &device, NOW).unwrap();
            let chain = authority.chain(certificate.to_vec()).unwrap();
            let credentials = key.into_credentials(&chain, authority.root().clone());
            files.save(authority.fingerprint(), &serial, &credentials).unwrap();
        }
        for authority in &authorities {
            let credentials = files.credentials(&enrolment(authority.fingerprint())).unwrap();
            assert_eq!(credentials.root, *authority.root());
        }
        let unknown = enrolment(CaFingerprint::of(b"another"));
        assert_eq!(files.credentials(&unknown).unwrap_err().code(), "data-damaged");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_the_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        IdentityFiles::new(dir.path().to_owned()).device_key().unwrap();
        let mode = std::fs::metadata(dir.path().join("device.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
