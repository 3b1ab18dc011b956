//! Logs and metrics (placeholder until merged).
use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};
pub struct Metrics {
    pub writer_queue: Gauge,
    pub commit_batch_size: Histogram,
    pub commit_seconds: Histogram,
    pub entries: Counter,
    pub signals: Counter,
    pub repairs: Counter,
    pub seats: Gauge,
    pub seats_opened: Counter,
    pub publish_to_socket: Histogram,
}
impl Default for Metrics {
    fn default() -> Self {
        Self {
            writer_queue: Gauge::default(),
            commit_batch_size: Histogram::new([1.0]),
            commit_seconds: Histogram::new([1.0]),
            entries: Counter::default(),
            signals: Counter::default(),
            repairs: Counter::default(),
            seats: Gauge::default(),
            seats_opened: Counter::default(),
            publish_to_socket: Histogram::new([1.0]),
        }
    }
}
impl Metrics {
    pub fn resumed(&self, _outcome: &'static str) {}
    pub fn seat_closed(&self, _reason: &'static str) {}
}
