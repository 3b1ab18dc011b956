//! How the server speaks about itself: log lines and numbers. Never chat text, tokens, addresses or names.
//!
//! Settings are handed in; [`start_logs`] is called once, by the binary. Tests that want lines call it too.

mod metrics;

pub use metrics::{HttpMetrics, LlmMetrics, Metrics};

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

/// The log filter cannot be read, or logs were started before.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("the log filter is not understood")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    #[error("logs are started already")]
    Started(#[from] tracing_subscriber::util::TryInitError),
}

/// Writes log lines to standard error from now on: as JSON objects, or for a person.
pub fn start_logs(filter: &str, json: bool) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter)?;
    let registry = tracing_subscriber::registry().with(filter);
    if json {
        let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
        registry.with(lines).try_init()?;
    } else {
        // Colours are for people; a file or a collector gets plain text.
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
        registry
            .with(fmt::layer().with_ansi(colours).with_writer(std::io::stderr))
            .try_init()?;
    }
    Ok(())
}
