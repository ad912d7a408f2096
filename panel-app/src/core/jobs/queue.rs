//! Whose turn it is. The machine has one reader, one printer and one line; a job has each of them only for as long as it
//! reads or puts out, so that jobs which need none in common run at once. What a job may cost is reserved when it begins.

use protocol::LicenceId;
use protocol::package::{Feature, OptionKind};

use super::{Job, Origin, Stage};
use crate::core::Core;
use crate::core::effect::{Effect, JobOption, JobProgram, JobRun};
use crate::core::outcome::Outcome;
use crate::core::record::{JobId, LicenceRecord};
use crate::core::task::{SettingWish, WORKS_MAX, Wanted};
use crate::core::view::{Failure, JobFault, JobKind};

/// What only one job can have at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Reader,
    Printer,
    Line,
}

/// Why a job cannot begin.
#[derive(Debug, PartialEq, Eq)]
enum Lack {
    /// Nothing that is installed does this.
    Missing(Wanted),
    /// What does it is locked.
    Locked,
    /// What is left of it may be needed by the jobs in the works.
    Reserved,
}

/// The licences that a job will use.
#[derive(Debug, Default)]
struct Grants {
    programs: Vec<(LicenceId, Vec<SettingWish>)>,
    fonts: Vec<LicenceId>,
    /// The first face of a font pack that was asked for by its name alone.
    face: Option<String>,
}

impl Grants {
    fn all(&self) -> Vec<LicenceId> {
        self.programs.iter().map(|(licence, _)| *licence).chain(self.fonts.iter().copied()).collect()
    }
}

impl Job {
    /// Fax reception, then copy, then print, then the rest.
    const fn priority(&self) -> u8 {
        match self.task.kind {
            _ if self.is_reception() => 0,
            JobKind::Copy => 1,
            JobKind::Print => 2,
            JobKind::Scan | JobKind::Fax => 3,
        }
    }

    /// What brings the document.
    const fn input_unit(&self) -> Option<Unit> {
        match self.task.kind {
            _ if self.is_reception() => Some(Unit::Line),
            JobKind::Copy | JobKind::Scan | JobKind::Fax => Some(Unit::Reader),
            JobKind::Print => None,
        }
    }

    /// What takes the result.
    const fn output_unit(&self) -> Option<Unit> {
        match self.task.kind {
            _ if self.is_reception() => Some(Unit::Printer),
            JobKind::Copy | JobKind::Print => Some(Unit::Printer),
            JobKind::Scan => None,
            JobKind::Fax => Some(Unit::Line),
        }
    }

    /// What it has now.
    const fn holds(&self) -> Option<Unit> {
        match self.stage {
            Stage::Reading { .. } => self.input_unit(),
            Stage::Output { .. } => self.output_unit(),
            _ => None,
        }
    }
}

impl Core {
    /// Whatever can begin begins, and whatever is made is put out, the most urgent first.
    pub(in crate::core) fn go_on_with_jobs(&mut self, out: &mut Outcome) {
        if self.machine.pause_until_ms.is_some_and(|until_ms| until_ms > self.clock.uptime_ms()) {
            return;
        }
        self.machine.pause_until_ms = None;
        for job in &mut self.machine.jobs {
            let sent = job.sent();
            if let (Stage::Sent { asked }, Some(sent)) = (&mut job.stage, sent)
                && !std::mem::replace(asked, true)
            {
                out.then(Effect::TakeIn(job.id, sent));
            }
        }
        let mut jobs: Vec<(u8, JobId)> = self.machine.jobs.iter().map(|job| (job.priority(), job.id)).collect();
        jobs.sort_by_key(|(priority, _)| *priority);
        for (_, id) in jobs {
            match self.machine.job(id).map(|job| &job.stage) {
                Some(Stage::Made { .. }) if self.is_free(self.machine.job(id).and_then(Job::output_unit)) => {
                    self.put_out(id, out);
                }
                Some(Stage::Queued | Stage::Held(_)) => self.begin(id, out),
                _ => {}
            }
        }
    }

    fn is_free(&self, unit: Option<Unit>) -> bool {
        unit.is_none() || self.machine.jobs.iter().all(|job| job.holds() != unit)
    }

    fn begin(&mut self, id: JobId, out: &mut Outcome) {
        let Some(job) = self.machine.job(id) else { return };
        match self.grants(job) {
            Ok(grants) => {
                let in_the_works = self.machine.jobs.iter().filter(|job| job.is_in_the_works()).count();
                if in_the_works < WORKS_MAX && self.is_free(job.input_unit()) {
                    self.set_going(id, grants, out);
                } else if let Some(job) = self.machine.job_mut(id) {
                    job.stage = Stage::Queued;
                }
            }
            Err(Lack::Missing(wanted)) => self.hold(id, wanted, out),
            Err(Lack::Locked) => self.fail(id, Failure::Job(JobFault::Locked), out),
            Err(Lack::Reserved) => {
                if let Some(job) = self.machine.job_mut(id) {
                    job.stage = Stage::Queued;
                }
            }
        }
    }

    fn set_going(&mut self, id: JobId, grants: Grants, out: &mut Outcome) {
        let Some(job) = self.machine.job(id) else { return };
        let option = |licence: &LicenceId| {
            let record = self.licences.get(licence)?;
            Some(JobOption { licence: record.id, manifest: record.manifest.clone() })
        };
        let program = |(licence, settings): &(LicenceId, Vec<SettingWish>)| {
            Some(JobProgram { option: option(licence)?, settings: settings.clone() })
        };
        // The faces of other font packs are there too, as far as using them costs nothing.
        let free = self
            .licences
            .values()
            .filter(|l| is_font_pack(l) && l.uses_left.is_none() && l.metering.is_none())
            .filter(|l| self.is_usable(l) && !grants.fonts.contains(&l.id));
        let fonts = grants.fonts.iter().filter_map(option);
        let free = free.map(|l| JobOption { licence: l.id, manifest: l.manifest.clone() });
        let named = job.task.face.as_ref().filter(|face| !job.does_without_face(face));
        let run = JobRun {
            job: id,
            kind: job.task.kind,
            source: job.source(),
            document: job.document.clone(),
            programs: grants.programs.iter().filter_map(program).collect(),
            fonts: fonts.chain(free).collect(),
            face: named.cloned().or_else(|| grants.face.clone()),
            split: job.task.split,
            format: job.task.format,
            without: job.task.without.clone(),
            started: self.clock.now(),
            device: self.enrolment.as_ref().map(|enrolment| enrolment.serial.clone()),
        };
        if let Some(job) = self.machine.job_mut(id) {
            job.stage = Stage::Reading { licences: grants.all() };
            out.then(Effect::RunJob(Box::new(run)));
        }
    }

    /// A licence for everything that a job asks for, or what is lacking first.
    fn grants(&self, job: &Job) -> Result<Grants, Lack> {
        let mut grants = Grants::default();
        for wish in &job.task.programs {
            let licence = self.licence_for(&wish.wanted, &grants.all())?;
            if is_font_pack(licence) {
                grants.fonts.push(licence.id);
                grants.face = grants.face.or_else(|| first_face(licence));
            } else {
                grants.programs.push((licence.id, wish.settings.clone()));
            }
        }
        for feature in job.found.iter().filter(|feature| !job.task.without.contains(feature)) {
            let mine = grants.all();
            let licence = self.licence_for(&Wanted::Feature(feature.clone()), &mine)?;
            match licence {
                licence if mine.contains(&licence.id) => {}
                licence if is_font_pack(licence) => grants.fonts.push(licence.id),
                // What was found on the document, like separator sheets, is for before anything is changed.
                licence => grants.programs.insert(0, (licence.id, Vec::new())),
            }
        }
        if let Some(face) = job.task.face.as_ref().filter(|face| !job.does_without_face(face))
            && let Ok(feature) = Feature::face(face)
        {
            match self.licence_for(&Wanted::Feature(feature), &grants.all()) {
                Ok(licence) if !grants.fonts.contains(&licence.id) => grants.fonts.push(licence.id),
                Err(lack @ (Lack::Reserved | Lack::Locked)) => return Err(lack),
                // It may be the machine's own; the formatter knows.
                Ok(_) | Err(Lack::Missing(_)) => {}
            }
        }
        Ok(grants)
    }

    fn licence_for(&self, wanted: &Wanted, mine: &[LicenceId]) -> Result<&LicenceRecord, Lack> {
        let suits = |licence: &LicenceRecord| match wanted {
            Wanted::Feature(feature) => licence.manifest.provides.contains(feature.as_str()),
            Wanted::Option(option) => licence.option_id() == option,
        };
        let reserved = mine.iter().filter_map(|id| self.licences.get(id)).find(|licence| suits(licence));
        if let Some(licence) = reserved {
            return Ok(licence);
        }
        let has_rest =
            |licence: &LicenceRecord| licence.uses_left.is_none_or(|left| left > self.machine.reserved(licence.id));
        if let Some(licence) = self.best_licence(|licence| suits(licence) && has_rest(licence)) {
            return Ok(licence);
        }
        Err(match () {
            () if self.best_licence(suits).is_some() => Lack::Reserved,
            () if self.has_locked(suits) => Lack::Locked,
            () => Lack::Missing(wanted.clone()),
        })
    }
}

impl Job {
    /// Whether the user would rather have the machine's own face.
    fn does_without_face(&self, face: &str) -> bool {
        Feature::face(face).is_ok_and(|feature| self.task.without.contains(&feature))
    }

    /// Whether a script is told of what is missing instead of being offered it.
    pub(super) const fn refuses_offers(&self) -> bool {
        matches!(&self.from, Origin::Script(job) if !job.offer)
    }
}

fn is_font_pack(licence: &LicenceRecord) -> bool {
    licence.manifest.kind() == OptionKind::FontPack
}

fn first_face(licence: &LicenceRecord) -> Option<String> {
    licence.manifest.provides.faces().next().map(str::to_owned)
}
