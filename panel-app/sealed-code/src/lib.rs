//! Compiled option programs at rest. Compiling takes longer than a user waits, so the machine code is kept; but it is worth as
//! much as the program, and it runs outside every check that the sandbox makes of WebAssembly. So it is encrypted, and only
//! what this device has sealed itself is ever run.
//!
//! ```text
//!  0    8  "KOBAICC1"
//!  8   12  nonce, random
//! 20    n  AES-256-GCM of what the compiler made, with its tag
//! ```
//!
//! The key is derived from a secret of the device and from the option's content key, so an image dies with either. What it is
//! bound to (the release, the licence, and the compiler with all its settings) is associated data.

use std::hash::{Hash as _, Hasher};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use wasmtime::Engine;
use wasmtime::component::Component;
use zeroize::Zeroizing;

const MAGIC: &[u8; 8] = b"KOBAICC1";
const HEAD_BYTES: usize = MAGIC.len() + NONCE_LEN;

/// Why an image is not made or not used. Either way the program can be compiled anew.
#[derive(Debug, thiserror::Error)]
pub enum SealedCodeError {
    /// It is no image, was not sealed with this key, or is bound to something else.
    #[error("the image was not made by this device for this program")]
    Foreign,
    /// The compiler does not write or take it.
    #[error("the compiled program cannot be used: {0}")]
    Code(String),
    /// The system gives no random bits.
    #[error("the system gives no random bits")]
    Random,
}

/// Seals and opens the images of one option on one device.
pub struct CodeKey(LessSafeKey);

impl CodeKey {
    /// From a secret that only this device has, and the option's content key.
    pub fn derive(device: &[u8; 32], content: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("kobai compiled code 1");
        hasher.update(device);
        hasher.update(content);
        let key = Zeroizing::new(<[u8; 32]>::from(hasher.finalize()));
        // 32 bytes are always a valid AES-256 key.
        #[allow(clippy::expect_used)]
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).expect("32 bytes")))
    }

    /// The image of a compiled program, bound to `context`.
    pub fn seal(&self, component: &Component, context: &[u8]) -> Result<Vec<u8>, SealedCodeError> {
        let code = component.serialize().map_err(|error| SealedCodeError::Code(error.to_string()))?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealedCodeError::Random)?;
        let mut sealed = code;
        let aad = associated(component.engine(), context);
        let tag = self.0.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed);
        let tag = tag.map_err(|_| SealedCodeError::Code("it is too large".to_owned()))?;
        Ok([&MAGIC[..], &nonce, &sealed, tag.as_ref()].concat())
    }

    /// The program of an image, ready to run in `engine`.
    pub fn open(&self, engine: &Engine, context: &[u8], image: Vec<u8>) -> Result<Component, SealedCodeError> {
        let mut image = Zeroizing::new(image);
        let (head, sealed) = image.split_at_mut_checked(HEAD_BYTES).ok_or(SealedCodeError::Foreign)?;
        let (magic, nonce) = head.split_at(MAGIC.len());
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| SealedCodeError::Foreign)?;
        if magic != MAGIC {
            return Err(SealedCodeError::Foreign);
        }
        let opened = self.0.open_in_place(Nonce::assume_unique_for_key(nonce), associated(engine, context), sealed);
        let code = opened.map_err(|_| SealedCodeError::Foreign)?;
        // SAFETY: the bytes must be what `Component::serialize` made, unaltered. They carry the tag of a key that is derived
        // from a secret of this device, and `seal` above, which seals nothing else, is all that ever uses that key to seal.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize(engine, code) };
        component.map_err(|error| SealedCodeError::Code(error.to_string()))
    }
}

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeKey(..)")
    }
}

/// The compiler with its version and settings, and what the caller binds the image to.
fn associated(engine: &Engine, context: &[u8]) -> Aad<[u8; 32]> {
    let mut hasher = Piped(blake3::Hasher::new_derive_key("kobai compiled code context 1"));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.write(&(context.len() as u64).to_le_bytes());
    hasher.write(context);
    Aad::from(hasher.0.finalize().into())
}

/// Hashes what hashes itself, without cutting it down to 64 bits.
struct Piped(blake3::Hasher);

impl Hasher for Piped {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0 // nobody asks
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use wasmtime::Config;

    use super::*;

    const CONTEXT: &[u8] = b"release 1";

    fn component(engine: &Engine) -> Component {
        Component::new(engine, wat::parse_str("(component)").unwrap()).unwrap()
    }

    fn key(device: u8, content: u8) -> CodeKey {
        CodeKey::derive(&[device; 32], &[content; 32])
    }

    #[test]
    fn what_was_sealed_here_is_opened_here() {
        let engine = Engine::default();
        let image = key(1, 2).seal(&component(&engine), CONTEXT).unwrap();
        key(1, 2).open(&engine, CONTEXT, image).unwrap();
    }

    #[test]
    fn two_images_of_one_program_have_nothing_in_common() {
        let engine = Engine::default();
        let (one, two) = (key(1, 2).seal(&component(&engine), CONTEXT), key(1, 2).seal(&component(&engine), CONTEXT));
        assert_ne!(one.unwrap()[8..], two.unwrap()[8..]);
    }

    #[test]
    fn an_image_of_another_device_option_context_or_compiler_is_not_looked_at() {
        let engine = Engine::default();
        let image = || key(1, 2).seal(&component(&engine), CONTEXT).unwrap();
        let foreign = |opened: Result<Component, _>| matches!(opened, Err(SealedCodeError::Foreign));
        assert!(foreign(key(9, 2).open(&engine, CONTEXT, image())), "another device");
        assert!(foreign(key(1, 9).open(&engine, CONTEXT, image())), "another content key");
        assert!(foreign(key(1, 2).open(&engine, b"release 2", image())), "another release");
        let other = Engine::new(Config::new().consume_fuel(true)).unwrap();
        assert!(foreign(key(1, 2).open(&other, CONTEXT, image())), "another compiler");
    }

    #[test]
    fn an_image_that_was_touched_anywhere_is_not_looked_at() {
        let engine = Engine::default();
        let image = key(1, 2).seal(&component(&engine), CONTEXT).unwrap();
        for at in (0..image.len()).step_by(97).chain([0, 8, HEAD_BYTES, image.len() - 1]) {
            let mut bad = image.clone();
            bad[at] ^= 1;
            assert!(matches!(key(1, 2).open(&engine, CONTEXT, bad), Err(SealedCodeError::Foreign)), "byte {at}");
        }
        for length in [0, 7, HEAD_BYTES, HEAD_BYTES + 15, image.len() - 1] {
            let cut = image[..length].to_vec();
            assert!(matches!(key(1, 2).open(&engine, CONTEXT, cut), Err(SealedCodeError::Foreign)), "{length} bytes");
        }
        let bare = component(&engine).serialize().unwrap();
        assert!(matches!(key(1, 2).open(&engine, CONTEXT, bare), Err(SealedCodeError::Foreign)), "not encrypted");
    }
}
