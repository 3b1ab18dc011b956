//! What a seat heard is what the log says from where it began: no hole, no double, no other order, nothing else.

use std::collections::HashSet;

use super::{Finding, Kind};
use crate::{clock::Ms, log::Logged, seats::Record};

/// More of the same from one seat says nothing new.
const FINDINGS_MAX: usize = 5;

/// `log` is that of the seat's audience.
pub(crate) fn check(record: &Record, log: &[Logged]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = format!(
        "seat {} ({}, event {})",
        record.number,
        if record.staff { "staff" } else { "viewer" },
        record.event
    );
    let mut find = |kind, at: Ms, what: String| findings.push(Finding::new(kind, at, format!("{name}: {what}")));
    for (at, reset) in &record.resets {
        find(Kind::Reset, *at, reset.clone());
    }
    for (at, failure) in &record.failures {
        find(Kind::FailedResume, *at, failure.clone());
    }
    let Some(began) = record.began else {
        find(Kind::Broken, 0, "never got a snapshot".to_owned());
        return findings;
    };
    let first = log.partition_point(|entry| entry.place.position() <= began.position());
    let mut heard = HashSet::new();
    // The next position it has to hear.
    let mut next = began.position() + 1;
    for entry in &record.heard {
        let position = entry.place.position();
        if !heard.insert(entry.place) {
            find(Kind::Doubled, entry.at, format!("{} again", entry.place));
            continue;
        }
        if position < next {
            find(Kind::Reordered, entry.at, format!("{} after a later one", entry.place));
        } else if position > next {
            find(
                Kind::Lost,
                entry.at,
                format!("{} came where position {next} should have", entry.place),
            );
        }
        next = next.max(position + 1);
        let index = usize::try_from(position).unwrap_or(usize::MAX).wrapping_sub(1);
        match log.get(index) {
            Some(logged) if logged.place == entry.place && logged.digest == entry.digest => {}
            Some(logged) => {
                let what = format!("{} is not what the log says there ({})", entry.place, logged.place);
                find(Kind::Altered, entry.at, what);
            }
            None => find(Kind::Altered, entry.at, format!("{} is not in the log", entry.place)),
        }
    }
    let last = record.heard.last().map_or(0, |entry| entry.at);
    let missing: Vec<_> = log[first..]
        .iter()
        .filter(|entry| !heard.contains(&entry.place))
        .collect();
    if let (Some(from), Some(to)) = (missing.first(), missing.last()) {
        let what = format!(
            "{} entries never came, from {} to {}",
            missing.len(),
            from.place,
            to.place
        );
        find(Kind::Lost, last, what);
    }
    if !record.reached_the_end && missing.is_empty() {
        find(Kind::Broken, last, "gave up before the end of the log".to_owned());
    }
    findings.truncate(FINDINGS_MAX);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{entry::Place, seats::Heard};

    fn place(seq: u32) -> Place {
        Place {
            epoch: 1,
            public: seq,
            staff: 0,
        }
    }

    fn log(entries: u32) -> Vec<Logged> {
        let logged = |seq| Logged {
            place: place(seq),
            digest: u64::from(seq) * 31,
            json: String::new(),
        };
        (1..=entries).map(logged).collect()
    }

    /// A seat that began after the second of ten entries and heard these.
    fn heard(seqs: &[u32]) -> Record {
        let heard = |seq: &u32| Heard {
            place: place(*seq),
            digest: u64::from(*seq) * 31,
            at: seq * 100,
            since: 0,
        };
        Record {
            began: Some(place(2)),
            heard: seqs.iter().map(heard).collect(),
            reached_the_end: true,
            ..Record::default()
        }
    }

    fn found(record: &Record) -> Vec<Kind> {
        check(record, &log(10))
            .into_iter()
            .map(|finding| finding.kind)
            .collect()
    }

    #[test]
    fn a_seat_that_heard_everything_is_well() {
        assert_eq!(found(&heard(&[3, 4, 5, 6, 7, 8, 9, 10])), []);
    }

    #[test]
    fn a_hole_is_found_where_it_is_and_what_never_came() {
        assert_eq!(found(&heard(&[3, 4, 6, 7, 8, 9, 10])), [Kind::Lost, Kind::Lost]);
        assert_eq!(found(&heard(&[4, 5, 6, 7, 8, 9, 10])), [Kind::Lost, Kind::Lost]);
        assert_eq!(found(&heard(&[3, 4, 5, 6, 7, 8, 9])), [Kind::Lost], "the last one");
        assert_eq!(found(&heard(&[])), [Kind::Lost]);
    }

    #[test]
    fn a_double_is_found() {
        assert_eq!(found(&heard(&[3, 4, 5, 5, 6, 7, 8, 9, 10])), [Kind::Doubled]);
        assert_eq!(found(&heard(&[3, 4, 5, 6, 7, 8, 9, 10, 4])), [Kind::Doubled]);
    }

    #[test]
    fn another_order_is_found() {
        assert_eq!(found(&heard(&[3, 5, 4, 6, 7, 8, 9, 10])), [Kind::Lost, Kind::Reordered]);
        assert_eq!(
            found(&heard(&[2, 3, 4, 5, 6, 7, 8, 9, 10])),
            [Kind::Reordered],
            "from before it began"
        );
    }

    #[test]
    fn something_else_under_the_same_number_is_found() {
        let mut record = heard(&[3, 4, 5, 6, 7, 8, 9, 10]);
        record.heard[2].digest += 1;
        assert_eq!(found(&record), [Kind::Altered]);
        assert_eq!(
            found(&heard(&[3, 4, 5, 6, 7, 8, 9, 10, 11])),
            [Kind::Altered],
            "one the log does not have"
        );
    }

    #[test]
    fn resets_and_refusals_are_found() {
        let mut record = heard(&[3, 4, 5, 6, 7, 8, 9, 10]);
        record.resets.push((5, "gone".into()));
        record.failures.push((6, "answered 500".into()));
        assert_eq!(found(&record), [Kind::Reset, Kind::FailedResume]);
        assert_eq!(found(&Record::default()), [Kind::Broken]);
    }
}
