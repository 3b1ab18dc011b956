//! Where a scenario plays: a server fresh for it (or the one it was pointed at), people who may speak, and the scale.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::{
    authors::Authors,
    http::{Connection, write_request},
    peers::{Peer, PeerPlan},
    profile::Profile,
    report::{Report, Row},
    schedule::BenchClock,
    server::{Server, ServerPlan},
    service::{Service, ServicePlan},
    subject::{Staff, Subject},
    target::{Grandstand, Target},
};

/// Sizes and times of the scenarios: as the targets say, or small to see that everything works.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) small: usize,
    pub(crate) large: usize,
    pub(crate) events: usize,
    pub(crate) window: Duration,
    /// Longer, where little happens per second.
    pub(crate) slow_window: Duration,
    pub(crate) members: usize,
    /// Until memory and caches are at rest.
    pub(crate) settle: Duration,
    /// Times a scenario repeats what is over quickly.
    pub(crate) repeats: usize,
}

impl Scale {
    pub(crate) const FULL: Self = Self {
        small: 1_000,
        large: 10_000,
        events: 1_000,
        window: Duration::from_secs(5),
        slow_window: Duration::from_secs(15),
        members: 100,
        settle: Duration::from_secs(2),
        repeats: 3,
    };
    /// Shorter, since several rounds are played and medians taken.
    pub(crate) const VERSUS: Self = Self {
        // Others know no difference between one event and many.
        events: 1,
        window: Duration::from_secs(2),
        slow_window: Duration::from_secs(5),
        settle: Duration::from_secs(1),
        repeats: 1,
        ..Self::FULL
    };
    pub(crate) const QUICK: Self = Self {
        small: 100,
        large: 1_000,
        events: 50,
        window: Duration::from_millis(500),
        slow_window: Duration::from_secs(1),
        members: 20,
        settle: Duration::from_millis(500),
        repeats: 1,
    };
}

pub(crate) enum Source {
    Start(ServerPlan),
    Peer(Peer, PeerPlan),
    Running {
        address: SocketAddr,
        host: String,
        pid: Option<u32>,
    },
}

pub(crate) struct Ground {
    pub(crate) clock: BenchClock,
    pub(crate) scale: Scale,
    pub(crate) source: Source,
    /// Where whatever is measured runs.
    pub(crate) server_core: Option<u32>,
    /// Servers that are started get a PostgreSQL of their own.
    pub(crate) postgres: bool,
    pub(crate) authors: usize,
    pub(crate) pipeline: usize,
    pub(crate) profile: Option<Profile>,
    /// Where the search for the highest rate begins, when an earlier round found one.
    pub(crate) rate_hint: Option<u64>,
    pub(crate) report: Report,
}

impl Ground {
    pub(crate) fn row(&mut self, row: Row) -> anyhow::Result<()> {
        self.report.add(row).context("write the report")
    }

    pub(crate) async fn subject(&self) -> anyhow::Result<Subject> {
        match &self.source {
            Source::Start(plan) => {
                let mut beside = Vec::new();
                if self.postgres {
                    beside.push(Service::postgres(&ServicePlan::beside(plan)).await?);
                }
                let server = Server::start(&plan.with(beside.iter().map(Service::setting))).await?;
                self.opened(vec![server], beside).await
            }
            Source::Peer(peer, plan) => {
                let running = peer.start(plan).await.with_context(|| peer.name())?;
                Ok(Subject {
                    target: Arc::clone(&running.target),
                    people: None,
                    streams_at: vec![running.streams_at],
                    posts_at: vec![running.posts_at],
                    staff: Staff::Peer(Box::new(running)),
                    clock: self.clock,
                })
            }
            Source::Running { address, host, pid } => {
                let staff = Staff::Foreign(*pid);
                self.populated(vec![*address], host.clone(), staff).await
            }
        }
    }

    /// Servers that have been started, with a host and guests.
    pub(crate) async fn opened(&self, servers: Vec<Server>, beside: Vec<Service>) -> anyhow::Result<Subject> {
        let first = servers.first().context("a server")?;
        let host = format!("Bearer {}", first.token("bench", "host").await?);
        let addresses = servers.iter().map(Server::address).collect();
        self.populated(addresses, host, Staff::Ours(servers, beside)).await
    }

    async fn populated(&self, addresses: Vec<SocketAddr>, host: String, staff: Staff) -> anyhow::Result<Subject> {
        let first = *addresses.first().context("an address")?;
        let crowd = guests(first, self.scale.members).await?;
        let house = Arc::new(Grandstand { host, crowd });
        Ok(Subject {
            target: Arc::clone(&house) as Arc<dyn Target>,
            people: Some(house),
            streams_at: addresses.clone(),
            posts_at: addresses,
            staff,
            clock: self.clock,
        })
    }

    pub(crate) fn authors(&self, subject: &Subject, count: usize) -> Authors {
        Authors {
            addresses: subject.posts_at.clone().into(),
            clock: self.clock,
            count,
            pipeline: self.pipeline,
        }
    }
}

/// `Authorization` of so many guests.
async fn guests(address: SocketAddr, count: usize) -> anyhow::Result<Vec<String>> {
    let mut connection = Connection::open(address).await?;
    let mut crowd = Vec::with_capacity(count);
    for index in 0..count {
        let body = json!({ "name": format!("Guest {index}") }).to_string();
        let mut request = Vec::new();
        write_request(&mut request, "POST", "/v1/auth/guest", "", Some(&body));
        let answer: Value = serde_json::from_slice(connection.ask(&request).await?)?;
        let Some(token) = answer["token"].as_str() else {
            bail!("a guest got no token")
        };
        crowd.push(format!("Bearer {token}"));
    }
    Ok(crowd)
}
