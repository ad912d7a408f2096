//! The screens, one a file. Each draws its part of the view below the status bar and says what the user wants.

mod buying;
mod choose;
mod contract_id;
mod done;
mod downloading;
mod failed;
mod home;
mod job;
pub(super) mod jobs;
mod my_options;
mod offer;
mod parts;
mod providers;
mod requesting;
mod server_address;
mod settings;
mod store;

use super::chrome;
use super::state::{Cx, State};
use super::texts::Texts;
use super::theme;
use crate::core::{Command, Screen, View};

/// Draws one frame and returns what the user asked for in it.
pub(super) fn draw(ui: &mut egui::Ui, view: &View, texts: &Texts, state: &mut State) -> Vec<Command> {
    state.follow(view);
    let mut commands = Vec::new();
    let cx = &mut Cx { texts, view, state, commands: &mut commands };
    ui.painter().rect_filled(ui.max_rect(), 0.0, theme::CANVAS);
    let area = chrome::status_bar(ui, cx);
    match &view.screen {
        Screen::Home => home::show(ui, cx, area),
        Screen::Store(catalogue) => store::show(ui, cx, area, catalogue),
        Screen::Offer { option, offers, wanted_by } => offer::show(ui, cx, area, option, offers, *wanted_by),
        Screen::ContractId { option, refused, blocked_until } => {
            let said = contract_id::Said { refused: *refused, blocked_until: *blocked_until };
            contract_id::show(ui, cx, area, option, said);
        }
        Screen::Requesting { option } => requesting::show(ui, cx, area, option),
        Screen::Downloading { option, download } => downloading::show(ui, cx, area, option, download),
        Screen::Choose { option, offers } => choose::show(ui, cx, area, option, offers),
        Screen::Buying { option, offer } => buying::show(ui, cx, area, option, offer),
        Screen::Done { option, offer, order, wanted_by } => {
            done::show(ui, cx, area, &done::Purchase { option, offer, order: *order, wanted_by: *wanted_by });
        }
        Screen::Failed { option, failure, advice } => {
            failed::show(ui, cx, area, option.as_ref(), *failure, *advice);
        }
        Screen::MyOptions { ended } => my_options::show(ui, cx, area, ended),
        Screen::Settings => settings::show(ui, cx, area),
        Screen::ServerAddress { busy, failed } => server_address::show(ui, cx, area, *busy, *failed),
        Screen::Job(job) => job::show(ui, cx, area, job),
        Screen::Providers { feature, wanted_by, rows } => providers::show(ui, cx, area, feature, *wanted_by, rows),
        Screen::Jobs => jobs::show(ui, cx, area),
    }
    commands
}
