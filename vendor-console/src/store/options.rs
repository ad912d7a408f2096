//! Options, their releases, and the catalogue that is made of both.

use std::collections::{HashMap, HashSet};

use protocol::codec;
use protocol::message::device::{Bilingual, Catalogue, CatalogueEntry};
use protocol::message::staff::{OptionFields, OptionRow, Page, ProposalKind, Query, ReleaseRow};
use protocol::{ContentKey, Digest, Manifest, OptionId, RefusalCode, ReleaseVersion, Signed, Timestamp, UsageForm};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::entity::{charge, licence, manifest, option, release};
use super::proposals::{self, APPROVED, Content, REJECTED, WAITING};
use super::{
    Sequence, Store, StoreError, Write, column, last_number, last_number_locked, limit, refuse, search_pattern,
    search_text, staff, stale,
};

/// A release whose package is durable.
pub(crate) struct NewRelease<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) signed: &'a Signed<Manifest>,
    pub(crate) key: &'a ContentKey,
}

impl Store {
    /// A new option, without a release and therefore not yet for sale.
    pub(crate) async fn create_option(&self, fields: &OptionFields) -> Result<OptionRow, StoreError> {
        let mut write = self.write().await?;
        let id = &fields.id;
        let taken = || refuse(RefusalCode::Conflict, format_args!("option {id} is on file already"));
        let columns = option::ActiveModel {
            id: Set(id.as_str().to_owned()),
            kind: Set(column::kind_name(fields.kind).to_owned()),
            newest: Set(0),
            revision: Set(1),
            ..columns(fields)?
        };
        let once = OnConflict::column(option::Column::Id).do_nothing().to_owned();
        if option::Entity::insert(columns).on_conflict(once).exec_without_returning(&write.tx).await? == 0 {
            return Err(taken());
        }
        write.note(id, format_args!("offers {}", offers_note(&fields.offers)));
        self.finish_option(write, id).await
    }

    /// Other fields for an option, made from the fields of this revision. Orders already authorised keep their offers.
    pub(crate) async fn update_option(
        &self,
        revision: u32,
        fields: &OptionFields,
        now: Timestamp,
    ) -> Result<OptionRow, StoreError> {
        let mut write = self.write().await?;
        let before = to_change(&write.tx, &fields.id).await?;
        if before.kind != column::kind_name(fields.kind) {
            return Err(refuse(RefusalCode::Conflict, "the kind of an option never changes"));
        }
        if before.revision != i64::from(revision) {
            return Err(stale(revision, before.revision));
        }
        let columns = option::ActiveModel { revision: Set(before.revision + 1), ..columns(fields)? };
        let filter = option::Column::Id.eq(fields.id.as_str());
        option::Entity::update_many().set(columns).filter(filter).exec(&write.tx).await?;
        let after = on_file(&write.tx, &fields.id).await?;
        let is_changed = option::Model { revision: after.revision, ..before.clone() } != after;
        if is_changed && (is_listed(&before) || is_listed(&after)) {
            catalogue_changed(&write, now).await?;
        }
        write.note(&fields.id, update_note(&before, &after)?);
        self.finish_option(write, &fields.id).await
    }

    /// The option's kind and the version that its next release will have.
    pub(crate) async fn next_release(
        &self,
        id: &OptionId,
    ) -> Result<(protocol::package::OptionKind, ReleaseVersion), StoreError> {
        let option = on_file(&self.db, id).await?;
        let version = last_version(&self.db, &option).await? + 1;
        Ok((column::kind(&option.kind)?, ReleaseVersion(column::small(version)?)))
    }

    /// Puts a release on file. It comes into the catalogue when a second person approves it, or at once in a vendor of
    /// one person. `Conflict` if another one with its version came first.
    pub(crate) async fn publish(&self, new: NewRelease<'_>, now: Timestamp) -> Result<OptionRow, StoreError> {
        let NewRelease { manifest, signed, key } = new;
        let mut write = self.write().await?;
        let option = to_change(&write.tx, &manifest.option).await?;
        let version = i64::from(manifest.version.0);
        if last_version(&write.tx, &option).await? + 1 != version {
            return Err(refuse(RefusalCode::Conflict, "another release was published in the meantime"));
        }
        let package = manifest.digest().0.to_vec();
        let document = manifest::ActiveModel { package: Set(package.clone()), signed: Set(codec::encode(signed)) };
        manifest::Entity::insert(document).exec_without_returning(&write.tx).await?;
        let limits = manifest.content.limits();
        let release = release::ActiveModel {
            option: Set(option.id.clone()),
            version: Set(version),
            package: Set(package),
            content_bytes: Set(column::integer(manifest.content_bytes)?),
            stored_bytes: Set(column::integer(manifest.stored_bytes())?),
            chunk_count: Set(i64::from(manifest.chunk_count())),
            content_key: Set(key.as_bytes().to_vec()),
            published_at: Set(column::ms(now)?),
            state: Set(WAITING.to_owned()),
            memory_mib: Set(limits.map(|limits| i64::from(limits.memory_mib()))),
            fuel_per_page: Set(limits.map(|limits| column::integer(limits.fuel_per_page())).transpose()?),
            provides: Set(column::provides_json(&manifest.provides)?),
        };
        release::Entity::insert(release).exec_without_returning(&write.tx).await?;
        let mut state = "on sale".to_owned();
        if staff::rules_locked(&write).await?.second_person {
            let content = Content { release: Some((option.id.clone(), version)), ..Content::default() };
            let number = proposals::propose(&write, ProposalKind::Release, content, now).await?;
            state = format!("proposal {number}: waits");
        } else {
            approve_release(&write, &option.id, version, now).await?;
        }
        write.note(
            format_args!("{} release {version}", option.id),
            format_args!("package {}, {state}", manifest.digest()),
        );
        self.finish_option(write, &manifest.option).await
    }

    /// The packages of all releases that are or may come on sale.
    pub(crate) async fn packages(&self) -> Result<HashSet<Digest>, StoreError> {
        let select = release::Entity::find().filter(release::Column::State.ne(REJECTED));
        let select = select.select_only().column(release::Column::Package);
        let packages: Vec<Vec<u8>> = select.into_tuple().all(&self.db).await?;
        packages.iter().map(|package| column::digest(package)).collect()
    }

    /// Options, by id.
    pub(crate) async fn options(&self, query: &Query) -> Result<Page<OptionRow>, StoreError> {
        let mut select = option::Entity::find();
        if let Some(pattern) = search_pattern(query) {
            select = select.filter(option::Column::Search.into_expr().like(pattern));
        }
        let total = select.clone().count(&self.db).await?;
        let found = select.order_by_asc(option::Column::Id).offset(u64::from(query.offset)).limit(limit(query));
        let rows = rows(&self.db, found.all(&self.db).await?).await?;
        Ok(Page { rows, total })
    }

    /// A new version of the catalogue, not below the clock.
    pub(crate) async fn raise_catalogue(&self, now: Timestamp) -> Result<(), StoreError> {
        let write = self.write().await?;
        write.raise_number(Sequence::CatalogueVersions, column::ms(now)?).await?;
        write.commit().await
    }

    /// Grows with every change of the catalogue.
    pub(crate) async fn catalogue_version(&self) -> Result<u64, StoreError> {
        column::unsigned(last_number(&self.db, Sequence::CatalogueVersions).await?)
    }

    /// What is for sale, by id, and the version of that list.
    pub(crate) async fn catalogue(&self) -> Result<(u64, Vec<CatalogueEntry>), StoreError> {
        // Whoever changes the list raises its version in the same transaction, and waits for this one.
        let write = self.write().await?;
        let version = column::unsigned(last_number_locked(&write, Sequence::CatalogueVersions).await?)?;
        let listed = option::Entity::find().filter(is_listed_sql()).order_by_asc(option::Column::Id);
        let listed = listed.all(&write.tx).await?;
        let mut releases = newest_releases(&write.tx, &listed).await?;
        let entry = |option: option::Model| {
            let release = releases
                .remove(&option.id)
                .ok_or_else(|| StoreError::Corrupt(format!("no release {} of option {}", option.newest, option.id)))?;
            let stored_bytes = column::unsigned(release.stored_bytes)?;
            let version = ReleaseVersion(column::small(release.version)?);
            let provides = column::provides(&release.provides)?;
            let OptionFields { id, kind, name, description, offers, .. } = fields(option)?;
            Ok(CatalogueEntry { option: id, name, description, kind, provides, version, stored_bytes, offers })
        };
        Ok((version, listed.into_iter().map(entry).collect::<Result<_, StoreError>>()?))
    }

    async fn finish_option(&self, write: Write, id: &OptionId) -> Result<OptionRow, StoreError> {
        let row = rows(&write.tx, vec![on_file(&write.tx, id).await?]).await?.pop();
        write.commit().await?;
        row.ok_or_else(|| RefusalCode::NotFound.into())
    }
}

const fn is_listed(option: &option::Model) -> bool {
    option.for_sale && option.newest > 0
}

/// [`is_listed`] in SQL.
pub(super) fn is_listed_sql() -> Condition {
    Condition::all().add(option::Column::ForSale.eq(true)).add(option::Column::Newest.gt(0))
}

/// To be called in the transaction that changes anything in the catalogue.
async fn catalogue_changed(write: &Write, now: Timestamp) -> Result<(), StoreError> {
    // First the version: its row stays locked, so that options are counted by one after the other.
    write.raise_number(Sequence::CatalogueVersions, column::ms(now)?).await?;
    let listed = option::Entity::find().filter(is_listed_sql()).count(&write.tx).await?;
    if listed > Catalogue::ENTRIES_MAX as u64 {
        let detail = format_args!("at most {} options are for sale at a time", Catalogue::ENTRIES_MAX);
        return Err(refuse(RefusalCode::Conflict, detail));
    }
    Ok(())
}

pub(super) async fn find(db: &impl ConnectionTrait, id: &OptionId) -> Result<Option<option::Model>, StoreError> {
    Ok(option::Entity::find_by_id(id.as_str()).one(db).await?)
}

async fn on_file(db: &impl ConnectionTrait, id: &OptionId) -> Result<option::Model, StoreError> {
    find(db, id).await?.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no option {id}")))
}

/// The same, locked until the transaction ends.
async fn to_change(db: &impl ConnectionTrait, id: &OptionId) -> Result<option::Model, StoreError> {
    let found = option::Entity::find_by_id(id.as_str()).lock_exclusive().one(db).await?;
    found.ok_or_else(|| refuse(RefusalCode::NotFound, format_args!("no option {id}")))
}

/// The highest version on file, also of what was rejected: a number is never used twice. 0 if there is none.
async fn last_version(db: &impl ConnectionTrait, option: &option::Model) -> Result<i64, StoreError> {
    let last = release::Entity::find()
        .filter(release::Column::Option.eq(option.id.as_str()))
        .order_by_desc(release::Column::Version)
        .one(db)
        .await?;
    Ok(last.map_or(0, |release| release.version))
}

/// Puts a release that waits into the catalogue.
pub(super) async fn approve_release(write: &Write, id: &str, version: i64, now: Timestamp) -> Result<(), StoreError> {
    let option = to_change(&write.tx, &column::parse(id)?).await?;
    if version <= option.newest {
        let detail = format_args!("release {} of {id} is on sale already", option.newest);
        return Err(refuse(RefusalCode::Conflict, detail));
    }
    let state = release::ActiveModel {
        state: Set(APPROVED.to_owned()),
        published_at: Set(column::ms(now)?),
        ..Default::default()
    };
    set_release(write, id, version, state).await?;
    let newest = option::ActiveModel { newest: Set(version), ..Default::default() };
    option::Entity::update_many().set(newest).filter(option::Column::Id.eq(id)).exec(&write.tx).await?;
    if option.for_sale {
        catalogue_changed(write, now).await?;
    }
    Ok(())
}

/// Keeps a release out of the catalogue for ever; its package.
pub(super) async fn reject_release(write: &Write, id: &str, version: i64) -> Result<Digest, StoreError> {
    let found = release::Entity::find_by_id((id.to_owned(), version)).one(&write.tx).await?;
    let found = found.ok_or_else(|| StoreError::Corrupt(format!("no release {version} of option {id}")))?;
    let state = release::ActiveModel { state: Set(REJECTED.to_owned()), ..Default::default() };
    set_release(write, id, version, state).await?;
    column::digest(&found.package)
}

async fn set_release(write: &Write, id: &str, version: i64, columns: release::ActiveModel) -> Result<(), StoreError> {
    release::Entity::update_many()
        .set(columns)
        .filter(release::Column::Option.eq(id))
        .filter(release::Column::Version.eq(version))
        .exec(&write.tx)
        .await?;
    Ok(())
}

fn price_note(offer: &protocol::Offer) -> String {
    if offer.trial { "trial".to_owned() } else { offer.price.amount().to_string() }
}

fn offers_note(offers: &protocol::OfferList) -> String {
    let note = |offer: &protocol::Offer| format!("{}={}", offer.form, price_note(offer));
    offers.iter().map(note).collect::<Vec<_>>().join(" ")
}

/// The offers that differ, because a line of the log has room for little: `permanent=20000→15000 uses:10=2000→none`.
fn offers_change(old: &protocol::OfferList, new: &protocol::OfferList) -> String {
    let price = |offers: &protocol::OfferList, form| {
        offers.find(form).map_or_else(|| "none".to_owned(), |offer| price_note(&offer))
    };
    let added = new.iter().filter(|offer| old.find(offer.form).is_none());
    let differs = |form: &UsageForm| old.find(*form) != new.find(*form);
    let forms = old.iter().chain(added).map(|offer| offer.form).filter(differs);
    let changes: Vec<_> = forms.map(|form| format!("{form}={}→{}", price(old, form), price(new, form))).collect();
    if changes.is_empty() { "in another order".to_owned() } else { changes.join(" ") }
}

/// What an update changed, in short.
fn update_note(before: &option::Model, after: &option::Model) -> Result<String, StoreError> {
    let mut changes = Vec::new();
    if before.offers != after.offers {
        changes.push(format!(
            "offers {}",
            offers_change(&column::offers(&before.offers)?, &column::offers(&after.offers)?)
        ));
    }
    if before.for_sale != after.for_sale {
        changes.push(format!("for sale {} → {}", before.for_sale, after.for_sale));
    }
    let texts = |option: &option::Model| {
        [&option.name_ja, &option.name_en, &option.description_ja, &option.description_en].map(Clone::clone)
    };
    if texts(before) != texts(after) {
        changes.push("texts".to_owned());
    }
    Ok(changes.join(", "))
}

/// The release that an order of this option would deliver.
pub(super) async fn newest_release(
    db: &impl ConnectionTrait,
    option: &option::Model,
) -> Result<Option<release::Model>, StoreError> {
    Ok(release::Entity::find_by_id((option.id.clone(), option.newest)).one(db).await?)
}

async fn newest_releases(
    db: &impl ConnectionTrait,
    options: &[option::Model],
) -> Result<HashMap<String, release::Model>, StoreError> {
    let ids = options.iter().map(|option| option.id.as_str());
    // Ascending: the newest of each option is the last to be put into the map.
    let releases = release::Entity::find()
        .filter(release::Column::Option.is_in(ids))
        .filter(release::Column::State.eq(APPROVED))
        .order_by_asc(release::Column::Version)
        .all(db)
        .await?;
    Ok(releases.into_iter().map(|release| (release.option.clone(), release)).collect())
}

/// The signed manifest of a package.
pub(super) async fn signed_manifest(
    db: &impl ConnectionTrait,
    package: Digest,
) -> Result<Signed<Manifest>, StoreError> {
    let row = manifest::Entity::find_by_id(package.0.to_vec()).one(db).await?;
    let damaged = || StoreError::Corrupt(format!("no manifest of package {package}"));
    codec::decode(&row.ok_or_else(damaged)?.signed).map_err(|_| damaged())
}

/// The release with this package.
pub(super) async fn release_of(db: &impl ConnectionTrait, package: Digest) -> Result<release::Model, StoreError> {
    let found = release::Entity::find().filter(release::Column::Package.eq(package.0.to_vec())).one(db).await?;
    found.ok_or_else(|| StoreError::Corrupt(format!("no release with package {package}")))
}

fn columns(fields: &OptionFields) -> Result<option::ActiveModel, StoreError> {
    let OptionFields { id, name, description, offers, for_sale, kind: _ } = fields;
    Ok(option::ActiveModel {
        name_ja: Set(name.ja.as_str().to_owned()),
        name_en: Set(name.en.as_str().to_owned()),
        description_ja: Set(description.ja.as_str().to_owned()),
        description_en: Set(description.en.as_str().to_owned()),
        offers: Set(column::offers_json(offers)?),
        for_sale: Set(*for_sale),
        search: Set(search_text(&[id.as_str(), name.ja.as_str(), name.en.as_str()])),
        ..Default::default()
    })
}

pub(super) fn fields(option: option::Model) -> Result<OptionFields, StoreError> {
    Ok(OptionFields {
        id: column::parse(&option.id)?,
        kind: column::kind(&option.kind)?,
        name: Bilingual { ja: column::words(&option.name_ja)?, en: column::words(&option.name_en)? },
        description: Bilingual {
            ja: column::words(&option.description_ja)?,
            en: column::words(&option.description_en)?,
        },
        offers: column::offers(&option.offers)?,
        for_sale: option.for_sale,
    })
}

async fn rows(db: &impl ConnectionTrait, found: Vec<option::Model>) -> Result<Vec<OptionRow>, StoreError> {
    let mut releases = newest_releases(db, &found).await?;
    let waiting: HashMap<String, i64> = release::Entity::find()
        .filter(release::Column::Option.is_in(found.iter().map(|option| option.id.as_str())))
        .filter(release::Column::State.eq(WAITING))
        .order_by_asc(release::Column::Version)
        .all(db)
        .await?
        .into_iter()
        .map(|release| (release.option, release.version))
        .collect();
    // A licence that was moved to another device was sold once.
    let charged = charge::Entity::find().select_only().column(charge::Column::Order).into_query();
    let sold: HashMap<String, i64> = licence::Entity::find()
        .select_only()
        .column(licence::Column::Option)
        .column_as(licence::Column::Order.count(), "sold")
        .filter(licence::Column::Option.is_in(found.iter().map(|option| option.id.as_str())))
        .filter(licence::Column::Order.in_subquery(charged))
        .group_by(licence::Column::Option)
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let row = |option: option::Model| {
        let sold = column::unsigned(sold.get(&option.id).copied().unwrap_or(0))?;
        let release = releases.remove(&option.id).map(release_row).transpose()?;
        let waiting = waiting.get(&option.id).copied().map(column::small).transpose()?.map(ReleaseVersion);
        let revision = column::small(option.revision)?;
        Ok(OptionRow { fields: fields(option)?, release, waiting, sold, revision })
    };
    found.into_iter().map(row).collect()
}

fn release_row(release: release::Model) -> Result<ReleaseRow, StoreError> {
    Ok(ReleaseRow {
        version: ReleaseVersion(column::small(release.version)?),
        package: column::digest(&release.package)?,
        content: column::package_content(release.memory_mib, release.fuel_per_page)?,
        provides: column::provides(&release.provides)?,
        content_bytes: column::unsigned(release.content_bytes)?,
        published_at: column::time(release.published_at)?,
    })
}
