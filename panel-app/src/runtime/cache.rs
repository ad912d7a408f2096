//! Compiled programs in the data folder, `code/LICENCE.code`: encrypted, useless without the licence's key, and deleted with
//! it. Everything here can be lost at any time, at the price of compiling once more; so no error is more than a line in
//! the log.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use protocol::content_key::ContentKey;
use protocol::{LicenceId, Manifest};
use sealed_code::CodeKey;
use uuid::Uuid;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::core::RecordsKey;

/// Larger images are not kept. Machine code is some times as long as WebAssembly.
const IMAGE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The folder of compiled programs.
#[derive(Debug, Clone)]
pub struct CodeCache {
    dir: PathBuf,
    device: RecordsKey,
}

impl CodeCache {
    /// In this folder, which exists; `device` is a secret that only this device has.
    pub const fn new(dir: PathBuf, device: RecordsKey) -> Self {
        Self { dir, device }
    }

    /// The place of a licence's program.
    pub fn entry(&self, licence: LicenceId, manifest: &Manifest, key: &ContentKey) -> CodeEntry {
        CodeEntry {
            path: self.path(licence),
            key: CodeKey::derive(self.device.as_bytes(), key.as_bytes()),
            context: [&manifest.digest().0[..], licence.0.as_bytes()].concat(),
        }
    }

    /// Deletes what is kept for a licence that is over.
    pub fn forget(&self, licence: LicenceId) {
        delete(&self.path(licence));
    }

    /// Deletes what is kept for any licence but these, and what a power failure has left.
    pub fn keep_only(&self, living: &[LicenceId]) {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) => return tracing::warn!(%error, "compiled programs cannot be listed"),
        };
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let licence = path.extension().filter(|extension| *extension == "code").and_then(|_| {
                let name = path.file_stem()?.to_str()?;
                Uuid::try_parse(name).ok().map(LicenceId)
            });
            if !licence.is_some_and(|licence| living.contains(&licence)) {
                delete(&path);
            }
        }
    }

    fn path(&self, licence: LicenceId) -> PathBuf {
        self.dir.join(format!("{}.code", licence.0))
    }
}

fn delete(path: &Path) {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, "a compiled program could not be deleted"),
    }
}

/// Where a licence's compiled program is, and what opens it.
#[derive(Debug)]
pub struct CodeEntry {
    path: PathBuf,
    key: CodeKey,
    context: Vec<u8>,
}

impl CodeEntry {
    /// The program, if it is there, was made by this device for this licence and release, and the compiler takes it.
    pub(super) fn read(&self, engine: &Engine) -> Option<Component> {
        let image = match read(&self.path) {
            Ok(image) => image?,
            Err(error) => {
                tracing::warn!(%error, "a compiled program cannot be read");
                return None;
            }
        };
        let opened = self.key.open(engine, &self.context, image);
        opened.inspect_err(|error| tracing::info!(%error, "a program is compiled anew")).ok()
    }

    pub(super) fn write(&self, component: &Component) {
        if let Err(error) = self.try_write(component) {
            tracing::warn!(%error, "a compiled program is not kept");
        }
    }

    fn try_write(&self, component: &Component) -> io::Result<()> {
        let image = self.key.seal(component, &self.context).map_err(io::Error::other)?;
        if image.len() as u64 > IMAGE_BYTES_MAX {
            return Ok(());
        }
        // Not durable and not locked: whoever reads half of it notices.
        let new = self.path.with_extension("new");
        fs::write(&new, image)?;
        fs::rename(&new, &self.path)
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    if length > IMAGE_BYTES_MAX {
        return Ok(None);
    }
    let mut image = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(IMAGE_BYTES_MAX).read_to_end(&mut image)?;
    Ok(Some(image))
}
