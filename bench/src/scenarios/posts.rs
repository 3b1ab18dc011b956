//! T6: durable posts a second through the API, in a closed loop of many authors; one event, and a hundred.

use std::sync::Arc;

use crate::{
    ground::Ground,
    report::{Goal, Row, figure, float, millis, ratio},
    schedule::Schedule,
    trial,
};

/// Bounds the rows a run leaves behind; far more than any disk commits in a window.
const POSTS_MAX: u64 = 2_000_000;

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut counts = vec![1, ground.scale.events.min(100)];
    counts.dedup();
    for events in counts {
        let subject = ground.subject().await?;
        let channels = subject.channels(events).await?;
        let compose = trial::messages(&subject, &channels);
        let authors = ground.authors(&subject, ground.authors);
        let warm_up = Arc::new(Schedule::closed(ground.clock, ground.scale.window / 5, POSTS_MAX));
        authors.clone().send(warm_up, Arc::clone(&compose)).await;

        let schedule = Arc::new(Schedule::closed(ground.clock, ground.scale.window * 2, POSTS_MAX));
        let first_ns = schedule.first_ns();
        let watching = match &ground.profile {
            Some(profile) => Some(profile.begin(&subject.pids()).await?),
            None => None,
        };
        let (before, aside_before) = (subject.cpu_ms(), subject.aside_cpu_ms());
        let sent = authors.send(schedule, compose).await;
        let used = |after: Option<u64>, before| Some(float(after?.saturating_sub(before?)));
        let (cpu_ms, aside_ms) = (
            used(subject.cpu_ms(), before),
            used(subject.aside_cpu_ms(), aside_before),
        );
        if let Some(watching) = watching {
            watching
                .end(&format!("posts, {events} events"), &[("post", sent.accepted)])
                .await?;
        }
        subject.finish().await?;

        let seconds = float(sent.last_answer_ns.saturating_sub(first_ns)) / 1e9;
        let per_second = ratio(float(sent.accepted), seconds).unwrap_or_default();
        let what = |figure| format!("{figure}, {events} events");
        let row = Row::new("posts", "T6", what("posts/s"), per_second, "/s").goal(Goal::AtLeast(15_000.0));
        let refusal = sent.first_refusal.as_ref();
        ground.row(
            row.note(refusal.map_or_else(String::new, |first| format!("{} failed, first: {first}", sent.refused))),
        )?;
        let late = millis(sent.latency.quantile(990));
        ground.row(Row::new("posts", "T6", what("post answered p99"), late, "ms").goal(Goal::AtMost(100.0)))?;
        let each = |ms: Option<f64>| ratio(ms? * 1000.0, float(sent.accepted));
        if let Some(cpu_us) = each(cpu_ms) {
            let aside = each(aside_ms).map(|us| format!("what runs beside it {} us more", figure(us)));
            let row = Row::new("posts", "", what("CPU per post"), cpu_us, "us");
            ground.row(row.note(aside.unwrap_or_default()))?;
        }
    }
    Ok(())
}
