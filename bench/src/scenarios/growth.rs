//! T10: whether a delivery costs the same in a small room and in a full one, with one event and with a thousand.
//!
//! Small rooms get more messages a second, so that they make enough deliveries to be measured. Posting costs the same each time but is
//! shared by fewer deliveries in a small room; so it is measured alone, in an event that nobody watches, and taken away.

use crate::{
    ground::Ground,
    report::{Goal, Row, float, ratio},
    trial,
};

const DELIVERIES_PER_SECOND: u64 = 20_000;
/// Faster, and small rooms would be woken for several messages at once, which is cheaper for reasons other than their size.
const ROOM_RATE_MAX: u64 = 50;
const EVENTS_RATE: u64 = 1_000;

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let (small, large, events) = (ground.scale.small, ground.scale.large, ground.scale.events);
    let mut rooms = Vec::new();
    for watchers in [small / 10, small, large] {
        let rate = (DELIVERIES_PER_SECOND / watchers as u64).clamp(1, ROOM_RATE_MAX);
        let cost = cost(ground, 1, watchers, rate, true).await?;
        rooms.extend(tell(ground, &format!("{watchers} streams of one event"), &cost)?);
    }
    spread(ground, "streams: dearest over cheapest", &rooms)?;

    let mut houses = Vec::new();
    for count in [1, (events / 10).max(1), events] {
        let cost = cost(ground, count, count, EVENTS_RATE, false).await?;
        houses.extend(tell(ground, &format!("{count} events with one stream each"), &cost)?);
    }
    spread(ground, "events: dearest over cheapest", &houses)
}

struct Cost {
    cpu_us: Option<f64>,
    note: String,
}

async fn cost(ground: &Ground, events: usize, watchers: usize, rate: u64, net: bool) -> anyhow::Result<Cost> {
    let subject = ground.subject().await?;
    let channels = subject.channels(events).await?;
    let crowd = subject.crowd(&channels, watchers).await?;
    trial::run(ground, &subject, &channels, &crowd, rate, ground.scale.window / 4).await?;
    let trial = trial::run(ground, &subject, &channels, &crowd, rate, ground.scale.slow_window).await?;
    let mut cpu_ms = trial.cpu_ms;
    if net {
        let unwatched = subject.channels(1).await?;
        let nobody = subject.crowd(&unwatched, 0).await?;
        let alone = trial::run(ground, &subject, &unwatched, &nobody, rate, ground.scale.slow_window).await?;
        cpu_ms = cpu_ms.zip(alone.cpu_ms).map(|(all, posting)| (all - posting).max(0.0));
    }
    crowd.go_home().await;
    subject.finish().await?;
    Ok(Cost {
        cpu_us: cpu_ms.and_then(|ms| ratio(ms * 1000.0, float(trial.delivered))),
        note: [trial.cpu_note(), trial.trouble()]
            .join("; ")
            .trim_matches([';', ' '])
            .to_owned(),
    })
}

fn tell(ground: &mut Ground, what: &str, cost: &Cost) -> anyhow::Result<Option<f64>> {
    if let Some(cpu_us) = cost.cpu_us {
        let row = Row::new("growth", "", format!("CPU per delivery, {what}"), cpu_us, "us");
        ground.row(row.note(cost.note.as_str()))?;
    }
    Ok(cost.cpu_us)
}

fn spread(ground: &mut Ground, what: &'static str, costs: &[f64]) -> anyhow::Result<()> {
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let most = costs.iter().copied().fold(0.0, f64::max);
    match ratio(most, least) {
        Some(spread) => ground.row(Row::new("growth", "T10", what, spread, "x").goal(Goal::AtMost(1.3))),
        // Too little happened for a clock of ten milliseconds, as in small versions.
        None => Ok(()),
    }
}
