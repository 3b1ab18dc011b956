//! How a test begins: `TestServer::start()`, then people who act. Everything goes over real HTTP.

pub mod actor;
pub mod crowd;
pub mod dice;
pub mod line;
pub mod model;
pub mod papers;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod reader;
pub mod redis;
pub mod seat;
pub mod server;
pub mod toll;

pub use actor::{Actor, Reply};
pub use crowd::Crowd;
pub use dice::Dice;
pub use model::{Act, Model};
pub use papers::Papers;
pub use process::Process;
pub use proxy::Proxy;
pub use reader::{Line, Reader, public_log, staff_log};
pub use seat::{Frame, Seat};
pub use server::TestServer;
pub use toll::Toll;

use std::time::Duration;

/// How long a test waits for something that must happen. Far beyond what a busy machine needs; passing tests never
/// come near it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Text as it may stand anywhere in a URL.
pub fn percent(text: &str) -> String {
    text.bytes()
        .fold(String::new(), |text, byte| format!("{text}%{byte:02X}"))
}

/// Waits for something that must happen soon.
pub async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens)
        .await
        .unwrap_or_else(|_| panic!("still waiting: {what}"))
}
