//! Starts the server to be measured, alone on its core, on a free port with an empty data directory, and ends it by id.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::http::{Connection, write_request};

/// The settings a measured server runs with: `{port}` and `{data}` are filled in. Limits are off, since all load comes
/// from one address; 0 means no limit.
const SETTINGS: &[(&str, &str)] = &[
    ("GRANDSTAND_SERVE__LISTEN", "127.0.0.1:{port}"),
    ("GRANDSTAND_STORE__DATA_DIR", "{data}"),
    ("GRANDSTAND_LIMITS__GUEST_SIGN_IN__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__POST__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__REACT__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__APPLAUD__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__READ__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__WRITE__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__INGEST__QUOTA", "0"),
    ("GRANDSTAND_SERVE__MAX_CONNECTIONS", "19000"),
    ("GRANDSTAND_SERVE__MAX_CONNECTIONS_PER_ADDRESS", "19000"),
    ("GRANDSTAND_STREAM__MAX_SEATS", "15000"),
    ("GRANDSTAND_STREAM__MAX_SEATS_PER_ADDRESS", "15000"),
    ("GRANDSTAND_STREAM__MAX_SEATS_PER_USER", "15000"),
    ("GRANDSTAND_TELEMETRY__LOG_FILTER", "warn"),
];

const READY_LIMIT: Duration = Duration::from_secs(20);
/// A drain may take its window and its grace period.
const STOP_LIMIT: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(1);

#[derive(Clone)]
pub(crate) struct ServerPlan {
    pub(crate) binary: PathBuf,
    /// The core it is pinned to.
    pub(crate) core: Option<u32>,
    /// Where the data directory is made. Not in memory, or commits cost nothing.
    pub(crate) data_in: PathBuf,
    pub(crate) settings: Vec<(String, String)>,
}

pub(crate) struct Server {
    plan: ServerPlan,
    data: TempDir,
    child: Child,
    address: SocketAddr,
    ready_in: Duration,
}

impl Server {
    pub(crate) async fn start(plan: &ServerPlan) -> anyhow::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let data = tempfile::Builder::new().prefix("bench-").tempdir_in(&plan.data_in)?;
        let began = Instant::now();
        let mut server = Self {
            child: launch(plan, data.path(), address)?,
            plan: plan.clone(),
            data,
            address,
            ready_in: Duration::ZERO,
        };
        server.wait_ready(began).await?;
        Ok(server)
    }

    /// On the same port and data, after `stop`.
    pub(crate) async fn start_again(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.child = launch(&self.plan, self.data.path(), self.address)?;
        self.wait_ready(began).await
    }

    async fn wait_ready(&mut self, began: Instant) -> anyhow::Result<()> {
        while began.elapsed() < READY_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once ({status}): {}", self.last_words());
            }
            if is_ready(self.address).await {
                self.ready_in = began.elapsed();
                return Ok(());
            }
            sleep(LOOK).await;
        }
        bail!("the server is not ready after {READY_LIMIT:?}: {}", self.last_words())
    }

    /// Asks it to leave and waits until it has.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        let Some(pid) = self.child.id() else { return Ok(()) };
        let told = Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        if told.success() && timeout(STOP_LIMIT, self.child.wait()).await.is_ok() {
            return Ok(());
        }
        self.child.kill().await?;
        bail!("the server had to be killed: it did not end within {STOP_LIMIT:?} of SIGTERM")
    }

    /// A signed token from the server's own command line.
    pub(crate) async fn token(&self, user: &str, role: &str) -> anyhow::Result<String> {
        let mut command = Command::new(&self.plan.binary);
        command.args(["token", "--name", "bench", "--user", user, "--role", role]);
        let envs = settings(&self.plan, self.data.path(), self.address);
        let output = timeout(READY_LIMIT, command.envs(envs).kill_on_drop(true).output()).await??;
        if !output.status.success() {
            bail!("no token: {}", String::from_utf8_lossy(&output.stderr));
        }
        let token = String::from_utf8(output.stdout).context("the token is text")?;
        Ok(token.trim().to_owned())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// From launch to the first ready answer, the launcher's own millisecond included.
    pub(crate) fn ready_in(&self) -> Duration {
        self.ready_in
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.data.path().join(LOG)).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

const LOG: &str = "server.log";

fn launch(plan: &ServerPlan, data: &Path, address: SocketAddr) -> anyhow::Result<Child> {
    let log = File::options().create(true).append(true).open(data.join(LOG))?;
    let mut command = if let Some(core) = plan.core {
        // `taskset` becomes the server, so the child's id is the server's.
        let mut command = Command::new("taskset");
        command.args(["-c", &core.to_string()]).arg(&plan.binary);
        command
    } else {
        Command::new(&plan.binary)
    };
    command
        .arg("serve")
        .envs(settings(plan, data, address))
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {}", plan.binary.display()))
}

fn settings(plan: &ServerPlan, data: &Path, address: SocketAddr) -> Vec<(String, String)> {
    let (port, data) = (address.port().to_string(), data.join("data").display().to_string());
    let fixed = SETTINGS.iter().map(|(name, value)| {
        let value = value.replace("{port}", &port).replace("{data}", &data);
        ((*name).to_owned(), value)
    });
    fixed.chain(plan.settings.iter().cloned()).collect()
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let mut request = Vec::new();
    write_request(&mut request, "GET", "/health/ready", "", None);
    connection.ask(&request).await.is_ok()
}
