//! `vendor-console rule`: the rules that staff work under.

use clap::Subcommand;
use protocol::Yen;
use protocol::message::staff::{Rules, StaffReply, StaffRequest};

use super::output::{Output, Record};
use super::{CliError, Run, Session, approval, credit};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the rules
    Show,
    /// Set what a customer can be credited within 30 days without a second person
    CreditLimit {
        /// Whole yen; a higher limit waits for a second person itself
        #[arg(value_name = "YEN", value_parser = credit::yen)]
        limit: Yen,
    },
    /// Set for how many days what is sold from now on can be returned unused
    ReturnDays {
        /// 0 to 90; 0 means not at all
        days: u8,
    },
    /// From now on a second person is needed; there is no way back
    RequireSecondPerson,
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        let request = match self {
            Self::Show => StaffRequest::Overview,
            Self::CreditLimit { limit } => StaffRequest::SetCreditLimit { limit },
            Self::ReturnDays { days } => StaffRequest::SetReturnDays { days },
            Self::RequireSecondPerson => StaffRequest::RequireSecondPerson,
        };
        match session.ask(request).await? {
            StaffReply::Overview(overview) => Ok(Output::One(record(overview.rules))),
            StaffReply::Rules(rules) => Ok(Output::One(record(rules))),
            StaffReply::Proposal(row) => Ok(Output::One(approval::record(&row))),
            _ => Err(StaffError::WrongAnswer.into()),
        }
    }
}

fn record(rules: Rules) -> Record {
    Record::default()
        .flag("second_person", "SECOND PERSON", rules.second_person)
        .yen("credit_limit_yen", "CREDIT LIMIT", Some(rules.credit_limit))
        .number("return_days", "RETURN DAYS", u64::from(rules.return_days))
}
