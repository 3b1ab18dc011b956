//! Where a scenario plays: a server fresh for it (or the one it was pointed at), people who may speak, and the scale.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::{
    authors::Authors,
    crowd::{Crowd, CrowdPlan},
    http::{Connection, write_request},
    proc,
    report::{Report, Row},
    schedule::BenchClock,
    server::{Server, ServerPlan},
    target::{Grandstand, Target},
};

/// Opening ten thousand streams takes a second on a good server.
const OPEN_LIMIT: Duration = Duration::from_mins(1);

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
}

impl Scale {
    pub(crate) const FULL: Self = Self {
        small: 1_000,
        large: 10_000,
        events: 1_000,
        window: Duration::from_secs(5),
        slow_window: Duration::from_secs(15),
        members: 100,
    };
    pub(crate) const QUICK: Self = Self {
        small: 100,
        large: 1_000,
        events: 50,
        window: Duration::from_millis(500),
        slow_window: Duration::from_secs(1),
        members: 20,
    };
}

pub(crate) enum Source {
    Start(ServerPlan),
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
    pub(crate) authors: usize,
    pub(crate) pipeline: usize,
    pub(crate) report: Report,
}

/// A server under measurement.
pub(crate) struct Subject {
    pub(crate) target: Arc<dyn Target>,
    pub(crate) house: Arc<Grandstand>,
    pub(crate) address: SocketAddr,
    server: Option<Server>,
    pid: Option<u32>,
    clock: BenchClock,
}

impl Ground {
    pub(crate) fn row(&mut self, row: Row) -> anyhow::Result<()> {
        self.report.add(row).context("write the report")
    }

    pub(crate) async fn subject(&self) -> anyhow::Result<Subject> {
        let (server, address, host, pid) = match &self.source {
            Source::Start(plan) => {
                let server = Server::start(plan).await?;
                let host = format!("Bearer {}", server.token("bench", "host").await?);
                let (address, pid) = (server.address(), server.pid());
                (Some(server), address, host, pid)
            }
            Source::Running { address, host, pid } => (None, *address, host.clone(), *pid),
        };
        let crowd = guests(address, self.scale.members).await?;
        let house = Arc::new(Grandstand { host, crowd });
        Ok(Subject {
            target: Arc::clone(&house) as Arc<dyn Target>,
            house,
            address,
            server,
            pid,
            clock: self.clock,
        })
    }

    pub(crate) fn authors(&self, subject: &Subject, count: usize) -> Authors {
        Authors {
            address: subject.address,
            clock: self.clock,
            count,
            pipeline: self.pipeline,
        }
    }
}

impl Subject {
    pub(crate) async fn channels(&self, count: usize) -> anyhow::Result<Vec<Arc<str>>> {
        let mut connection = Connection::open(self.address).await?;
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
            address: self.address,
            clock: self.clock,
            channels: channels.to_vec(),
            watchers,
            sample: 1,
            witness: false,
        }
    }

    pub(crate) async fn crowd(&self, channels: &[Arc<str>], watchers: usize) -> anyhow::Result<Crowd> {
        Crowd::open(&self.plan(channels, watchers), OPEN_LIMIT).await
    }

    pub(crate) async fn crowd_of(&self, plan: &CrowdPlan) -> anyhow::Result<Crowd> {
        Crowd::open(plan, OPEN_LIMIT).await
    }

    pub(crate) fn cpu_ms(&self) -> Option<u64> {
        proc::cpu_ms(self.pid?)
    }

    pub(crate) fn rss_kib(&self) -> Option<u64> {
        proc::rss_kib(self.pid?)
    }

    /// The server, of scenarios that restart it.
    pub(crate) fn server(&mut self) -> anyhow::Result<&mut Server> {
        self.server
            .as_mut()
            .context("this scenario needs --server, to restart it")
    }

    pub(crate) async fn finish(mut self) -> anyhow::Result<()> {
        match &mut self.server {
            Some(server) => server.stop().await,
            None => Ok(()),
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
