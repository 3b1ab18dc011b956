//! Plain settings, a slice per concern, each with its default, its name and why it exists.
//!
//! Nothing here acts: rooms take their slice when they are built and never read settings on the way. `load.rs` says
//! where settings come from: defaults, then a TOML file, then `GRANDSTAND_A__B` variables, then flags.

pub mod assistant;
pub mod auth;
pub mod bus;
pub mod cors;
pub mod limits;
pub mod llm;
mod load;
pub mod notices;
pub mod order;
pub mod room;
pub mod screening;
mod secret;
pub mod serve;
pub mod store;
pub mod stream;
pub mod telemetry;

pub use assistant::AssistantConfig;
pub use auth::{AuthConfig, GuestPolicy, IssuerConfig};
pub use bus::BusConfig;
pub use cors::CorsConfig;
pub use limits::{LimitsConfig, QuotaConfig};
pub use llm::{LlmConfig, MaxTokensField, ModerationBy, StructuredOutput};
pub use load::{ConfigError, Flag, Sources};
pub use notices::NoticesConfig;
pub use order::OrderConfig;
pub use room::RoomConfig;
pub use screening::ScreeningConfig;
pub use secret::Secret;
pub use serve::ServeConfig;
pub use store::StoreConfig;
pub use stream::StreamConfig;
pub use telemetry::{LogFormat, TelemetryConfig};

use serde::{Deserialize, Serialize};

/// All settings. Each section is a table of the file and a word of the variables: `[stream] retry_ms` is
/// `GRANDSTAND_STREAM__RETRY_MS`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub serve: ServeConfig,
    pub auth: AuthConfig,
    pub store: StoreConfig,
    pub bus: BusConfig,
    pub stream: StreamConfig,
    pub room: RoomConfig,
    pub limits: LimitsConfig,
    pub cors: CorsConfig,
    pub telemetry: TelemetryConfig,
    pub order: OrderConfig,
    pub notices: NoticesConfig,
    pub assistant: AssistantConfig,
    pub llm: LlmConfig,
    pub screening: ScreeningConfig,
}

/// A setting that cannot be worked with: its name and what is wrong.
type Wrong = (&'static str, &'static str);

impl Config {
    /// What no type can say. Run on every source alone, so that the message can name where the value came from.
    fn check(&self) -> Result<(), Wrong> {
        self.auth.check()?;
        self.store.check()?;
        self.bus.check()?;
        self.room.check()?;
        self.notices.check()?;
        self.assistant.check()?;
        self.llm.check()?;
        self.screening.check()?;
        self.stream.check()
    }
}
