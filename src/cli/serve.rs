//! `grandstand serve` and what else needs the whole app.

use clap::Args;

use crate::{
    config::{Config, Flag, LogFormat},
    telemetry::start_logs,
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port, such as `0.0.0.0:8080`. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Also play a match again and again, with fans who talk about it.
    #[arg(long)]
    pub(super) demo: bool,
}

impl ServeArgs {
    /// The settings that its flags stand for.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let listen = self.listen.clone().map(|value| Flag {
            name: "--listen",
            key: "serve.listen",
            value,
        });
        listen.into_iter().collect()
    }
}

/// Serves until the process is told to stop.
#[expect(clippy::unused_async, reason = "the app is awaited here")]
pub(super) async fn run(config: Config, _demo: bool) -> anyhow::Result<()> {
    start_logs(
        &config.telemetry.log_filter,
        config.telemetry.log_format == LogFormat::Json,
    )?;
    anyhow::bail!("there is no server yet")
}

/// The OpenAPI document of a default app.
pub(super) fn openapi() -> anyhow::Result<String> {
    anyhow::bail!("there is no document yet")
}
