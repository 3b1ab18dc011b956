//! Processes that never outlive us: each runs under a keeper, which is this program again.
//!
//! The keeper ends its process when its own stdin ends, and that happens however we end: orderly, by a panic, by `kill -9`.
//! Keepers are in a process group of their own, so that Ctrl-C reaches only us and we can end things in order.

pub(crate) mod keeper;
pub(crate) mod tree;

use std::{ffi::OsString, fs::File, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// The word on the command line that makes this program a keeper.
pub(crate) const KEEP: &str = "keep";

/// What to run, and as whom.
pub(crate) struct Plan<'a> {
    pub(crate) program: &'a Path,
    pub(crate) args: Vec<OsString>,
    pub(crate) env: Vec<(String, String)>,
    /// User and group id, when not our own.
    pub(crate) owner: Option<(u32, u32)>,
    /// Its stdout and stderr are appended here.
    pub(crate) log: &'a Path,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Term,
    Int,
    Quit,
    Kill,
    Stop,
    Cont,
}

impl Signal {
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Term => "-TERM",
            Self::Int => "-INT",
            Self::Quit => "-QUIT",
            Self::Kill => "-KILL",
            Self::Stop => "-STOP",
            Self::Cont => "-CONT",
        }
    }
}

/// A running process and its keeper.
pub(crate) struct Kept {
    pid: u32,
    keeper: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Kept {
    pub(crate) async fn start(plan: Plan<'_>) -> anyhow::Result<Self> {
        let name = plan.program.display().to_string();
        let log = File::options().create(true).append(true).open(plan.log)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(KEEP);
        if let Some((user, group)) = plan.owner {
            command.arg(format!("--owner={user}:{group}"));
        }
        let mut keeper = command
            .arg("--")
            .arg(plan.program)
            .args(plan.args)
            .envs(plan.env)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        let stdout = keeper.stdout.take().context("a keeper has an output")?;
        let mut said = BufReader::new(stdout).lines();
        let pid = said.next_line().await?.and_then(|line| line.parse().ok());
        let Some(pid) = pid else {
            bail!("{name} could not be started; see {}", plan.log.display())
        };
        Ok(Self { pid, keeper, said })
    }

    pub(crate) async fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        tree::signal(&[self.pid], signal).await
    }

    /// Also all of its children, as they are now.
    pub(crate) async fn signal_tree(&self, signal: Signal) -> anyhow::Result<()> {
        tree::signal(&tree::of(self.pid), signal).await
    }

    /// How it ended, in its keeper's words; `None` while it has not within that time.
    pub(crate) async fn ended(&mut self, patience: Duration) -> anyhow::Result<Option<String>> {
        let Ok(said) = timeout(patience, self.said.next_line()).await else {
            return Ok(None);
        };
        let how = said?.unwrap_or_else(|| "its keeper ended".to_owned());
        self.keeper.wait().await?;
        Ok(Some(how))
    }

    /// Tells it to end; kills it with all its children if it does not. Says how it ended.
    pub(crate) async fn stop(&mut self, signal: Signal, patience: Duration) -> anyhow::Result<String> {
        self.signal(signal).await?;
        // It may be halted by our own hand.
        self.signal_tree(Signal::Cont).await?;
        if let Some(how) = self.ended(patience).await? {
            return Ok(how);
        }
        self.signal_tree(Signal::Kill).await?;
        let how = self.ended(Duration::from_secs(10)).await?;
        how.with_context(|| format!("process {} does not end", self.pid))?;
        bail!(
            "process {} had to be killed after {signal:?} and {patience:?}",
            self.pid
        )
    }
}
