//! Packages: sealed once at publishing, kept under the name of their manifest's digest, and never changed.

use std::collections::HashSet;
use std::io;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use protocol::content_key::{ContentKey, ReleaseContext};
use protocol::package::file::PackageHeader;
use protocol::package::{CHUNK_CONTENT_MAX, CHUNK_STORED_MAX, Manifest, TAG_LEN, chunk_count};
use protocol::{Digest, OptionId, Refusal, RefusalCode, ReleaseVersion};
use tokio::io::{AsyncRead, AsyncReadExt};
use uuid::Uuid;

/// Folder of what is being uploaded. A final name never shows less than a whole package.
const UPLOADS: &str = "uploads";
/// Chunks that are written at once: 8 MiB, because S3 wants parts of 5 MiB or more.
const CHUNKS_PER_PART: usize = 8;

/// Why a package could not be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    /// The upload has not the announced length, or is not what was packed.
    #[error("the upload is not what was announced")]
    Incomplete,
    /// The package is not there, or not as long as it should be.
    #[error("package {0} is missing or damaged")]
    Unavailable(Digest),
    /// A disk or object store failed.
    #[error("the package store failed: {0}")]
    Store(#[from] object_store::Error),
    /// A folder could not be made.
    #[error("the package folder cannot be used: {0}")]
    Folder(#[from] io::Error),
    /// A chunk could not be encrypted.
    #[error(transparent)]
    Seal(#[from] protocol::content_key::ChunkError),
}

impl From<ContentError> for Refusal {
    fn from(error: ContentError) -> Self {
        match error {
            ContentError::Incomplete => RefusalCode::UploadIncomplete.into(),
            ContentError::Unavailable(_) => {
                tracing::error!("{error}");
                RefusalCode::PackageUnavailable.into()
            }
            failure => {
                tracing::error!("{failure}");
                RefusalCode::StorageFailed.into()
            }
        }
    }
}

/// What a package shall be.
pub(crate) struct Recipe {
    pub(crate) option: OptionId,
    pub(crate) version: ReleaseVersion,
    /// What is said of the content that will come.
    pub(crate) package: PackageHeader,
    /// How long to wait for each chunk of it.
    pub(crate) patience: Duration,
}

/// All packages of the vendor.
#[derive(Clone)]
pub(crate) struct Packages {
    objects: Arc<dyn ObjectStore>,
}

impl Packages {
    /// The packages in `folder`, for a process that only reads.
    pub(crate) fn open(folder: &FilePath) -> Result<Self, ContentError> {
        if !folder.exists() {
            std::fs::create_dir_all(folder)?;
            crate::private_file::sync_parent(folder)?;
        }
        Ok(Self { objects: Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true)) })
    }

    /// The packages in `folder`, for the one process that publishes: what a killed upload has left is deleted.
    pub(crate) fn open_to_publish(folder: &FilePath) -> Result<Self, ContentError> {
        let uploads = folder.join(UPLOADS);
        if uploads.exists() {
            std::fs::remove_dir_all(uploads)?;
        }
        Self::open(folder)
    }

    /// Encrypts `content` chunk by chunk and stores it; when this returns the package is durable under the digest of
    /// the manifest. Memory is bounded whatever the length.
    pub(crate) async fn seal(
        &self,
        recipe: Recipe,
        key: &ContentKey,
        content: &mut (impl AsyncRead + Unpin + Send),
    ) -> Result<Manifest, ContentError> {
        let Recipe { option, version, package, patience } = recipe;
        let content_bytes = package.content_bytes();
        let chunk_count = chunk_count(content_bytes).map_err(|_| ContentError::Incomplete)?;
        let cipher = key.cipher(ReleaseContext::new(&option, version, content_bytes));
        let temporary = Path::from_iter([UPLOADS.to_owned(), Uuid::new_v4().to_string()]);
        let mut upload = Upload::new(self.objects.put_multipart(&temporary).await?);
        let mut chunks = Vec::with_capacity(chunk_count as usize);
        let mut hasher = blake3::Hasher::new();
        let mut left = content_bytes;
        for index in 0..chunk_count {
            let length = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_CONTENT_MAX);
            let mut chunk = Vec::with_capacity(length + TAG_LEN);
            chunk.resize(length, 0);
            let filled = tokio::time::timeout(patience, content.read_exact(&mut chunk)).await;
            filled.map_err(|_| ContentError::Incomplete)?.map_err(|_| ContentError::Incomplete)?;
            hasher.update(&chunk);
            cipher.seal(index, &mut chunk)?;
            chunks.push(Digest::of(&chunk));
            upload.put(chunk).await?;
            left -= length as u64;
        }
        if has_more(content).await || Digest(hasher.finalize().into()) != package.digest() {
            return Err(ContentError::Incomplete);
        }
        upload.complete().await?;
        let (content, provides) = (package.content(), package.provides().clone());
        let manifest = Manifest { option, version, content, provides, content_bytes, chunks };
        self.objects.rename(&temporary, &object_path(manifest.digest())).await?;
        Ok(manifest)
    }

    /// Deletes every package that is on no release: a process killed between storing one and putting it on file leaves
    /// such. Only for the one process that publishes.
    pub(crate) async fn keep_only(&self, on_file: &HashSet<Digest>) -> Result<(), ContentError> {
        let mut found = self.objects.list(None);
        while let Some(object) = found.next().await {
            let path = object?.location;
            // Files of other origin stay.
            if let Some(package) = Digest::from_hex(path.as_ref())
                && !on_file.contains(&package)
            {
                tracing::warn!("package {package} is on no release and is deleted");
                self.discard(package).await?;
            }
        }
        Ok(())
    }

    /// Deletes a package that is on no release.
    pub(crate) async fn discard(&self, package: Digest) -> Result<(), ContentError> {
        Ok(self.objects.delete(&object_path(package)).await?)
    }

    /// The package with this digest, if it is there and can have so many chunks.
    pub(crate) async fn open_package(&self, package: Digest, chunk_count: u32) -> Result<Package, ContentError> {
        let path = object_path(package);
        let found = self.objects.head(&path).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => ContentError::Unavailable(package),
            other => ContentError::Store(other),
        })?;
        if chunk_count == 0 || found.size.div_ceil(CHUNK_STORED_MAX as u64) != u64::from(chunk_count) {
            return Err(ContentError::Unavailable(package));
        }
        Ok(Package { objects: self.objects.clone(), path, stored_bytes: found.size })
    }
}

/// One package, to be read.
#[derive(Clone)]
pub(crate) struct Package {
    objects: Arc<dyn ObjectStore>,
    path: Path,
    stored_bytes: u64,
}

impl Package {
    /// Length of a chunk as stored; 0 behind the end.
    pub(crate) fn chunk_bytes(&self, index: u32) -> u64 {
        let begin = Manifest::stored_offset(index);
        self.stored_bytes.saturating_sub(begin).min(CHUNK_STORED_MAX as u64)
    }

    /// A whole chunk as stored. The file is read on a thread that may block.
    pub(crate) async fn chunk(&self, index: u32) -> Result<Bytes, ContentError> {
        let begin = Manifest::stored_offset(index);
        let range = begin..begin + self.chunk_bytes(index);
        let mut found = self.objects.get_ranges(&self.path, std::slice::from_ref(&range)).await?;
        Ok(found.pop().unwrap_or_default())
    }
}

fn object_path(package: Digest) -> Path {
    Path::from(package.to_string())
}

/// Whether bytes follow where the content should end. Who says nothing has nothing more to say.
async fn has_more(content: &mut (impl AsyncRead + Unpin + Send)) -> bool {
    let one = tokio::time::timeout(Duration::from_secs(2), content.read(&mut [0; 1])).await;
    matches!(one, Ok(Ok(1)))
}

/// Gathers chunks into parts. Dropped before it is complete, it leaves nothing behind but temporaries.
struct Upload {
    upload: Box<dyn MultipartUpload>,
    part: Vec<Bytes>,
}

impl Upload {
    fn new(upload: Box<dyn MultipartUpload>) -> Self {
        Self { upload, part: Vec::with_capacity(CHUNKS_PER_PART) }
    }

    async fn put(&mut self, chunk: Vec<u8>) -> Result<(), ContentError> {
        self.part.push(chunk.into());
        if self.part.len() == CHUNKS_PER_PART { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), ContentError> {
        let part = PutPayload::from_iter(self.part.drain(..));
        Ok(self.upload.put_part(part).await?)
    }

    async fn complete(mut self) -> Result<(), ContentError> {
        if !self.part.is_empty() {
            self.flush().await?;
        }
        self.upload.complete().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use protocol::package::{FeatureList, PackageContent};

    use super::*;

    const KEY: ContentKey = ContentKey::from_bytes([7; 32]);

    fn recipe(announced: &[u8]) -> Recipe {
        Recipe {
            option: "ocr-package".parse().unwrap(),
            version: ReleaseVersion(1),
            package: PackageHeader::of(PackageContent::FontPack, FeatureList::default(), announced).unwrap(),
            patience: Duration::from_secs(30),
        }
    }

    fn files(folder: &FilePath) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).filter(|name| name != UPLOADS).collect()
    }

    #[tokio::test]
    async fn a_sealed_package_opens_chunk_by_chunk_to_what_was_published() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open_to_publish(folder.path()).unwrap();
        for length in [1, CHUNK_CONTENT_MAX, 9 * CHUNK_CONTENT_MAX + 5] {
            let content: Vec<u8> = (0..=250).cycle().take(length).collect();
            let manifest = packages.seal(recipe(&content), &KEY, &mut content.as_slice()).await.unwrap();
            let package = packages.open_package(manifest.digest(), manifest.chunk_count()).await.unwrap();
            let cipher = KEY.cipher((&manifest).into());
            let mut opened = Vec::new();
            for index in 0..manifest.chunk_count() {
                let mut chunk = package.chunk(index).await.unwrap().to_vec();
                assert_eq!(Some(chunk.len()), manifest.stored_chunk_len(index));
                assert_eq!(Digest::of(&chunk), manifest.chunks[index as usize]);
                opened.extend_from_slice(cipher.open(index, &mut chunk).unwrap());
            }
            assert!(opened == content, "{length} bytes");
        }
    }

    #[tokio::test]
    async fn an_upload_that_is_not_what_was_announced_leaves_nothing_under_a_final_name() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open_to_publish(folder.path()).unwrap();
        for (announced, sent) in [(vec![0; 10], vec![0; 9]), (vec![0; 10], vec![0; 11]), (vec![0; 10], vec![1; 10])] {
            let result = packages.seal(recipe(&announced), &KEY, &mut sent.as_slice()).await;
            assert!(matches!(result, Err(ContentError::Incomplete)), "{announced:?} announced, {sent:?} sent");
        }
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }

    #[tokio::test]
    async fn what_a_killed_upload_left_is_gone_after_the_next_start_and_packages_stay() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open_to_publish(folder.path()).unwrap();
        let manifest = packages.seal(recipe(&[1, 2, 3]), &KEY, &mut [1, 2, 3].as_slice()).await.unwrap();
        let left = folder.path().join(UPLOADS).join("0b5f#1");
        std::fs::write(&left, b"half").unwrap();
        let packages = Packages::open_to_publish(folder.path()).unwrap();
        assert!(!left.exists());
        assert!(packages.open_package(manifest.digest(), 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_package_that_is_missing_or_has_another_length_is_unavailable() {
        let folder = tempfile::tempdir().unwrap();
        let packages = Packages::open_to_publish(folder.path()).unwrap();
        let manifest = packages.seal(recipe(&[1, 2, 3]), &KEY, &mut [1, 2, 3].as_slice()).await.unwrap();
        let missing = packages.open_package(Digest([9; 32]), 1).await;
        assert!(matches!(missing, Err(ContentError::Unavailable(_))));
        for wrong in [0, 2, u32::MAX] {
            let result = packages.open_package(manifest.digest(), wrong).await;
            assert!(matches!(result, Err(ContentError::Unavailable(_))), "{wrong} chunks");
        }
        packages.discard(manifest.digest()).await.unwrap();
        assert!(packages.open_package(manifest.digest(), 1).await.is_err());
    }
}
