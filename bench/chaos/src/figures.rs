//! What the evening's records come to, fault by fault: outages, delays, waits, returns.

use std::collections::BTreeMap;

use crate::{
    check::{Finding, Kind},
    clock::Ms,
    fault::Fault,
    ledger::Ledger,
    seats::{Cause, Record},
    timeline::Timeline,
};

/// One kind of fault. Times are the longest ones, in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) times: u32,
    pub(crate) acknowledged: u64,
    /// Seats that had to come back.
    pub(crate) returns: u64,
    pub(crate) found: BTreeMap<Kind, u32>,
    /// Without an accepted message anywhere.
    pub(crate) outage_all: Ms,
    /// Without an accepted message at an instance that was up.
    pub(crate) outage_one: Ms,
    /// From a message's first sending to its answer, for an author who goes from door to door.
    pub(crate) wait: Ms,
    /// From an author's answer to a connected viewer's ear.
    pub(crate) delay: Ms,
    /// From the fault's beginning until an instance said that something is wrong.
    pub(crate) noticed: Option<Ms>,
    /// From the mending until all instances said they are ready.
    pub(crate) ready: Ms,
    /// From the mending until all instances had accepted a message.
    pub(crate) posting: Ms,
}

/// How evenly those told to leave came back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) returns: usize,
    pub(crate) seconds: usize,
    pub(crate) peak: usize,
    pub(crate) peak_by_mean: f64,
}

pub(crate) fn by_fault(
    timeline: &Timeline,
    ledger: &Ledger,
    records: &[Record],
    findings: &[Finding],
) -> BTreeMap<Fault, Figures> {
    let mut rows: BTreeMap<Fault, Figures> = BTreeMap::new();
    for played in &timeline.played {
        let row = rows.entry(played.fault).or_default();
        row.times += 1;
        let since = |at: Option<Ms>| at.map_or(0, |at| at.saturating_sub(played.healed));
        row.ready = row.ready.max(since(played.ready));
        row.posting = row.posting.max(since(played.posting));
        let noticed = played
            .noticed
            .filter(|at| played.fault.is_outside() && *at <= played.healed)
            .map(|at| at - played.began);
        row.noticed = row.noticed.max(noticed);
    }
    let mut at = |when: Ms, add: &dyn Fn(&mut Figures)| add(rows.entry(timeline.fault_at(when)).or_default());
    for post in ledger.posts.values() {
        if let Some(acknowledged) = &post.acknowledged {
            at(acknowledged.at, &|row| row.acknowledged += 1);
        }
    }
    for finding in findings {
        at(finding.at, &|row| *row.found.entry(finding.kind).or_default() += 1);
    }
    for (gap, end) in gaps(ledger.successes.iter().map(|(when, _)| *when)) {
        at(end, &|row| row.outage_all = row.outage_all.max(gap));
    }
    let instances = ledger
        .successes
        .iter()
        .map(|(_, instance)| instance + 1)
        .max()
        .unwrap_or(0);
    for instance in 0..instances {
        let own = ledger
            .successes
            .iter()
            .filter(|(_, of)| *of == instance)
            .map(|(when, _)| *when);
        for (gap, end) in gaps(own) {
            let up = timeline.longest_up(instance, end - gap, end);
            at(end, &|row| row.outage_one = row.outage_one.max(up));
        }
    }
    for (began, took) in &ledger.waits {
        at(began + took, &|row| row.wait = row.wait.max(*took));
    }
    for record in records {
        for (when, _) in &record.returns {
            at(*when, &|row| row.returns += 1);
        }
        // Staff's places have two numbers, which do not name the message alone; those who stop reading are late by choice.
        if record.staff || record.stuffed {
            continue;
        }
        for heard in &record.heard {
            if let Some(known) = ledger.known_at.get(&(record.event, heard.place.public)) {
                let delay = heard.at.saturating_sub(heard.since.max(*known));
                at(heard.at, &|row| row.delay = row.delay.max(delay));
            }
        }
    }
    rows
}

/// Times between neighbours, with the end of each.
fn gaps(times: impl Iterator<Item = Ms>) -> Vec<(Ms, Ms)> {
    let mut times: Vec<Ms> = times.collect();
    times.sort_unstable();
    times.windows(2).map(|pair| (pair[1] - pair[0], pair[1])).collect()
}

/// Over all rolling restarts, with each instance's leave as second 0. `None`: nobody was told to leave.
pub(crate) fn spread(timeline: &Timeline, records: &[Record]) -> Option<Spread> {
    let mut offsets: Vec<Ms> = Vec::new();
    // Who was not reading heard of it late.
    for record in records.iter().filter(|record| !record.stuffed) {
        for (when, cause) in &record.returns {
            let left = timeline.leaves.iter().rev().find(|left| *left <= when);
            if let (Cause::Shutdown, Some(left)) = (cause, left) {
                offsets.push(when - left);
            }
        }
    }
    let (first, last) = (*offsets.iter().min()?, *offsets.iter().max()?);
    let seconds = usize::try_from((last - first) / 1_000).unwrap_or(0) + 1;
    let mut histogram = vec![0_usize; seconds];
    for offset in &offsets {
        histogram[usize::try_from((offset - first) / 1_000).unwrap_or(0)] += 1;
    }
    let peak = histogram.iter().copied().max()?;
    let window_s = f64::from((last - first).max(1_000)) / 1_000.0;
    #[expect(clippy::cast_precision_loss, reason = "counts of seats are small")]
    let peak_by_mean = peak as f64 / (offsets.len() as f64 / window_s);
    Some(Spread {
        returns: offsets.len(),
        seconds,
        peak,
        peak_by_mean,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::{Down, Played};

    fn timeline() -> Timeline {
        let played = |fault, began| Played {
            fault,
            began,
            healed: began + 1_000,
            noticed: Some(began + 300),
            ready: Some(began + 1_200),
            posting: Some(began + 1_500),
        };
        Timeline {
            played: vec![played(Fault::PostgresFast, 1_000), played(Fault::Rolling, 10_000)],
            downs: vec![Down {
                instance: 0,
                from: 1_000,
                to: 2_200,
            }],
            leaves: vec![10_000],
        }
    }

    #[test]
    fn outages_belong_to_the_fault_in_which_they_end() {
        let ledger = Ledger {
            successes: vec![(900, 0), (950, 1), (1_150, 1), (2_500, 0), (2_600, 1)],
            waits: vec![(990, 400)],
            ..Ledger::default()
        };
        let rows = by_fault(&timeline(), &ledger, &[], &[]);
        let row = &rows[&Fault::PostgresFast];
        assert_eq!((row.outage_all, row.outage_one, row.wait), (1_350, 1_450, 400));
        assert_eq!(
            (row.noticed, row.ready, row.posting, row.times),
            (Some(300), 200, 500, 1)
        );
    }

    #[test]
    fn a_storm_is_told_from_a_spread() {
        let returning = |times: &[Ms]| Record {
            returns: times.iter().map(|time| (*time, Cause::Shutdown)).collect(),
            ..Record::default()
        };
        let even: Vec<Ms> = (0..70).map(|step| 11_000 + step * 100).collect();
        let even = spread(&timeline(), &[returning(&even)]).unwrap();
        assert!((0.9..1.2).contains(&even.peak_by_mean), "{even:?}");
        let storm: Vec<Ms> = (0..70)
            .map(|step| if step < 5 { 11_000 + step * 1_000 } else { 13_500 })
            .collect();
        let storm = spread(&timeline(), &[returning(&storm)]).unwrap();
        assert!(storm.peak_by_mean > 2.0, "{storm:?}");
        assert_eq!(spread(&timeline(), &[]), None);
    }
}
