//! Packages: the signed, encrypted bytes of a release, cut into chunks that are verified and stored one by one.

use std::fmt;

mod content;
pub mod file;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::keys::KeyRole;
use crate::signed::Signable;
use crate::{OptionId, ReleaseVersion};

pub use content::{Feature, FeatureError, FeatureList, FeatureListError, LimitsError, PackageContent, ProgramLimits};

/// Bytes that sealing adds to a chunk (the AES-GCM tag).
pub const TAG_LEN: usize = 16;

/// Bytes of a full chunk as stored and sent. A redb value of exactly 1 MiB doubles the file; this one fits its page run.
pub const CHUNK_STORED_MAX: usize = 1_048_512;

/// Bytes of content in a full chunk.
pub const CHUNK_CONTENT_MAX: usize = CHUNK_STORED_MAX - TAG_LEN;

/// Most chunks of a package: 8 GiB of content.
pub const CHUNKS_MAX: u32 = 8_192;

/// Largest content of a package, in bytes.
pub const CONTENT_BYTES_MAX: u64 = CHUNKS_MAX as u64 * CHUNK_CONTENT_MAX as u64;

/// A BLAKE3 hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// From 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0[..6]))
    }
}

/// What kind of software an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OptionKind {
    /// Works on the pages of a job.
    Program,
    /// One or more faces for print jobs and for programs that write on pages.
    FontPack,
}

/// Everything about a package that its bytes must agree with, signed by the vendor at publishing.
///
/// It lists the hash of every chunk as stored, so a chunk is verified the moment it has arrived, and its own
/// [`digest`](Self::digest) names the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ManifestFields", into = "ManifestFields")]
pub struct Manifest {
    /// The option this is a release of.
    pub option: OptionId,
    /// Which release.
    pub version: ReleaseVersion,
    /// What it holds, and what its program may take.
    pub content: PackageContent,
    /// What it gives to jobs.
    pub provides: FeatureList,
    /// Length of the content before sealing, in bytes.
    pub content_bytes: u64,
    /// BLAKE3 of each sealed chunk, in order.
    pub chunks: Vec<Digest>,
}

#[derive(Serialize, Deserialize)]
struct ManifestFields {
    option: OptionId,
    version: ReleaseVersion,
    content: PackageContent,
    provides: FeatureList,
    content_bytes: u64,
    chunks: Vec<Digest>,
}

/// A manifest whose numbers contradict each other or the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// No content, or more than [`CONTENT_BYTES_MAX`].
    #[error("a package has 1 to {CONTENT_BYTES_MAX} bytes of content")]
    Size,
    /// The number of chunks does not follow from the length.
    #[error("the number of chunks does not fit the length of the content")]
    ChunkCount,
    /// Such content cannot give such features.
    #[error("font packs give faces, and programs everything but faces")]
    Features,
}

impl TryFrom<ManifestFields> for Manifest {
    type Error = ManifestError;
    fn try_from(fields: ManifestFields) -> Result<Self, ManifestError> {
        let ManifestFields { option, version, content, provides, content_bytes, chunks } = fields;
        if chunk_count(content_bytes)? as usize != chunks.len() {
            return Err(ManifestError::ChunkCount);
        }
        if !content.can_provide(&provides) {
            return Err(ManifestError::Features);
        }
        Ok(Self { option, version, content, provides, content_bytes, chunks })
    }
}

impl From<Manifest> for ManifestFields {
    fn from(manifest: Manifest) -> Self {
        let Manifest { option, version, content, provides, content_bytes, chunks } = manifest;
        Self { option, version, content, provides, content_bytes, chunks }
    }
}

/// How many chunks `content_bytes` of content are cut into.
pub fn chunk_count(content_bytes: u64) -> Result<u32, ManifestError> {
    if content_bytes == 0 || content_bytes > CONTENT_BYTES_MAX {
        return Err(ManifestError::Size);
    }
    u32::try_from(content_bytes.div_ceil(CHUNK_CONTENT_MAX as u64)).map_err(|_| ManifestError::Size)
}

impl Manifest {
    /// The kind of its option.
    pub const fn kind(&self) -> OptionKind {
        self.content.kind()
    }

    /// Number of chunks; at least one.
    #[allow(clippy::cast_possible_truncation)] // checked against CHUNKS_MAX when the manifest was made
    pub fn chunk_count(&self) -> u32 {
        self.chunks.len() as u32
    }

    /// Length of chunk `index` as stored, in bytes; `None` if there is no such chunk.
    #[allow(clippy::cast_possible_truncation)] // a remainder of CHUNK_CONTENT_MAX
    pub fn stored_chunk_len(&self, index: u32) -> Option<usize> {
        let last = self.chunk_count().checked_sub(1)?;
        match index.cmp(&last) {
            std::cmp::Ordering::Less => Some(CHUNK_STORED_MAX),
            std::cmp::Ordering::Equal => {
                let before = u64::from(last) * CHUNK_CONTENT_MAX as u64;
                Some((self.content_bytes - before) as usize + TAG_LEN)
            }
            std::cmp::Ordering::Greater => None,
        }
    }

    /// Where chunk `index` begins in the stored package, in bytes.
    pub const fn stored_offset(index: u32) -> u64 {
        index as u64 * CHUNK_STORED_MAX as u64
    }

    /// Length of the whole package as stored, in bytes.
    pub fn stored_bytes(&self) -> u64 {
        self.content_bytes + u64::from(self.chunk_count()) * TAG_LEN as u64
    }

    /// The package's name everywhere: the hash of the encoded manifest, which commits to every byte of the package.
    pub fn digest(&self) -> Digest {
        Digest::of(&codec::encode(self))
    }
}

impl Signable for Manifest {
    const CONTEXT: &'static str = "kobai manifest 1";
    const ROLE: KeyRole = KeyRole::Release;
}

/// Consecutive chunks of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkRange {
    /// Index of the first.
    pub first: u32,
    /// How many; at least one.
    pub count: u32,
}

/// The chunks that a device still lacks: ascending, not overlapping, at most [`MissingChunks::MAX_RANGES`] ranges.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ChunkRange>", into = "Vec<ChunkRange>")]
pub struct MissingChunks(Vec<ChunkRange>);

/// Ranges that are empty, overlap, run backwards or are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of missing chunks is not ascending, overlaps or is too long")]
pub struct MissingChunksError;

impl MissingChunks {
    /// Most ranges in one request; a device with more holes asks again for the rest.
    pub const MAX_RANGES: usize = 1_024;

    /// Checks the order of the ranges.
    pub fn new(ranges: Vec<ChunkRange>) -> Result<Self, MissingChunksError> {
        let mut next = 0;
        for range in &ranges {
            if range.count == 0 || range.first < next || range.first.checked_add(range.count).is_none() {
                return Err(MissingChunksError);
            }
            next = range.first + range.count;
        }
        if ranges.len() > Self::MAX_RANGES || next > CHUNKS_MAX {
            return Err(MissingChunksError);
        }
        Ok(Self(ranges))
    }

    /// The chunks of `0..chunk_count` for which `have` is false, as many as fit into one request.
    pub fn collect(chunk_count: u32, mut have: impl FnMut(u32) -> bool) -> Self {
        let mut ranges: Vec<ChunkRange> = Vec::new();
        for index in 0..chunk_count.min(CHUNKS_MAX) {
            if have(index) {
                continue;
            }
            if let Some(last) = ranges.last_mut().filter(|last| last.first + last.count == index) {
                last.count += 1;
            } else if ranges.len() == Self::MAX_RANGES {
                break;
            } else {
                ranges.push(ChunkRange { first: index, count: 1 });
            }
        }
        Self(ranges)
    }

    /// Every index, ascending.
    pub fn indices(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|range| range.first..range.first + range.count)
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[ChunkRange] {
        &self.0
    }

    /// One past the highest index; 0 if nothing is missing.
    pub fn end(&self) -> u32 {
        self.0.last().map_or(0, |range| range.first + range.count)
    }

    /// Nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryFrom<Vec<ChunkRange>> for MissingChunks {
    type Error = MissingChunksError;
    fn try_from(ranges: Vec<ChunkRange>) -> Result<Self, MissingChunksError> {
        Self::new(ranges)
    }
}

impl From<MissingChunks> for Vec<ChunkRange> {
    fn from(missing: MissingChunks) -> Self {
        missing.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(content_bytes: u64) -> Manifest {
        let chunks = vec![Digest([0; 32]); chunk_count(content_bytes).unwrap() as usize];
        let option = "ocr-package".parse().unwrap();
        let content = PackageContent::Program(ProgramLimits::new(64, 1_000_000).unwrap());
        let provides = FeatureList::new(vec!["deskew".parse().unwrap()]).unwrap();
        Manifest { option, version: ReleaseVersion(1), content, provides, content_bytes, chunks }
    }

    #[test]
    fn chunk_lengths_add_up_to_the_stored_length() {
        let full = CHUNK_CONTENT_MAX as u64;
        for content_bytes in [1, full - 1, full, full + 1, 3 * full, 3 * full + 7] {
            let manifest = manifest(content_bytes);
            let sum: usize = (0..manifest.chunk_count()).map(|i| manifest.stored_chunk_len(i).unwrap()).sum();
            assert_eq!(sum as u64, manifest.stored_bytes(), "{content_bytes}");
            assert_eq!(manifest.stored_chunk_len(manifest.chunk_count()), None);
        }
    }

    #[test]
    fn a_manifest_whose_chunks_do_not_fit_its_length_does_not_decode() {
        let mut lying = manifest(CHUNK_CONTENT_MAX as u64 * 2);
        lying.chunks.pop();
        let bytes = codec::encode(&lying);
        assert!(codec::decode::<Manifest>(&bytes).is_err());
        let lying = Manifest { content: PackageContent::FontPack, ..manifest(5) };
        assert!(codec::decode::<Manifest>(&codec::encode(&lying)).is_err(), "a font pack that turns pages straight");
        assert_eq!(chunk_count(0), Err(ManifestError::Size));
        assert_eq!(chunk_count(CONTENT_BYTES_MAX + 1), Err(ManifestError::Size));
        assert_eq!(chunk_count(CONTENT_BYTES_MAX), Ok(CHUNKS_MAX));
    }

    #[test]
    fn missing_chunks_are_named_in_ranges() {
        let missing = MissingChunks::collect(8, |i| matches!(i, 0 | 3 | 4));
        let expected = vec![ChunkRange { first: 1, count: 2 }, ChunkRange { first: 5, count: 3 }];
        assert_eq!(missing.ranges(), expected);
        assert_eq!(missing.indices().collect::<Vec<_>>(), [1, 2, 5, 6, 7]);
        assert!(MissingChunks::collect(4, |_| true).is_empty());
    }

    #[test]
    fn a_device_with_more_holes_than_one_request_names_asks_for_the_first_ones() {
        let missing = MissingChunks::collect(CHUNKS_MAX, |i| i % 2 == 0);
        assert_eq!(missing.ranges().len(), MissingChunks::MAX_RANGES);
        assert!(MissingChunks::new(missing.into()).is_ok());
    }

    #[test]
    fn ranges_that_overlap_or_overflow_are_refused() {
        let range = |first, count| ChunkRange { first, count };
        for bad in [
            vec![range(0, 0)],
            vec![range(0, 2), range(1, 1)],
            vec![range(5, 1), range(0, 1)],
            vec![range(u32::MAX, 1)],
            vec![range(u32::MAX - 1, 9)],
            vec![range(0, CHUNKS_MAX + 1)],
        ] {
            assert_eq!(MissingChunks::new(bad.clone()), Err(MissingChunksError), "{bad:?}");
        }
    }
}
