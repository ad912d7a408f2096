//! Where the programs of a job come from, and what is set for them.

use std::sync::Arc;

use protocol::ContentKey;
use protocol::package::ProgramLimits;
use zeroize::Zeroizing;

use super::Stop;
use crate::cancel::Cancel;
use crate::core::{JobFault, JobOption, SettingWish};
use crate::page::Page;
use crate::program::{Chosen, Lettering, PageOutcome, Place, ProgramFault, Setting, complete};
use crate::runtime::{CodeCache, Program, Runtime};

/// The unsealed content of a package, if it is needed at all.
pub type Content<'a> = dyn Fn() -> Result<Zeroizing<Vec<u8>>, Stop> + 'a;

/// Opens the programs of options.
pub trait Programs: Send + Sync {
    /// A program that is ready to run.
    fn open(
        &self,
        option: &JobOption,
        key: &ContentKey,
        limits: ProgramLimits,
        content: &Content<'_>,
    ) -> Result<Arc<dyn PageProgram>, Stop>;
}

/// Works on pages.
pub trait PageProgram {
    /// What can be set.
    fn describe(&self) -> Result<Vec<Setting>, ProgramFault>;

    /// Works on one page.
    fn process(
        &self,
        page: &Page,
        settings: &[Chosen],
        place: &Place,
        lettering: Arc<dyn Lettering>,
        cancel: &Cancel,
    ) -> Result<PageOutcome, ProgramFault>;
}

/// The sandbox, and what it has compiled before.
#[derive(Debug, Clone)]
pub struct Sandbox {
    /// Runs programs.
    pub runtime: Runtime,
    /// Keeps them compiled.
    pub cache: CodeCache,
}

impl Programs for Sandbox {
    fn open(
        &self,
        option: &JobOption,
        key: &ContentKey,
        limits: ProgramLimits,
        content: &Content<'_>,
    ) -> Result<Arc<dyn PageProgram>, Stop> {
        let entry = self.cache.entry(option.licence, &option.manifest, key);
        Ok(Arc::new(self.runtime.load(&entry, limits, content)?))
    }
}

impl PageProgram for Program {
    fn describe(&self) -> Result<Vec<Setting>, ProgramFault> {
        Self::describe(self)
    }

    fn process(
        &self,
        page: &Page,
        settings: &[Chosen],
        place: &Place,
        lettering: Arc<dyn Lettering>,
        cancel: &Cancel,
    ) -> Result<PageOutcome, ProgramFault> {
        Self::process(self, page, settings, place, lettering, cancel)
    }
}

/// What was typed, as the program's own settings mean it; the rest is as the program sets it at first.
pub(super) fn settings(described: &[Setting], wishes: &[SettingWish]) -> Result<Vec<Chosen>, Stop> {
    let unsuitable = |what: &dyn std::fmt::Display| {
        tracing::warn!(%what, "a setting is unsuitable");
        Stop::Fault(JobFault::SettingUnsuitable)
    };
    let mut chosen = Vec::new();
    for wish in wishes {
        let setting = described.iter().find(|setting| setting.id == wish.id);
        let setting = setting.ok_or_else(|| unsuitable(&format_args!("there is no setting `{}`", wish.id)))?;
        chosen.push(setting.parse(&wish.value).map_err(|error| unsuitable(&error))?);
    }
    complete(described, &chosen).map_err(|error| unsuitable(&error))
}
