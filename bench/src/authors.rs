//! Those who send: a fixed number of connections that take slots from one schedule.
//!
//! Each has at most `pipeline` requests in flight, so what is under way is bounded whatever the server does. A late answer
//! is counted from when the request was due, also when no author was free to send it.
//!
//! A server may close a connection that nobody uses. So an author who has been idle comes with a new one shortly before the
//! next request is due; and a request whose connection ends before any answer came, which is what a server does that closed it
//! without having read the request, is sent once more. Only what then still fails counts as failed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{
    histogram::Histogram,
    http::{Connection, HungUp},
    schedule::{BenchClock, Schedule, Slot},
};

/// Servers keep idle connections for five seconds at least.
const IDLE_MAX: Duration = Duration::from_secs(3);
/// A new connection is opened so long before it is needed.
const AHEAD: Duration = Duration::from_millis(50);

/// Appends the request for a slot as sent by that author.
pub(crate) type Compose = dyn Fn(Slot, usize, &mut Vec<u8>) + Send + Sync;

#[derive(Clone)]
pub(crate) struct Authors {
    /// Taken in turn.
    pub(crate) addresses: Arc<[SocketAddr]>,
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
    /// Sent a second time, because an idle connection had been closed under them.
    pub(crate) resent: u64,
    /// From due to answered, of the accepted.
    pub(crate) latency: Histogram,
    pub(crate) last_answer_ns: u64,
}

impl Sent {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.resent += other.resent;
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
            busy.spawn(self.clone().write(author, Arc::clone(&schedule), Arc::clone(&compose)));
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
        let Some(&address) = self.addresses.get(author % self.addresses.len().max(1)) else {
            return sent;
        };
        let mut connection = match Connection::open(address).await {
            Ok(connection) => connection,
            Err(error) => {
                sent.failed(1, format!("{error:#}"));
                return sent;
            }
        };
        let mut batch = Vec::with_capacity(self.pipeline);
        let mut requests = Vec::new();
        while let Some(slot) = schedule.take() {
            if connection.is_closing() {
                connection = Connection::open(address).await.unwrap_or(connection);
            }
            let early = Duration::from_nanos(slot.due_ns.saturating_sub(self.clock.now_ns()));
            if let Some(doze) = early.checked_sub(AHEAD)
                && connection.idle() + early > IDLE_MAX
            {
                tokio::time::sleep(doze).await;
                connection = Connection::open(address).await.unwrap_or(connection);
            }
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
            let mut outcome = self.exchange(&mut connection, &requests, &batch, &mut sent).await;
            if outcome
                .as_ref()
                .is_err_and(|(answered, error)| *answered == 0 && error.is::<HungUp>())
                && let Ok(fresh) = Connection::open(address).await
            {
                connection = fresh;
                sent.resent += batch.len() as u64;
                outcome = self.exchange(&mut connection, &requests, &batch, &mut sent).await;
            }
            if let Err((answered, error)) = outcome {
                sent.failed(batch.len() - answered, format!("{error:#}"));
                return sent;
            }
        }
        sent
    }

    /// Sends what is in the batch and takes the answers; an error comes with how many there were.
    async fn exchange(
        &self,
        connection: &mut Connection,
        requests: &[u8],
        batch: &[Slot],
        sent: &mut Sent,
    ) -> Result<(), (usize, anyhow::Error)> {
        connection.send(requests).await.map_err(|error| (0, error))?;
        for (answered, slot) in batch.iter().enumerate() {
            let (status, body) = connection.answer().await.map_err(|error| (answered, error))?;
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

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// Answers the first request of each connection and closes the second time it is asked anything.
    async fn forgetful(listener: TcpListener) {
        let mut buffer = [0; 1024];
        while let Ok((mut socket, _)) = listener.accept().await {
            let read = socket.read(&mut buffer).await;
            if read.is_ok_and(|read| read > 0) {
                let answer = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
                socket.write_all(answer).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn what_a_closed_connection_swallowed_is_sent_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let clock = BenchClock::start();
        let authors = Authors {
            addresses: [listener.local_addr().unwrap()].into(),
            clock,
            count: 1,
            pipeline: 1,
        };
        let schedule = Arc::new(Schedule::open(clock, 100, Duration::from_millis(50)));
        let compose: Arc<Compose> = Arc::new(|_, _, out| out.extend_from_slice(b"POST / HTTP/1.1\r\n\r\n"));
        let sent = tokio::select! {
            sent = authors.send(schedule, compose) => sent,
            () = forgetful(listener) => unreachable!("it listens as long as it is asked"),
        };
        assert_eq!(
            (sent.accepted, sent.refused, sent.resent),
            (5, 0, 4),
            "{:?}",
            sent.first_refusal
        );
    }
}
