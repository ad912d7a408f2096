//! Everything that people read: the typed texts of both languages, and how values look in them.

use jiff::tz::TimeZone;
use protocol::message::device::Bilingual;
use protocol::message::report::FaultKind;
use protocol::message::staff::{ChargeRow, DeviceState, FlagReason, Settlement};
use protocol::net::LinkError;
use protocol::offer::OfferListError;
use protocol::package::OptionKind;
use protocol::text::TextError;
use protocol::time::HOUR_MS;
use protocol::{EndReason, FailureCode, LockReason, Offer, OrderState, RefusalCode, StaffRole, Timestamp, UsageForm};

use crate::cli::Lang;
use crate::client::StaffError;

#[allow(missing_docs, unreachable_pub, dead_code, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::panic)]
mod l10n {
    include!(concat!(env!("OUT_DIR"), "/l10n.rs"));
}

/// The texts of one language, and the local time zone.
pub(crate) struct Words {
    lang: Lang,
    texts: l10n::L10nLanguage,
    zone: TimeZone,
}

impl std::ops::Deref for Words {
    type Target = l10n::L10nLanguage;
    fn deref(&self) -> &Self::Target {
        &self.texts
    }
}

/// What went wrong, what to do, and what exactly if the server said so.
pub(crate) struct Problem {
    pub(crate) title: String,
    pub(crate) advice: String,
    pub(crate) detail: Option<String>,
}

/// The language of the desktop, Japanese or else English.
pub(crate) fn system_language() -> Lang {
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok());
    if set.is_some_and(|name| name.starts_with("ja")) { Lang::Ja } else { Lang::En }
}

/// One arm a refusal code: a code without its texts does not compile.
macro_rules! refusal_texts {
    ($words:expr, $code:expr; $($variant:ident => $sentence:ident, $advice:ident;)*) => {
        match $code { $(RefusalCode::$variant => ($words.$sentence(), $words.$advice()),)* }
    };
}

impl Words {
    pub(crate) fn new(lang: Lang) -> Self {
        let texts = match lang {
            Lang::Ja => l10n::L10n::Ja.load(),
            Lang::En => l10n::L10n::En.load(),
        };
        Self { lang, texts, zone: TimeZone::system() }
    }

    pub(crate) const fn lang(&self) -> Lang {
        self.lang
    }

    /// What happened and what to do.
    pub(crate) fn refusal(&self, code: RefusalCode) -> (String, String) {
        refusal_texts! { self, code;
            BadMessage => msg_refusal_bad_message, msg_refusal_bad_message_advice;
            NotPermitted => msg_refusal_not_permitted, msg_refusal_not_permitted_advice;
            UnknownDevice => msg_refusal_unknown_device, msg_refusal_unknown_device_advice;
            DeviceRevoked => msg_refusal_device_revoked, msg_refusal_device_revoked_advice;
            ActivationRefused => msg_refusal_activation_refused, msg_refusal_activation_refused_advice;
            ContractRequired => msg_refusal_contract_required, msg_refusal_contract_required_advice;
            ContractRefused => msg_refusal_contract_refused, msg_refusal_contract_refused_advice;
            CustomerSuspended => msg_refusal_customer_suspended, msg_refusal_customer_suspended_advice;
            UnknownOption => msg_refusal_unknown_option, msg_refusal_unknown_option_advice;
            OptionNotForSale => msg_refusal_option_not_for_sale, msg_refusal_option_not_for_sale_advice;
            UnknownOrder => msg_refusal_unknown_order, msg_refusal_unknown_order_advice;
            OrderMismatch => msg_refusal_order_mismatch, msg_refusal_order_mismatch_advice;
            OrderClosed => msg_refusal_order_closed, msg_refusal_order_closed_advice;
            AlreadyLicensed => msg_refusal_already_licensed, msg_refusal_already_licensed_advice;
            NotDelivered => msg_refusal_not_delivered, msg_refusal_not_delivered_advice;
            DigestMismatch => msg_refusal_digest_mismatch, msg_refusal_digest_mismatch_advice;
            OfferNotAvailable => msg_refusal_offer_not_available, msg_refusal_offer_not_available_advice;
            AlreadyChosen => msg_refusal_already_chosen, msg_refusal_already_chosen_advice;
            TicketInvalid => msg_refusal_ticket_invalid, msg_refusal_ticket_invalid_advice;
            TicketExpired => msg_refusal_ticket_expired, msg_refusal_ticket_expired_advice;
            NoSuchChunk => msg_refusal_no_such_chunk, msg_refusal_no_such_chunk_advice;
            PackageUnavailable => msg_refusal_package_unavailable, msg_refusal_package_unavailable_advice;
            ServiceUnavailable => msg_refusal_service_unavailable, msg_refusal_service_unavailable_advice;
            Busy => msg_refusal_busy, msg_refusal_busy_advice;
            StorageFailed => msg_refusal_storage_failed, msg_refusal_storage_failed_advice;
            NotFound => msg_refusal_not_found, msg_refusal_not_found_advice;
            Conflict => msg_refusal_conflict, msg_refusal_conflict_advice;
            InvalidInput => msg_refusal_invalid_input, msg_refusal_invalid_input_advice;
            RoleForbids => msg_refusal_role_forbids, msg_refusal_role_forbids_advice;
            SecondPersonNeeded => msg_refusal_second_person_needed, msg_refusal_second_person_needed_advice;
            Stale => msg_refusal_stale, msg_refusal_stale_advice;
            UploadIncomplete => msg_refusal_upload_incomplete, msg_refusal_upload_incomplete_advice;
            TooManyAttempts => msg_refusal_too_many_attempts, msg_refusal_too_many_attempts_advice;
            LicenceEnded => msg_refusal_licence_ended, msg_refusal_licence_ended_advice;
            LicenceLocked => msg_refusal_licence_locked, msg_refusal_licence_locked_advice;
            ReturnUsed => msg_refusal_return_used, msg_refusal_return_used_advice;
            ReturnTooLate => msg_refusal_return_too_late, msg_refusal_return_too_late_advice;
            TrialUsed => msg_refusal_trial_used, msg_refusal_trial_used_advice;
        }
    }

    pub(crate) fn end_reason(&self, reason: EndReason) -> String {
        match reason {
            EndReason::UsedUp => self.msg_licence_used_up(),
            EndReason::PeriodOver => self.msg_licence_period_over(),
            EndReason::Removed => self.msg_licence_removed(),
            EndReason::Revoked => self.msg_licence_revoked(),
            EndReason::Replaced => self.msg_licence_replaced(),
            EndReason::Returned => self.msg_licence_returned(),
            EndReason::Moved => self.msg_licence_moved(),
        }
    }

    pub(crate) fn lock_reason(&self, reason: LockReason) -> String {
        match reason {
            LockReason::KeyMissing => self.msg_lock_key_missing(),
            LockReason::Edited => self.msg_lock_edited(),
            LockReason::ClockInDoubt => self.msg_lock_clock_in_doubt(),
            LockReason::Restored => self.msg_lock_restored(),
            LockReason::Suspended => self.msg_lock_suspended(),
            LockReason::PackageMissing => self.msg_lock_package_missing(),
            LockReason::ContactDue => self.msg_lock_contact_due(),
        }
    }

    pub(crate) fn flag_reason(&self, reason: FlagReason) -> String {
        match reason {
            FlagReason::Restored => self.msg_flag_restored(),
            FlagReason::Edited => self.msg_flag_edited(),
            FlagReason::Implausible => self.msg_flag_implausible(),
        }
    }

    /// What a device has noticed.
    pub(crate) fn fault(&self, kind: FaultKind) -> String {
        let hours = |ms: u64| ms.div_ceil(HOUR_MS);
        match kind {
            FaultKind::ClockSetBack(ms) => self.msg_fault_clock_set_back(hours(ms)),
            FaultKind::ClockJumped(ms) => self.msg_fault_clock_jumped(hours(ms)),
            FaultKind::RecordEdited(licence) => self.msg_fault_record_edited(licence.to_string()),
            FaultKind::RecordMissing(licence) => self.msg_fault_record_missing(licence.to_string()),
            FaultKind::SealBroken => self.msg_fault_seal_broken(),
        }
    }

    pub(crate) fn problem(&self, error: &StaffError) -> Problem {
        let (title, advice, detail) = match error {
            StaffError::Refused(refusal) => {
                let (title, advice) = self.refusal(refusal.code);
                let code = match &refusal.detail {
                    Some(detail) => format!("{}: {detail}", refusal.code),
                    None => refusal.code.to_string(),
                };
                (title, advice, Some(code))
            }
            StaffError::Link(LinkError::Busy) => {
                let (title, advice) = self.refusal(protocol::RefusalCode::Busy);
                (title, advice, Some(error.to_string()))
            }
            StaffError::Link(LinkError::NotPermitted | LinkError::Distrust(_)) => {
                (self.msg_error_permitted(), self.msg_error_permitted_advice(), Some(error.to_string()))
            }
            StaffError::Link(LinkError::Protocol(_)) | StaffError::WrongAnswer => {
                (self.msg_error_answer(), self.msg_error_answer_advice(), Some(error.to_string()))
            }
            StaffError::Link(_) => (self.msg_error_link_title(), self.msg_error_link_advice(), Some(error.to_string())),
            StaffError::Audit(_) => (self.msg_error_audit(), self.msg_error_audit_advice(), Some(error.to_string())),
            StaffError::Certificate { .. } | StaffError::File { .. } | StaffError::Package { .. } => {
                (self.msg_error_file_read(), self.msg_error_file_read_advice(), Some(error.to_string()))
            }
        };
        Problem { title, advice, detail }
    }

    pub(crate) fn pick<'a, T>(&self, both: &'a Bilingual<T>) -> &'a T {
        match self.lang {
            Lang::Ja => &both.ja,
            Lang::En => &both.en,
        }
    }

    pub(crate) fn form(&self, form: UsageForm) -> String {
        match form {
            UsageForm::Permanent => self.msg_form_permanent(),
            UsageForm::Uses(count) => self.msg_form_uses(count.get()),
            UsageForm::Days(count) => self.msg_form_days(count.get()),
            UsageForm::Metered => self.msg_form_metered(),
        }
    }

    pub(crate) fn kind(&self, kind: OptionKind) -> String {
        match kind {
            OptionKind::Program => self.msg_kind_program(),
            OptionKind::FontPack => self.msg_kind_font_pack(),
        }
    }

    pub(crate) fn role(&self, role: StaffRole) -> String {
        match role {
            StaffRole::Clerk => self.msg_role_clerk(),
            StaffRole::Publisher => self.msg_role_publisher(),
            StaffRole::Accountant => self.msg_role_accountant(),
            StaffRole::Admin => self.msg_role_admin(),
        }
    }

    /// What the role is trusted with.
    pub(crate) fn role_advice(&self, role: StaffRole) -> String {
        match role {
            StaffRole::Clerk => self.msg_role_clerk_advice(),
            StaffRole::Publisher => self.msg_role_publisher_advice(),
            StaffRole::Accountant => self.msg_role_accountant_advice(),
            StaffRole::Admin => self.msg_role_admin_advice(),
        }
    }

    pub(crate) fn settlement(&self, settlement: Settlement) -> String {
        match settlement {
            Settlement::Monthly => self.msg_settlement_monthly(),
            Settlement::OnDemand => self.msg_settlement_on_demand(),
        }
    }

    pub(crate) fn device_state(&self, state: DeviceState) -> String {
        match state {
            DeviceState::Registered => self.msg_device_registered(),
            DeviceState::Enrolled => self.msg_device_enrolled(),
            DeviceState::Revoked => self.msg_device_revoked(),
        }
    }

    pub(crate) fn order_state(&self, state: OrderState) -> String {
        match state {
            OrderState::Authorised => self.msg_state_authorised(),
            OrderState::Sent => self.msg_state_sent(),
            OrderState::Received => self.msg_state_received(),
            OrderState::Delivered => self.msg_state_delivered(),
            OrderState::Licensed => self.msg_state_licensed(),
            OrderState::Refused(_) => self.msg_state_refused(),
            OrderState::Failed(_) => self.msg_state_failed(),
            OrderState::Cancelled => self.msg_state_cancelled(),
            OrderState::Expired => self.msg_state_expired(),
        }
    }

    pub(crate) fn failure(&self, code: FailureCode) -> String {
        match code {
            FailureCode::LinkLost => self.msg_failure_link_lost(),
            FailureCode::Timeout => self.msg_failure_timeout(),
            FailureCode::WrongContent => self.msg_failure_wrong_content(),
            FailureCode::DiskFull => self.msg_failure_disk_full(),
            FailureCode::Storage => self.msg_failure_storage(),
        }
    }

    pub(crate) fn text_error(&self, error: TextError) -> String {
        match error {
            TextError::Empty => self.msg_error_required(),
            TextError::TooLong { max } => self.msg_error_too_long(u32::try_from(max).unwrap_or(u32::MAX)),
            TextError::Control => self.msg_error_control(),
        }
    }

    pub(crate) fn offers_error(&self, error: OfferListError) -> String {
        match error {
            OfferListError::Empty => self.msg_error_offers_empty(),
            OfferListError::TooMany => self.msg_error_offers_many(),
            OfferListError::SameForm => self.msg_error_offers_same(),
            OfferListError::Form => self.msg_error_uses(),
            OfferListError::Trial => self.msg_error_offers_trial(),
            OfferListError::MeteredPrice => self.msg_error_metered_price(Offer::METERED_PRICE_MAX.to_string()),
        }
    }

    /// What a charge is for: the form that was bought, or how many uses at what price.
    pub(crate) fn charge_form(&self, charge: &ChargeRow) -> String {
        match charge.uses {
            Some(uses) => self.msg_charge_uses(uses.count, uses.each.to_string()),
            None => self.form(charge.form),
        }
    }

    /// Local date and time to the minute.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let shape = if self.lang == Lang::Ja { "%Y/%m/%d %H:%M" } else { "%Y-%m-%d %H:%M" };
        self.local(at, shape)
    }

    /// Local date.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        let shape = if self.lang == Lang::Ja { "%Y/%m/%d" } else { "%Y-%m-%d" };
        self.local(at, shape)
    }

    fn local(&self, at: Timestamp, shape: &str) -> String {
        match self.zoned(at) {
            Some(at) => at.strftime(shape).to_string(),
            None => "-".to_owned(),
        }
    }

    fn zoned(&self, at: Timestamp) -> Option<jiff::ZonedDateTime> {
        let instant = jiff::Timestamp::from_millisecond(i64::try_from(at.as_ms()).ok()?).ok()?;
        Some(instant.to_zoned_datetime(self.zone.clone()))
    }

    /// The first days of the month of `now` and of the month `months_later`, as typed into a field.
    pub(crate) fn month(&self, now: Timestamp, months_later: i32) -> Option<(String, String)> {
        use jiff::ToSpan;
        let first = self.zoned(now)?.date().first_of_month().checked_add(months_later.months()).ok()?;
        let next = first.checked_add(1.month()).ok()?;
        Some((first.to_string(), next.to_string()))
    }

    /// The first moment of a day such as `2026-11-30`, in local time; nothing typed is no limit.
    pub(crate) fn day(&self, typed: &str) -> Result<Option<Timestamp>, String> {
        let typed = typed.trim().replace('/', "-");
        if typed.is_empty() {
            return Ok(None);
        }
        let day = typed.parse::<jiff::civil::Date>().ok().filter(|_| typed.len() == 10);
        let moment = day.and_then(|day| day.to_zoned_datetime(self.zone.clone()).ok());
        let ms = moment.and_then(|moment| u64::try_from(moment.timestamp().as_millisecond()).ok());
        ms.map(|ms| Some(Timestamp::from_ms(ms))).ok_or_else(|| self.msg_error_date())
    }
}

/// `1.5 MB`: three digits are enough to see how far it is.
pub(crate) fn bytes(count: u64) -> String {
    let mut scale = 1_u64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB"] {
        if count < scale * 1_000 {
            break;
        }
        scale *= 1_000;
        unit = larger;
    }
    if scale == 1 {
        return format!("{count} B");
    }
    let tenths = count / (scale / 10);
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_a_sentence_and_advice_in_both_languages() {
        let (ja, en) = (Words::new(Lang::Ja), Words::new(Lang::En));
        for &code in RefusalCode::ALL {
            assert_eq!(en.refusal(code), (code.sentence().to_owned(), code.advice().to_owned()), "{code}");
            let (sentence, advice) = ja.refusal(code);
            assert!(sentence.ends_with('。') && advice.ends_with('。'), "{code}: {sentence} {advice}");
        }
    }

    #[test]
    fn sizes_are_short() {
        for (count, text) in [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (1_048_576, "1.0 MB"), (8 << 30, "8.5 GB")]
        {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn a_typed_day_is_its_first_moment_and_shows_as_the_same_day() {
        let words = Words::new(Lang::En);
        let at = words.day("2026-11-30").unwrap().unwrap();
        assert_eq!(words.date(at), "2026-11-30");
        assert_eq!(words.day(" 2026/11/30 "), Ok(Some(at)));
        assert_eq!(words.day(""), Ok(None));
        for bad in ["2026-13-01", "30.11.2026", "2026-11-30T00:00"] {
            assert!(words.day(bad).is_err(), "{bad}");
        }
        assert_eq!(words.month(at, 0), Some(("2026-11-01".to_owned(), "2026-12-01".to_owned())));
        assert_eq!(words.month(at, -1), Some(("2026-10-01".to_owned(), "2026-11-01".to_owned())));
    }
}
