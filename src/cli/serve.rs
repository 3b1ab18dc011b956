//! `grandstand serve` and `grandstand openapi`.

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    app::App,
    config::{Config, Flag, LogFormat},
    http::Tls,
    telemetry::start_logs,
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Address and port, such as `0.0.0.0:8080`. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Speak TLS, with HTTP/2: a file with the certificate and those that lead to it (PEM). SIGHUP reads it again.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<String>,
    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<String>,
    /// Redis, so that several instances on one database act as one: `redis://:password@host:6379`. Also as the variable
    /// `GRANDSTAND_BUS__REDIS_URL`.
    #[arg(long, value_name = "URL")]
    redis_url: Option<String>,
    /// Also play a match again and again, with fans who talk about it.
    #[arg(long)]
    pub(super) demo: bool,
}

impl ServeArgs {
    /// The settings that its flags stand for.
    pub(super) fn flags(&self) -> Vec<Flag> {
        let flag = |name, key, value: &Option<String>| value.clone().map(|value| Flag { name, key, value });
        let flags = [
            flag("--listen", "serve.listen", &self.listen),
            flag("--tls-cert", "serve.tls_cert", &self.tls_cert),
            flag("--tls-key", "serve.tls_key", &self.tls_key),
            flag("--redis-url", "bus.redis_url", &self.redis_url),
        ];
        flags.into_iter().flatten().collect()
    }
}

/// Serves until the process is told to stop: by SIGTERM, or by SIGINT (Ctrl-C). A second one ends it at once.
pub(super) async fn run(config: Config, demo: bool) -> anyhow::Result<()> {
    start_logs(
        &config.telemetry.log_filter,
        config.telemetry.log_format == LogFormat::Json,
    )?;
    let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let app = App::build(config, None).await?;
    tracing::info!(server.address = %app.address(), "listening on {}", app.url());
    if demo {
        app.show_demo();
    }
    let stop = CancellationToken::new();
    let signals = TaskTracker::new();
    signals.spawn(obey(terminate, interrupt, stop.clone()));
    if let Some(tls) = app.tls() {
        signals.spawn(renew(signal(SignalKind::hangup())?, tls));
    }
    // Not on this thread, which only waits: connections are taken where they are then served.
    Ok(signals.spawn(app.run(stop)).await?)
}

/// On SIGHUP, reads the certificate again. One that is no good changes nothing.
async fn renew(mut hangup: Signal, tls: Tls) {
    while hangup.recv().await.is_some() {
        match tls.reload().await {
            Ok(()) => tracing::info!("new connections get the certificate that was just read"),
            Err(error) => {
                let error = anyhow::Error::from(error);
                tracing::error!(error = %format!("{error:#}"), "the certificate stays as it is");
            }
        }
    }
}

async fn obey(mut terminate: Signal, mut interrupt: Signal, stop: CancellationToken) {
    let mut next = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    next().await;
    stop.cancel();
    next().await;
    tracing::warn!("told twice to stop: ending without finishing");
    std::process::exit(1);
}
