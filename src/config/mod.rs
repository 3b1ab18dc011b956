//! Plain settings, a slice per concern, each with its default, its name and why it exists.
//!
//! Nothing here acts: rooms take their slice when they are built and never read settings on the way.

pub mod cors;
pub mod limits;
pub mod serve;
mod store;
mod stream;
pub mod telemetry;

pub use cors::CorsConfig;
pub use limits::{LimitsConfig, QuotaConfig};
pub use serve::ServeConfig;
pub use store::StoreConfig;
pub use stream::StreamConfig;
pub use telemetry::{LogFormat, TelemetryConfig};
