//! The numbers about the language model: what was asked for, what came of it, and what it cost.

use std::time::Duration;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

const SLOW_SECONDS: [f64; 9] = [0.05, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// What a question was for, and what came of it.
type Asked = Family<[(&'static str, &'static str); 2], Counter>;
type Seconds = Family<[(&'static str, &'static str); 1], Histogram, fn() -> Histogram>;
type State = Family<[(&'static str, &'static str); 1], Gauge>;

#[derive(Debug)]
pub struct LlmMetrics {
    asked: Asked,
    seconds: Seconds,
    tokens_in: Counter,
    tokens_out: Counter,
    retries: Counter,
    breaker_open: State,
    waiting: State,
}

impl Default for LlmMetrics {
    fn default() -> Self {
        Self {
            asked: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SLOW_SECONDS)),
            tokens_in: Counter::default(),
            tokens_out: Counter::default(),
            retries: Counter::default(),
            breaker_open: Family::default(),
            waiting: Family::default(),
        }
    }
}

impl LlmMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "llm_requests",
            "Questions to the model by purpose and outcome",
            self.asked.clone(),
        );
        registry.register_with_unit(
            "llm_request",
            "Time per question, with waiting and retries",
            Unit::Seconds,
            self.seconds.clone(),
        );
        registry.register("llm_tokens_in", "Tokens asked", self.tokens_in.clone());
        registry.register("llm_tokens_out", "Tokens answered", self.tokens_out.clone());
        registry.register("llm_retries", "Attempts after a failed one", self.retries.clone());
        registry.register(
            "llm_breaker_open",
            "Whether the model is left alone (1) or asked (0)",
            self.breaker_open.clone(),
        );
        registry.register("llm_waiting", "Questions waiting for a place", self.waiting.clone());
    }

    /// A question ended. `outcome` is `answered` or an error's code.
    pub fn asked(&self, purpose: &'static str, outcome: &'static str, took: Duration) {
        self.asked
            .get_or_create(&[("purpose", purpose), ("outcome", outcome)])
            .inc();
        self.seconds
            .get_or_create(&[("purpose", purpose)])
            .observe(took.as_secs_f64());
    }

    pub fn used(&self, tokens_in: u32, tokens_out: u32) {
        self.tokens_in.inc_by(u64::from(tokens_in));
        self.tokens_out.inc_by(u64::from(tokens_out));
    }

    pub fn retried(&self) {
        self.retries.inc();
    }

    pub fn breaker(&self, line: &'static str, is_open: bool) {
        self.breaker_open
            .get_or_create(&[("line", line)])
            .set(i64::from(is_open));
    }

    /// The gauge of a line's queue.
    #[must_use]
    pub fn waiting(&self, line: &'static str) -> Gauge {
        self.waiting.get_or_create_owned(&[("line", line)])
    }
}
