//! The real server as a process of its own, for tests that kill it or look at its memory.

use std::{
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};
use tokio_util::task::TaskTracker;

use super::{Actor, postgres, server, soon};

/// A running server; killed when dropped.
pub struct Process {
    child: Child,
    url: String,
    client: reqwest::Client,
    /// What it logged since it listens.
    log: watch::Receiver<String>,
}

/// Limits off, the secret of the tests, and whatever else the test wants.
fn settings(dir: &Path, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let limits = [
        "POST_ADDRESS",
        "POST_EVENT",
        "GUEST_SIGN_IN",
        "POST",
        "REACT",
        "APPLAUD",
        "READ",
        "WRITE",
        "INGEST",
    ];
    let off = limits.map(|limit| (format!("GRANDSTAND_LIMITS__{limit}__QUOTA"), "0".to_owned()));
    let fixed = [
        ("GRANDSTAND_AUTH__SECRET".to_owned(), server::SECRET.to_owned()),
        ("GRANDSTAND_STREAM__DRAIN_WINDOW_MS".to_owned(), "100".to_owned()),
        ("GRANDSTAND_ORDER__DEFAULT_RULES".to_owned(), "false".to_owned()),
    ];
    let database = postgres::database_of(dir).map(|url| ("GRANDSTAND_STORE__DATABASE_URL".to_owned(), url));
    let more = more
        .iter()
        .map(|(name, value)| (format!("GRANDSTAND_{name}"), (*value).to_owned()));
    off.into_iter().chain(fixed).chain(database).chain(more).collect()
}

/// The command that starts a server on that directory and a free port.
pub fn serve(dir: &Path, more: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grandstand"));
    command
        .arg("--data-dir")
        .arg(dir)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .envs(settings(dir, more))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Process {
    /// Starts and waits until it listens.
    pub async fn start(dir: &Path, more: &[(&str, &str)]) -> Self {
        Self::start_with(dir, more, &[]).await
    }

    /// The same, on SQLite whatever the suite runs on: for what is about its files.
    pub async fn start_as_is(dir: &Path, more: &[(&str, &str)]) -> Self {
        Self::spawn(dir, more, &[]).await
    }

    /// The same with further flags.
    pub async fn start_with(dir: &Path, more: &[(&str, &str)], flags: &[&str]) -> Self {
        if postgres::is_asked_for() {
            postgres::lay_ground(dir).await;
        }
        Self::spawn(dir, more, flags).await
    }

    async fn spawn(dir: &Path, more: &[(&str, &str)], flags: &[&str]) -> Self {
        grandstand::crypto::install();
        let mut child = serve(dir, more).args(flags).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut log = Vec::new();
        let url = loop {
            let line = soon("the server's start", lines.next_line()).await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the server ended: {log:?}"));
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
            log.push(line);
        };
        // Read on, or the server would wait for room in the pipe one day.
        let (said, log) = watch::channel(String::new());
        TaskTracker::new().spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                said.send_modify(|log| {
                    log.push_str(&line);
                    log.push('\n');
                });
            }
        });
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .unwrap();
        Self {
            child,
            url,
            client,
            log,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn user(&self, name: &str, roles: &[&str]) -> Actor {
        let token = server::token(name, &json!({"roles": roles}));
        Actor::abroad(self.client.clone(), self.url.clone(), &token, name)
    }

    pub fn address(&self) -> SocketAddr {
        self.url.split_once("://").unwrap().1.parse().unwrap()
    }

    /// Ends it as a power cut would: without a word.
    pub async fn gets_killed(mut self) {
        self.dies().await;
    }

    /// The same, for somebody who still looks at it.
    pub async fn dies(&mut self) {
        soon("the end", self.child.kill()).await.unwrap();
    }

    /// Tells it to stop (SIGTERM).
    pub async fn is_told_to_stop(&self) {
        self.is_told("TERM").await;
    }

    /// Sends it a signal.
    pub async fn is_told(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        let told = Command::new("kill").args(["-s", signal, &id]).status().await.unwrap();
        assert!(told.success());
    }

    /// Waits for a line of its log with these words.
    pub async fn says(&self, words: &str) {
        let mut log = self.log.clone();
        let said = log.wait_for(|log| log.contains(words));
        drop(soon(words, said).await.expect("the server still talks"));
    }

    pub async fn ends(&mut self) -> ExitStatus {
        soon("the end", self.child.wait()).await.unwrap()
    }

    /// Memory in use, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Open files, sockets among them.
    pub fn open_files(&self) -> usize {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id().unwrap()));
        files.unwrap().count()
    }
}
