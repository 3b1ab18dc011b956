//! A program that the bench starts: on a core of its own, its words in a file, ended by its id and never by its name.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// A drain may take its window and its grace period.
const STOP_LIMIT: Duration = Duration::from_mins(1);
const READY_LIMIT: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(1);

/// What to start.
#[derive(Clone, Default)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<OsString>,
    pub(crate) envs: Vec<(String, String)>,
    /// The core it is pinned to.
    pub(crate) core: Option<u32>,
    /// The account it runs as, where it refuses to be root.
    pub(crate) user: Option<&'static str>,
}

impl Program {
    pub(crate) fn new(path: impl Into<PathBuf>, core: Option<u32>) -> Self {
        Self {
            path: path.into(),
            core,
            ..Self::default()
        }
    }

    pub(crate) fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.envs.push((name.to_owned(), value.into()));
        self
    }

    /// `setpriv` and `taskset` become the program, so the child's id is the program's. It is told to end when the bench does,
    /// however that happens.
    pub(crate) fn command(&self) -> Command {
        let mut line: Vec<OsString> = ["setpriv", "--pdeathsig", "TERM"].map(OsString::from).to_vec();
        if let Some(user) = self.user {
            line.extend([format!("--reuid={user}"), format!("--regid={user}")].map(OsString::from));
            line.push("--init-groups".into());
        }
        if let Some(core) = self.core {
            line.extend(["taskset", "-c"].map(OsString::from));
            line.push(core.to_string().into());
        }
        line.push(self.path.clone().into());
        let mut words = line.into_iter().chain(self.args.iter().cloned());
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).envs(self.envs.iter().cloned()).kill_on_drop(true);
        command
    }

    /// Runs it to its end, which has to be a good one; what it printed.
    pub(crate) async fn run(&self) -> anyhow::Result<String> {
        let output = timeout(READY_LIMIT, self.command().stdin(Stdio::null()).output());
        let output = output.await.context("it takes too long")?;
        let output = output.with_context(|| format!("start {}", self.path.display()))?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{} failed: {}", self.path.display(), words.trim());
        }
        String::from_utf8(output.stdout).context("its output is text")
    }
}

pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; what it says goes to the end of `log`.
    pub(crate) fn start(program: &Program, log: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let mut command = program.command();
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command
            .spawn()
            .with_context(|| format!("start {}", program.path.display()))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Looks until it is ready; an end before that is an error.
    pub(crate) async fn wait_until<F: Future<Output = bool>>(&mut self, ready: impl Fn() -> F) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < READY_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended at once ({status}): {}", self.last_words());
            }
            if ready().await {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        bail!("it is not ready after {READY_LIMIT:?}: {}", self.last_words())
    }

    /// Looks until somebody listens there.
    pub(crate) async fn wait_for_port(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        self.wait_until(|| async move { TcpStream::connect(address).await.is_ok() })
            .await
    }

    /// Asks it to leave and waits until it has.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.stop_with("TERM").await
    }

    /// The same by another signal, for programs that take `TERM` for something else.
    pub(crate) async fn stop_with(&mut self, name: &str) -> anyhow::Result<()> {
        let Some(pid) = self.child.id() else { return Ok(()) };
        if signal(name, pid).await? && timeout(STOP_LIMIT, self.child.wait()).await.is_ok() {
            return Ok(());
        }
        self.child.kill().await?;
        bail!("it had to be killed: it did not end within {STOP_LIMIT:?} of SIG{name}")
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

/// Whether the process was there to be told.
async fn signal(name: &str, pid: u32) -> anyhow::Result<bool> {
    let mut kill = Command::new("kill");
    let status = kill.args(["-s", name, &pid.to_string()]).stderr(Stdio::null()).status();
    Ok(status.await.context("run kill")?.success())
}

/// A loopback address that nobody listens at.
pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("find a free port")?;
    Ok(listener.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_is_started_heard_and_ended_by_its_id() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let program = Program::new("sh", None)
            .args(["-c", "echo $WORD; exec sleep 60"])
            .env("WORD", "hello");
        let mut process = Process::start(&program, &log).unwrap();
        let said = || async { fs::read_to_string(&log).is_ok_and(|said| said == "hello\n") };
        process.wait_until(said).await.unwrap();
        assert!(process.pid().is_some());
        process.stop().await.unwrap();
        assert!(process.pid().is_none());
    }

    #[tokio::test]
    async fn what_ends_before_it_is_ready_leaves_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let program = Program::new("sh", None).args(["-c", "echo no such luck; exit 3"]);
        let mut process = Process::start(&program, &dir.path().join("log")).unwrap();
        let error = process.wait_until(|| async { false }).await.unwrap_err();
        assert!(error.to_string().contains("no such luck"), "{error}");
        assert!(program.run().await.is_err());
    }
}
