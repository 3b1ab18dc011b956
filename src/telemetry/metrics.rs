//! The numbers we keep, one typed handle each. A handle is a cheap clone over an atomic.
//!
//! Labels come from short fixed lists only: never an event, a user or a path, or the numbers would outgrow the server.

mod llm;

pub use llm::LlmMetrics;

use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

type Labelled = Family<[(&'static str, &'static str); 1], Counter>;

/// Requests by what became of them.
#[derive(Debug)]
pub struct HttpMetrics {
    family: Labelled,
    /// One handle per status class, so that counting takes no lock.
    classes: [Counter; 5],
}

/// Every number, made once per server and shared.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub seats: Gauge,
    pub seats_opened: Counter,
    pub entries: Counter,
    pub signals: Counter,
    /// From commit to bytes handed to a connection. Observe once per chunk at most: the histogram holds a lock.
    pub publish_to_socket: Histogram,
    pub writer_queue: Gauge,
    pub commit_batch_size: Histogram,
    pub commit_seconds: Histogram,
    resumes: Labelled,
    seat_closes: Labelled,
    pub http: HttpMetrics,
    pub http_seconds: Histogram,
    pub connections_open: Gauge,
    pub connections_refused: Counter,
    /// Connections ended because the client took no bytes for too long.
    pub connections_stalled: Counter,
    /// Connections that ended before both sides had agreed on TLS.
    pub handshakes_failed: Counter,
    rate_limited: Labelled,
    bus_dropped: Labelled,
    pub bus_published: Counter,
    pub bus_heard: Counter,
    /// 1 while the bus is not to be relied on.
    pub bus_troubled: Gauge,
    pub bus_channels: Gauge,
    pub repairs: Counter,
    pub llm: LlmMetrics,
}

const FAST_SECONDS: [f64; 13] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
const BATCH: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

impl Default for HttpMetrics {
    fn default() -> Self {
        let family = Labelled::default();
        let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].map(|class| family.get_or_create_owned(&[("class", class)]));
        Self { family, classes }
    }
}

impl HttpMetrics {
    /// Counts one answer under its status class; 1xx and nonsense count as nothing.
    pub fn answered(&self, status: u16) {
        if let Some(class) = usize::from(status / 100)
            .checked_sub(1)
            .and_then(|index| self.classes.get(index))
        {
            class.inc();
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("grandstand"),
            seats: Gauge::default(),
            seats_opened: Counter::default(),
            entries: Counter::default(),
            signals: Counter::default(),
            publish_to_socket: Histogram::new(FAST_SECONDS),
            writer_queue: Gauge::default(),
            commit_batch_size: Histogram::new(BATCH),
            commit_seconds: Histogram::new(FAST_SECONDS),
            resumes: Family::default(),
            seat_closes: Family::default(),
            http: HttpMetrics::default(),
            http_seconds: Histogram::new(FAST_SECONDS),
            connections_open: Gauge::default(),
            connections_refused: Counter::default(),
            connections_stalled: Counter::default(),
            handshakes_failed: Counter::default(),
            rate_limited: Family::default(),
            bus_dropped: Family::default(),
            bus_published: Counter::default(),
            bus_heard: Counter::default(),
            bus_troubled: Gauge::default(),
            bus_channels: Gauge::default(),
            repairs: Counter::default(),
            llm: LlmMetrics::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    /// The same with every handle known to the registry.
    fn registered(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("seats", "Open streams", self.seats.clone());
        registry.register("seats_opened", "Streams opened", self.seats_opened.clone());
        registry.register("entries_appended", "Log entries committed", self.entries.clone());
        registry.register("signals_sent", "Signals sent", self.signals.clone());
        registry.register_with_unit(
            "publish_to_socket",
            "From commit to bytes handed to a connection",
            Unit::Seconds,
            self.publish_to_socket.clone(),
        );
        registry.register(
            "writer_queue",
            "Changes waiting for the writer",
            self.writer_queue.clone(),
        );
        registry.register(
            "commit_batch",
            "Changes per transaction",
            self.commit_batch_size.clone(),
        );
        registry.register_with_unit(
            "commit",
            "Time per transaction",
            Unit::Seconds,
            self.commit_seconds.clone(),
        );
        registry.register("resumes", "How streams began", self.resumes.clone());
        registry.register("seat_closes", "Why streams ended", self.seat_closes.clone());
        registry.register("http_requests", "Requests answered", self.http.family.clone());
        registry.register_with_unit(
            "http_request",
            "Time until the answer's head",
            Unit::Seconds,
            self.http_seconds.clone(),
        );
        registry.register("connections_open", "Open connections", self.connections_open.clone());
        registry.register(
            "connections_refused",
            "Connections turned away at a bound",
            self.connections_refused.clone(),
        );
        registry.register(
            "connections_stalled",
            "Connections ended because the client stopped reading",
            self.connections_stalled.clone(),
        );
        registry.register(
            "handshakes_failed",
            "Connections that ended before TLS was agreed on",
            self.handshakes_failed.clone(),
        );
        registry.register("rate_limited", "Requests over a rate limit", self.rate_limited.clone());
        registry.register("bus_dropped", "Hints the bus lost, and why", self.bus_dropped.clone());
        registry.register("bus_published", "Hints given to the bus", self.bus_published.clone());
        registry.register("bus_heard", "Hints of other instances", self.bus_heard.clone());
        registry.register(
            "bus_troubled",
            "Whether hints may not arrive (1) or do (0)",
            self.bus_troubled.clone(),
        );
        registry.register(
            "bus_channels",
            "Events that this instance listens to",
            self.bus_channels.clone(),
        );
        registry.register("stand_repairs", "Holes read from the log", self.repairs.clone());
        self.llm.register(registry);
        self
    }

    /// Counts how a stream began: `fresh`, `resumed`, or `reset_` and the wire's reason.
    pub fn resumed(&self, outcome: &'static str) {
        self.resumes.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// Counts a stream's end. `reason` is one of the wire's `stream.bye` reasons or `client`.
    pub fn seat_closed(&self, reason: &'static str) {
        self.seat_closes.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts hints that were lost: `outbox`, `inbox` (full), `away` (no Redis), `failed` (it said no), `garbled`.
    pub fn bus_dropped(&self, why: &'static str, hints: u64) {
        self.bus_dropped.get_or_create(&[("why", why)]).inc_by(hints);
    }

    pub fn rate_limited(&self, policy: &'static str) {
        self.rate_limited.get_or_create(&[("policy", policy)]).inc();
    }

    /// All numbers as `OpenMetrics` text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            tracing::error!("the metrics could not be written as text");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_carries_what_was_counted() {
        let metrics = Metrics::default();
        metrics.seats.inc();
        metrics.resumed("reset_epoch");
        metrics.seat_closed("slow");
        metrics.rate_limited("post");
        metrics.http.answered(204);
        metrics.http.answered(999);
        let text = metrics.render();
        for line in [
            "grandstand_seats 1",
            "grandstand_resumes_total{outcome=\"reset_epoch\"} 1",
            "grandstand_seat_closes_total{reason=\"slow\"} 1",
            "grandstand_rate_limited_total{policy=\"post\"} 1",
            "grandstand_http_requests_total{class=\"2xx\"} 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        let help = text.matches("# HELP grandstand_http_requests ").count();
        assert_eq!(help, 1, "one family, five classes:\n{text}");
    }
}
