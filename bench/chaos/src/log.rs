//! The log as the API tells it, to viewers and to staff, from a chosen instance.

use std::{net::SocketAddr, time::Duration};

use anyhow::bail;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, sleep};

use crate::{
    entry::{Place, digest, seq},
    http::{Ask, Link},
    world::Heads,
};

const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// For one log; instances are up and nobody else asks for anything.
const PATIENCE: Duration = Duration::from_mins(1);

/// After one hole, every entry is one.
const HOLES_MAX: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) place: Place,
    pub(crate) digest: u64,
    pub(crate) json: String,
}

/// An event's log, as its two kinds of readers see it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct EventLog {
    pub(crate) public: Vec<Logged>,
    pub(crate) staff: Vec<Logged>,
    /// Numbers that are not one more than the one before, of either audience.
    pub(crate) holes: Vec<String>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
    next_cursor: String,
}

impl EventLog {
    pub(crate) async fn read(door: SocketAddr, event: &str, staff: &str) -> anyhow::Result<Self> {
        let public = pages(door, event, None).await?;
        let all = pages(door, event, Some(staff)).await?;
        Self::of(&public, all)
    }

    /// Puts places to what was read. Each entry of the staff's log is the next of the public log or, if not, one for
    /// staff alone.
    fn of(public: &[String], all: Vec<String>) -> anyhow::Result<Self> {
        let mut log = Self::default();
        let mut place = Place {
            epoch: 1,
            public: 0,
            staff: 0,
        };
        for json in all {
            let Some(digest) = digest(&json) else {
                bail!("not an entry: {json}")
            };
            let next = public.get(log.public.len());
            if next.is_some_and(|next| *next == json) {
                place.public += 1;
                log.counts("public", place.public, &json);
                let seen = Place { staff: 0, ..place };
                log.public.push(Logged {
                    place: seen,
                    digest,
                    json: json.clone(),
                });
            } else {
                place.staff += 1;
                log.counts("staff", place.staff, &json);
            }
            log.staff.push(Logged { place, digest, json });
        }
        if log.public.len() != public.len() {
            bail!(
                "the public log is no part of the staff's: they part after {} of {} entries",
                log.public.len(),
                public.len()
            );
        }
        Ok(log)
    }

    fn counts(&mut self, audience: &str, expected: u32, json: &str) {
        let seq = seq(json);
        if seq != Some(expected.into()) && self.holes.len() < HOLES_MAX {
            let seq = seq.unwrap_or_default();
            self.holes
                .push(format!("{audience} entry {expected} calls itself {seq}"));
        }
    }

    pub(crate) fn heads(&self) -> Heads {
        let last = |log: &[Logged]| log.last().map(|entry| entry.place).unwrap_or_default();
        Heads {
            public: last(&self.public),
            staff: last(&self.staff),
        }
    }
}

async fn pages(door: SocketAddr, event: &str, token: Option<&str>) -> anyhow::Result<Vec<String>> {
    let began = Instant::now();
    let (mut entries, mut after) = (Vec::new(), "0".to_owned());
    let mut link = None;
    loop {
        let ask = Ask::get(format!("/v1/events/{event}/log?limit=200&after={after}")).bearing(token);
        let answered = async {
            let link = match &mut link {
                Some(link) => link,
                None => link.insert(Link::open(door, None).await?),
            };
            link.ask(&ask, ANSWER_LIMIT).await
        };
        let answer = match answered.await {
            Ok(answer) if answer.status == 200 => answer,
            _ if began.elapsed() < PATIENCE => {
                link = None;
                sleep(Duration::from_millis(300)).await;
                continue;
            }
            other => bail!("the log of {event} cannot be read: {other:?}"),
        };
        let page: Page = serde_json::from_slice(&answer.body)?;
        if page.items.is_empty() {
            return Ok(entries);
        }
        entries.extend(page.items.iter().map(|item| item.get().to_owned()));
        after = page.next_cursor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_audiences_get_their_places() {
        let entry = |seq: u32, kind: &str| format!(r#"{{"seq":{seq},"type":"{kind}","at":"t","data":{{}}}}"#);
        let (a, b, held) = (entry(1, "a"), entry(2, "b"), entry(1, "message.held"));
        let log = EventLog::of(&[a.clone(), b.clone()], vec![a.clone(), held.clone(), b.clone()]).unwrap();
        let places = |log: &[Logged]| log.iter().map(|entry| entry.place.to_string()).collect::<Vec<_>>();
        assert_eq!(places(&log.public), ["1-1", "1-2"]);
        assert_eq!(places(&log.staff), ["1-1", "1-1-1", "1-2-1"]);
        assert_eq!(log.heads().staff.to_string(), "1-2-1");
        assert!(
            EventLog::of(&[a.clone(), b.clone()], vec![b, a.clone(), held]).is_err(),
            "another order is another log"
        );
        assert_eq!(log.holes, [""; 0]);
        let third = entry(3, "c");
        let log = EventLog::of(&[a.clone(), third.clone()], vec![a, third]).unwrap();
        assert_eq!(log.holes, ["public entry 2 calls itself 3"]);
    }
}
