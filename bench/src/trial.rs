//! One stretch of publishing at a steady rate to a crowd, and what it cost.

use std::{sync::Arc, time::Duration};

use crate::{
    authors::{Compose, Sent},
    crowd::Crowd,
    ground::Ground,
    histogram::Histogram,
    proc,
    report::{figure, float, ratio},
    schedule::Schedule,
    subject::Subject,
    target,
};

/// How long after the last answer deliveries may still come.
pub(crate) const DRAIN_LIMIT: Duration = Duration::from_secs(5);
/// Above this share of its own core the bench can no longer be trusted to be on time.
const BUSY: f64 = 0.9;

pub(crate) struct Trial {
    /// Messages read by watchers, and how many should have been.
    pub(crate) delivered: u64,
    pub(crate) expected: u64,
    pub(crate) reads: u64,
    pub(crate) per_second: f64,
    pub(crate) latency: Histogram,
    pub(crate) sent: Sent,
    pub(crate) cpu_ms: Option<f64>,
    /// What the database, Redis or an origin used besides.
    pub(crate) aside_ms: Option<f64>,
    /// Posts that were due long before anybody could send them, and never were.
    pub(crate) unsent: u64,
    /// Streams that should have lasted and did not.
    pub(crate) ended: u64,
    /// How much of its core the bench itself used, 0 to 1. Near 1 the figures are the bench's, not the server's.
    pub(crate) own_share: f64,
}

impl Trial {
    pub(crate) fn cpu_us_per_delivery(&self) -> Option<f64> {
        ratio(self.cpu_ms? * 1000.0, float(self.delivered))
    }

    /// How many messages came together, on average.
    pub(crate) fn per_read(&self) -> f64 {
        ratio(float(self.delivered), float(self.reads)).unwrap_or_default()
    }

    pub(crate) fn aside_us_per_delivery(&self) -> Option<f64> {
        ratio(self.aside_ms? * 1000.0, float(self.delivered))
    }

    /// What the figure for CPU rests on and leaves out, for a note.
    pub(crate) fn cpu_note(&self) -> String {
        let mut note = Vec::new();
        let together = self.per_read();
        if together > 1.05 {
            note.push(format!("{} messages in one read", figure(together)));
        }
        if let Some(us) = self.aside_us_per_delivery().filter(|us| *us > 0.0) {
            note.push(format!("what runs beside it {} us more", figure(us)));
        }
        note.join("; ")
    }

    /// What went wrong, for a note; empty when nothing did.
    pub(crate) fn trouble(&self) -> String {
        let mut trouble = Vec::new();
        if let Some(refusal) = &self.sent.first_refusal {
            trouble.push(format!("{} posts failed, first: {refusal}", self.sent.refused));
        }
        if self.sent.resent > 0 {
            trouble.push(format!("{} posts sent again on a new connection", self.sent.resent));
        }
        if self.delivered != self.expected {
            trouble.push(format!("{} delivered of {}", self.delivered, self.expected));
        }
        if self.unsent > 0 {
            trouble.push(format!("{} posts never sent", self.unsent));
        }
        if self.ended > 0 {
            trouble.push(format!("{} streams ended", self.ended));
        }
        if self.own_share > BUSY {
            trouble.push(format!("the bench itself was {:.0} % busy", self.own_share * 100.0));
        }
        trouble.join("; ")
    }
}

/// The requests of a schedule: each slot is a message, the channels take turns.
pub(crate) fn messages(subject: &Subject, channels: &[Arc<str>]) -> Arc<Compose> {
    let (target, channels) = (Arc::clone(&subject.target), channels.to_vec());
    Arc::new(move |slot, author, out| {
        let turn = usize::try_from(slot.index).unwrap_or(0) % channels.len().max(1);
        if let Some(channel) = channels.get(turn) {
            target.publish(channel, author, &target::text(slot.due_ns, slot.index), out);
        }
    })
}

/// Publishes `per_second` messages a second for `lasting` and waits until all have arrived.
pub(crate) async fn run(
    ground: &Ground,
    subject: &Subject,
    channels: &[Arc<str>],
    crowd: &Crowd,
    per_second: u64,
    lasting: Duration,
) -> anyhow::Result<Trial> {
    let messages = |_| messages(subject, channels);
    run_with(
        ground,
        subject,
        crowd,
        (per_second, 1),
        (lasting, DRAIN_LIMIT),
        messages,
    )
    .await
}

/// The same with any requests, of which each makes so many entries, and waiting only so long for what is late.
pub(crate) async fn run_with(
    ground: &Ground,
    subject: &Subject,
    crowd: &Crowd,
    (per_second, each): (u64, u64),
    (lasting, drain): (Duration, Duration),
    requests: impl FnOnce(u64) -> Arc<Compose>,
) -> anyhow::Result<Trial> {
    crowd
        .wait(DRAIN_LIMIT, |board| board.count.live >= crowd.watchers())
        .await;
    let watching = match &ground.profile {
        Some(profile) => Some(profile.begin(&subject.pids()).await?),
        None => None,
    };
    let schedule = Arc::new(Schedule::open(ground.clock, per_second, lasting));
    let first_ns = schedule.first_ns();
    crowd.board().lock().count.begin(first_ns);
    let (cpu_before, aside_before) = (subject.cpu_ms(), subject.aside_cpu_ms());
    let own_before = proc::cpu_ms(std::process::id());
    // No more authors than messages a second: a connection that sends nothing would only cost.
    let wanted = usize::try_from(schedule.count().min(per_second)).unwrap_or(usize::MAX);
    let authors = ground.authors(subject, ground.authors.min(wanted.max(1)));
    let sent = authors.send(Arc::clone(&schedule), requests(first_ns)).await;
    let expected = sent.accepted * each * crowd.per_channel();
    crowd.wait(drain, |board| board.count.messages >= expected).await;
    let own_after = proc::cpu_ms(std::process::id());
    let passed_ms = float(ground.clock.now_ns().saturating_sub(first_ns)) / 1e6;
    let used = |after: Option<u64>, before| Some(float(after?.saturating_sub(before?)));
    let cpu_ms = used(subject.cpu_ms(), cpu_before);
    let aside_ms = used(subject.aside_cpu_ms(), aside_before);
    let delivered = crowd.board().lock().count.messages;
    if let Some(watching) = watching {
        let title = format!(
            "{per_second} posts/s to {} streams each, {lasting:?}",
            crowd.per_channel()
        );
        watching
            .end(&title, &[("post", sent.accepted), ("delivery", delivered)])
            .await?;
    }
    let board = crowd.board().lock();
    let busy_ns = board.count.last_message_ns.saturating_sub(first_ns);
    Ok(Trial {
        delivered: board.count.messages,
        expected,
        reads: board.count.reads,
        per_second: ratio(float(board.count.messages) * 1e9, float(busy_ns)).unwrap_or(0.0),
        latency: board.count.latency.clone(),
        unsent: schedule.left(),
        ended: board.count.ended,
        sent,
        cpu_ms,
        aside_ms,
        own_share: own_after
            .zip(own_before)
            .map_or(0.0, |(after, before)| float(after - before) / passed_ms),
    })
}
