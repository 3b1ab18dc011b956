//! The servers that Grandstand is compared with: how each is started, and how it is spoken to.
//!
//! Their configurations and small programs lie in `bench/peers/`. Each gets the same core as Grandstand, an empty directory and
//! free ports. What they carry is the entry as Grandstand writes it, so that the bytes per delivery are about the same.

mod nchan;
mod node;
mod pushpin;

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use anyhow::Context as _;
use clap::ValueEnum;
use tempfile::TempDir;

use crate::{proc, process::Process, target::Target};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Nchan,
    Pushpin,
    #[value(name = "socket.io")]
    SocketIo,
    BetterSse,
}

#[derive(Clone)]
pub(crate) struct PeerPlan {
    /// The core a peer's processes are pinned to.
    pub(crate) core: Option<u32>,
    /// `bench/peers` with what npm installs.
    pub(crate) programs: PathBuf,
}

/// A peer that takes connections.
pub(crate) struct RunningPeer {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) streams_at: SocketAddr,
    pub(crate) posts_at: SocketAddr,
    processes: Vec<Process>,
    /// What it needs beside it, told apart: an origin.
    aside: Vec<Process>,
    _dir: TempDir,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Nchan, Self::Pushpin, Self::SocketIo, Self::BetterSse];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nchan => "nchan",
            Self::Pushpin => "pushpin",
            Self::SocketIo => "socket.io",
            Self::BetterSse => "better-sse",
        }
    }

    pub(crate) async fn start(self, plan: &PeerPlan) -> anyhow::Result<RunningPeer> {
        match self {
            Self::Nchan => nchan::start(plan).await,
            Self::Pushpin => pushpin::start(plan).await,
            Self::SocketIo => node::socket_io(plan).await,
            Self::BetterSse => node::better_sse(plan).await,
        }
    }
}

impl RunningPeer {
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.processes.iter().filter_map(Process::pid).collect()
    }

    pub(crate) fn aside_pids(&self) -> Vec<u32> {
        self.aside.iter().filter_map(Process::pid).collect()
    }

    /// Asks everything it started to end, and waits until it has.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        for process in self.processes.iter_mut().chain(&mut self.aside) {
            outcome = outcome.and(process.stop().await);
        }
        outcome
    }
}

impl Drop for RunningPeer {
    /// After a failed scenario nobody has asked it to end, and a killed parent would leave its children behind.
    fn drop(&mut self) {
        for pid in proc::with_children(&self.pids()) {
            // What has ended meanwhile needs nothing more.
            drop(
                Command::new("kill")
                    .args(["-s", "KILL", &pid.to_string()])
                    .stderr(Stdio::null())
                    .status(),
            );
        }
    }
}

/// Where a peer keeps its files. Not beside the data directories: a path to a socket has to be short, and nothing here is durable.
fn directory() -> anyhow::Result<TempDir> {
    tempfile::Builder::new()
        .prefix("peer-")
        .tempdir()
        .context("make a directory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = Peer::ALL.iter().map(|peer| peer.name()).collect();
        assert_eq!(names.len(), Peer::ALL.len());
    }
}
