//! What is under measurement: a server, several that act as one, or a peer; and what it has used so far.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;

use crate::{
    crowd::{Crowd, CrowdPlan},
    http::Connection,
    peers::RunningPeer,
    proc,
    schedule::BenchClock,
    server::Server,
    service::Service,
    target::{Grandstand, Target},
};

/// Opening ten thousand streams takes a second on a good server.
const OPEN_LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Subject {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) people: Option<Arc<Grandstand>>,
    /// Streams are opened at these in turn.
    pub(crate) streams_at: Vec<SocketAddr>,
    /// Authors post to these in turn.
    pub(crate) posts_at: Vec<SocketAddr>,
    pub(crate) staff: Staff,
    pub(crate) clock: BenchClock,
}

/// The processes, which end with the subject.
pub(crate) enum Staff {
    /// The servers, and the database and Redis beside them.
    Ours(Vec<Server>, Vec<Service>),
    Peer(Box<RunningPeer>),
    Foreign(Option<u32>),
}

impl Subject {
    pub(crate) async fn channels(&self, count: usize) -> anyhow::Result<Vec<Arc<str>>> {
        let mut connection = Connection::open(self.address()?).await?;
        let mut channels = Vec::with_capacity(count);
        for index in 0..count {
            let name = format!("Bench {index}");
            let channel = match self.target.create(&name) {
                Some(request) => self.target.created(connection.ask(&request).await?)?,
                None => name.replace(' ', "-"),
            };
            channels.push(Arc::from(channel));
        }
        Ok(channels)
    }

    pub(crate) fn plan(&self, channels: &[Arc<str>], watchers: usize) -> CrowdPlan {
        CrowdPlan {
            target: Arc::clone(&self.target),
            addresses: self.streams_at.clone(),
            clock: self.clock,
            channels: channels.to_vec(),
            watchers,
            sample: 1,
            witness: false,
            pace: None,
        }
    }

    pub(crate) async fn crowd(&self, channels: &[Arc<str>], watchers: usize) -> anyhow::Result<Crowd> {
        Crowd::open(&self.plan(channels, watchers), OPEN_LIMIT).await
    }

    pub(crate) async fn crowd_of(&self, plan: &CrowdPlan) -> anyhow::Result<Crowd> {
        Crowd::open(plan, OPEN_LIMIT).await
    }

    /// The product's people, for scenarios that do more than publish and subscribe.
    pub(crate) fn house(&self) -> anyhow::Result<&Arc<Grandstand>> {
        self.people.as_ref().context("only Grandstand can do this")
    }

    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.streams_at.first().copied().context("an address")
    }

    /// The processes that are measured, each with all it started.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let roots: Vec<u32> = match &self.staff {
            Staff::Ours(servers, _) => servers.iter().filter_map(Server::pid).collect(),
            Staff::Peer(peer) => peer.pids(),
            Staff::Foreign(pid) => pid.iter().copied().collect(),
        };
        proc::with_children(&roots)
    }

    /// CPU time of all its processes so far.
    pub(crate) fn cpu_ms(&self) -> Option<u64> {
        proc::sum(&self.pids(), proc::cpu_ms)
    }

    pub(crate) fn rss_kib(&self) -> Option<u64> {
        proc::sum(&self.pids(), proc::rss_kib)
    }

    /// CPU time so far of what it needs beside it, an origin or a database; not part of its own.
    pub(crate) fn aside_cpu_ms(&self) -> Option<u64> {
        let roots: Vec<u32> = match &self.staff {
            Staff::Ours(_, beside) => beside.iter().filter_map(Service::pid).collect(),
            Staff::Peer(peer) => peer.aside_pids(),
            Staff::Foreign(_) => Vec::new(),
        };
        proc::sum(&proc::with_children(&roots), proc::cpu_ms)
    }

    /// The server, of scenarios that restart it.
    pub(crate) fn server(&mut self) -> anyhow::Result<&mut Server> {
        match &mut self.staff {
            Staff::Ours(servers, _) => servers.first_mut(),
            Staff::Peer(_) | Staff::Foreign(_) => None,
        }
        .context("this scenario needs --server, to restart it")
    }

    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        match self.staff {
            Staff::Ours(servers, beside) => {
                for mut server in servers {
                    server.stop().await?;
                }
                for mut service in beside {
                    service.stop().await?;
                }
                Ok(())
            }
            Staff::Peer(peer) => peer.stop().await,
            Staff::Foreign(_) => Ok(()),
        }
    }
}
