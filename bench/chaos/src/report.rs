//! The evening in one table, a list of what was found, and a verdict.

use std::{collections::BTreeMap, io, io::Write};

use serde_json::{Value, json};

use crate::{
    check::{Finding, Kind},
    clock::Ms,
    fault::Fault,
    figures::{Figures, Spread},
    timeline::Played,
    watch::Change,
};

/// More of them are counted, not shown.
const SHOWN_MAX: usize = 40;
const COUNTED: [Kind; 5] = [
    Kind::Lost,
    Kind::Doubled,
    Kind::Reordered,
    Kind::Reset,
    Kind::FailedResume,
];

pub(crate) struct Report {
    pub(crate) played: Vec<Played>,
    /// Acts that took long to get an answer, try by try.
    pub(crate) long_waits: Vec<(Ms, String)>,
    /// What instances said of their readiness, and when.
    pub(crate) readiness: Vec<Change>,
    pub(crate) seed: u64,
    pub(crate) rows: BTreeMap<Fault, Figures>,
    pub(crate) spread: Option<Spread>,
    pub(crate) findings: Vec<Finding>,
    /// Numbers of the whole evening, in the order they are shown.
    pub(crate) totals: Vec<(&'static str, u64)>,
}

fn seconds(ms: Ms) -> String {
    format!("{}.{:02}", ms / 1_000, ms % 1_000 / 10)
}

impl Report {
    pub(crate) fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.print_table(out)?;
        writeln!(out)?;
        for (name, value) in &self.totals {
            writeln!(out, "{name:<44} {value:>9}")?;
        }
        if let Some(spread) = self.spread {
            writeln!(
                out,
                "{:<44} {:>9.2}  ({} returns, at most {} in one of {} seconds)",
                "rolling restart: peak second / mean", spread.peak_by_mean, spread.returns, spread.peak, spread.seconds
            )?;
        }
        for finding in self.findings.iter().take(SHOWN_MAX) {
            writeln!(
                out,
                "{:>9} s  {}: {}",
                seconds(finding.at),
                finding.kind.name(),
                finding.what
            )?;
        }
        let rest = self.findings.len().saturating_sub(SHOWN_MAX);
        if rest > 0 {
            writeln!(out, "… and {rest} more")?;
        }
        if self.is_clean() {
            writeln!(
                out,
                "\nNothing lost, doubled or reordered; every resume went on. Seed {}.",
                self.seed
            )
        } else {
            writeln!(
                out,
                "\nFAILED: {} findings. Repeat with --seed {}.",
                self.findings.len(),
                self.seed
            )
        }
    }

    fn print_table(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\n| fault | times | acknowledged | returns | lost | doubled | reordered | resets | failed resumes | no post anywhere, s \
             | no post at an instance that is up, s | author's longest wait, s | entry late at a seat, s | noticed, s | ready again, s | posts again everywhere, s |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for (fault, row) in &self.rows {
            write!(
                out,
                "| {} | {} | {} | {} ",
                fault.name(),
                row.times,
                row.acknowledged,
                row.returns
            )?;
            for kind in COUNTED {
                write!(out, "| {} ", row.found.get(&kind).unwrap_or(&0))?;
            }
            for ms in [row.outage_all, row.outage_one, row.wait, row.delay] {
                write!(out, "| {} ", seconds(ms))?;
            }
            let noticed = row.noticed.map_or_else(|| "–".to_owned(), seconds);
            writeln!(out, "| {noticed} | {} | {} |", seconds(row.ready), seconds(row.posting))?;
        }
        Ok(())
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|(fault, row)| row_json(*fault, row)).collect();
        let findings = self.findings.iter();
        let findings: Vec<Value> = findings
            .map(|finding| json!({"kind": finding.kind.name(), "at_ms": finding.at, "what": finding.what}))
            .collect();
        let totals: BTreeMap<_, _> = self.totals.iter().copied().collect();
        let spread = self.spread.map(|spread| {
            json!({"returns": spread.returns, "seconds": spread.seconds, "peak": spread.peak, "peak_by_mean": spread.peak_by_mean})
        });
        let readiness = self.readiness.iter();
        let readiness: Vec<Value> = readiness
            .map(|change| json!({"at_ms": change.at, "instance": change.instance, "said": format!("{:?}", change.to)}))
            .collect();
        let played = self.played.iter().map(|played| {
            json!({"fault": played.fault.name(), "began_ms": played.began, "healed_ms": played.healed,
                "noticed_ms": played.noticed, "ready_ms": played.ready, "posting_ms": played.posting})
        });
        let played: Vec<Value> = played.collect();
        let waits = self.long_waits.iter();
        let waits: Vec<Value> = waits.map(|(at, tries)| json!({"at_ms": at, "tries": tries})).collect();
        json!({"readiness": readiness, "long_waits": waits, "played": played, "seed": self.seed, "clean": self.is_clean(), "faults": rows, "rolling": spread, "totals": totals, "findings": findings})
    }
}

fn row_json(fault: Fault, row: &Figures) -> Value {
    let found: BTreeMap<_, _> = row.found.iter().map(|(kind, count)| (kind.name(), count)).collect();
    json!({
        "fault": fault.name(), "times": row.times, "acknowledged": row.acknowledged, "returns": row.returns,
        "found": found, "outage_all_ms": row.outage_all, "outage_one_ms": row.outage_one, "wait_ms": row.wait,
        "delay_ms": row.delay, "noticed_ms": row.noticed, "ready_ms": row.ready, "posting_ms": row.posting,
    })
}
