//! Publishing: a file of any length, streamed behind its announcement.

use std::path::Path;
use std::time::Duration;

use protocol::OptionId;
use protocol::codec::MESSAGE_BYTES_MAX;
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::net::quinn::{SendStream, WriteError};
use protocol::net::{LinkError, read_frame};
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
    /// Publishes the file at `path` as a new release of `option`. `progress` hears (bytes sent, bytes in all), first
    /// with 0 and after every step.
    ///
    /// The server sees the file's length first; a file that shrinks meanwhile ends in an error and publishes nothing.
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
            return Err(unreadable(std::io::Error::from(std::io::ErrorKind::InvalidInput)));
        }
        let content_bytes = metadata.len();
        let client = self.connection().await?;
        progress(0, content_bytes);
        let (mut send, mut recv) = client.open(&StaffRequest::Publish { option, content_bytes }).await?;

        let mut sent = 0;
        let mut step = vec![0; STEP_BYTES];
        while sent < content_bytes {
            let wanted = usize::try_from(content_bytes - sent).unwrap_or(STEP_BYTES).min(STEP_BYTES);
            let got = file.read(&mut step[..wanted]).await.map_err(unreadable)?;
            if got == 0 {
                // The stream ends short of the announced length, so the server cannot take this for a complete upload.
                return Err(unreadable(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)));
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

async fn write(send: &mut SendStream, bytes: &[u8]) -> Result<Sending, LinkError> {
    match tokio::time::timeout(PATIENCE, send.write_all(bytes)).await {
        Err(_) => Err(LinkError::Silent),
        Ok(Ok(())) => Ok(Sending::Complete),
        Ok(Err(WriteError::Stopped(_))) => Ok(Sending::Stopped),
        Ok(Err(WriteError::ConnectionLost(lost))) => Err(lost.into()),
        Ok(Err(other)) => Err(LinkError::Broken(other.to_string())),
    }
}
