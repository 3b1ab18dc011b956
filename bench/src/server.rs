//! Starts the server to be measured, alone on its core, on a free port with an empty data directory, and ends it by id.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    http::{Connection, write_request},
    process::{Process, Program, free_address},
};

/// The settings a measured server runs with: `{port}` and `{data}` are filled in. Limits are off, since all load comes
/// from one address; 0 means no limit.
const SETTINGS: &[(&str, &str)] = &[
    ("GRANDSTAND_SERVE__LISTEN", "127.0.0.1:{port}"),
    ("GRANDSTAND_STORE__DATA_DIR", "{data}"),
    ("GRANDSTAND_LIMITS__GUEST_SIGN_IN__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__POST__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__POST_ADDRESS__QUOTA", "0"),
    ("GRANDSTAND_LIMITS__POST_EVENT__QUOTA", "0"),
    ("GRANDSTAND_ORDER__DEFAULT_RULES", "false"),
    // What is counted is what the bench itself sends.
    ("GRANDSTAND_ASSISTANT__POSTS", "false"),
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

#[derive(Clone)]
pub(crate) struct ServerPlan {
    pub(crate) binary: PathBuf,
    /// The core it is pinned to.
    pub(crate) core: Option<u32>,
    /// Where the data directory is made. Not in memory, or commits cost nothing.
    pub(crate) data_in: PathBuf,
    pub(crate) settings: Vec<(String, String)>,
}

impl ServerPlan {
    /// The same with further settings.
    pub(crate) fn with(&self, settings: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut plan = self.clone();
        plan.settings.extend(settings);
        plan
    }

    /// The program for `serve` and the other commands, which have to agree on every setting.
    fn program(&self, data: &Path, address: SocketAddr) -> Program {
        let (port, data) = (address.port().to_string(), data.join("data").display().to_string());
        let fixed = SETTINGS.iter().map(|(name, value)| {
            let value = value.replace("{port}", &port).replace("{data}", &data);
            ((*name).to_owned(), value)
        });
        Program {
            envs: fixed.chain(self.settings.iter().cloned()).collect(),
            ..Program::new(&self.binary, self.core)
        }
    }
}

pub(crate) struct Server {
    program: Program,
    data: TempDir,
    process: Process,
    address: SocketAddr,
    ready_in: Duration,
}

impl Server {
    pub(crate) async fn start(plan: &ServerPlan) -> anyhow::Result<Self> {
        let address = free_address()?;
        let data = tempfile::Builder::new().prefix("bench-").tempdir_in(&plan.data_in)?;
        let program = plan.program(data.path(), address);
        let began = Instant::now();
        let mut server = Self {
            process: launch(&program, data.path())?,
            program,
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
        self.process = launch(&self.program, self.data.path())?;
        self.wait_ready(began).await
    }

    async fn wait_ready(&mut self, began: Instant) -> anyhow::Result<()> {
        let address = self.address;
        self.process.wait_until(|| is_ready(address)).await?;
        self.ready_in = began.elapsed();
        Ok(())
    }

    /// Asks it to leave and waits until it has.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.process.stop().await
    }

    /// A signed token from the server's own command line.
    pub(crate) async fn token(&self, user: &str, role: &str) -> anyhow::Result<String> {
        let words = ["token", "--name", "bench", "--user", user, "--role", role];
        let token = self.program.clone().args(words).run().await?;
        Ok(token.trim().to_owned())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// From launch to the first ready answer, the launcher's own millisecond included.
    pub(crate) fn ready_in(&self) -> Duration {
        self.ready_in
    }
}

fn launch(program: &Program, data: &Path) -> anyhow::Result<Process> {
    Process::start(&program.clone().args(["serve"]), &data.join("server.log"))
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let mut request = Vec::new();
    write_request(&mut request, "GET", "/health/ready", "", None);
    connection.ask(&request).await.is_ok()
}
