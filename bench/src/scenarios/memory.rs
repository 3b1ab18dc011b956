//! T4: resident memory for each open stream, before and after messages went through it.

use tokio::time::sleep;

use crate::{
    ground::Ground,
    report::{Goal, Row, float, ratio},
    trial,
};

const PER_SECOND: u64 = 10;

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let subject = ground.subject().await?;
    let channels = subject.channels(1).await?;
    sleep(ground.scale.settle).await;
    let idle = subject.rss_kib();
    let watchers = ground.scale.large;
    let crowd = subject.crowd(&channels, watchers).await?;
    sleep(ground.scale.settle).await;
    let quiet = subject.rss_kib();
    let trial = trial::run(ground, &subject, &channels, &crowd, PER_SECOND, ground.scale.window).await?;
    let used = subject.rss_kib();
    crowd.go_home().await;
    sleep(ground.scale.settle).await;
    let left = subject.rss_kib();
    subject.finish().await?;

    let (Some(idle), Some(quiet), Some(used), Some(left)) = (idle, quiet, used, left) else {
        anyhow::bail!("memory is read from the process: give --pid with --url");
    };
    let each = |after: u64| ratio(float(after.saturating_sub(idle)), float(watchers as u64)).unwrap_or_default();
    let total = |what, kib: u64| Row::new("memory", "", what, float(kib) / 1024.0, "MiB");
    ground.row(total("RSS with an event and no streams", idle))?;
    let what = |when| format!("RSS per stream at {watchers}, {when}");
    ground.row(Row::new("memory", "T4", what("just opened"), each(quiet), "KiB").goal(Goal::AtMost(3.0)))?;
    let row = Row::new("memory", "T4", what("after messages"), each(used), "KiB").goal(Goal::AtMost(3.0));
    ground.row(row.note(trial.trouble()))?;
    ground.row(total("RSS after all have left", left))
}
