//! Messages of `kobai-enrol/1`.

use protocol::ActivationCode;
use protocol::message::Reply;
use protocol::message::enrol::{CertificateChain, EnrolReply, EnrolRequest};

use super::book::{Page, variants};
use super::world::{NOW, serial, signed_key_list};

variants! {
    EnrolRequest { Enrol }
    EnrolReply { Enrolled }
}

pub(crate) fn page() -> Page {
    let code = ActivationCode::from_random([7; 16]);
    let reply = || EnrolReply::Enrolled {
        chain: CertificateChain::new(vec![vec![0x30, 0x82, 0x01], vec![0x30, 0x82, 0x03]]).unwrap(),
        keys: signed_key_list(),
    };
    Page::new("enrol.txt", "kobai-enrol/1. Certificates and requests are cut to three bytes.")
        .every(vec![("", EnrolRequest::Enrol { serial: serial(), code, csr: vec![0x30, 0x82, 0x02] })])
        .every(vec![("", reply())])
        .value("Reply of EnrolReply::Enrolled", Reply { now: NOW, outcome: Ok(reply()) })
}
