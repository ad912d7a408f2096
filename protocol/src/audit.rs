//! The audit log as a hash chain: each line's hash covers the line before it, so that what is edited, removed or moved
//! shows, and a signed head kept elsewhere shows what was cut off at the end.

use serde::{Deserialize, Serialize};

use crate::keys::KeyRole;
use crate::signed::Signable;
use crate::staff_role::StaffRole;
use crate::{Digest, StaffName, Text, Timestamp, codec};

const LINE_CONTEXT: &str = "kobai audit line 1";

/// What a member of staff did or was refused. Names of actions and refusals are text, so that a client need not know
/// them to check the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// 1, 2, 3 ... without gaps.
    pub number: u64,
    /// When, by the vendor's clock.
    pub at: Timestamp,
    /// Who.
    pub who: StaffName,
    /// With which role at that time.
    pub role: StaffRole,
    /// What, for example `revoke-device`.
    pub action: Text<40>,
    /// On what: numbers and ids, never names of people.
    pub subject: Text<120>,
    /// `done`, or the code of the refusal.
    pub outcome: Text<40>,
    /// Before and after. The longest is that of an option with other offers, some 700 characters.
    pub change: Option<Text<1000>>,
}

impl AuditLine {
    /// The outcome of what was carried out.
    pub const DONE: &'static str = "done";

    /// The hash of this line after one with the hash `before`: BLAKE3 in its key derivation mode with the context
    /// `kobai audit line 1`, over the 32 bytes of `before` and the encoded line.
    pub fn hash(&self, before: &Digest) -> Digest {
        let bytes = [&before.0[..], &codec::encode(self)].concat();
        Digest(blake3::derive_key(LINE_CONTEXT, &bytes))
    }
}

/// A line, and its hash as it is on file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// The line.
    pub line: AuditLine,
    /// What its hash was when it was written.
    pub hash: Digest,
}

/// The end of the chain at some time, signed by the vendor and kept by every staff client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// The last line.
    pub link: Link,
    /// When it was signed.
    pub at: Timestamp,
}

impl Signable for AuditHead {
    const CONTEXT: &'static str = "kobai audit head 1";
    const ROLE: KeyRole = KeyRole::Licence;
}

/// A place in the chain: the number of a line and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// 0 before the first line.
    pub number: u64,
    /// 32 zero bytes before the first line.
    pub hash: Digest,
}

/// Where the chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A line is missing, or in another place.
    #[error("line {expected} is not where it should be; line {found} is")]
    Order {
        /// The number that should come.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// A line, or its hash, is not what was written.
    #[error("line {0} is not what was written")]
    Altered(u64),
    /// The chain ends before a line that was there.
    #[error("the chain ends before line {0}, which was there")]
    Truncated(u64),
    /// A line has another hash than the one that was told before.
    #[error("line {0} is another one than the one that was told before")]
    Rewritten(u64),
}

impl Link {
    /// Before the first line.
    pub const START: Self = Self { number: 0, hash: Digest([0; 32]) };

    /// The next place, if `row` is the line after this one as it was written.
    pub fn follow(self, row: &AuditRow) -> Result<Self, ChainBreak> {
        let (expected, found) = (self.number.saturating_add(1), row.line.number);
        if expected != found {
            return Err(ChainBreak::Order { expected, found });
        }
        if row.line.hash(&self.hash) != row.hash {
            return Err(ChainBreak::Altered(found));
        }
        Ok(Self { number: found, hash: row.hash })
    }

    /// Whether this place, reached by following, is the one that was told as `head`.
    pub fn agrees_with(self, head: Self) -> Result<(), ChainBreak> {
        match self.number == head.number {
            false => Err(ChainBreak::Truncated(head.number)),
            true if self.hash == head.hash => Ok(()),
            true => Err(ChainBreak::Rewritten(head.number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u64) -> Vec<AuditRow> {
        let mut link = Link::START;
        let row = |number| {
            let line = AuditLine {
                number,
                at: Timestamp::from_ms(1_795_000_000_000 + number),
                who: "hana".parse().unwrap(),
                role: StaffRole::Clerk,
                action: "revoke-device".parse().unwrap(),
                subject: "MX-204-0001".parse().unwrap(),
                outcome: AuditLine::DONE.parse().unwrap(),
                change: None,
            };
            let row = AuditRow { hash: line.hash(&link.hash), line };
            link = link.follow(&row).unwrap();
            row
        };
        (1..=length).map(row).collect()
    }

    fn walk(rows: &[AuditRow]) -> Result<Link, ChainBreak> {
        rows.iter().try_fold(Link::START, |link, row| link.follow(row))
    }

    #[test]
    fn a_chain_holds_as_it_was_written_and_in_no_other_way() {
        let rows = chain(9);
        let head = walk(&rows).unwrap();
        assert_eq!(head.number, 9);

        let mut edited = rows.clone();
        edited[3].line.role = StaffRole::Admin;
        assert_eq!(walk(&edited), Err(ChainBreak::Altered(4)));
        // Whoever computes the hash of the edited line anew breaks the next one.
        edited[3].hash = edited[3].line.hash(&edited[2].hash);
        assert_eq!(walk(&edited), Err(ChainBreak::Altered(5)));

        let mut deleted = rows.clone();
        deleted.remove(3);
        assert_eq!(walk(&deleted), Err(ChainBreak::Order { expected: 4, found: 5 }));
        let mut swapped = rows;
        swapped.swap(3, 4);
        assert_eq!(walk(&swapped), Err(ChainBreak::Order { expected: 4, found: 5 }));
    }

    #[test]
    fn a_head_that_was_told_shows_what_was_cut_off_and_what_was_written_anew() {
        let rows = chain(9);
        let head = walk(&rows).unwrap();
        assert_eq!(head.agrees_with(head), Ok(()));
        let cut = walk(&rows[..8]).unwrap();
        assert_eq!(cut.agrees_with(head), Err(ChainBreak::Truncated(9)));
        let other = Link { hash: Digest([7; 32]), ..head };
        assert_eq!(other.agrees_with(head), Err(ChainBreak::Rewritten(9)));
    }
}
