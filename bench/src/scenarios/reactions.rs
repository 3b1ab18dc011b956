//! T8: thousands of reactions a second in a full room. Streams stay calm, totals stay exact, posts stay fast.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;

use crate::{
    authors::{Authors, Compose},
    count::MessageTotals,
    crowd::Crowd,
    ground::Ground,
    histogram::Histogram,
    http::{Connection, write_request},
    report::{Goal, Row, float, millis, ratio},
    schedule::Schedule,
    subject::Subject,
    target::Grandstand,
    trial,
};

const REACTIONS_PER_SECOND: u64 = 5_000;
const POSTS_PER_SECOND: u64 = 20;
/// Calm and storm take turns, so that a noisy machine is noisy for both.
const ROUNDS: u64 = 3;
/// Percent-encoded: thumb, heart, laugh, tears, party, fire, clap, ball, eyes, hundred.
const EMOJIS: [&str; 10] = [
    "%F0%9F%91%8D",
    "%E2%9D%A4",
    "%F0%9F%98%82",
    "%F0%9F%98%A2",
    "%F0%9F%8E%89",
    "%F0%9F%94%A5",
    "%F0%9F%91%8F",
    "%E2%9A%BD",
    "%F0%9F%91%80",
    "%F0%9F%92%AF",
];
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let subject = ground.subject().await?;
    let channels = subject.channels(1).await?;
    let event = channels.first().context("an event")?;
    let window = ground.scale.window;
    let in_a_storm = Schedule::open(ground.clock, REACTIONS_PER_SECOND, window).count();
    let each_takes = (ground.scale.members * EMOJIS.len()) as u64;
    let messages = messages(&subject, event, (in_a_storm * ROUNDS).div_ceil(each_takes)).await?;
    let mut plan = subject.plan(&channels, ground.scale.small);
    plan.witness = true;
    let crowd = subject.crowd_of(&plan).await?;

    // People who come in are told to each other, so a room that has just filled is not calm yet.
    trial::run(ground, &subject, &channels, &crowd, POSTS_PER_SECOND, window / 2).await?;
    let mut felt = Felt::default();
    for round in 0..ROUNDS {
        let calm = trial::run(ground, &subject, &channels, &crowd, POSTS_PER_SECOND, window).await?;
        felt.calm.merge(&calm.sent.latency);
        let reactions = compose(subject.house()?, event, &messages, round * in_a_storm);
        storm(ground, &subject, &crowd, &channels, reactions, &mut felt).await?;
    }
    let told = crowd
        .wait(DRAIN_LIMIT, |board| {
            board.count.witnessed.values().sum::<u64>() >= felt.reacted
        })
        .await;
    let stored = stored(&subject, event, &messages).await?;
    let witnessed = crowd.board().lock().count.witnessed.values().sum::<u64>();
    crowd.go_home().await;
    subject.finish().await?;

    let frames = ratio(felt.frames, felt.span_s).unwrap_or_default();
    let frames = (frames * 100.0).round() / 100.0;
    let row = Row::new("reactions", "T8", "reaction frames/s per stream", frames, "/s").goal(Goal::AtMost(4.0));
    ground.row(row.note(format!("{} streams", ground.scale.small)))?;
    let late = millis(felt.answered.quantile(990));
    let what = format!("reaction answered p99, {REACTIONS_PER_SECOND}/s");
    ground.row(Row::new("reactions", "", what, late, "ms").note(felt.trouble))?;
    if let Some(cost) = felt.cpu_ms.and_then(|ms| ratio(ms * 1_000.0, float(felt.reacted))) {
        let row = Row::new(
            "reactions",
            "",
            "CPU per reaction, posts and streams included",
            cost,
            "us",
        );
        ground.row(row)?;
    }
    let off = |total: u64| float(total.abs_diff(felt.reacted));
    let row = Row::new("reactions", "T8", "stored totals off by", off(stored), "").goal(Goal::AtMost(0.0));
    ground.row(row.note(format!("of {} accepted", felt.reacted)))?;
    let row = Row::new("reactions", "T8", "totals in the stream off by", off(witnessed), "").goal(Goal::AtMost(0.0));
    ground.row(row.note(if told { "" } else { "not all came in time" }))?;
    for (share, permille) in [("p50", 500), ("p99", 990)] {
        let (calm, during) = (felt.calm.quantile(permille), felt.posts.quantile(permille));
        let growth = ratio(float(during), float(calm)).unwrap_or_default();
        let row = Row::new(
            "reactions",
            "T8",
            format!("posts' {share}, during over before"),
            growth,
            "x",
        );
        let note = format!("{:.1} and {:.1} ms", millis(during), millis(calm));
        ground.row(row.goal(Goal::AtMost(1.1)).note(note))?;
    }
    Ok(())
}

/// What all rounds came to.
#[derive(Default)]
struct Felt {
    calm: Histogram,
    posts: Histogram,
    answered: Histogram,
    reacted: u64,
    /// Reaction frames of one stream, and in how many seconds.
    frames: f64,
    span_s: f64,
    cpu_ms: Option<f64>,
    trouble: String,
}

async fn storm(
    ground: &Ground,
    subject: &Subject,
    crowd: &Crowd,
    channels: &[Arc<str>],
    reactions: Arc<Compose>,
    felt: &mut Felt,
) -> anyhow::Result<()> {
    let window = ground.scale.window;
    let busy = Schedule::open(ground.clock, POSTS_PER_SECOND, window);
    let schedule = Arc::new(Schedule::open(ground.clock, REACTIONS_PER_SECOND, window));
    crowd.board().lock().count.begin(busy.first_ns());
    let cpu_before = subject.cpu_ms();
    let post = ground
        .authors(subject, 16)
        .send(Arc::new(busy), trial::messages(subject, channels));
    let react = Authors {
        pipeline: 1,
        ..ground.authors(subject, ground.authors)
    };
    let (posts, reacted) = tokio::join!(post, react.send(schedule, reactions));
    let cpu_after = subject.cpu_ms();
    felt.posts.merge(&posts.latency);
    felt.answered.merge(&reacted.latency);
    felt.reacted += reacted.accepted;
    if let (Some(before), Some(after)) = (cpu_before, cpu_after) {
        *felt.cpu_ms.get_or_insert_default() += float(after.saturating_sub(before));
    }
    for refusal in [posts.first_refusal, reacted.first_refusal].into_iter().flatten() {
        felt.trouble = refusal;
    }
    let (heard, heard_ns) = {
        let count = &crowd.board().lock().count;
        (count.reactions, count.reactions_ns)
    };
    // From the first frame to the last: the frame that ends the last tick opens no further one.
    felt.frames += float(heard) / float(ground.scale.small as u64) - 1.0;
    felt.span_s += heard_ns.map_or(0.0, |(first_ns, last_ns)| float(last_ns - first_ns) / 1e9);
    Ok(())
}

/// Messages to react to.
async fn messages(subject: &Subject, event: &str, count: u64) -> anyhow::Result<Arc<Vec<String>>> {
    let mut connection = Connection::open(subject.address()?).await?;
    let mut messages = Vec::new();
    for index in 0..count {
        let mut request = Vec::new();
        subject
            .target
            .publish(event, 0, &format!("what do you think of number {index}"), &mut request);
        let message: serde_json::Value = serde_json::from_slice(connection.ask(&request).await?)?;
        messages.push(message["id"].as_str().context("the message has an id")?.to_owned());
    }
    Ok(Arc::new(messages))
}

/// From the `first` on, each slot is another person, emoji or message than any slot before: every accepted one counts once.
fn compose(house: &Arc<Grandstand>, event: &Arc<str>, messages: &Arc<Vec<String>>, first: u64) -> Arc<Compose> {
    let (house, event, messages) = (Arc::clone(house), Arc::clone(event), Arc::clone(messages));
    Arc::new(move |slot, _, out| {
        let index = usize::try_from(first + slot.index).unwrap_or(0);
        let people = house.crowd.len().max(1);
        let emoji = EMOJIS[index / people % EMOJIS.len()];
        if let Some(message) = messages.get(index / people / EMOJIS.len()) {
            let path = format!("/v1/events/{event}/messages/{message}/reactions/{emoji}");
            write_request(out, "PUT", &path, house.member(index), None);
        }
    })
}

/// The sum of all reactions as the messages themselves say.
async fn stored(subject: &Subject, event: &str, messages: &[String]) -> anyhow::Result<u64> {
    let mut connection = Connection::open(subject.address()?).await?;
    let mut sum = 0;
    for message in messages {
        let mut request = Vec::new();
        let path = format!("/v1/events/{event}/messages/{message}");
        write_request(&mut request, "GET", &path, subject.house()?.member(0), None);
        let totals: MessageTotals = serde_json::from_slice(connection.ask(&request).await?)?;
        sum += totals.sum();
    }
    Ok(sum)
}
