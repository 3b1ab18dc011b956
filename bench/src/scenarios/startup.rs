//! T12: how soon a server is ready, how large it is, and what it holds when nobody is there.

use std::{fs, time::Duration};

use tokio::time::sleep;

use crate::{
    ground::{Ground, Source},
    report::{Goal, Row, float},
};

const RESTARTS: usize = 5;
const SETTLE: Duration = Duration::from_secs(2);

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut subject = ground.subject().await?;
    sleep(SETTLE).await;
    let idle_kib = subject.rss_kib();
    let server = subject.server()?;
    let first = server.ready_in();
    let mut times = Vec::with_capacity(RESTARTS);
    for _ in 0..RESTARTS {
        server.stop().await?;
        server.start_again().await?;
        times.push(server.ready_in());
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    subject.finish().await?;

    let ready =
        |what, time: Duration| Row::new("startup", "T12", what, time.as_secs_f64(), "s").goal(Goal::AtMost(0.3));
    ground.row(ready("launch to ready, empty data directory", first).note("makes the schema"))?;
    ground.row(ready("launch to ready, existing data", median).note(format!("median of {RESTARTS}")))?;
    if let Source::Start(plan) = &ground.source {
        let bytes = fs::metadata(&plan.binary)?.len();
        let row = Row::new("startup", "T12", "binary size", float(bytes) / 1e6, "MB").goal(Goal::AtMost(30.0));
        ground.row(row.note("counts for the release build; bench-fast keeps its symbols"))?;
    }
    if let Some(kib) = idle_kib {
        let row = Row::new("startup", "T12", "idle RSS", float(kib) * 1024.0 / 1e6, "MB").goal(Goal::AtMost(40.0));
        ground.row(row)?;
    }
    Ok(())
}
