//! On what a staff request is, for the audit log: numbers and ids, never names or addresses of people.

use protocol::ContractUserId;
use protocol::message::staff::{KeyChange, StaffRequest};

/// A contract user ID lets people buy, so a log that many read has only its end.
pub(crate) fn contract(id: &ContractUserId) -> String {
    format!("contract ending in {}", &id.as_str()[ContractUserId::DIGITS - 4..])
}

pub(super) fn of(request: &StaffRequest) -> String {
    match request {
        StaffRequest::Whoami
        | StaffRequest::Overview
        | StaffRequest::Customers(_)
        | StaffRequest::Devices(_)
        | StaffRequest::Options(_)
        | StaffRequest::Orders { .. }
        | StaffRequest::Licences { .. }
        | StaffRequest::DeviceAlarms(_)
        | StaffRequest::Charges { .. }
        | StaffRequest::Invoices { .. }
        | StaffRequest::Invoice { .. }
        | StaffRequest::Watch
        | StaffRequest::Keys
        | StaffRequest::Staff(_)
        | StaffRequest::Proposals { .. }
        | StaffRequest::Credits { .. }
        | StaffRequest::Distributions(_)
        | StaffRequest::Audit(_)
        | StaffRequest::AuditChain { .. } => "-".to_owned(),
        StaffRequest::CreateCustomer(_) => "new customer".to_owned(),
        StaffRequest::UpdateCustomer { customer, .. }
        | StaffRequest::SuspendCustomer { customer, .. }
        | StaffRequest::AddContract { customer }
        | StaffRequest::CreateInvoice { customer, .. } => customer.to_string(),
        StaffRequest::SetContract { contract: id, .. } | StaffRequest::SetContractPin { contract: id, .. } => {
            contract(id)
        }
        StaffRequest::ProposeKeys(KeyChange::Rotate(role)) => format!("rotate the {} key", role.name()),
        StaffRequest::ProposeKeys(KeyChange::Revoke(key)) => format!("revoke key {key}"),
        StaffRequest::ImportKeys(_) => "key list".to_owned(),
        StaffRequest::RegisterDevice(fields) | StaffRequest::UpdateDevice { fields, .. } => fields.serial.to_string(),
        StaffRequest::NewActivationCode { serial } | StaffRequest::RevokeDevice { serial } => serial.to_string(),
        StaffRequest::DecideDevice { serial, .. } => serial.to_string(),
        StaffRequest::RevokeLicence { licence }
        | StaffRequest::MoveLicence { licence, .. }
        | StaffRequest::SuspendLicence { licence }
        | StaffRequest::ReinstateLicence { licence } => format!("licence {licence}"),
        StaffRequest::CreateOption(fields) | StaffRequest::UpdateOption { fields, .. } => fields.id.to_string(),
        StaffRequest::Publish { option, .. } => option.to_string(),
        StaffRequest::Settle { until } => format!("until {}", until.as_ms()),
        StaffRequest::AddStaff { name, .. }
        | StaffRequest::ReissueStaff { name, .. }
        | StaffRequest::SetStaffRole { name, .. }
        | StaffRequest::RevokeStaff { name } => name.to_string(),
        StaffRequest::RevokeDistribution { number } => format!("distribution service {number}"),
        StaffRequest::Decide { number, .. } => format!("proposal {number}"),
        StaffRequest::Credit { charge, .. } => format!("charge {charge}"),
        StaffRequest::SetCreditLimit { .. } => "credit limit".to_owned(),
        StaffRequest::RequireSecondPerson | StaffRequest::SetReturnDays { .. } => "rules".to_owned(),
    }
}
