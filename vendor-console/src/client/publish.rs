//! Publishing: a file of any length, streamed behind its announcement.

use std::io;
use std::path::Path;
use std::time::Duration;

use protocol::OptionId;
use protocol::codec::MESSAGE_BYTES_MAX;
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::net::quinn::{SendStream, WriteError};
use protocol::net::{LinkError, read_frame};
use protocol::package::file::{PackageFileError, PackageHeader, START_BYTES};
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::{StaffClient, StaffError};

/// Large enough that hashing and encrypting at the other end are not starved.
const STEP_BYTES: usize = 256 * 1024;
/// A server that takes nothing for so long, or does not answer after the last byte, is gone.
const PATIENCE: Duration = Duration::from_secs(60);

enum Sending {
    Complete,
    /// The server stopped reading; its answer says why.
    Stopped,
}

impl StaffClient {
    /// Publishes the package file at `path` as a new release of `option`. `progress` hears (bytes of content sent, bytes in
    /// all), first with 0 and after every step.
    ///
    /// The server sees the file's header first; a file that changes meanwhile ends in an error and publishes nothing.
    pub async fn publish(
        &self,
        option: OptionId,
        path: &Path,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<StaffReply, StaffError> {
        let unreadable = |source| StaffError::File { path: path.to_owned(), source };
        let mut file = File::open(path).await.map_err(unreadable)?;
        let metadata = file.metadata().await.map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(unreadable(io::Error::from(io::ErrorKind::InvalidInput)));
        }
        let damaged = |source| StaffError::Package { path: path.to_owned(), source };
        let (package, begins_at) = header(&mut file).await.map_err(unreadable)?.map_err(damaged)?;
        let content_bytes = package.content_bytes();
        if metadata.len() != begins_at + content_bytes {
            return Err(damaged(PackageFileError::Content));
        }
        let client = self.connection().await?;
        progress(0, content_bytes);
        let (mut send, mut recv) = client.open(&StaffRequest::Publish { option, package }).await?;

        let mut sent = 0;
        let mut step = vec![0; STEP_BYTES];
        while sent < content_bytes {
            let wanted = usize::try_from(content_bytes - sent).unwrap_or(STEP_BYTES).min(STEP_BYTES);
            let got = file.read(&mut step[..wanted]).await.map_err(unreadable)?;
            if got == 0 {
                // The stream ends short of the announced length, so the server cannot take this for a complete upload.
                return Err(unreadable(io::Error::from(io::ErrorKind::UnexpectedEof)));
            }
            if let Sending::Stopped = write(&mut send, &step[..got]).await? {
                break;
            }
            sent += got as u64;
            progress(sent, content_bytes);
        }
        // The server may have answered and stopped reading already; the answer is what counts.
        let _ = send.finish();
        let reply = tokio::time::timeout(PATIENCE, read_frame(&mut recv, MESSAGE_BYTES_MAX)).await;
        self.accept(reply.map_err(|_| LinkError::Silent)?.map_err(LinkError::from)?)
    }
}

/// The header of a package file, and how many bytes are in front of its content.
async fn header(file: &mut File) -> io::Result<Result<(PackageHeader, u64), PackageFileError>> {
    let mut start = [0; START_BYTES];
    match file.read_exact(&mut start).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Err(PackageFileError::Magic)),
        read => read?,
    };
    let mut header = match PackageHeader::length(&start) {
        Ok(length) => vec![0; length],
        Err(error) => return Ok(Err(error)),
    };
    match file.read_exact(&mut header).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Err(PackageFileError::Content)),
        read => read?,
    };
    Ok(PackageHeader::decode(&header).map(|package| (package, (START_BYTES + header.len()) as u64)))
}

async fn write(send: &mut SendStream, bytes: &[u8]) -> Result<Sending, LinkError> {
    match tokio::time::timeout(PATIENCE, send.write_all(bytes)).await {
        Err(_) => Err(LinkError::Silent),
        Ok(Ok(())) => Ok(Sending::Complete),
        Ok(Err(WriteError::Stopped(_))) => Ok(Sending::Stopped),
        Ok(Err(WriteError::ConnectionLost(lost))) => Err(lost.into()),
        Ok(Err(other)) => Err(LinkError::Broken(other.to_string())),
    }
}
