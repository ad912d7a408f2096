//! Every staff client is a witness of the audit log: it keeps the last signed head beside its certificate, and at the
//! next contact it follows the chain from there. A log that was cut off or written anew does not get past it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use protocol::audit::{AuditHead, ChainBreak, Link};
use protocol::keys::{RootKey, RootSigned};
use protocol::message::staff::{StaffReply, StaffRequest};
use protocol::signed::SignatureError;
use protocol::{KeyList, KeyRing, Signed, codec};

use super::{StaffClient, StaffError};
use crate::private_file;

const HEADER: &str = "kobai audit head 1";

/// Why the audit log, as the server shows it, is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AuditAlarm {
    /// The chain does not hold.
    #[error("the audit log was tampered with: {0}")]
    Chain(#[from] ChainBreak),
    /// The head is not signed with a key that the vendor's root vouches for, or the keys are older than before.
    #[error("the head of the audit log is not signed with a key of the vendor")]
    Signature,
    /// The head that was kept cannot be read.
    #[error("the audit head kept in {} cannot be read: {reason}", path.display())]
    Kept {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The audit log as this client found it.
#[derive(Debug)]
pub struct Witnessed {
    /// Its end, which the chain from the head kept before leads to.
    pub head: AuditHead,
    /// Why the new head could not be kept: the next contact will compare with an older one.
    pub not_kept: Option<io::Error>,
}

/// Where a client keeps the head: beside its certificate.
pub fn head_file(certificate: &Path) -> PathBuf {
    certificate.with_extension("audit-head")
}

/// A head, and the keys that counted when it was signed: nobody can deny it later.
struct Kept {
    signed: Signed<AuditHead>,
    keys: RootSigned<KeyList>,
    version: u64,
    head: AuditHead,
}

impl Kept {
    fn new(signed: Signed<AuditHead>, keys: RootSigned<KeyList>, root: &RootKey) -> Result<Self, SignatureError> {
        let ring = KeyRing::open(&keys, root)?;
        let head = ring.verify(&signed)?;
        Ok(Self { version: ring.version(), head, signed, keys })
    }

    fn read(path: &Path, root: &RootKey) -> Result<Option<Self>, AuditAlarm> {
        let kept = |reason: String| AuditAlarm::Kept { path: path.to_owned(), reason };
        match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(kept(error.to_string())),
            Ok(text) => Self::parse(&text, root).map(Some).ok_or_else(|| kept("not a signed head".to_owned())),
        }
    }

    fn parse(text: &str, root: &RootKey) -> Option<Self> {
        let hex = |line: &str| data_encoding::HEXLOWER.decode(line.as_bytes()).ok();
        let mut lines = text.lines();
        (lines.next()? == HEADER).then_some(())?;
        let signed = codec::decode(&hex(lines.next()?)?).ok()?;
        let keys = codec::decode(&hex(lines.next()?)?).ok()?;
        Self::new(signed, keys, root).ok()
    }

    fn to_text(&self) -> String {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        format!("{HEADER}\n{}\n{}\n", hex(&codec::encode(&self.signed)), hex(&codec::encode(&self.keys)))
    }
}

impl StaffClient {
    /// Asks for the head of the audit log, follows the chain from the head kept before, and keeps the new one. At the
    /// first contact there is nothing to compare with.
    pub async fn witness(&self) -> Result<Witnessed, StaffError> {
        let Some(path) = &self.shared.head_file else {
            return Ok(Witnessed { head: self.head().await?.head, not_kept: None });
        };
        // One after the other, so that no older head takes the place of a newer one.
        let _turn = self.shared.witnessing.lock().await;
        let kept = Kept::read(path, &self.shared.root_key)?;
        let new = self.head().await?;
        if let Some(kept) = &kept {
            if new.version < kept.version {
                return Err(AuditAlarm::Signature.into());
            }
            self.follow(kept.head.link, new.head.link).await?;
        }
        let is_new = kept.is_none_or(|kept| kept.head.link != new.head.link);
        let not_kept = if is_new { private_file::write(path, new.to_text().as_bytes()).err() } else { None };
        Ok(Witnessed { head: new.head, not_kept })
    }

    /// Follows the whole chain from its first line, and compares it with the head kept before.
    pub async fn verify_audit(&self) -> Result<AuditHead, StaffError> {
        let head = self.witness().await?.head;
        self.follow(Link::START, head.link).await?;
        Ok(head)
    }

    async fn head(&self) -> Result<Kept, StaffError> {
        let StaffReply::Whoami { head, keys, .. } = self.request(StaffRequest::Whoami).await? else {
            return Err(StaffError::WrongAnswer);
        };
        Ok(Kept::new(head, keys, &self.shared.root_key).map_err(|_| AuditAlarm::Signature)?)
    }

    async fn follow(&self, from: Link, head: Link) -> Result<(), StaffError> {
        let mut link = from;
        if head.number < from.number {
            return Err(AuditAlarm::from(ChainBreak::Truncated(from.number)).into());
        }
        while link.number < head.number {
            let request = StaffRequest::AuditChain { after: link.number, limit: 0 };
            let StaffReply::AuditChain(rows) = self.request(request).await? else {
                return Err(StaffError::WrongAnswer);
            };
            if rows.is_empty() {
                break;
            }
            // The log may have grown since the head was signed.
            for row in rows.iter().take_while(|row| row.line.number <= head.number) {
                link = link.follow(row).map_err(AuditAlarm::from)?;
            }
            if rows.last().is_some_and(|row| row.line.number > head.number) {
                break;
            }
        }
        Ok(link.agrees_with(head).map_err(AuditAlarm::from)?)
    }
}
