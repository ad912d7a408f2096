//! Publishing: what follows on the stream is sealed, stored, and put on file as a release.

use std::time::Duration;

use protocol::message::staff::{StaffReply, Topic};
use protocol::package::file::PackageHeader;
use protocol::{ContentKey, Digest, OptionId, Refusal, RefusalCode, ReleaseVersion, Signed, Text};
use quinn::RecvStream;

use crate::content::Recipe;
use crate::random;
use crate::server::customers::Customers;
use crate::server::desk::Desk;
use crate::store::{NewRelease, Store, StoreError};

/// Seals what follows on the stream, stores it, and puts it on file as the option's next release.
pub(super) async fn publish(
    desk: &Desk,
    customers: &Customers,
    store: &Store,
    option: OptionId,
    package: PackageHeader,
    content: &mut RecvStream,
) -> Result<StaffReply, Refusal> {
    let version = next_version(store, &option, &package).await?;
    let key = ContentKey::from_bytes(random::bytes().map_err(StoreError::from)?);
    let patience = Duration::from_millis(desk.guard.limits.upload_chunk_ms.into());
    let recipe = Recipe { option, version, package, patience };
    let manifest = customers.packages.seal(recipe, &key, content).await?;
    let signed = Signed::new(&manifest, &customers.keys.signing().release);
    let release = NewRelease { manifest: &manifest, signed: &signed, key: &key };
    match store.publish(release, customers.clock.now()).await {
        Ok(option) => {
            tracing::info!(option = %manifest.option, version = %manifest.version, "release published");
            customers.changes.tell(&[Topic::Options, Topic::Proposals, Topic::Audit]);
            Ok(StaffReply::Option(option))
        }
        Err(error) => {
            // Only a refusal says for sure that the release is not on file.
            if matches!(error, StoreError::Refused(_)) {
                discard(customers, manifest.digest()).await;
            }
            Err(error.into())
        }
    }
}

/// The version that a release with this package would have; or why there can be none.
pub(super) async fn next_version(
    store: &Store,
    option: &OptionId,
    package: &PackageHeader,
) -> Result<ReleaseVersion, Refusal> {
    let (kind, version) = store.next_release(option).await?;
    if package.content().kind() != kind {
        let detail = Text::new(format!("{option} is another kind of option than the package")).ok();
        return Err(Refusal { code: RefusalCode::InvalidInput, detail });
    }
    Ok(version)
}

/// Deletes a package that nobody will buy. What fails here is made up for at the next start.
pub(super) async fn discard(customers: &Customers, package: Digest) {
    if let Err(error) = customers.packages.discard(package).await {
        tracing::warn!("a package without a release stays on the disk: {error}");
    }
}
