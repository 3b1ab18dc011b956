//! Those who send: a fixed number of connections that take slots from one schedule.
//!
//! Each has at most `pipeline` requests in flight, so what is under way is bounded whatever the server does. A late answer
//! is counted from when the request was due, also when no author was free to send it.

use std::{net::SocketAddr, sync::Arc};

use tokio::task::JoinSet;

use crate::{
    histogram::Histogram,
    http::Connection,
    schedule::{BenchClock, Schedule, Slot},
};

/// Appends the request for a slot as sent by that author.
pub(crate) type Compose = dyn Fn(Slot, usize, &mut Vec<u8>) + Send + Sync;

#[derive(Clone, Copy)]
pub(crate) struct Authors {
    pub(crate) address: SocketAddr,
    pub(crate) clock: BenchClock,
    pub(crate) count: usize,
    pub(crate) pipeline: usize,
}

/// What became of the requests.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) first_refusal: Option<String>,
    /// From due to answered, of the accepted.
    pub(crate) latency: Histogram,
    pub(crate) last_answer_ns: u64,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.first_refusal = self.first_refusal.take().or(other.first_refusal);
        self.latency.merge(&other.latency);
        self.last_answer_ns = self.last_answer_ns.max(other.last_answer_ns);
    }

    fn failed(&mut self, count: usize, why: String) {
        self.refused += count as u64;
        self.first_refusal.get_or_insert(why);
    }
}

impl Authors {
    /// Returns when every slot has been sent and answered, or given up on.
    pub(crate) async fn send(self, schedule: Arc<Schedule>, compose: Arc<Compose>) -> Sent {
        let mut busy = JoinSet::new();
        for author in 0..self.count {
            busy.spawn(self.write(author, Arc::clone(&schedule), Arc::clone(&compose)));
        }
        let mut all = Sent::default();
        while let Some(one) = busy.join_next().await {
            match one {
                Ok(one) => all.add(one),
                Err(error) => all.failed(1, error.to_string()),
            }
        }
        all
    }

    async fn write(self, author: usize, schedule: Arc<Schedule>, compose: Arc<Compose>) -> Sent {
        let mut sent = Sent::default();
        let mut connection = match Connection::open(self.address).await {
            Ok(connection) => connection,
            Err(error) => {
                sent.failed(1, format!("{error:#}"));
                return sent;
            }
        };
        let mut batch = Vec::with_capacity(self.pipeline);
        let mut requests = Vec::new();
        while let Some(slot) = schedule.take() {
            schedule.wait(slot).await;
            batch.clear();
            batch.push(slot);
            while batch.len() < self.pipeline
                && let Some(slot) = schedule.take_due()
            {
                batch.push(slot);
            }
            requests.clear();
            for &slot in &batch {
                compose(slot, author, &mut requests);
            }
            if let Err(error) = self.exchange(&mut connection, &requests, &batch, &mut sent).await {
                sent.failed(batch.len(), format!("{error:#}"));
                return sent;
            }
        }
        sent
    }

    async fn exchange(
        &self,
        connection: &mut Connection,
        requests: &[u8],
        batch: &[Slot],
        sent: &mut Sent,
    ) -> anyhow::Result<()> {
        connection.send(requests).await?;
        for slot in batch {
            let (status, body) = connection.answer().await?;
            let now_ns = self.clock.now_ns();
            sent.last_answer_ns = now_ns;
            if (200..300).contains(&status) {
                sent.accepted += 1;
                sent.latency.record(now_ns.saturating_sub(slot.due_ns));
            } else {
                let body = String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned();
                sent.failed(1, format!("{status} {body}"));
            }
        }
        Ok(())
    }
}
