//! A PostgreSQL cluster of our own, as durable as it comes, and questions to it past the servers under test.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tokio::{
    process::Command,
    time::{Instant, sleep, timeout},
};

use crate::kept::{Kept, Plan, Signal};

/// The server refuses to run as root; Debian's package makes this user.
const OWNER: &str = "postgres";
const USER: &str = "grandstand";
const READY_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const QUESTION_LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    log: PathBuf,
    address: SocketAddr,
    password: String,
    owner: Option<(u32, u32)>,
    running: Option<Kept>,
}

impl Postgres {
    pub(crate) async fn start(dir: &Path, address: SocketAddr, password: String) -> anyhow::Result<Self> {
        let (data, log) = (dir.join("postgres"), dir.join("postgres.log"));
        fs::create_dir(&data)?;
        let owner = if id(&["-u"]).await? == 0 {
            let owner = (id(&["-u", OWNER]).await?, id(&["-g", OWNER]).await?);
            chown(&data, Some(owner.0), Some(owner.1))?;
            Some(owner)
        } else {
            None
        };
        let mut postgres = Self {
            programs: programs()?,
            data,
            log,
            address,
            password,
            owner,
            running: None,
        };
        postgres.make().await?;
        postgres.begin().await?;
        Ok(postgres)
    }

    async fn make(&self) -> anyhow::Result<()> {
        let secret = self.data.with_extension("password");
        fs::write(&secret, &self.password)?;
        if let Some((user, group)) = self.owner {
            chown(&secret, Some(user), Some(group))?;
        }
        let mut command = Command::new(self.programs.join("initdb"));
        // Plain passwords, on loopback: a debug build needs a good part of a second of CPU for each SCRAM handshake, and it
        // would be that, not the healing, which is measured after each restart.
        command
            .args([
                "--auth=password",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--username",
                USER,
            ])
            .arg(format!("--pwfile={}", secret.display()))
            .arg(&self.data)
            .current_dir("/")
            .kill_on_drop(true);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        succeeded("initdb", &command.output().await.context("run initdb")?)?;
        fs::remove_file(secret)?;
        Ok(())
    }

    /// Starts it on what is there, and waits until it answers.
    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        let settings = [
            format!("port={}", self.address.port()),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            // Defaults, said here because everything that is proved rests on them.
            "fsync=on".to_owned(),
            "synchronous_commit=on".to_owned(),
            "full_page_writes=on".to_owned(),
            "logging_collector=off".to_owned(),
        ];
        let mut args = vec!["-D".into(), self.data.clone().into_os_string()];
        args.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
        self.running = Some(
            Kept::start(Plan {
                program: &self.programs.join("postgres"),
                args,
                env: Vec::new(),
                owner: self.owner,
                log: &self.log,
            })
            .await?,
        );
        let began = Instant::now();
        while let Err(error) = self.ask("SELECT 1").await {
            if began.elapsed() > READY_LIMIT {
                return Err(error.context("PostgreSQL does not answer"));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Ends it: fast (`SIGINT`: roll back, checkpoint, leave) or at once (`SIGQUIT`: recover from the log later).
    pub(crate) async fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        if let Some(mut running) = self.running.take() {
            running.stop(signal, STOP_LIMIT).await?;
        }
        Ok(())
    }

    pub(crate) async fn pause(&self, signal: Signal) -> anyhow::Result<()> {
        let running = self.running.as_ref().context("PostgreSQL is not running")?;
        running.signal_tree(signal).await
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://{USER}:{}@{}/postgres", self.password, self.address)
    }

    /// The rows of an answer, columns parted by `|`.
    pub(crate) async fn ask(&self, sql: &str) -> anyhow::Result<Vec<String>> {
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        let mut command = Command::new(self.programs.join("psql"));
        command
            .args(["-h", &host, "-p", &port, "-U", USER, "-d", "postgres"])
            .args([
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
            ])
            .env("PGPASSWORD", &self.password)
            .env("PGCONNECT_TIMEOUT", "5")
            .kill_on_drop(true);
        let output = timeout(QUESTION_LIMIT, command.output())
            .await
            .context("no answer in time")??;
        succeeded("psql", &output)?;
        let text = String::from_utf8(output.stdout).context("an answer is text")?;
        Ok(text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect())
    }
}

fn succeeded(what: &str, output: &Output) -> anyhow::Result<()> {
    if !output.status.success() {
        bail!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

async fn id(args: &[&str]) -> anyhow::Result<u32> {
    let output = Command::new("id").args(args).output().await.context("run id")?;
    succeeded("id", &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

/// Debian keeps the server's programs out of the path, by version; the newest is taken.
fn programs() -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let dir = entry.ok()?.path();
            let version = dir.file_name()?.to_str()?.parse().ok()?;
            Some((version, dir.join("bin")))
        })
        .filter(|(_, bin)| bin.join("postgres").exists())
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Ok(bin);
    }
    let usual = [
        "/usr/local/pgsql/bin",
        "/usr/local/bin",
        "/usr/bin",
        "/opt/homebrew/bin",
    ]
    .map(PathBuf::from);
    let usual = usual.into_iter().find(|bin| bin.join("postgres").exists());
    usual.context("PostgreSQL's programs are not where packages put them; install postgresql")
}
