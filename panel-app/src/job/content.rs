//! The content of an installed option, unsealed in memory for one job and wiped afterwards.

use protocol::ContentKey;
use protocol::content_key::ReleaseContext;
use zeroize::Zeroizing;

use super::{Stop, go_on};
use crate::cancel::Cancel;
use crate::core::{JobFault, JobOption};
use crate::store::ChunkStore;

/// Largest content that this release can use, in bytes.
const CONTENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Unseals all chunks with the licence's key.
pub(super) fn unseal(
    option: &JobOption,
    chunks: &ChunkStore,
    key: &ContentKey,
    cancel: &Cancel,
) -> Result<Zeroizing<Vec<u8>>, Stop> {
    let manifest = &option.manifest;
    let damaged = |detail: &dyn std::fmt::Display| {
        tracing::error!(option = %manifest.option, %detail, "an option cannot be used");
        Stop::Fault(JobFault::OptionDamaged)
    };
    if manifest.content_bytes > CONTENT_BYTES_MAX {
        return Err(damaged(&"larger than the machine's memory for it"));
    }
    let cipher = key.cipher(ReleaseContext::from(manifest));
    let package = manifest.digest();

    // With room for everything at once, so that growing leaves no copies behind.
    let length = usize::try_from(manifest.content_bytes).map_err(|error| damaged(&error))?;
    let mut content = Zeroizing::new(Vec::with_capacity(length));
    for index in 0..manifest.chunk_count() {
        go_on(cancel)?;
        let chunk = chunks.read(package, index).map_err(|error| damaged(&error))?;
        let mut chunk = Zeroizing::new(chunk.ok_or_else(|| damaged(&"a chunk is missing"))?);
        let opened = cipher.open(index, &mut chunk).map_err(|error| damaged(&error))?;
        if content.len() + opened.len() > length {
            return Err(damaged(&"longer than its manifest says"));
        }
        content.extend_from_slice(opened);
    }
    if content.len() == length { Ok(content) } else { Err(damaged(&"shorter than its manifest says")) }
}
