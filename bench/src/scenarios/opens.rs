//! T5: how many streams a second are opened, each with its token checked and a snapshot of fifty messages sent.

use std::{sync::Arc, time::Duration};

use crate::{
    ground::Ground,
    report::{Goal, Row, float, ratio},
    schedule::Schedule,
    trial,
};

/// What a snapshot holds at most.
const MESSAGES: u64 = 50;
const ROUNDS: usize = 3;

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let subject = ground.subject().await?;
    let channels = subject.channels(1).await?;
    let schedule = Arc::new(Schedule::closed(ground.clock, Duration::from_secs(20), MESSAGES));
    let sent = ground
        .authors(&subject, 8)
        .send(schedule, trial::messages(&subject, &channels))
        .await;
    anyhow::ensure!(sent.accepted == MESSAGES, "{}", sent.first_refusal.unwrap_or_default());

    let watchers = ground.scale.large;
    let (mut rates, mut cpu_us) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let before = subject.cpu_ms();
        let crowd = subject.crowd(&channels, watchers).await?;
        let used_ms = subject
            .cpu_ms()
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before));
        let count = float(watchers as u64);
        rates.push(ratio(count * 1e9, float(crowd.opened_in_ns)).unwrap_or_default());
        cpu_us.extend(used_ms.map(|ms| float(ms) * 1000.0 / count));
        crowd.go_home().await;
    }
    subject.finish().await?;

    rates.sort_by(f64::total_cmp);
    cpu_us.sort_by(f64::total_cmp);
    let what = format!("streams opened/s up to {watchers}, token and snapshot of {MESSAGES}");
    let row = Row::new("opens", "T5", what, rates[ROUNDS / 2], "/s").goal(Goal::Told(">= 0.5 x nchan"));
    ground.row(row.note(format!("median of {ROUNDS}")))?;
    if let Some(&cpu_us) = cpu_us.get(ROUNDS / 2) {
        ground.row(Row::new("opens", "", "CPU per open", cpu_us, "us"))?;
    }
    Ok(())
}
