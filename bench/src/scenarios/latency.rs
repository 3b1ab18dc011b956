//! T2, T3, T7: ten messages a second to a full room. How late is the last reader, and what does a delivery cost?

use std::time::Duration;

use crate::{
    ground::Ground,
    report::{Goal, Row, millis},
    trial::{self, Trial},
};

const PER_SECOND: u64 = 10;
const WARM_UP: Duration = Duration::from_secs(1);

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let (small, large) = (ground.scale.small, ground.scale.large);
    let trial = measure(ground, small).await?;
    tell(
        ground,
        "T7",
        small,
        &trial,
        [Some(Goal::AtMost(6.0)), Some(Goal::AtMost(15.0)), None],
    )?;
    let trial = measure(ground, large).await?;
    let against = [
        Some(Goal::NchanAtMost(0.5)),
        Some(Goal::NchanAtMost(0.5)),
        Some(Goal::NchanAtMost(0.55)),
    ];
    tell(ground, "T2", large, &trial, against)
}

async fn measure(ground: &Ground, watchers: usize) -> anyhow::Result<Trial> {
    let subject = ground.subject().await?;
    let channels = subject.channels(1).await?;
    let crowd = subject.crowd(&channels, watchers).await?;
    trial::run(ground, &subject, &channels, &crowd, PER_SECOND, WARM_UP).await?;
    let trial = trial::run(
        ground,
        &subject,
        &channels,
        &crowd,
        PER_SECOND,
        ground.scale.slow_window,
    )
    .await?;
    crowd.go_home().await;
    subject.finish().await?;
    Ok(trial)
}

fn tell(
    ground: &mut Ground,
    target: &'static str,
    watchers: usize,
    trial: &Trial,
    [half, most, cpu]: [Option<Goal>; 3],
) -> anyhow::Result<()> {
    let what = |figure: &str| format!("due to read, {PER_SECOND} msg/s x {watchers}, {figure}");
    let quantile = |figure, per_mille, goal| {
        Row::new(
            "latency",
            target,
            what(figure),
            millis(trial.latency.quantile(per_mille)),
            "ms",
        )
        .aimed(goal)
    };
    ground.row(quantile("p50", 500, half).note(trial.trouble()))?;
    ground.row(quantile("p99", 990, most))?;
    let post = millis(trial.sent.latency.quantile(990));
    ground.row(Row::new("latency", "", what("post answered p99"), post, "ms"))?;
    if let Some(cpu_us) = trial.cpu_us_per_delivery() {
        let target = if target == "T2" { "T3" } else { "" };
        let row = Row::new(
            "latency",
            target,
            what("CPU per delivery, posting included"),
            cpu_us,
            "us",
        )
        .aimed(cpu);
        ground.row(row.note(trial.cpu_note()))?;
    }
    Ok(())
}
