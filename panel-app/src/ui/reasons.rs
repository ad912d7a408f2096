//! A sentence and advice for every failure, in the language of the panel: no code is shown without them.

use protocol::{FailureCode, RefusalCode};

use super::texts::Texts;
use crate::core::{Failure, JobFault, LockReason};

/// Why something did not work, for a person in an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// What happened, one or two sentences.
    pub(super) sentence: String,
    /// What to do, one or two sentences.
    pub(super) advice: String,
}

/// Pairs `messages.key()` with `messages.key_advice()`.
macro_rules! reason {
    ($texts:expr, $key:ident, $advice:ident) => {
        Reason { sentence: $texts.$key(), advice: $texts.$advice() }
    };
}

/// The words for a failure.
pub(super) fn reason(texts: &Texts, failure: Failure) -> Reason {
    match failure {
        Failure::Refused(code) => refusal(texts, code),
        Failure::Fault(code) => fault(texts, code),
        Failure::Distrust => reason!(texts, msg_distrust, msg_distrust_advice),
        Failure::NotGenuine => reason!(texts, msg_not_genuine, msg_not_genuine_advice),
        Failure::Outdated => reason!(texts, msg_outdated, msg_outdated_advice),
        Failure::NotEnrolled => reason!(texts, msg_not_enrolled, msg_not_enrolled_advice),
        Failure::CertificateExpired => reason!(texts, msg_certificate_expired, msg_certificate_expired_advice),
        Failure::Job(fault) => job_fault(texts, fault),
    }
}

fn refusal(texts: &Texts, code: RefusalCode) -> Reason {
    match code {
        RefusalCode::BadMessage => reason!(texts, msg_refusal_bad_message, msg_refusal_bad_message_advice),
        RefusalCode::NotPermitted => reason!(texts, msg_refusal_not_permitted, msg_refusal_not_permitted_advice),
        RefusalCode::UnknownDevice => reason!(texts, msg_refusal_unknown_device, msg_refusal_unknown_device_advice),
        RefusalCode::DeviceRevoked => reason!(texts, msg_refusal_device_revoked, msg_refusal_device_revoked_advice),
        RefusalCode::ActivationRefused => {
            reason!(texts, msg_refusal_activation_refused, msg_refusal_activation_refused_advice)
        }
        RefusalCode::ContractRequired => {
            reason!(texts, msg_refusal_contract_required, msg_refusal_contract_required_advice)
        }
        RefusalCode::ContractRefused => {
            reason!(texts, msg_refusal_contract_refused, msg_refusal_contract_refused_advice)
        }
        RefusalCode::CustomerSuspended => {
            reason!(texts, msg_refusal_customer_suspended, msg_refusal_customer_suspended_advice)
        }
        RefusalCode::UnknownOption => reason!(texts, msg_refusal_unknown_option, msg_refusal_unknown_option_advice),
        RefusalCode::OptionNotForSale => {
            reason!(texts, msg_refusal_option_not_for_sale, msg_refusal_option_not_for_sale_advice)
        }
        RefusalCode::UnknownOrder => reason!(texts, msg_refusal_unknown_order, msg_refusal_unknown_order_advice),
        RefusalCode::OrderMismatch => reason!(texts, msg_refusal_order_mismatch, msg_refusal_order_mismatch_advice),
        RefusalCode::OrderClosed => reason!(texts, msg_refusal_order_closed, msg_refusal_order_closed_advice),
        RefusalCode::AlreadyLicensed => {
            reason!(texts, msg_refusal_already_licensed, msg_refusal_already_licensed_advice)
        }
        RefusalCode::NotDelivered => reason!(texts, msg_refusal_not_delivered, msg_refusal_not_delivered_advice),
        RefusalCode::DigestMismatch => reason!(texts, msg_refusal_digest_mismatch, msg_refusal_digest_mismatch_advice),
        RefusalCode::OfferNotAvailable => {
            reason!(texts, msg_refusal_offer_not_available, msg_refusal_offer_not_available_advice)
        }
        RefusalCode::AlreadyChosen => reason!(texts, msg_refusal_already_chosen, msg_refusal_already_chosen_advice),
        RefusalCode::TicketInvalid => reason!(texts, msg_refusal_ticket_invalid, msg_refusal_ticket_invalid_advice),
        RefusalCode::TicketExpired => reason!(texts, msg_refusal_ticket_expired, msg_refusal_ticket_expired_advice),
        RefusalCode::NoSuchChunk => reason!(texts, msg_refusal_no_such_chunk, msg_refusal_no_such_chunk_advice),
        RefusalCode::PackageUnavailable => {
            reason!(texts, msg_refusal_package_unavailable, msg_refusal_package_unavailable_advice)
        }
        RefusalCode::ServiceUnavailable => {
            reason!(texts, msg_refusal_service_unavailable, msg_refusal_service_unavailable_advice)
        }
        RefusalCode::Busy => reason!(texts, msg_refusal_busy, msg_refusal_busy_advice),
        RefusalCode::StorageFailed => reason!(texts, msg_refusal_storage_failed, msg_refusal_storage_failed_advice),
        RefusalCode::NotFound => reason!(texts, msg_refusal_not_found, msg_refusal_not_found_advice),
        RefusalCode::Conflict => reason!(texts, msg_refusal_conflict, msg_refusal_conflict_advice),
        RefusalCode::InvalidInput => reason!(texts, msg_refusal_invalid_input, msg_refusal_invalid_input_advice),
        RefusalCode::RoleForbids => reason!(texts, msg_refusal_role_forbids, msg_refusal_role_forbids_advice),
        RefusalCode::SecondPersonNeeded => {
            reason!(texts, msg_refusal_second_person_needed, msg_refusal_second_person_needed_advice)
        }
        RefusalCode::Stale => reason!(texts, msg_refusal_stale, msg_refusal_stale_advice),
        RefusalCode::ReturnUsed => reason!(texts, msg_refusal_return_used, msg_refusal_return_used_advice),
        RefusalCode::ReturnTooLate => reason!(texts, msg_refusal_return_too_late, msg_refusal_return_too_late_advice),
        RefusalCode::TrialUsed => reason!(texts, msg_refusal_trial_used, msg_refusal_trial_used_advice),
        RefusalCode::UploadIncomplete => {
            reason!(texts, msg_refusal_upload_incomplete, msg_refusal_upload_incomplete_advice)
        }
        RefusalCode::TooManyAttempts => {
            reason!(texts, msg_refusal_too_many_attempts, msg_refusal_too_many_attempts_advice)
        }
        RefusalCode::LicenceEnded => reason!(texts, msg_refusal_licence_ended, msg_refusal_licence_ended_advice),
        RefusalCode::LicenceLocked => reason!(texts, msg_refusal_licence_locked, msg_refusal_licence_locked_advice),
    }
}

fn fault(texts: &Texts, code: FailureCode) -> Reason {
    match code {
        FailureCode::LinkLost => reason!(texts, msg_fault_link_lost, msg_fault_link_lost_advice),
        FailureCode::Timeout => reason!(texts, msg_fault_timeout, msg_fault_timeout_advice),
        FailureCode::WrongContent => reason!(texts, msg_fault_wrong_content, msg_fault_wrong_content_advice),
        FailureCode::DiskFull => reason!(texts, msg_fault_disk_full, msg_fault_disk_full_advice),
        FailureCode::Storage => reason!(texts, msg_fault_storage, msg_fault_storage_advice),
    }
}

fn job_fault(texts: &Texts, fault: JobFault) -> Reason {
    match fault {
        JobFault::DocumentUnreadable => {
            reason!(texts, msg_job_fault_document_unreadable, msg_job_fault_document_unreadable_advice)
        }
        JobFault::DocumentUnsuitable => {
            reason!(texts, msg_job_fault_document_unsuitable, msg_job_fault_document_unsuitable_advice)
        }
        JobFault::DocumentTooLarge => {
            reason!(texts, msg_job_fault_document_too_large, msg_job_fault_document_too_large_advice)
        }
        JobFault::OptionDamaged => reason!(texts, msg_job_fault_option_damaged, msg_job_fault_option_damaged_advice),
        JobFault::NotInstalled => reason!(texts, msg_job_fault_not_installed, msg_job_fault_not_installed_advice),
        JobFault::Locked => reason!(texts, msg_job_fault_locked, msg_job_fault_locked_advice),
        JobFault::QueueFull => reason!(texts, msg_job_fault_queue_full, msg_job_fault_queue_full_advice),
        JobFault::TooManyPrograms => {
            reason!(texts, msg_job_fault_too_many_programs, msg_job_fault_too_many_programs_advice)
        }
        JobFault::NothingProvides => {
            reason!(texts, msg_job_fault_nothing_provides, msg_job_fault_nothing_provides_advice)
        }
        JobFault::SettingUnsuitable => {
            reason!(texts, msg_job_fault_setting_unsuitable, msg_job_fault_setting_unsuitable_advice)
        }
        JobFault::ProgramFailed => reason!(texts, msg_job_fault_program_failed, msg_job_fault_program_failed_advice),
        JobFault::ProgramTooGreedy => {
            reason!(texts, msg_job_fault_program_too_greedy, msg_job_fault_program_too_greedy_advice)
        }
        JobFault::NothingLeft => reason!(texts, msg_job_fault_nothing_left, msg_job_fault_nothing_left_advice),
        JobFault::ResultWaiting => {
            reason!(texts, msg_job_fault_result_waiting, msg_job_fault_result_waiting_advice)
        }
        JobFault::TrayUnwritable => {
            reason!(texts, msg_job_fault_tray_unwritable, msg_job_fault_tray_unwritable_advice)
        }
    }
}

/// Why a licence is locked.
pub(super) fn lock(texts: &Texts, lock: LockReason) -> Reason {
    match lock {
        LockReason::KeyMissing => reason!(texts, msg_lock_key_missing, msg_lock_key_missing_advice),
        LockReason::Edited => reason!(texts, msg_lock_edited, msg_lock_edited_advice),
        LockReason::ClockInDoubt => reason!(texts, msg_lock_clock_in_doubt, msg_lock_clock_in_doubt_advice),
        LockReason::Restored => reason!(texts, msg_lock_restored, msg_lock_restored_advice),
        LockReason::Suspended => reason!(texts, msg_lock_suspended, msg_lock_suspended_advice),
        LockReason::PackageMissing => reason!(texts, msg_lock_package_missing, msg_lock_package_missing_advice),
        LockReason::ContactDue => reason!(texts, msg_lock_contact_due, msg_lock_contact_due_advice),
    }
}
