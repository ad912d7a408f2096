//! What is computed rather than sent: test vectors for hashes, check digits and sealed chunks.

use protocol::content_key::ReleaseContext;
use protocol::{ActivationCode, ContentKey, ReleaseVersion};

use super::book::Page;
use super::staff::audit_row;
use super::world::{manifest, option};

pub(crate) fn page() -> Page {
    let cipher = ContentKey::from_bytes([0x33; 32]).cipher(ReleaseContext::new(&option(), ReleaseVersion(3), 5));
    let sealed = |index| {
        let mut chunk = b"hello".to_vec();
        cipher.seal(index, &mut chunk).unwrap();
        // An array encodes to its bytes alone, without a length.
        <[u8; 21]>::try_from(chunk).unwrap()
    };
    Page::new("derived.txt", "Computed, not sent: hashes and sealed chunks, without any length before them.")
        .value("digest of the manifest in signed.txt", manifest().digest())
        .value("hash of the activation code of 16 bytes 07", ActivationCode::from_random([7; 16]).hash())
        .value("hash of the first audit line in staff-replies.txt", audit_row().hash)
        .value("chunk 0 \"hello\" of ocr-package release 3 (5 bytes), key 32 times 33", sealed(0))
        .value("chunk 1 \"hello\" of the same", sealed(1))
}
