//! One `grandstand serve` on its own port, which dies and comes back.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use tokio::process::Command;

use crate::kept::{Kept, Plan, Signal};

/// A drain may take its window and its grace period.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// Limits are off, since all load comes from one address; 0 means no limit.
const SETTINGS: &[(&str, &str)] = &[
    ("LIMITS__GUEST_SIGN_IN__QUOTA", "0"),
    ("LIMITS__POST__QUOTA", "0"),
    ("LIMITS__POST_ADDRESS__QUOTA", "0"),
    ("LIMITS__POST_EVENT__QUOTA", "0"),
    ("ORDER__DEFAULT_RULES", "false"),
    ("LIMITS__REACT__QUOTA", "0"),
    ("LIMITS__APPLAUD__QUOTA", "0"),
    ("LIMITS__READ__QUOTA", "0"),
    ("LIMITS__WRITE__QUOTA", "0"),
    ("LIMITS__INGEST__QUOTA", "0"),
    ("SERVE__MAX_CONNECTIONS_PER_ADDRESS", "10000"),
    ("STREAM__MAX_SEATS_PER_ADDRESS", "10000"),
    ("STREAM__MAX_SEATS_PER_USER", "1000"),
    ("TELEMETRY__LOG_FILTER", "info"),
];

/// How all instances run: the same settings but for port and directory.
#[derive(Clone)]
pub(crate) struct Recipe {
    pub(crate) binary: PathBuf,
    pub(crate) secret: String,
    pub(crate) database_url: Option<String>,
    pub(crate) redis_url: Option<String>,
}

pub(crate) struct Instance {
    recipe: Recipe,
    dir: PathBuf,
    address: SocketAddr,
    running: Option<Kept>,
}

impl Instance {
    pub(crate) fn new(recipe: Recipe, dir: &Path, number: usize, address: SocketAddr) -> Self {
        Self {
            recipe,
            dir: dir.join(format!("instance{number}")),
            address,
            running: None,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn settings(&self) -> Vec<(String, String)> {
        let fixed = SETTINGS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut all: Vec<_> = fixed.collect();
        all.push(("SERVE__LISTEN".into(), self.address.to_string()));
        all.push(("STORE__DATA_DIR".into(), self.dir.display().to_string()));
        all.push(("AUTH__SECRET".into(), self.recipe.secret.clone()));
        let urls = [
            ("STORE__DATABASE_URL", &self.recipe.database_url),
            ("BUS__REDIS_URL", &self.recipe.redis_url),
        ];
        all.extend(
            urls.into_iter()
                .filter_map(|(name, url)| Some((name.to_owned(), url.clone()?))),
        );
        all.into_iter()
            .map(|(name, value)| (format!("GRANDSTAND_{name}"), value))
            .collect()
    }

    /// Starts it; it is not ready yet.
    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        let plan = Plan {
            program: &self.recipe.binary,
            args: vec!["serve".into()],
            env: self.settings(),
            owner: None,
            log: &self.dir.with_extension("log"),
        };
        self.running = Some(Kept::start(plan).await?);
        Ok(())
    }

    fn running(&self) -> anyhow::Result<&Kept> {
        self.running.as_ref().context("the instance is not running")
    }

    pub(crate) async fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        self.running()?.signal(signal).await
    }

    /// Dead at once, in the middle of whatever it does.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.running()?.signal(Signal::Kill).await?;
        let mut running = self.running.take().context("the instance is not running")?;
        running
            .ended(STOP_LIMIT)
            .await?
            .context("a killed instance does not end")?;
        Ok(())
    }

    /// Told to leave; says how it ended.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<String> {
        let mut running = self.running.take().context("the instance is not running")?;
        running.stop(Signal::Term, STOP_LIMIT).await
    }

    /// How it ended, if it did so by itself.
    pub(crate) async fn died(&mut self) -> anyhow::Result<Option<String>> {
        match &mut self.running {
            Some(running) => running.ended(Duration::from_millis(1)).await,
            None => Ok(None),
        }
    }

    /// A signed token from the server's own command line.
    pub(crate) async fn token(&self, user: &str, role: &str) -> anyhow::Result<String> {
        let mut command = Command::new(&self.recipe.binary);
        command
            .args(["token", "--name", user, "--user", user, "--role", role, "--ttl", "12h"])
            .envs(self.settings())
            .kill_on_drop(true);
        let output = command.output().await?;
        anyhow::ensure!(
            output.status.success(),
            "no token: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}
