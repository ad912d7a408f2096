//! The staff themselves, and what needs a second one of them: releases, credits above the limit, the limit.

use serde::{Deserialize, Serialize};

use super::CustomerRef;
use crate::package::{FeatureList, PackageContent};
use crate::staff_role::StaffRole;
use crate::{Digest, OptionId, ReleaseVersion, StaffName, Text, Timestamp, Yen};

/// A sentence that says why.
pub type Reason = Text<200>;

/// The rules that staff work under.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Whether releases and large credits wait for a second person. A vendor of one person has nobody to ask.
    pub second_person: bool,
    /// What a customer can be credited within 30 days without a second person.
    pub credit_limit: Yen,
    /// For how many days a licence can be returned unused; 0 means that it cannot.
    pub return_days: u8,
}

impl Rules {
    /// Most days in which a licence can be returned.
    pub const RETURN_DAYS_MAX: u8 = 90;
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRow {
    /// As in the certificate; never given to anybody else.
    pub name: StaffName,
    /// What this member is trusted with.
    pub role: StaffRole,
    /// When the member was put on file.
    pub created_at: Timestamp,
    /// When the member was revoked; `None` if the certificate is good.
    pub revoked_at: Option<Timestamp>,
}

/// What can wait for a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ProposalKind {
    /// A release.
    Release,
    /// A credit above the limit.
    Credit,
    /// A higher limit.
    CreditLimit,
}

/// What waits for a second person, or once did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proposal {
    /// A release that is sealed and on file, but not in the catalogue.
    Release {
        /// Of which option.
        option: OptionId,
        /// Its version.
        version: ReleaseVersion,
        /// Its package.
        package: Digest,
        /// Length of its content.
        content_bytes: u64,
        /// What it holds, and what its program may take.
        content: PackageContent,
        /// What it gives to jobs.
        provides: FeatureList,
    },
    /// A credit that is not yet on file.
    Credit {
        /// Of which charge.
        charge: u64,
        /// Who paid it.
        customer: CustomerRef,
        /// How much is given back.
        amount: Yen,
        /// Why.
        reason: Reason,
    },
    /// Another limit for credits without a second person.
    CreditLimit {
        /// The limit as it shall be.
        limit: Yen,
    },
}

impl Proposal {
    /// Its kind.
    pub const fn kind(&self) -> ProposalKind {
        match self {
            Self::Release { .. } => ProposalKind::Release,
            Self::Credit { .. } => ProposalKind::Credit,
            Self::CreditLimit { .. } => ProposalKind::CreditLimit,
        }
    }
}

/// What a second person says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It takes effect.
    Approve,
    /// It never takes effect.
    Reject {
        /// Why.
        reason: Reason,
    },
}

/// A proposal and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalRow {
    /// Number.
    pub number: u32,
    /// What.
    pub proposal: Proposal,
    /// Who proposed it.
    pub by: StaffName,
    /// When.
    pub at: Timestamp,
    /// `None` while it waits.
    pub decision: Option<Decision>,
}

/// Who said what of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: StaffName,
    /// When.
    pub at: Timestamp,
}

/// A credit: gives a customer back what was charged, or a part of it. Never edited, like the charge that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditRow {
    /// Ledger number, among the credits.
    pub number: u64,
    /// The charge that it is about.
    pub charge: u64,
    /// Who gets it.
    pub customer: CustomerRef,
    /// How much.
    pub amount: Yen,
    /// Why.
    pub reason: Reason,
    /// Who gave it; `None` if it is the price of a licence that was returned.
    pub by: Option<StaffName>,
    /// The second person, if one was needed.
    pub approved_by: Option<StaffName>,
    /// When it came into effect.
    pub issued_at: Timestamp,
    /// How much of it has reduced invoices; the rest reduces the next one.
    pub used: Yen,
}

/// What a credit takes from one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceCredit {
    /// The credit.
    pub credit: u64,
    /// The charge that it is about.
    pub charge: u64,
    /// Why it was given.
    pub reason: Reason,
    /// How much it takes from this invoice.
    pub amount: Yen,
}
