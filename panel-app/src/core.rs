//! The panel's rules, pure: inputs and the moment come in, effects and a view come out. No clock, no randomness, no I/O.

mod command;
mod effect;
mod record;
mod view;

pub use command::{Command, EnrolForm, JobOrder, Place};
pub use effect::{
    Ask, DocumentSource, Effect, Input, JobOption, JobRun, LinkFault, Moment, StorageFault, TransferEvent,
    TransferFault, TransferOrder,
};
pub use record::{
    Abandoned, AuthorisedOrder, CatalogueRecord, Change, Enrolment, JobId, JobResult, LicenceRecord, LicenceState,
    Loaded, OrderRecord, ResultPlace, Settings, Stage,
};
pub use view::{
    ActiveDownload, DocumentRow, EndReason, EndedOption, Failure, FailureAdvice, InstalledOption, JobFault, JobKind,
    JobState, JobView, Language, LicenceNote, LinkState, OfferRow, OptionSummary, Progress, Screen, StoreRow, View,
};
