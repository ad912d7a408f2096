//! `vendor-console option`: what is sold, at which offers, and its releases.

use std::path::PathBuf;

use clap::Subcommand;
use protocol::OptionId;
use protocol::message::device::Bilingual;
use protocol::message::staff::{OptionFields, OptionRow, Page, StaffReply, StaffRequest};
use protocol::package::Feature;
use protocol::text::{Description, Name, SearchText};
use serde_json::json;

use super::input::{KindArg, OfferArg, kind_name, offer_list};
use super::output::{Output, Record};
use super::{CliError, ListArgs, Run, Session};
use crate::client::StaffError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List options
    List(ListArgs),
    /// Find options by id or name
    Search {
        /// Part of an id or name
        text: SearchText,
    },
    /// Show one option
    Show {
        /// For example ocr-package
        option: OptionId,
    },
    /// Enter a new option; it can be bought once a release is published
    Create {
        /// For example ocr-package; never changes
        option: OptionId,
        /// Never changes
        #[arg(long, value_enum)]
        kind: KindArg,
        /// Name in Japanese
        #[arg(long)]
        name_ja: Name,
        /// Name in English
        #[arg(long)]
        name_en: Name,
        /// What it does, in Japanese
        #[arg(long)]
        description_ja: Description,
        /// What it does, in English
        #[arg(long)]
        description_en: Description,
        /// permanent=YEN, uses:N=YEN, days:N=YEN or metered=YEN (each use), once for each; uses:N=trial or days:N=trial for a
        /// free trial
        #[arg(long = "offer", value_name = "FORM=YEN", required = true)]
        offers: Vec<OfferArg>,
        /// Keep it out of the catalogue for now
        #[arg(long)]
        not_for_sale: bool,
    },
    /// Change an option; what is not named stays
    Edit {
        /// For example ocr-package
        option: OptionId,
        /// Name in Japanese
        #[arg(long)]
        name_ja: Option<Name>,
        /// Name in English
        #[arg(long)]
        name_en: Option<Name>,
        /// What it does, in Japanese
        #[arg(long)]
        description_ja: Option<Description>,
        /// What it does, in English
        #[arg(long)]
        description_en: Option<Description>,
        /// Replaces all offers: permanent=YEN, uses:N=YEN, days:N=YEN, metered=YEN (each use), uses:N=trial or days:N=trial;
        /// once for each
        #[arg(long = "offer", value_name = "FORM=YEN")]
        offers: Vec<OfferArg>,
        /// Put it into the catalogue
        #[arg(long, conflicts_with = "not_for_sale")]
        for_sale: bool,
        /// Take it out of the catalogue
        #[arg(long)]
        not_for_sale: bool,
    },
    /// Publish a package file as a new release; it is sold once a second person approves it
    Publish {
        /// For example ocr-package
        option: OptionId,
        /// The package, as `option pack` makes it: for example ocr.kop
        file: PathBuf,
    },
}

impl Run for Command {
    async fn run(self, session: &Session) -> Result<Output, CliError> {
        match self {
            Self::List(args) => session.list(&args, StaffRequest::Options, page, record).await,
            Self::Search { text } => {
                let args = ListArgs { search: Some(text), ..ListArgs::default() };
                session.list(&args, StaffRequest::Options, page, record).await
            }
            Self::Show { option } => Ok(Output::One(record(&find(session, &option).await?))),
            Self::Create { option, kind, name_ja, name_en, description_ja, description_en, offers, not_for_sale } => {
                let fields = OptionFields {
                    id: option,
                    kind: kind.into(),
                    name: Bilingual { ja: name_ja, en: name_en },
                    description: Bilingual { ja: description_ja, en: description_en },
                    offers: offer_list(&offers)?,
                    for_sale: !not_for_sale,
                };
                one(session.ask(StaffRequest::CreateOption(fields)).await?)
            }
            Self::Edit { option, name_ja, name_en, description_ja, description_en, offers, for_sale, not_for_sale } => {
                let OptionRow { fields: old, revision, .. } = find(session, &option).await?;
                let fields = OptionFields {
                    id: old.id,
                    kind: old.kind,
                    name: Bilingual { ja: name_ja.unwrap_or(old.name.ja), en: name_en.unwrap_or(old.name.en) },
                    description: Bilingual {
                        ja: description_ja.unwrap_or(old.description.ja),
                        en: description_en.unwrap_or(old.description.en),
                    },
                    offers: if offers.is_empty() { old.offers } else { offer_list(&offers)? },
                    for_sale: (old.for_sale || for_sale) && !not_for_sale,
                };
                one(session.ask(StaffRequest::UpdateOption { revision, fields }).await?)
            }
            Self::Publish { option, file } => one(session.client.publish(option, &file, |_, _| ()).await?),
        }
    }
}

async fn find(session: &Session, option: &OptionId) -> Result<OptionRow, CliError> {
    session.find(option.as_str(), StaffRequest::Options, page, |row: &OptionRow| row.fields.id == *option).await
}

fn one(reply: StaffReply) -> Result<Output, CliError> {
    match reply {
        StaffReply::Option(row) => Ok(Output::One(record(&row))),
        _ => Err(StaffError::WrongAnswer.into()),
    }
}

fn page(reply: StaffReply) -> Option<Page<OptionRow>> {
    match reply {
        StaffReply::Options(page) => Some(page),
        _ => None,
    }
}

fn record(row: &OptionRow) -> Record {
    let fields = &row.fields;
    let offers = fields.offers.iter().map(|offer| match offer.trial {
        true => format!("{} trial", offer.form),
        false => format!("{} {}", offer.form, offer.price),
    });
    let values = fields
        .offers
        .iter()
        .map(|offer| json!({"form": offer.form.to_string(), "price_yen": offer.price.amount(), "trial": offer.trial}));
    let release = row.release.as_ref();
    let provides = release.map_or(&[][..], |release| release.provides.as_slice());
    let names: Vec<&str> = provides.iter().map(Feature::as_str).collect();
    let limits = release.and_then(|release| release.content.limits());
    Record::default()
        .text("id", "OPTION", &fields.id)
        .text("kind", "KIND", kind_name(fields.kind))
        .text("name_ja", "NAME (JA)", &fields.name.ja)
        .text("name_en", "NAME (EN)", &fields.name.en)
        .text("description_ja", "DESCRIPTION (JA)", &fields.description.ja)
        .detail()
        .text("description_en", "DESCRIPTION (EN)", &fields.description.en)
        .detail()
        .flag("for_sale", "FOR SALE", fields.for_sale)
        .optional_number("release", "RELEASE", release.map(|release| u64::from(release.version.0)))
        .optional_number("waiting", "WAITING", row.waiting.map(|version| u64::from(version.0)))
        .optional("package", "PACKAGE", release.map(|release| release.package))
        .detail()
        .optional_number("content_bytes", "CONTENT BYTES", release.map(|release| release.content_bytes))
        .detail()
        .optional_number("memory_mib", "MEMORY MIB", limits.map(|limits| u64::from(limits.memory_mib())))
        .detail()
        .optional_number("fuel_per_page", "FUEL A PAGE", limits.map(|limits| limits.fuel_per_page()))
        .detail()
        .list("provides", "PROVIDES", names.join(", "), names.iter().map(|name| json!(name)).collect())
        .detail()
        .time("published_at", "PUBLISHED", release.map(|release| release.published_at))
        .number("sold", "SOLD", row.sold)
        .list("offers", "OFFERS", offers.collect::<Vec<_>>().join(", "), values.collect())
}
