//! Too much of everything: connections, requests, transfers, and peers that take their time. In each attack an honest
//! device with a real panel buys while the flood runs.

mod attacker;
pub(crate) mod connections;
pub(crate) mod requests;
pub(crate) mod transfers;

use std::time::{Duration, Instant};

use e2e::peer::Peer;
use e2e::{Device, OptionSpec, Vendor};
use protocol::message::staff::CustomerRow;
use protocol::package::OptionKind;

const OCR: &str = "ocr-package";

/// A vendor with limits, an honest device, and another one with a certificate whose owner means harm.
struct Stage {
    vendor: Vendor,
    customer: CustomerRow,
    honest: Device,
    accomplice: Peer,
}

impl Stage {
    /// A vendor that sells `content`, with these lines in `limits.toml`.
    fn with(limits: &str, content: &[u8]) -> Self {
        let vendor = Vendor::start_limited(limits);
        let offers = [("uses:3", 2_000)];
        vendor.publish(&OptionSpec { id: OCR, kind: OptionKind::Program, offers: &offers, content });
        let customer = vendor.customer("青空設計");
        let honest = Device::enrolled(&vendor, "HK-320-0001", Some(&customer));
        let accomplice = Peer::enrolled(&vendor, "HK-320-0666", Some(&customer));
        Self { vendor, customer, honest, accomplice }
    }

    fn new(limits: &str) -> Self {
        Self::with(limits, b"the OCR program")
    }

    /// An honest purchase, from the store to the licence.
    fn buys(&self) {
        let before = self.vendor.charges().len();
        self.honest.buy(OCR, "uses:3");
        assert_eq!(self.vendor.charges().len(), before + 1);
    }

    fn met(&self, key: &str) -> u64 {
        self.vendor.limit_met(key)
    }

    /// Waits until a limit was met so many times.
    fn wait_met(&self, key: &str, times: u64) {
        self.wait_metric(&format!("kobai_limit_met_total{{limit=\"{key}\"}}"), |met| met >= times);
    }

    /// Waits until what the server counts is as it should be.
    fn wait_metric(&self, name: &str, is_so: impl Fn(u64) -> bool) {
        let until = Instant::now() + e2e::PATIENCE;
        while !is_so(self.vendor.metric(name)) {
            assert!(Instant::now() < until, "{name} is {}", self.vendor.metric(name));
            self.vendor.block_on(async { tokio::time::sleep(Duration::from_millis(5)).await });
        }
    }
}
