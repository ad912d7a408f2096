//! Licences that staff suspend and reinstate. Devices hear of it with their next report; nothing is erased.

use protocol::message::report::Standing;
use protocol::message::staff::LicenceRow;
use protocol::{LicenceId, LockReason, RefusalCode, Timestamp};
use sea_orm::ActiveValue::Set;

use super::entity::licence_life;
use super::usage::update;
use super::{Store, StoreError, column, licences, life, refuse};

impl Store {
    /// The licence is not to be used until it is reinstated.
    pub(crate) async fn suspend_licence(&self, id: LicenceId, now: Timestamp) -> Result<LicenceRow, StoreError> {
        let mut write = self.write().await?;
        let found = licences::to_change(&write.tx, id).await?;
        if !life::is_living(&found) || found.suspended_at.is_some() {
            let state = if found.suspended_at.is_some() { "is suspended" } else { "has ended" };
            return Err(refuse(RefusalCode::Conflict, format_args!("licence {id} {state} already")));
        }
        write.note(
            format_args!("licence {id}"),
            format_args!("of device {}: {} → suspended", found.device, found.state),
        );
        let (state, reason, _) = column::standing_columns(Standing::Locked(LockReason::Suspended))?;
        let columns = licence_life::ActiveModel {
            suspended_at: Set(Some(column::ms(now)?)),
            state: Set(state.to_owned()),
            reason: Set(reason.map(str::to_owned)),
            ..Default::default()
        };
        update(&write.tx, id, columns).await?;
        self.finish_licence(write, id, now).await
    }

    /// It may be used again.
    pub(crate) async fn reinstate_licence(&self, id: LicenceId, now: Timestamp) -> Result<LicenceRow, StoreError> {
        let mut write = self.write().await?;
        let found = licences::to_change(&write.tx, id).await?;
        if found.suspended_at.is_none() {
            return Err(refuse(RefusalCode::Conflict, format_args!("licence {id} is not suspended")));
        }
        write.note(format_args!("licence {id}"), format_args!("of device {}: suspended → reinstated", found.device));
        let mut columns = licence_life::ActiveModel { suspended_at: Set(None), ..Default::default() };
        if found.state == "locked" && found.reason.as_deref() == Some(LockReason::Suspended.name()) {
            (columns.state, columns.reason) = (Set("active".to_owned()), Set(None));
        }
        update(&write.tx, id, columns).await?;
        self.finish_licence(write, id, now).await
    }
}
