//! What a server counts, in the OpenMetrics text format. Labels are names of limits, services and refusals, never of
//! people, devices or addresses.

mod http;

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use protocol::message::Service;

use super::limits::{Limit, Limits};

pub(super) use http::{Exporter, bind};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLimit {
    limit: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    service: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfHandshake {
    outcome: &'static str,
}

/// How handshakes end.
const HANDSHAKES: [&str; 5] = ["done", "failed", "late", "refused", "retry"];

/// The metrics of one server.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    limits_met: Family<OfLimit, Counter>,
    handshakes: Family<OfHandshake, Counter>,
    requests: Family<OfRequest, Counter>,
    sent_bytes: Counter<u64, AtomicU64>,
    pub(super) connections: Gauge,
    pub(super) strangers: Gauge,
    pub(super) handshakes_under_way: Gauge,
    pub(super) requests_under_way: Gauge,
    pub(super) transfers: Gauge,
    pub(super) uploads: Gauge,
    pub(super) watchers: Gauge,
    pub(super) message_memory_bytes: Gauge,
}

impl Metrics {
    pub(super) fn new(limits: &Limits) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("kobai"),
            limits_met: Family::default(),
            handshakes: Family::default(),
            requests: Family::default(),
            sent_bytes: Counter::default(),
            connections: Gauge::default(),
            strangers: Gauge::default(),
            handshakes_under_way: Gauge::default(),
            requests_under_way: Gauge::default(),
            transfers: Gauge::default(),
            uploads: Gauge::default(),
            watchers: Gauge::default(),
            message_memory_bytes: Gauge::default(),
        };
        metrics.register(limits);
        metrics
    }

    fn register(&mut self, limits: &Limits) {
        let set = Family::<OfLimit, Gauge>::default();
        for (spec, value) in limits.values() {
            set.get_or_create(&OfLimit { limit: spec.key }).set(value.into());
        }
        // What has never happened is there as well, as 0: then a graph begins before the first trouble.
        for limit in Limit::ALL {
            self.limits_met.get_or_create(&OfLimit { limit: limit.key() }).inc_by(0);
        }
        for outcome in HANDSHAKES {
            self.handshakes.get_or_create(&OfHandshake { outcome }).inc_by(0);
        }
        for service in Service::ALL {
            self.requests.get_or_create(&OfRequest { service: service.name(), outcome: "ok" }).inc_by(0);
        }
        let registry = &mut self.registry;
        registry.register("limit", "The limits as they are set", set);
        registry.register("limit_met", "How often a limit was met", self.limits_met.clone());
        registry.register("handshakes", "Handshakes by their end", self.handshakes.clone());
        registry.register("requests", "Requests by service and outcome", self.requests.clone());
        registry.register_with_unit("sent", "Content of packages", Unit::Bytes, self.sent_bytes.clone());
        registry.register("connections", "Connections, handshakes included", self.connections.clone());
        registry.register("connections_of_strangers", "Connections without a certificate", self.strangers.clone());
        registry.register("handshakes_under_way", "Handshakes under way", self.handshakes_under_way.clone());
        registry.register("requests_under_way", "Requests under way", self.requests_under_way.clone());
        registry.register("transfers", "Transfers that run or wait for a place", self.transfers.clone());
        registry.register("uploads", "Uploads that run", self.uploads.clone());
        registry.register("watchers", "Watches of staff", self.watchers.clone());
        let memory = self.message_memory_bytes.clone();
        registry.register_with_unit("message_memory", "Messages under way", Unit::Bytes, memory);
    }

    pub(super) fn limit_met(&self, limit: Limit) {
        self.limits_met.get_or_create(&OfLimit { limit: limit.key() }).inc();
    }

    pub(super) fn handshake(&self, outcome: &'static str) {
        self.handshakes.get_or_create(&OfHandshake { outcome }).inc();
    }

    pub(super) fn request(&self, service: Service, outcome: &'static str) {
        self.requests.get_or_create(&OfRequest { service: service.name(), outcome }).inc();
    }

    pub(super) fn sent_bytes(&self, bytes: u64) {
        self.sent_bytes.inc_by(bytes);
    }

    /// Everything, as Prometheus reads it.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        // Writing to memory cannot fail; a scrape that were empty would be missed soon enough.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_there_with_its_value_and_every_count_begins_at_nought() {
        let limits = Limits { connections: 77, ..Limits::default() };
        let metrics = Metrics::new(&limits);
        let text = metrics.render();
        for (spec, value) in limits.values() {
            let line = format!("kobai_limit{{limit=\"{}\"}} {value}\n", spec.key);
            assert!(text.contains(&line), "{line}");
        }
        for limit in Limit::ALL {
            let line = format!("kobai_limit_met_total{{limit=\"{}\"}} 0\n", limit.key());
            assert!(text.contains(&line), "{line}");
        }
        metrics.limit_met(Limit::Connections);
        metrics.request(Service::Device, "busy");
        metrics.sent_bytes(5);
        let text = metrics.render();
        for line in [
            "kobai_limit_met_total{limit=\"connections\"} 1\n",
            "kobai_requests_total{service=\"device\",outcome=\"busy\"} 1\n",
            "kobai_sent_bytes_total 5\n",
            "kobai_connections 0\n",
            "# EOF\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    const PAGE: &str = include_str!("../../../docs/operating.md");

    #[test]
    fn the_page_for_operators_has_the_same_metrics_kinds_and_labels() {
        let metrics = Metrics::new(&Limits::default());
        let text = metrics.render();
        let cell = |line: &str, at: usize| line.split('|').nth(at).unwrap_or_default().trim().to_owned();
        let rows = || PAGE.lines().filter(|line| line.starts_with("| `kobai_"));
        let on_page: Vec<(String, String)> =
            rows().map(|row| (cell(row, 1).trim_matches('`').to_owned(), cell(row, 2))).collect();
        let served: Vec<(String, String)> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
            .map(|(name, kind)| match kind {
                "counter" => (format!("{name}_total"), kind.to_owned()),
                _ => (name.to_owned(), kind.to_owned()),
            })
            .collect();
        assert_eq!(on_page, served);
        for (name, _) in &served {
            let row = rows().find(|row| cell(row, 1) == format!("`{name}`")).unwrap();
            let labels = cell(row, 3);
            let sample = text.lines().find(|line| line.starts_with(&format!("{name}{{")));
            let of_sample = sample.map_or("", |line| line.split(['{', '}']).nth(1).unwrap_or_default());
            let names: Vec<&str> = of_sample.split(',').filter_map(|label| Some(label.split_once('=')?.0)).collect();
            assert_eq!(names.is_empty(), labels.is_empty(), "{name}");
            assert!(names.iter().all(|label| labels.contains(&format!("`{label}`"))), "{name}: {names:?} in {labels}");
            if name == "kobai_handshakes_total" {
                assert!(HANDSHAKES.iter().all(|outcome| labels.contains(&format!("`{outcome}`"))), "{labels}");
            }
        }
    }
}
