//! PINs as argon2id hashes. Hashing takes 19 MiB and a noticeable time by design, so it runs beside the server's one
//! thread, a few at a time, one of each device, and whoever comes when too many wait is asked to come again.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use protocol::{ContractPin, DeviceSerial, Refusal, RefusalCode};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::turns::{Turn, Turns};
use crate::random;

/// Memory of one hash, in KiB, and passes over it: the OWASP password storage cheat sheet's choice for argon2id.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
/// Hashes at a time: 38 MiB.
const RUNNING_MAX: usize = 2;
/// Running and waiting.
const WAITING_MAX: usize = 64;

/// What is compared when there is nothing to compare with, so that the answer takes as long: a hash of nothing that could
/// be typed.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$a29iYWkgbm9ib2R5IDEh$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and compares.
#[derive(Debug)]
pub(super) struct Pins {
    running: Arc<Semaphore>,
    waiting: Semaphore,
    turns: Turns,
}

/// A device's place among those whose PIN is compared. It is taken before the try is put on file, so that no try is counted
/// that nobody looks at.
pub(super) struct Place<'a> {
    pins: &'a Pins,
    _waiting: SemaphorePermit<'a>,
    _turn: Turn<'a>,
}

impl Default for Pins {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(RUNNING_MAX)),
            waiting: Semaphore::new(WAITING_MAX),
            turns: Turns::default(),
        }
    }
}

impl Pins {
    /// A place for this device, once it is the device's turn: one device never has more than one of all places. `Busy` if
    /// none is free.
    pub(super) async fn place<'a>(&'a self, device: &'a DeviceSerial) -> Result<Place<'a>, Refusal> {
        let turn = self.turns.wait(device).await;
        Ok(Place { pins: self, _waiting: self.wait()?, _turn: turn })
    }

    /// The hash to keep, as a PHC string with a salt of its own.
    pub(super) async fn hash(&self, pin: ContractPin) -> Result<String, Refusal> {
        let _waiting = self.wait()?;
        let salt: [u8; 16] = random::bytes().map_err(failed)?;
        self.run(move || {
            let salt = SaltString::encode_b64(&salt).map_err(failed)?;
            Ok(hasher()?.hash_password(pin.expose().as_bytes(), &salt).map_err(failed)?.to_string())
        })
        .await
    }

    fn wait(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        self.waiting.try_acquire().map_err(|_| RefusalCode::Busy.into())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let turn = self.running.clone().acquire_owned().await.map_err(failed)?;
        // The turn ends with the work, also if whoever asked has gone.
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    }
}

impl Place<'_> {
    /// Whether the PIN fits. The work is the same with and without a hash, with and without a PIN; without a hash any
    /// entry fits.
    pub(super) async fn fits(self, hash: Option<String>, pin: Option<ContractPin>) -> Result<bool, Refusal> {
        let compare = move || {
            let typed = pin.as_ref().map_or("", |pin| pin.expose());
            let parsed = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS_HASH)).map_err(failed)?;
            let fits = hasher()?.verify_password(typed.as_bytes(), &parsed).is_ok();
            Ok(fits || hash.is_none())
        };
        self.pins.run(compare).await
    }
}

fn hasher() -> Result<Argon2<'static>, Refusal> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    tracing::error!("a PIN could not be hashed: {error}");
    RefusalCode::StorageFailed.into()
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn pin(digits: &str) -> Option<ContractPin> {
        Some(digits.parse().unwrap())
    }

    async fn fits(pins: &Pins, hash: Option<String>, pin: Option<ContractPin>) -> Result<bool, Refusal> {
        let device = "MX-204-0001".parse().unwrap();
        pins.place(&device).await?.fits(hash, pin).await
    }

    #[tokio::test]
    async fn only_the_right_pin_fits_and_the_hash_does_not_show_it() {
        let pins = Pins::default();
        let hash = pins.hash("004711".parse().unwrap()).await.unwrap();
        assert_ne!(hash, pins.hash("004711".parse().unwrap()).await.unwrap(), "a salt of its own");
        assert!(!hash.contains("004711"));
        assert!(fits(&pins, Some(hash.clone()), pin("004711")).await.unwrap());
        for wrong in [pin("004712"), pin("4711"), None] {
            assert!(!fits(&pins, Some(hash.clone()), wrong).await.unwrap());
        }
    }

    #[tokio::test]
    async fn without_a_hash_the_same_work_is_done() {
        let made = Pins::default().hash("1234".parse().unwrap()).await.unwrap();
        let cost = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NOBODYS_HASH), cost(&made));
        let length = |hash: &str| PasswordHash::new(hash).unwrap().hash.unwrap().len();
        assert_eq!(length(NOBODYS_HASH), length(&made));
        assert!(fits(&Pins::default(), None, pin("1234")).await.unwrap());
        assert!(fits(&Pins::default(), None, None).await.unwrap());
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_asked_to_come_again() {
        let pins = Pins::default();
        let _others = pins.waiting.try_acquire_many(u32::try_from(WAITING_MAX).unwrap()).unwrap();
        assert_eq!(fits(&pins, None, None).await.unwrap_err().code, RefusalCode::Busy);
    }

    #[tokio::test]
    async fn one_device_takes_one_place_however_much_it_asks() {
        let pins = Pins::default();
        let (greedy, honest) = ("MX-204-0001".parse().unwrap(), "MX-204-0002".parse().unwrap());
        let first = pins.place(&greedy).await.unwrap();
        let mut more: Vec<_> = (0..2 * WAITING_MAX).map(|_| Box::pin(pins.place(&greedy))).collect();
        assert!(more.iter_mut().all(|place| place.now_or_never().is_none()), "they wait for their turn");
        assert_eq!(pins.waiting.available_permits(), WAITING_MAX - 1);
        assert!(pins.place(&honest).await.unwrap().fits(None, None).await.unwrap());
        drop(first);
        drop(more);
        assert_eq!(pins.waiting.available_permits(), WAITING_MAX);
    }
}
