//! What the jobs look like to the user.

use super::{End, Job, Machine, Stage};
use crate::core::Core;
use crate::core::record::JobId;
use crate::core::view::{JobProgress, JobRow, JobRowState, JobState};
use crate::program::Setting;

impl Machine {
    /// What the program of this package can be told, if it is known.
    pub(in crate::core) fn settings_of(&self, package: &protocol::Digest) -> Vec<Setting> {
        self.descriptions.get(package).cloned().flatten().unwrap_or_default()
    }
}

impl Core {
    /// The job on the job screen.
    pub(in crate::core) fn job_state(&self) -> JobState {
        if let Some(failure) = self.machine.refused {
            return JobState::Failed(failure);
        }
        let Some(id) = self.machine.focus else { return JobState::Idle };
        if let Some(job) = self.machine.job(id) {
            return self.live_state(job);
        }
        match self.machine.ended.iter().find(|ended| ended.id == id).map(|ended| &ended.end) {
            Some(End::Finished { names, left }) => JobState::Finished {
                output: names.first().cloned().unwrap_or_default(),
                files: names.clone(),
                left: *left,
            },
            Some(End::Failed(failure)) => JobState::Failed(*failure),
            None => JobState::Idle,
        }
    }

    fn live_state(&self, job: &Job) -> JobState {
        let (id, document) = (job.id, job.document.clone());
        match &job.stage {
            Stage::Asleep | Stage::Sent { .. } | Stage::Queued => JobState::Waiting { job: id, document },
            Stage::Held(wanted) => JobState::Needs { job: id, document, wanted: wanted.clone() },
            Stage::Reading { .. } | Stage::Working { .. } | Stage::Made { .. } | Stage::Output { .. } => {
                JobState::Running { job: id, document, progress: self.progress(job) }
            }
        }
    }

    fn progress(&self, job: &Job) -> JobProgress {
        match &job.stage {
            Stage::Working { licences, progress } => {
                let at = progress.program.map(usize::from);
                let licence = at.and_then(|at| licences.get(at)).and_then(|id| self.licences.get(id));
                JobProgress::Working {
                    page: progress.page,
                    pages: progress.pages,
                    program: licence.map(|licence| licence.option.name.clone()),
                }
            }
            Stage::Made { .. } | Stage::Output { .. } => JobProgress::Output,
            _ => JobProgress::Reading,
        }
    }

    /// Every job that has not ended, and then those that ended last.
    pub(in crate::core) fn job_rows(&self) -> Vec<JobRow> {
        let live = self.machine.jobs.iter().map(|job| JobRow {
            job: job.id,
            kind: job.task.kind,
            document: job.document.clone(),
            state: match &job.stage {
                Stage::Asleep | Stage::Sent { .. } | Stage::Queued => JobRowState::Waiting,
                Stage::Held(wanted) => JobRowState::Needs(wanted.clone()),
                _ => JobRowState::Running(self.progress(job)),
            },
        });
        let ended = self.machine.ended.iter().rev().map(|ended| JobRow {
            job: ended.id,
            kind: ended.kind,
            document: ended.document.clone(),
            state: match &ended.end {
                End::Finished { names, .. } => JobRowState::Finished(names.first().cloned().unwrap_or_default()),
                End::Failed(failure) => JobRowState::Failed(*failure),
            },
        });
        live.chain(ended).collect()
    }

    /// The job on the job screen, also while a purchase for it is on the screen.
    pub const fn job_on_screen(&self) -> Option<JobId> {
        self.machine.focus
    }
}
