//! T1: the most deliveries a second to a thousand streams with p99 below 200 ms, found by raising the rate of messages
//! until it breaks and then halving the gap.
//!
//! `deliveries` posts each message by itself, durably, so it ends where either the posts or the fan-out give in. `fanout` has a
//! feed report scores in batches, as durable but far cheaper for each entry, to find where the fan-out alone gives in.

use std::time::Duration;

use anyhow::Context as _;

use super::feed;
use crate::{
    crowd::{Crowd, CrowdPlan},
    ground::Ground,
    report::{Goal, Row, float, millis},
    subject::Subject,
    trial::{self, Trial},
};

const P99_LIMIT_NS: u64 = 200_000_000;
const FIRST_RATE: u64 = 100;
/// What comes later than this has failed by far.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// The largest rate tried; also bounds how long the search takes.
const LAST_RATE: u64 = 60_000;
const HALVINGS: usize = 3;
/// One watcher in so many reads stamps, so that the bench does not become the bottleneck.
const SAMPLE: usize = 8;

struct Step {
    rate: u64,
    trial: Trial,
}

impl Step {
    fn holds(&self) -> bool {
        self.trial.delivered == self.trial.expected
            && self.trial.sent.refused == 0
            && self.trial.unsent == 0
            && self.trial.latency.quantile(990) < P99_LIMIT_NS
    }

    fn limit(&self) -> String {
        let posts = self.trial.sent.latency.quantile(990);
        // With one core for both, posts are late as well when the fan-out takes it all; only the other way round is clear.
        let what = if self.trial.sent.refused > 0 || posts >= P99_LIMIT_NS {
            "posts and fan-out together"
        } else {
            "the fan-out alone"
        };
        let late = millis(self.trial.latency.quantile(990));
        let mut text = format!(
            "{what} gave in at {} msg/s: p99 {late:.0} ms, posts {:.0} ms",
            self.rate,
            millis(posts)
        );
        let trouble = self.trial.trouble();
        if !trouble.is_empty() {
            text.push_str("; ");
            text.push_str(&trouble);
        }
        text
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Load {
    Posts,
    Feed,
}

pub(crate) async fn run(ground: &mut Ground, load: Load) -> anyhow::Result<()> {
    let subject = ground.subject().await?;
    let channels = match load {
        Load::Posts => subject.channels(1).await?,
        Load::Feed => vec![feed::event(&subject).await?],
    };
    let name = if load == Load::Posts { "deliveries" } else { "fanout" };
    let mut plan = subject.plan(&channels, ground.scale.small);
    plan.sample = SAMPLE;
    let mut crowd = subject.crowd_of(&plan).await?;
    let (mut best, mut broken): (Option<Step>, Option<Step>) = (None, None);
    let (mut rate, mut halvings) = (ground.rate_hint.unwrap_or(FIRST_RATE), 0);
    while halvings < HALVINGS && rate <= LAST_RATE && rate > 0 {
        let step = take(ground, &subject, &plan, &mut crowd, (load, rate)).await?;
        if step.holds() {
            best = Some(step);
        } else {
            broken = Some(step);
        }
        rate = match (&best, &broken) {
            (Some(best), Some(broken)) => {
                halvings += 1;
                best.rate.midpoint(broken.rate)
            }
            (_, None) => rate * 8 / 5,
            (None, Some(_)) => rate / 2,
        };
    }
    crowd.go_home().await;
    subject.finish().await?;

    let watchers = ground.scale.small;
    let limit = broken.map_or_else(|| "not broken by any rate tried".to_owned(), |step| step.limit());
    let per_second = best.as_ref().map_or(0.0, |step| step.trial.per_second);
    let what = format!("deliveries/s, {watchers} streams, p99 < 200 ms");
    let row = Row::new(name, "T1", what, per_second, "/s").note(limit);
    ground.row(row.aimed((load == Load::Posts).then_some(Goal::NchanAtLeast(30.0))))?;
    let Some(best) = best else { return Ok(()) };
    ground.rate_hint = Some(best.rate);
    let posts = Row::new(name, "", "entries/s there", float(best.rate), "/s");
    ground.row(posts.note(format!(
        "post answered p99 {:.1} ms",
        millis(best.trial.sent.latency.quantile(990))
    )))?;
    let late = millis(best.trial.latency.quantile(990));
    ground.row(Row::new(name, "", "due to read p99 there", late, "ms"))?;
    let own = Row::new(
        name,
        "",
        "the bench's own core, busy there",
        best.trial.own_share * 100.0,
        "%",
    );
    ground.row(own)?;
    if let Some(cpu_us) = best.trial.cpu_us_per_delivery() {
        let row = Row::new(name, "", "CPU per delivery there, posting included", cpu_us, "us");
        ground.row(row.note(best.trial.cpu_note()))?;
    }
    Ok(())
}

/// One rate; afterwards everyone is live again, also those whom a rate too high had sent away.
async fn take(
    ground: &Ground,
    subject: &Subject,
    plan: &CrowdPlan,
    crowd: &mut Crowd,
    (load, rate): (Load, u64),
) -> anyhow::Result<Step> {
    let lasting = (ground.scale.window, DRAIN_LIMIT);
    let trial = match load {
        Load::Posts => {
            let messages = |_| trial::messages(subject, &plan.channels);
            trial::run_with(ground, subject, crowd, (rate, 1), lasting, messages).await?
        }
        Load::Feed => {
            let event = plan.channels.first().context("an event")?;
            let house = subject.house()?;
            let batches = ((rate / feed::BATCH).max(1), feed::BATCH);
            let reports = |from_ns| feed::reports(house, event, from_ns);
            trial::run_with(ground, subject, crowd, batches, lasting, reports).await?
        }
    };
    let step = Step { rate, trial };
    if !step.holds() {
        let fresh = subject.crowd_of(plan).await?;
        std::mem::replace(crowd, fresh).go_home().await;
    }
    Ok(step)
}
