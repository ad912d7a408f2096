//! Who of the staff may do what: one table, which is this code, a page of the specification, and the list of attacks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::message::staff::{ProposalKind, StaffRequest};

/// What a member of staff is trusted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StaffRole {
    /// Customers, contracts and devices.
    Clerk,
    /// Options and releases.
    Publisher,
    /// Invoices and credits.
    Accountant,
    /// Everything, and the staff.
    Admin,
}

/// A word that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is clerk, publisher, accountant or admin")]
pub struct StaffRoleError;

impl StaffRole {
    /// Every role, in wire order.
    pub const ALL: [Self; 4] = [Self::Clerk, Self::Publisher, Self::Accountant, Self::Admin];

    /// The stable name for scripts and books.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Publisher => "publisher",
            Self::Accountant => "accountant",
            Self::Admin => "admin",
        }
    }

    /// Whether the table below allows it.
    pub fn may(self, action: Action) -> bool {
        action.roles().contains(&self)
    }
}

impl fmt::Display for StaffRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for StaffRole {
    type Err = StaffRoleError;
    fn from_str(text: &str) -> Result<Self, StaffRoleError> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(StaffRoleError)
    }
}

/// Builds [`Action`] from one table, so that no action can lack its roles or its reason.
macro_rules! actions {
    ($( $variant:ident = $name:literal, [$($role:ident),*], $reason:literal; )*) => {
        /// What a staff request does. Not a message: the audit log has its name, the table its roles.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $( #[doc = $reason] $variant, )* }

        impl Action {
            /// Every action, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The stable name, as the audit log has it.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// The roles that may.
            pub const fn roles(self) -> &'static [StaffRole] {
                match self { $( Self::$variant => &[$(StaffRole::$role),*], )* }
            }

            /// Why these.
            pub const fn reason(self) -> &'static str {
                match self { $( Self::$variant => $reason, )* }
            }
        }
    };
}

actions! {
    Look = "look", [Clerk, Publisher, Accountant, Admin],
        "Whoever works here answers questions about customers, devices, orders and money.";
    ReadAudit = "read-audit", [Clerk, Publisher, Accountant, Admin],
        "Every client is a witness of the chain, so every client reads it.";
    CreateCustomer = "create-customer", [Clerk, Admin], "Customers are the clerks' work.";
    UpdateCustomer = "update-customer", [Clerk, Admin], "Customers are the clerks' work.";
    SuspendCustomer = "suspend-customer", [Clerk, Admin], "Who knows the customer stops what goes wrong.";
    AddContract = "add-contract", [Clerk, Admin], "A contract user ID lets people buy: not for those who price or bill.";
    SetContract = "set-contract", [Clerk, Admin], "A contract user ID lets people buy: not for those who price or bill.";
    SetContractPin = "set-contract-pin", [Clerk, Admin], "A PIN lets people buy: not for those who price or bill.";
    RegisterDevice = "register-device", [Clerk, Admin], "An activation code makes a buyer.";
    UpdateDevice = "update-device", [Clerk, Admin], "Whom a device belongs to says who pays.";
    NewActivationCode = "new-activation-code", [Clerk, Admin], "An activation code makes a buyer.";
    RevokeDevice = "revoke-device", [Clerk, Admin], "A stolen device must be stopped by whoever hears of it.";
    RevokeLicence = "revoke-licence", [Clerk, Admin], "What is not rightfully used must be stopped by whoever hears of it.";
    SuspendLicence = "suspend-licence", [Clerk, Admin], "What is in dispute must not be used meanwhile.";
    ReinstateLicence = "reinstate-licence", [Clerk, Admin], "Who may suspend hears when it is settled.";
    MoveLicence = "move-licence", [Clerk, Admin], "Who knows the customer's devices moves what they hold.";
    MoveLostLicence = "move-lost-licence", [Admin], "Nobody proves that a lost device has erased it.";
    DecideDevice = "decide-device", [Clerk, Admin], "Who knows the customer can ask what happened to the device.";
    CreateOption = "create-option", [Publisher, Admin], "What is sold and at which price is the publishers' work.";
    UpdateOption = "update-option", [Publisher, Admin], "What is sold and at which price is the publishers' work.";
    Publish = "publish", [Publisher, Admin], "Software for every device; a second person looks at it.";
    DecideRelease = "decide-release", [Publisher, Admin], "Who can publish can judge a release of somebody else.";
    CreateInvoice = "create-invoice", [Accountant, Admin], "Money is the accountants' work.";
    Settle = "settle", [Accountant, Admin], "Money is the accountants' work.";
    Credit = "credit", [Accountant, Admin], "Gives money back; above the limit a second person looks at it.";
    DecideCredit = "decide-credit", [Accountant, Admin], "Who can credit can judge a credit of somebody else.";
    SetCreditLimit = "set-credit-limit", [Admin], "Not for those whom it limits.";
    DecideCreditLimit = "decide-credit-limit", [Admin], "Not for those whom it limits.";
    SetReturnDays = "set-return-days", [Admin], "Lets devices give money back with nobody looking.";
    RequireSecondPerson = "require-second-person", [Admin], "Changes what all others may do alone.";
    ProposeKeys = "propose-keys", [Admin], "Whoever signs can sell and publish in the vendor's name.";
    ImportKeys = "import-keys", [Admin], "Whoever signs can sell and publish in the vendor's name.";
    RevokeDistribution = "revoke-distribution", [Admin], "Ends a service that devices are sent to.";
    AddStaff = "add-staff", [Admin], "A certificate is a right to act.";
    ReissueStaff = "reissue-staff", [Admin], "A certificate is a right to act.";
    SetStaffRole = "set-staff-role", [Admin], "A role is a right to act.";
    RevokeStaff = "revoke-staff", [Admin], "Takes the right to act from somebody.";
}

impl Action {
    /// The roles that may, as a refusal tells them: `publisher, admin`.
    pub fn role_names(self) -> String {
        self.roles().iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
    }

    /// Whether it leaves everything as it is. What does not is a line of the audit log.
    pub const fn only_reads(self) -> bool {
        matches!(self, Self::Look | Self::ReadAudit)
    }
}

impl StaffRequest {
    /// The one action that this request is.
    pub const fn action(&self) -> Action {
        match self {
            Self::Whoami
            | Self::Overview
            | Self::Customers(_)
            | Self::Devices(_)
            | Self::Options(_)
            | Self::Orders { .. }
            | Self::Licences { .. }
            | Self::DeviceAlarms(_)
            | Self::Charges { .. }
            | Self::Invoices { .. }
            | Self::Invoice { .. }
            | Self::Keys
            | Self::Distributions(_)
            | Self::Staff(_)
            | Self::Proposals { .. }
            | Self::Credits { .. }
            | Self::Watch => Action::Look,
            Self::Audit(_) | Self::AuditChain { .. } => Action::ReadAudit,
            Self::CreateCustomer(_) => Action::CreateCustomer,
            Self::UpdateCustomer { .. } => Action::UpdateCustomer,
            Self::SuspendCustomer { .. } => Action::SuspendCustomer,
            Self::AddContract { .. } => Action::AddContract,
            Self::SetContract { .. } => Action::SetContract,
            Self::SetContractPin { .. } => Action::SetContractPin,
            Self::ProposeKeys(_) => Action::ProposeKeys,
            Self::ImportKeys(_) => Action::ImportKeys,
            Self::RegisterDevice(_) => Action::RegisterDevice,
            Self::UpdateDevice { .. } => Action::UpdateDevice,
            Self::NewActivationCode { .. } => Action::NewActivationCode,
            Self::RevokeDevice { .. } => Action::RevokeDevice,
            Self::RevokeLicence { .. } => Action::RevokeLicence,
            Self::SuspendLicence { .. } => Action::SuspendLicence,
            Self::ReinstateLicence { .. } => Action::ReinstateLicence,
            Self::MoveLicence { lost: false, .. } => Action::MoveLicence,
            Self::MoveLicence { lost: true, .. } => Action::MoveLostLicence,
            Self::DecideDevice { .. } => Action::DecideDevice,
            Self::CreateOption(_) => Action::CreateOption,
            Self::UpdateOption { .. } => Action::UpdateOption,
            Self::Publish { .. } => Action::Publish,
            Self::CreateInvoice { .. } => Action::CreateInvoice,
            Self::Settle { .. } => Action::Settle,
            Self::RevokeDistribution { .. } => Action::RevokeDistribution,
            Self::AddStaff { .. } => Action::AddStaff,
            Self::ReissueStaff { .. } => Action::ReissueStaff,
            Self::SetStaffRole { .. } => Action::SetStaffRole,
            Self::RevokeStaff { .. } => Action::RevokeStaff,
            Self::Decide { kind, .. } => match kind {
                ProposalKind::Release => Action::DecideRelease,
                ProposalKind::Credit => Action::DecideCredit,
                ProposalKind::CreditLimit => Action::DecideCreditLimit,
            },
            Self::Credit { .. } => Action::Credit,
            Self::SetCreditLimit { .. } => Action::SetCreditLimit,
            Self::SetReturnDays { .. } => Action::SetReturnDays,
            Self::RequireSecondPerson => Action::RequireSecondPerson,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIFICATION: &str = include_str!("../README.md");

    #[test]
    fn the_specification_has_the_same_table() {
        let head = "| action | clerk | publisher | accountant | admin | why |\n|---|---|---|---|---|---|\n";
        let table = SPECIFICATION.split(head).nth(1).unwrap_or_else(|| panic!("no table of roles"));
        let table: Vec<&str> = table.lines().take_while(|line| line.starts_with("| ")).collect();
        let mark = |role: StaffRole, action| if role.may(action) { "yes" } else { "no" };
        let row = |action: Action| {
            let cells = StaffRole::ALL.map(|role| mark(role, action)).join(" | ");
            format!("| `{}` | {cells} | {} |", action.name(), action.reason())
        };
        let rows: Vec<String> = Action::ALL.iter().map(|action| row(*action)).collect();
        assert_eq!(table, rows, "protocol/README.md should have:\n{}", rows.join("\n"));
    }

    #[test]
    fn names_are_unique_and_every_action_is_somebodys() {
        let mut seen = std::collections::HashSet::new();
        for action in Action::ALL {
            assert!(seen.insert(action.name()), "{action:?}");
            assert!(StaffRole::Admin.may(*action), "an admin could take the role anyway: {action:?}");
        }
        for role in StaffRole::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
    }
}
