//! New certificates for staff: the key is made here and goes nowhere but into the file.

use std::path::Path;

use protocol::message::staff::{StaffReply, StaffRequest, StaffRow};
use protocol::net::DeviceKey;

use super::{StaffClient, StaffError};
use crate::private_file;

impl StaffClient {
    /// Makes a key, has it certified by what `request` makes of its signing request, and writes both to the new file
    /// `out`, which nobody else may read.
    pub async fn certify(
        &self,
        out: &Path,
        request: impl FnOnce(Vec<u8>) -> StaffRequest,
    ) -> Result<StaffRow, StaffError> {
        let failed = |source| StaffError::File { path: out.to_owned(), source };
        if out.exists() {
            return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
        }
        let unusable = |reason: String| StaffError::Certificate { path: out.to_owned(), reason };
        let key = DeviceKey::generate().map_err(|error| unusable(error.to_string()))?;
        let csr = key.signing_request().map_err(|error| unusable(error.to_string()))?;
        match self.request(request(csr)).await? {
            StaffReply::StaffCertificate { member, chain } => {
                let credentials = key.into_credentials(&chain, self.shared.root.clone());
                private_file::write(out, credentials.to_pem().as_bytes()).map_err(failed)?;
                Ok(member)
            }
            _ => Err(StaffError::WrongAnswer),
        }
    }
}
