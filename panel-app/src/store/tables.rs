//! All tables. A table whose layout changes gets a new version and a migration; the old name is never used again.

use redb::TableDefinition;

/// Values of which there is one each, by name: [`SEAL`], [`SETTINGS`], [`ENROLMENT`], [`KEYS`],
/// [`CATALOGUE`]. Encoded.
pub(super) const STATE: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("state_v2");

/// Numbers of which there is one each, by name: [`COMMITS`], [`FREED_BYTES`].
pub(super) const COUNTERS: TableDefinition<'_, &str, u64> = TableDefinition::new("counters_v1");

/// Order id to encoded `OrderRecord`.
pub(super) const ORDERS: TableDefinition<'_, &[u8; 16], &[u8]> = TableDefinition::new("orders_v1");

/// Licence id to encoded `LicenceRecord`.
pub(super) const LICENCES: TableDefinition<'_, &[u8; 16], &[u8]> = TableDefinition::new("licences_v2");

/// Job id to encoded `JobRecord`. Not sealed: a job grants nothing, and what it costs is decided when it begins.
pub(super) const JOBS: TableDefinition<'_, &[u8; 16], &[u8]> = TableDefinition::new("jobs_v1");

/// Where a file belongs, encoded, and the file itself.
type PlacedFile<'a> = (&'a [u8], &'a [u8]);

/// Job id and position to a file that the job has made.
pub(super) const JOB_RESULTS: TableDefinition<'_, (&[u8; 16], u32), PlacedFile<'_>> =
    TableDefinition::new("job_results_v2");

/// Package digest to a bit for each chunk, lowest first: set if the chunk is stored. It exists because finding out from
/// [`CHUNKS`] would read every chunk.
pub(super) const PACKAGES: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("packages_v1");

/// Package digest and index to the chunk as stored by the vendor: encrypted, at most `CHUNK_STORED_MAX` bytes.
pub(super) const CHUNKS: TableDefinition<'_, (&[u8; 32], u32), &[u8]> = TableDefinition::new("chunks_v1");

pub(super) const SETTINGS: &str = "settings";
pub(super) const ENROLMENT: &str = "enrolment";
pub(super) const KEYS: &str = "keys";
pub(super) const SEAL: &str = "seal";
pub(super) const CATALOGUE: &str = "catalogue";

/// The names of all of these tables.
pub(super) const NAMES: [&str; 8] =
    ["state_v2", "counters_v1", "orders_v1", "licences_v2", "jobs_v1", "job_results_v2", "packages_v1", "chunks_v1"];

/// How many transactions were committed: tells after a failed commit whether it took place.
pub(super) const COMMITS: &str = "commits";

/// Room that deleted packages have left since the file was compacted.
pub(super) const FREED_BYTES: &str = "freed_bytes";
