//! What instances share: a PostgreSQL and a Redis of their own, started empty on free ports.
//!
//! They run on whatever core is free, and what they use is told apart from what the servers use.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::{
    process::{Process, Program, free_address},
    server::ServerPlan,
};

/// Debian keeps the programs of each version apart, outside the search path.
const POSTGRES_HOME: &str = "/usr/lib/postgresql";
/// PostgreSQL refuses to run as root.
const POSTGRES_USER: &str = "postgres";
/// Durable as it comes: `fsync`, `synchronous_commit` and `full_page_writes` stay on. Room for several instances' pools.
const POSTGRES_SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "max_connections=200",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
];

pub(crate) struct ServicePlan {
    /// Where data directories are made. Not in memory, or commits cost nothing.
    data_in: PathBuf,
}

impl ServicePlan {
    pub(crate) fn beside(server: &ServerPlan) -> Self {
        Self {
            data_in: server.data_in.clone(),
        }
    }

    fn dir(&self) -> anyhow::Result<TempDir> {
        Ok(tempfile::Builder::new().prefix("bench-").tempdir_in(&self.data_in)?)
    }
}

pub(crate) struct Service {
    process: Process,
    _dir: TempDir,
    setting: (&'static str, String),
}

impl Service {
    pub(crate) async fn postgres(plan: &ServicePlan) -> anyhow::Result<Self> {
        let (home, dir, address) = (postgres_home()?, plan.dir()?, free_address()?);
        let user = is_root()?.then_some(POSTGRES_USER);
        let program = |name: &str| Program {
            user,
            ..Program::new(home.join(name), None)
        };
        if user.is_some() {
            let owner = format!("{POSTGRES_USER}:");
            let chown = Program::new("chown", None).args([owner.as_ref(), dir.path().as_os_str()]);
            chown.run().await?;
        }
        reachable(dir.path())?;
        let data = dir.path().join("data");
        let initdb = program("initdb").args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--username=postgres",
            "-D",
        ]);
        initdb.args([&data]).run().await?;
        let mut postgres = program("postgres").args(["-D"]).args([&data]);
        postgres = postgres
            .args(["-p", &address.port().to_string(), "-k"])
            .args([dir.path()]);
        for setting in POSTGRES_SETTINGS {
            postgres = postgres.args(["-c", setting]);
        }
        let mut process = Process::start(&postgres, &log(&dir))?;
        let host = dir.path().display().to_string();
        let port = address.port().to_string();
        let query = program("psql").args([
            "-qAt",
            "-U",
            "postgres",
            "-h",
            &host,
            "-p",
            &port,
            "-c",
            "create database bench",
        ]);
        process
            .wait_until(|| async { query.run().await.is_ok() })
            .await
            .context("PostgreSQL")?;
        Ok(Self {
            process,
            _dir: dir,
            setting: (
                "GRANDSTAND_STORE__DATABASE_URL",
                format!("postgres://postgres@{address}/bench"),
            ),
        })
    }

    /// Keeps nothing on disk: the bus is a hint, and nothing that has to last is kept there.
    pub(crate) async fn redis(plan: &ServicePlan) -> anyhow::Result<Self> {
        let (dir, address) = (plan.dir()?, free_address()?);
        let redis = Program::new("redis-server", None)
            .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .args([dir.path()]);
        let mut process = Process::start(&redis, &log(&dir))?;
        process.wait_for_port(address).await.context("Redis")?;
        Ok(Self {
            process,
            _dir: dir,
            setting: ("GRANDSTAND_BUS__REDIS_URL", format!("redis://{address}")),
        })
    }

    /// The server's setting that leads to it.
    pub(crate) fn setting(&self) -> (String, String) {
        (self.setting.0.to_owned(), self.setting.1.clone())
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        // SIGINT ends PostgreSQL without waiting for idle pools, and Redis as well.
        self.process.stop_with("INT").await
    }
}

/// Other users may pass through the directory, but not look into it.
fn reachable(dir: &Path) -> anyhow::Result<()> {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o711)).context("open the data directory for PostgreSQL")
}

fn log(dir: &TempDir) -> PathBuf {
    dir.path().join("service.log")
}

fn is_root() -> anyhow::Result<bool> {
    let status = fs::read_to_string("/proc/self/status").context("who am I")?;
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    Ok(uid.is_some_and(|uid| uid.split_ascii_whitespace().next() == Some("0")))
}

/// The newest version that is installed, or wherever the search path leads.
fn postgres_home() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir(POSTGRES_HOME).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max();
    match newest {
        Some((_, bin)) => Ok(bin),
        None => bail!("PostgreSQL is missing: apt-get install postgresql"),
    }
}
