//! All that is known afterwards, held against each other.

use crate::{
    check::{self, Finding, Kind, posts::Tale},
    clock::Ms,
    figures,
    house::postgres::Postgres,
    ledger::Ledger,
    log::EventLog,
    report::Report,
    seats::{Cause, Record},
    timeline::Timeline,
    watch::{Change, Readiness},
};

/// Reconnects of those told to leave: the busiest second may have so many times the mean.
const PEAK_BY_MEAN_MAX: f64 = 2.0;

const TROUBLE_NEAR_MS: Ms = 5_000;

pub(crate) struct Evidence {
    pub(crate) seed: u64,
    /// Instances share what is not in the database, too.
    pub(crate) shared: bool,
    pub(crate) ledger: Ledger,
    pub(crate) timeline: Timeline,
    pub(crate) logs: Vec<EventLog>,
    pub(crate) records: Vec<Record>,
    pub(crate) readiness: Vec<Change>,
}

/// `findings` and `totals` are what was seen on the way.
pub(crate) async fn compare(
    evidence: Evidence,
    postgres: Option<&Postgres>,
    mut findings: Vec<Finding>,
    mut totals: Vec<(&'static str, u64)>,
) -> anyhow::Result<Report> {
    let Evidence {
        seed,
        shared,
        ledger,
        timeline,
        logs,
        records,
        readiness,
    } = evidence;
    for record in &records {
        let log = &logs[record.event];
        let log = if record.staff { &log.staff } else { &log.public };
        findings.extend(check::seats::check(record, log));
    }
    let holes = logs.iter().flat_map(|log| &log.holes);
    findings.extend(holes.map(|hole| Finding::new(Kind::Lost, 0, format!("the log has a hole: {hole}"))));
    let tale = Tale::of(&logs);
    findings.extend(check::posts::check(&ledger, &tale));
    let wrong = ledger.wrong.iter();
    findings.extend(wrong.map(|(at, what)| Finding::new(Kind::WrongAnswer, *at, what.clone())));
    let entries: usize = logs.iter().map(|log| log.staff.len()).sum();
    if let Some(postgres) = postgres {
        let (found, rows) = check::database::check(postgres, &ledger, &tale).await?;
        findings.extend(found);
        if rows != entries as u64 {
            let what = format!("the API tells {entries} entries, the database has {rows}");
            findings.push(Finding::new(Kind::Broken, 0, what));
        }
    }
    let spread = figures::spread(&timeline, &records);
    if let Some(spread) = spread.filter(|spread| spread.peak_by_mean > PEAK_BY_MEAN_MAX) {
        let what = format!("reconnects after a rolling restart were not spread: {spread:?}");
        findings.push(Finding::new(Kind::Broken, 0, what));
    }
    if shared {
        findings.extend(records.iter().flat_map(|record| tickets(record, &timeline, &readiness)));
    }
    findings.sort_by_key(|finding| (finding.kind, finding.at));
    totals.extend(sums(&ledger, &records, entries));
    Ok(Report {
        seed,
        rows: figures::by_fault(&timeline, &ledger, &records, &findings),
        spread,
        findings,
        totals,
        readiness,
        played: timeline.played,
        long_waits: ledger.long_waits,
    })
}

/// Before anything is broken, a ticket made at one door opens a stream at another; unless Redis could not be asked just
/// then, as on a machine that is too busy: that is said by the readiness of somebody.
fn tickets(record: &Record, timeline: &Timeline, readiness: &[Change]) -> Vec<Finding> {
    let broken = timeline.played.first().map_or(Ms::MAX, |played| played.began);
    let troubled = |at: Ms| {
        let changes = readiness
            .iter()
            .filter(|change| change.at.abs_diff(at) < TROUBLE_NEAR_MS);
        changes.clone().any(|change| change.to != Readiness::Ready)
    };
    let replaced = record.tickets_replaced.iter().copied();
    let replaced = replaced.filter(|at| *at < broken && !troubled(*at));
    let what = format!("seat {}: another door did not take its ticket", record.number);
    replaced
        .map(|at| Finding::new(Kind::Broken, at, what.clone()))
        .collect()
}

fn sums(ledger: &Ledger, records: &[Record], entries: usize) -> Vec<(&'static str, u64)> {
    let acknowledged = ledger.posts.values().filter(|post| post.acknowledged.is_some());
    let returns = |wanted: Cause| {
        let causes = records.iter().flat_map(|record| &record.returns);
        causes.filter(|(_, cause)| *cause == wanted).count() as u64
    };
    let stuffed = |record: &Record| if record.stuffed { record.returns.len() as u64 } else { 0 };
    let of = |count: fn(&Record) -> u64| records.iter().map(count).sum::<u64>();
    vec![
        ("entries in the logs", entries as u64),
        ("messages acknowledged", acknowledged.count() as u64),
        ("acts repeated for want of an answer", ledger.repeats),
        ("acts without an answer in the end", ledger.unanswered),
        ("acts left out, the author still waiting", ledger.skipped),
        ("seats", records.len() as u64),
        (
            "entries heard by all seats together",
            of(|record| record.heard.len() as u64),
        ),
        ("returns of seats that had stopped reading", of(stuffed)),
        ("returns by choice", returns(Cause::Own)),
        ("returns after a broken stream", returns(Cause::Broken)),
        ("returns after silence", returns(Cause::Silence)),
        ("returns after bye for shutdown", returns(Cause::Shutdown)),
        ("returns after bye for another reason", returns(Cause::Bye)),
        ("doors at which nobody was", of(|record| record.dead_doors)),
        ("seats asked to come later", of(|record| record.put_off)),
        ("tickets replaced", of(|record| record.tickets_replaced.len() as u64)),
    ]
}
