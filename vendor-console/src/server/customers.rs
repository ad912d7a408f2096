//! The customer service: what its three speaking parts (enrolment, devices, staff) share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::message::device::Catalogue;
use protocol::message::staff::Topic;
use protocol::time::HOUR_MS;
use protocol::{DeviceSerial, KeyId, Signed, Text, Timestamp};

use super::ServerError;
use super::changes::Changes;
use super::distribution::Transfers;
use super::folder::DataFolder;
use super::guesses::Guesses;
use super::keys::Keys;
use super::live::Live;
use super::pins::Pins;
use super::reporters::Reporters;
use super::turns::Turns;
use crate::clock::Clock;
use crate::content::Packages;
use crate::store::{Store, StoreError};

/// How long a device may use a catalogue.
const CATALOGUE_LIFE_MS: u64 = 24 * HOUR_MS;

/// The customer service.
pub(super) struct Customers {
    pub(super) store: Store,
    pub(super) keys: Keys,
    pub(super) packages: Packages,
    pub(super) clock: Clock,
    pub(super) changes: Changes,
    /// What the distribution service in this process sends now.
    pub(super) transfers: Arc<Transfers>,
    /// `HOST:PORT` of a distribution service on another host.
    pub(super) content_server: Option<Text<120>>,
    /// Devices that are connected to this process.
    pub(super) live: Arc<Live>,
    /// Distribution services that are connected to this process.
    pub(super) reporters: Arc<Reporters>,
    /// Devices whose report is being looked at.
    pub(super) reporting: Turns,
    /// Wrong activation codes.
    pub(super) guesses: Guesses,
    /// Hashes the PINs of contracts.
    pub(super) pins: Pins,
    catalogue: Mutex<Option<SignedCatalogue>>,
    /// When devices were last seen, as far as it is not yet in the books.
    seen: Mutex<HashMap<DeviceSerial, Timestamp>>,
}

#[derive(Clone)]
struct SignedCatalogue {
    version: u64,
    key: KeyId,
    expires_at: Timestamp,
    signed: Signed<Catalogue>,
}

impl SignedCatalogue {
    fn is(&self, version: u64, key: KeyId, good_until: Timestamp) -> bool {
        self.version == version && self.key == key && self.expires_at >= good_until
    }
}

impl Customers {
    pub(super) async fn open(
        folder: &DataFolder,
        clock: Clock,
        content_server: Option<Text<120>>,
    ) -> Result<Self, ServerError> {
        let keys = Keys::read(folder)?;
        let packages = Packages::open_to_publish(&folder.packages()).map_err(ServerError::storage)?;
        let store = Store::open(&folder.database()).await;
        let store = store.map_err(|error| ServerError::file(&folder.database(), error))?;
        let on_file = store.packages().await.map_err(ServerError::storage)?;
        packages.keep_only(&on_file).await.map_err(ServerError::storage)?;
        // Books that were restored from a backup are behind what devices have seen.
        store.raise_catalogue(clock.now()).await.map_err(ServerError::storage)?;
        Ok(Self {
            store,
            keys,
            packages,
            clock,
            changes: Changes::default(),
            transfers: Arc::default(),
            content_server,
            live: Arc::default(),
            reporters: Arc::default(),
            reporting: Turns::default(),
            guesses: Guesses::default(),
            pins: Pins::default(),
            catalogue: Mutex::default(),
            seen: Mutex::default(),
        })
    }

    /// The catalogue, signed, good for half its life at least.
    pub(super) async fn catalogue(&self) -> Result<Signed<Catalogue>, StoreError> {
        let now = self.clock.now();
        let version = self.store.catalogue_version().await?;
        let signing = self.keys.signing();
        let key = signing.release.verify_key().id();
        let good_until = now.plus_ms(CATALOGUE_LIFE_MS / 2);
        let known = self.catalogue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.is(version, key, good_until)) {
            return Ok(known.signed);
        }
        let (version, entries) = self.store.catalogue().await?;
        let expires_at = now.plus_ms(CATALOGUE_LIFE_MS);
        let signed = Signed::new(&Catalogue { version, expires_at, entries }, &signing.release);
        let new = SignedCatalogue { version, key, expires_at, signed: signed.clone() };
        *self.catalogue.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
        Ok(signed)
    }

    /// The device has asked for something. Kept in memory: a durable write for each request would cost more than the
    /// request.
    pub(super) fn saw(&self, device: &DeviceSerial) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(device.clone(), self.clock.now());
    }

    /// When the device was last seen, if that is not yet in the books.
    pub(super) fn last_seen(&self, device: &DeviceSerial) -> Option<Timestamp> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(device).copied()
    }

    /// Another machine has the device's certificate: staff must know.
    pub(super) async fn is_cloned(&self, device: &DeviceSerial) -> Result<(), StoreError> {
        if self.store.mark_cloned(device, self.clock.now()).await? {
            tracing::warn!(serial = %device, "two machines use the certificate of one device");
            self.changes.tell(&[Topic::Devices]);
        }
        Ok(())
    }

    /// Closes the connections of devices and services that may no longer speak, whoever has decided that: another process
    /// may have.
    async fn close_the_revoked(&self) -> Result<(), StoreError> {
        for (serial, certificate) in self.live.devices() {
            match self.store.permit(&serial, &certificate).await {
                Ok(_) => {}
                Err(StoreError::Refused(_)) => self.live.close(&serial, None),
                Err(failure) => return Err(failure),
            }
        }
        for certificate in self.reporters.certificates() {
            match self.store.permit_distribution(&certificate).await {
                Ok(()) => {}
                Err(StoreError::Refused(_)) => self.reporters.close(&certificate),
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    /// Expires orders, forgets old tries, writes down who was seen and closes the connections of who was revoked.
    pub(super) async fn sweep(&self) -> Result<(), StoreError> {
        self.store.forget_tries(self.clock.now()).await?;
        self.close_the_revoked().await?;
        if self.store.expire_orders(self.clock.now()).await? > 0 {
            self.changes.tell(&[Topic::Orders]);
        }
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        self.store.seen(&seen.into_iter().collect::<Vec<_>>()).await
    }

    /// Writes down what is only in memory, and closes the books.
    pub(super) async fn close(&self) {
        let closed = async {
            self.sweep().await?;
            self.store.clone().close().await
        };
        if let Err(error) = closed.await {
            tracing::error!("the books did not close well: {error}");
        }
    }
}
