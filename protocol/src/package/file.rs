//! Package files, `*.kop`: what an option's maker hands to whoever publishes it. The header says what the content is, what
//! it may take and what it gives; all of it is signed as it stands here.
//!
//! ```text
//!   0    8  "KOBAIOPT"
//!   8    2  version of this format, little-endian: 1
//!  10    4  length of the header, little-endian: at most 8,192
//!  14    n  the header, a `PackageHeader` in the encoding of the wire
//! 14+n      the content, as many bytes as the header says, and nothing after it
//! ```

use serde::{Deserialize, Serialize};

use super::{CONTENT_BYTES_MAX, Digest, FeatureList, PackageContent};
use crate::codec;

const MAGIC: &[u8; 8] = b"KOBAIOPT";
const VERSION: u16 = 1;

/// Bytes in front of the header.
pub const START_BYTES: usize = 14;

/// Longest header, in bytes.
pub const HEADER_BYTES_MAX: usize = 8 * 1024;

/// What a package file says of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "HeaderFields", into = "HeaderFields")]
pub struct PackageHeader {
    content: PackageContent,
    provides: FeatureList,
    content_bytes: u64,
    digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct HeaderFields {
    content: PackageContent,
    provides: FeatureList,
    content_bytes: u64,
    digest: Digest,
}

/// Why bytes are no package file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageFileError {
    /// It begins with something else.
    #[error("this is no package file; `vendor-console option pack` makes one")]
    Magic,
    /// Made by a later release.
    #[error("version {0} of package files is not known here")]
    Version(u16),
    /// The header is too long or malformed.
    #[error("the header of the package file is damaged: {0}")]
    Header(String),
    /// No content, or more than a package can hold.
    #[error("a package has 1 to {CONTENT_BYTES_MAX} bytes of content")]
    Size,
    /// Such content cannot give such features.
    #[error("font packs give faces, and programs everything but faces")]
    Features,
    /// The content is not as long as the header says, or not what was packed.
    #[error("the content of the package file is damaged")]
    Content,
}

impl PackageHeader {
    /// The header of content with this length and BLAKE3 hash.
    pub fn new(
        content: PackageContent,
        provides: FeatureList,
        content_bytes: u64,
        digest: Digest,
    ) -> Result<Self, PackageFileError> {
        if content_bytes == 0 || content_bytes > CONTENT_BYTES_MAX {
            return Err(PackageFileError::Size);
        }
        if !content.can_provide(&provides) {
            return Err(PackageFileError::Features);
        }
        Ok(Self { content, provides, content_bytes, digest })
    }

    /// The header of this content.
    pub fn of(content: PackageContent, provides: FeatureList, bytes: &[u8]) -> Result<Self, PackageFileError> {
        Self::new(content, provides, bytes.len() as u64, Digest::of(bytes))
    }

    /// What the content is, and what it may take.
    pub const fn content(&self) -> PackageContent {
        self.content
    }

    /// What it gives to jobs.
    pub const fn provides(&self) -> &FeatureList {
        &self.provides
    }

    /// Length of the content, in bytes; at least 1.
    pub const fn content_bytes(&self) -> u64 {
        self.content_bytes
    }

    /// BLAKE3 of the content.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Everything that is in front of the content.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = codec::encode(self);
        // 16 features of 80 characters, and some numbers.
        #[allow(clippy::cast_possible_truncation)]
        let length = header.len() as u32;
        [&MAGIC[..], &VERSION.to_le_bytes(), &length.to_le_bytes(), &header].concat()
    }

    /// How long the header is that follows these first bytes.
    pub fn length(start: &[u8; START_BYTES]) -> Result<usize, PackageFileError> {
        let [magic @ .., v0, v1, l0, l1, l2, l3] = start;
        if magic != MAGIC {
            return Err(PackageFileError::Magic);
        }
        let version = u16::from_le_bytes([*v0, *v1]);
        if version != VERSION {
            return Err(PackageFileError::Version(version));
        }
        match u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize {
            length @ 1..=HEADER_BYTES_MAX => Ok(length),
            length => Err(PackageFileError::Header(format!("{length} bytes"))),
        }
    }

    /// The header of these bytes, which are as many as [`Self::length`] says.
    pub fn decode(header: &[u8]) -> Result<Self, PackageFileError> {
        codec::decode(header).map_err(|error| PackageFileError::Header(error.to_string()))
    }
}

impl TryFrom<HeaderFields> for PackageHeader {
    type Error = PackageFileError;
    fn try_from(fields: HeaderFields) -> Result<Self, PackageFileError> {
        Self::new(fields.content, fields.provides, fields.content_bytes, fields.digest)
    }
}

impl From<PackageHeader> for HeaderFields {
    fn from(header: PackageHeader) -> Self {
        let PackageHeader { content, provides, content_bytes, digest } = header;
        Self { content, provides, content_bytes, digest }
    }
}

/// A package file of this content.
pub fn pack(content: PackageContent, provides: FeatureList, bytes: &[u8]) -> Result<Vec<u8>, PackageFileError> {
    let mut file = PackageHeader::of(content, provides, bytes)?.to_bytes();
    file.extend_from_slice(bytes);
    Ok(file)
}

/// Header and content of a whole package file.
pub fn unpack(file: &[u8]) -> Result<(PackageHeader, &[u8]), PackageFileError> {
    let (start, rest) = file.split_first_chunk().ok_or(PackageFileError::Magic)?;
    let length = PackageHeader::length(start)?;
    let split = rest.split_at_checked(length);
    let (header, content) = split.ok_or_else(|| PackageFileError::Header("it is cut off".to_owned()))?;
    let header = PackageHeader::decode(header)?;
    if content.len() as u64 != header.content_bytes || Digest::of(content) != header.digest {
        return Err(PackageFileError::Content);
    }
    Ok((header, content))
}

#[cfg(test)]
mod tests {
    use super::super::{Feature, ProgramLimits};
    use super::*;

    fn program() -> PackageContent {
        PackageContent::Program(ProgramLimits::new(64, 1_000_000).unwrap())
    }

    fn features(names: &[&str]) -> FeatureList {
        FeatureList::new(names.iter().map(|name| name.parse().unwrap()).collect()).unwrap()
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let file = pack(program(), features(&["deskew"]), b"content").unwrap();
        let (header, content) = unpack(&file).unwrap();
        assert_eq!(content, b"content");
        assert_eq!(header, PackageHeader::of(program(), features(&["deskew"]), b"content").unwrap());
        assert_eq!(file, [header.to_bytes(), b"content".to_vec()].concat());
    }

    #[test]
    fn the_largest_header_fits() {
        let longest = |n: usize| Feature::face(&format!("{n:02}{}", "購".repeat(73))).unwrap();
        let list = FeatureList::new((0..FeatureList::MAX).map(longest).collect()).unwrap();
        assert!(unpack(&pack(PackageContent::FontPack, list, b"x").unwrap()).is_ok());
    }

    #[test]
    fn any_other_byte_makes_another_file_or_none() {
        let file = pack(program(), features(&["deskew"]), b"content").unwrap();
        let whole = unpack(&file).unwrap().0;
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 0x40;
            assert!(unpack(&bad).is_err() || unpack(&bad).unwrap().0 != whole, "byte {at}");
            assert!(unpack(&file[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(unpack(&[file.as_slice(), b"x"].concat()), Err(PackageFileError::Content));
        assert_eq!(unpack(b"\0asm\x0d\0\x01\0 and so on"), Err(PackageFileError::Magic));
        let mut newer = file;
        newer[8] = 2;
        assert_eq!(unpack(&newer), Err(PackageFileError::Version(2)));
    }

    #[test]
    fn content_without_bytes_or_with_what_it_cannot_give_is_not_packed() {
        assert_eq!(pack(program(), features(&[]), b""), Err(PackageFileError::Size));
        assert_eq!(pack(program(), features(&["face:A"]), b"x"), Err(PackageFileError::Features));
        assert_eq!(
            PackageHeader::new(program(), features(&[]), CONTENT_BYTES_MAX + 1, Digest([0; 32])),
            Err(PackageFileError::Size)
        );
    }
}
