//! Every sample view once more, with the longest texts and the highest numbers that the types allow.

use protocol::message::device::Bilingual;
use protocol::{Offer, Text, Yen};

use crate::core::{DocumentRow, JobState, LicenceNote, OptionSummary, Progress, Screen, StoreRow, View};
use crate::ui::samples;

/// The same view, as large as it can be.
pub(super) fn stretch(mut view: View) -> View {
    view.customer = view.customer.map(|_| longest());
    view.vendor = view.vendor.map(|_| format!("{}:65535", "w".repeat(114)));
    view.serial = view.serial.map(|_| samples::parse(&"W".repeat(32)));
    for option in &mut view.installed {
        stretch_option(&mut option.option);
        option.price = Yen::MAX;
        if let LicenceNote::Uses(uses) = &mut option.left {
            *uses = 1_000_000;
        }
    }
    for job in &mut view.jobs {
        job.document = file();
    }
    match &mut view.screen {
        Screen::Store(Progress::Ready(rows)) => rows.iter_mut().for_each(stretch_row),
        Screen::Offer { option, offers, .. } | Screen::Choose { option, offers } => {
            stretch_option(option);
            offers.iter_mut().for_each(stretch_offer);
        }
        Screen::ContractId { option, .. } | Screen::Requesting { option } => stretch_option(option),
        Screen::Downloading { option, download } => {
            stretch_option(option);
            download.total_bytes = 8_600_000_000;
        }
        Screen::Buying { option, offer } | Screen::Done { option, offer, .. } => {
            stretch_option(option);
            stretch_offer(offer);
        }
        Screen::Failed { option, .. } => option.iter_mut().for_each(stretch_option),
        Screen::MyOptions { ended } => ended.iter_mut().for_each(|option| option.name = both()),
        Screen::Job(job) => {
            for row in &mut job.options {
                stretch_option(&mut row.option);
                row.offers.iter_mut().for_each(stretch_offer);
            }
            job.documents.iter_mut().for_each(|document: &mut DocumentRow| document.name = file());
            match &mut job.state {
                JobState::Running { document, .. }
                | JobState::Waiting { document, .. }
                | JobState::Needs { document, .. } => *document = file(),
                JobState::Finished { output, files, .. } => {
                    *output = file();
                    files.iter_mut().for_each(|name| *name = file());
                }
                JobState::Idle | JobState::Failed(_) => {}
            }
        }
        Screen::Providers { rows, .. } => rows.iter_mut().for_each(stretch_row),
        Screen::Home | Screen::Settings | Screen::ServerAddress { .. } | Screen::Store(_) | Screen::Jobs => {}
    }
    view
}

fn stretch_row(row: &mut StoreRow) {
    stretch_option(&mut row.option);
    row.offers.iter_mut().for_each(stretch_offer);
}

fn stretch_option(option: &mut OptionSummary) {
    option.name = both();
    option.description = both();
    option.version.0 = u32::MAX;
    option.stored_bytes = 8_600_000_000;
}

fn stretch_offer(offer: &mut Offer) {
    offer.price = Yen::MAX;
}

fn both<const MAX: usize>() -> Bilingual<Text<MAX>> {
    Bilingual { ja: longest(), en: Text::new("Wide word ".repeat(MAX / 10)).unwrap() }
}

fn longest<const MAX: usize>() -> Text<MAX> {
    Text::new("購".repeat(MAX)).unwrap()
}

fn file() -> String {
    format!("{}.txt", "会議資料_".repeat(40))
}
