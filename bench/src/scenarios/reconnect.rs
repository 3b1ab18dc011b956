//! T11 on one instance: everyone is told to leave, the server restarts, everyone comes back to where they were. Somebody
//! goes on talking through it all, as soon as anyone listens again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{
    ground::Ground,
    http::{Connection, write_request},
    report::{Goal, Row, float, ratio},
    schedule::BenchClock,
    target,
};

const BETWEEN_POSTS: Duration = Duration::from_millis(100);
/// Bounds the talk, and with it the scenario.
const POSTS_MAX: u64 = 3_000;
const BACK_LIMIT: Duration = Duration::from_mins(2);

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let mut subject = ground.subject().await?;
    let channels = subject.channels(1).await?;
    let event = Arc::clone(channels.first().context("an event")?);
    let watchers = ground.scale.large;
    let crowd = subject.crowd(&channels, watchers).await?;
    let stop = AtomicBool::new(false);
    let auth = subject.house()?.member(0).to_owned();
    let (clock, address) = (ground.clock, subject.address()?);
    let talk = talk(clock, address, &event, &auth, &stop);
    let story = async {
        sleep(ground.scale.window / 2).await;
        {
            let mut board = crowd.board().lock();
            board.returning = true;
            board.count.expect_returns(clock.now_ns());
        }
        let told_ns = clock.now_ns();
        let server = subject.server()?;
        server.stop().await?;
        let gone_ns = clock.now_ns();
        server.start_again().await?;
        let up_ns = clock.now_ns();
        let everyone = watchers as u64;
        let back = crowd
            .wait(BACK_LIMIT, |board| {
                board.count.live == watchers && board.count.arrivals.iter().sum::<u64>() >= everyone
            })
            .await;
        let back_ns = crowd.board().lock().count.last_arrival_ns;
        sleep(ground.scale.window / 2).await;
        stop.store(true, Ordering::Relaxed);
        anyhow::Ok((told_ns, gone_ns, up_ns, back_ns, back))
    };
    let (head, story) = timeout(BACK_LIMIT * 2, async { tokio::try_join!(talk, story) }).await??;
    let (told_ns, gone_ns, up_ns, back_ns, back) = story;
    let caught_up = |places: &[u64]| places.iter().filter(|place| **place >= head).count();
    crowd
        .wait(Duration::from_secs(10), |board| {
            caught_up(&board.count.places) == watchers
        })
        .await;
    let (behind, holes, resets, byes, arrivals, live) = {
        let count = &crowd.board().lock().count;
        let behind = watchers - caught_up(&count.places);
        (
            behind,
            count.holes,
            count.resets,
            count.byes,
            count.arrivals.clone(),
            count.live,
        )
    };
    crowd.go_home().await;
    subject.finish().await?;

    let seconds = |from: u64, to: u64| float(to.saturating_sub(from)) / 1e9;
    let row = Row::new(
        "reconnect",
        "T11",
        format!("{watchers} streams back after SIGTERM"),
        seconds(told_ns, back_ns),
        "s",
    );
    let note = format!(
        "server gone after {:.1} s, up again after {:.1} s; {byes} goodbyes, {live} live",
        seconds(told_ns, gone_ns),
        seconds(told_ns, up_ns)
    );
    ground.row(
        row.goal(Goal::AtMost(30.0))
            .note(if back { note } else { format!("NOT all back; {note}") }),
    )?;
    let (peak, mean) = peak_and_mean(&arrivals);
    let spread = ratio(peak, mean).unwrap_or_default();
    let row = Row::new("reconnect", "T11", "returns per second, peak over mean", spread, "x").goal(Goal::AtMost(2.0));
    ground.row(row.note(format!("peak {peak:.0}/s, mean {mean:.0}/s")))?;
    let lost = float(behind as u64 + holes + resets);
    let row = Row::new("reconnect", "T11", "streams behind, holes, resets", lost, "").goal(Goal::AtMost(0.0));
    ground.row(row.note(format!("{behind}, {holes}, {resets}; {head} entries said")))
}

/// Says something every now and then until told to stop; repeats under the same id what got no answer. The `seq` of the
/// last thing said.
async fn talk(
    clock: BenchClock,
    address: SocketAddr,
    event: &str,
    auth: &str,
    stop: &AtomicBool,
) -> anyhow::Result<u64> {
    let mut head = 0;
    let mut connection: Option<Connection> = None;
    let path = format!("/v1/events/{event}/messages");
    let mut index = 0;
    for _ in 0..POSTS_MAX {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        sleep(BETWEEN_POSTS).await;
        if connection.is_none() {
            connection = Connection::open(address).await.ok();
        }
        let Some(open) = connection.as_mut() else { continue };
        // The text depends on the index alone, since a repeat has to say the same.
        let text = target::text(index, index);
        let body = format!(r#"{{"text":"{text}","client_id":"talk-{index}"}}"#);
        let mut request = Vec::new();
        write_request(&mut request, "POST", &path, auth, Some(&body));
        match open.ask(&request).await.map(serde_json::from_slice::<Value>) {
            Ok(message) => {
                head = message?["seq"].as_u64().context("the message has a seq")?;
                index += 1;
            }
            Err(_) => connection = None,
        }
    }
    anyhow::ensure!(index > 0, "nothing could be said by {} ns", clock.now_ns());
    Ok(head)
}

/// Returns in the busiest second, and on average from the first return to the last, which is taken as a second at least.
fn peak_and_mean(tenths: &[u64]) -> (f64, f64) {
    let first = tenths.iter().position(|count| *count > 0).unwrap_or(0);
    let last = tenths.iter().rposition(|count| *count > 0).unwrap_or(0);
    let busy = tenths.get(first..=last).unwrap_or_default();
    let total: u64 = busy.iter().sum();
    let peak = busy
        .windows(10)
        .map(|second| second.iter().sum())
        .max()
        .unwrap_or(total);
    let mean = float(total) * 10.0 / float(busy.len().max(10) as u64);
    (float(peak), mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_any_second_and_the_mean_leaves_out_what_is_before_and_after() {
        let mut tenths = vec![0; 100];
        tenths[20..40].fill(5);
        assert_eq!(peak_and_mean(&tenths), (50.0, 50.0));
        tenths[25..35].fill(15);
        assert_eq!(peak_and_mean(&tenths), (150.0, 100.0));
        assert_eq!(peak_and_mean(&[0, 7, 0]), (7.0, 7.0));
        assert_eq!(peak_and_mean(&[0, 0]), (0.0, 0.0));
    }
}
