//! P3 at scale: twenty thousand people a minute come into one event, every fifth with a second device. Each viewer is told
//! who is here at most once a second, and in the end exactly how many.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use serde::Deserialize;

use crate::{
    count::Presence,
    crowd::Crowd,
    ground::Ground,
    http::{Connection, write_request},
    report::{Goal, Row, float, ratio},
    subject::Subject,
};

/// Twenty thousand a minute.
const JOINS_PER_SECOND: u64 = 333;
/// Streams for every so many people: 5 for 4.
const PEOPLE_OF_FIVE: usize = 4;
/// Beyond the time that the joins take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The last ones are told of at the next tick, a second later at most; the machine may be busy.
const TOLD_LIMIT: Duration = Duration::from_secs(10);
/// Who was there for less tells nothing about frames a second.
const SPAN_MIN_NS: u64 = 3_000_000_000;

/// Who is here, as anybody may ask.
#[derive(Deserialize)]
struct Participants {
    viewers: u64,
    users: u64,
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let streams = ground.scale.large;
    let people = streams * PEOPLE_OF_FIVE / 5;
    // Everybody is somebody else here; other scenarios do with a few.
    let usual = std::mem::replace(&mut ground.scale.members, people);
    let subject = ground.subject().await;
    ground.scale.members = usual;
    let subject = subject?;
    let channels = subject.channels(1).await?;
    let mut plan = subject.plan(&channels, streams);
    plan.witness = true;
    plan.pace = Some(JOINS_PER_SECOND);
    let takes = Duration::from_secs(streams as u64 / JOINS_PER_SECOND + 1);

    let before = subject.cpu_ms();
    let crowd = Crowd::open(&plan, takes + PATIENCE).await?;
    let used_ms = subject
        .cpu_ms()
        .zip(before)
        .map(|(after, before)| after.saturating_sub(before));
    let opened_s = float(crowd.opened_in_ns) / 1e9;
    let exact = (streams as u64, people as u64);
    let told = crowd.wait(TOLD_LIMIT, |board| board.count.here == exact).await;
    let asked = asked(&subject, &channels).await?;
    let (here, frames, usual, most) = {
        let count = &crowd.board().lock().count;
        let frames: u64 = count.presence.iter().map(|heard| u64::from(heard.frames)).sum();
        let (usual, most) = frames_per_second(&count.presence);
        (count.here, frames, usual, most)
    };
    crowd.go_home().await;
    subject.finish().await?;

    let usual = (usual * 100.0).round() / 100.0;
    let row = Row::new("joins", "", "presence frames/s per stream", usual, "/s").goal(Goal::AtMost(1.0));
    ground.row(row.note(format!(
        "{streams} streams in {opened_s:.1} s, {frames} frames in all; {most:.1}/s as the one read them that read most"
    )))?;
    let off = |(viewers, users): (u64, u64)| float(viewers.abs_diff(exact.0) + users.abs_diff(exact.1));
    let row = Row::new("joins", "", "people in the stream off by", off(here), "").goal(Goal::AtMost(0.0));
    ground.row(row.note(if told {
        format!("{} streams of {} people", exact.0, exact.1)
    } else {
        "not told in time".to_owned()
    }))?;
    let row = Row::new("joins", "", "people when asked off by", off(asked), "").goal(Goal::AtMost(0.0));
    ground.row(row)?;
    if let Some(used_ms) = used_ms {
        let each = ratio(float(used_ms) * 1000.0, float(exact.0)).unwrap_or_default();
        let share = ratio(float(used_ms) / 10.0, opened_s).unwrap_or_default();
        let row = Row::new("joins", "", "CPU per join, told to everybody", each, "us");
        ground.row(row.note(format!("the server {share:.0} % busy")))?;
    }
    Ok(())
}

/// Over all streams, and of the one with most. From the first frame to the last: the frame that ends the last second opens no
/// further one. What the readers were late for comes to them at once, so the one with most says more of them than of the server.
fn frames_per_second(presence: &[Presence]) -> (f64, f64) {
    let spans = presence.iter().filter_map(|heard| {
        let span_ns = heard.last_ns - heard.first_ns;
        let gaps = u64::from(heard.frames.checked_sub(1)?);
        (span_ns >= SPAN_MIN_NS).then_some((gaps, span_ns))
    });
    let (mut all, mut most) = ((0, 0), 0.0_f64);
    for (gaps, span_ns) in spans {
        all = (all.0 + gaps, all.1 + span_ns);
        most = most.max(float(gaps) * 1e9 / float(span_ns));
    }
    (ratio(float(all.0) * 1e9, float(all.1)).unwrap_or_default(), most)
}

async fn asked(subject: &Subject, channels: &[Arc<str>]) -> anyhow::Result<(u64, u64)> {
    let event = channels.first().context("an event")?;
    let mut connection = Connection::open(subject.address()?).await?;
    let mut request = Vec::new();
    let path = format!("/v1/events/{event}/participants?limit=1");
    write_request(&mut request, "GET", &path, &subject.house()?.host, None);
    let Participants { viewers, users } = serde_json::from_slice(connection.ask(&request).await?)?;
    Ok((viewers, users))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_a_second_are_gaps_over_time_of_those_who_were_there() {
        const SECOND_NS: u64 = 1_000_000_000;
        let heard = |frames, seconds| Presence {
            frames,
            first_ns: 7,
            last_ns: 7 + seconds * SECOND_NS,
        };
        for (all, rates) in [
            (&[][..], (0.0, 0.0)),
            (&[(0, 0), (1, 0), (3, 2)], (0.0, 0.0)),
            (&[(4, 3), (2, 1)], (1.0, 1.0)),
            (&[(11, 5), (1, 5)], (1.0, 2.0)),
        ] {
            let presence: Vec<_> = all.iter().map(|(frames, seconds)| heard(*frames, *seconds)).collect();
            assert_eq!(frames_per_second(&presence), rates, "{all:?}");
        }
    }
}
