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
    for _ in 0..ground.scale.repeats {
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
    let subject_sends_snapshots = subject.house().is_ok();
    subject.finish().await?;

    let note = if subject_sends_snapshots {
        format!("token checked, snapshot of {MESSAGES} sent")
    } else {
        String::new()
    };
    rates.sort_by(f64::total_cmp);
    cpu_us.sort_by(f64::total_cmp);
    let middle = ground.scale.repeats / 2;
    let what = format!("streams opened/s up to {watchers}");
    let row = Row::new("opens", "T5", what, rates[middle], "/s").goal(Goal::NchanAtLeast(0.5));
    ground.row(row.note(note))?;
    if let Some(&cpu_us) = cpu_us.get(middle) {
        ground.row(Row::new("opens", "", "CPU per open", cpu_us, "us"))?;
    }
    Ok(())
}
