//! What is signed, before and after signing.

use protocol::{Signed, UsageForm};

use super::book::Page;
use super::world::{
    catalogue, days, key_list, licence, licence_key, manifest, receipt, release_key, root_key, signed_key_list,
    signed_receipt, signed_ticket, ticket, uses,
};

pub(crate) fn page() -> Page {
    Page::new(
        "signed.txt",
        "Signed values. Release key: Ed25519 of the seed 32 times 11; licence key: of 32 times 22 (hex).",
    )
    .value("the release key's public half", release_key().verify_key())
    .value("the licence key's public half", licence_key().verify_key())
    .value("Manifest", manifest())
    .value("Signed Manifest, release key", Signed::new(&manifest(), &release_key()))
    .value("Catalogue", catalogue())
    .value("Signed Catalogue, release key", Signed::new(&catalogue(), &release_key()))
    .value("Ticket", ticket())
    .value("Signed Ticket, licence key", signed_ticket())
    .value("Licence, permanent", licence(UsageForm::Permanent))
    .value("Licence, uses:10", licence(uses()))
    .value("Licence, days:30", licence(days()))
    .value("Licence, metered", licence(UsageForm::Metered))
    .value("the root's public key", root_key())
    .value("KeyList", key_list())
    .value("RootSigned KeyList", signed_key_list())
    .value("Signed Licence, uses:10, licence key", Signed::new(&licence(uses()), &licence_key()))
    .value("EraseReceipt", receipt())
    .value("SignedReceipt, with 66 and 77 for a signature", signed_receipt())
}
