//! What was measured, as a table for people and as lines of JSON for comparing runs.

use std::{
    fs::File,
    io::{self, Write},
};

use chrono::{SecondsFormat, Utc};
use serde::Serialize;

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Met or missed by comparing with another server in the same run, or not a target at all.
    Told(&'static str),
}

#[derive(Serialize)]
pub(crate) struct Row {
    scenario: &'static str,
    /// Name of the target in the table of targets; empty for figures that only explain.
    target: &'static str,
    what: String,
    measured: f64,
    unit: &'static str,
    goal: String,
    holds: Option<bool>,
    note: String,
}

impl Row {
    pub(crate) fn new(
        scenario: &'static str,
        target: &'static str,
        what: impl Into<String>,
        measured: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            scenario,
            target,
            what: what.into(),
            measured,
            unit,
            goal: String::new(),
            holds: None,
            note: String::new(),
        }
    }

    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        (self.goal, self.holds) = match goal {
            Goal::AtMost(most) => (format!("<= {}", figure(most)), Some(self.measured <= most)),
            Goal::AtLeast(least) => (format!(">= {}", figure(least)), Some(self.measured >= least)),
            Goal::Told(text) => (text.to_owned(), None),
        };
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn cells(&self) -> [String; 7] {
        let holds = self.holds.map_or("", |holds| if holds { "yes" } else { "NO" });
        [
            self.scenario.to_owned(),
            self.target.to_owned(),
            self.what.clone(),
            self.goal.clone(),
            format!("{} {}", figure(self.measured), self.unit).trim_end().to_owned(),
            holds.to_owned(),
            self.note.clone(),
        ]
    }
}

/// Rows are printed as they come, since a whole run takes minutes.
pub(crate) struct Report {
    json: Option<File>,
    quick: bool,
    rows: Vec<Row>,
}

/// A row in a file that may hold many runs.
#[derive(Serialize)]
struct Line<'a> {
    at: String,
    quick: bool,
    #[serde(flatten)]
    row: &'a Row,
}

impl Report {
    pub(crate) fn new(json: Option<File>, quick: bool) -> Self {
        Self {
            json,
            quick,
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, row: Row) -> io::Result<()> {
        if let Some(file) = &mut self.json {
            let mut line = serde_json::to_vec(&Line {
                at: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
                quick: self.quick,
                row: &row,
            })?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        self.rows.push(row);
        Ok(())
    }

    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let head = ["scenario", "target", "what", "goal", "measured", "holds", "note"].map(str::to_owned);
        let table: Vec<[String; 7]> = std::iter::once(head).chain(self.rows.iter().map(Row::cells)).collect();
        let mut widths = [0; 7];
        for cells in &table {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.chars().count().max(*width);
            }
        }
        for cells in &table {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(widths) {
                line.push_str(cell);
                let padding = width - cell.chars().count() + 2;
                line.extend(std::iter::repeat_n(' ', padding));
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        out.flush()
    }
}

/// Three figures that count, without noise behind them.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and times here stay far below 2^53")]
pub(crate) fn float(value: u64) -> f64 {
    value as f64
}

pub(crate) fn millis(ns: u64) -> f64 {
    float(ns) / 1e6
}

/// `None` when there is nothing to divide by.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_judged_and_printed() {
        let mut report = Report::new(None, true);
        let row = |measured| Row::new("latency", "T7", "p99", measured, "ms");
        report.add(row(14.25).goal(Goal::AtMost(15.0))).unwrap();
        report.add(row(1234.5).goal(Goal::AtMost(15.0)).note("late")).unwrap();
        report.add(row(0.25).goal(Goal::Told("0.5 x nchan"))).unwrap();
        let mut out = Vec::new();
        report.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[1].contains("<= 15.0") && lines[1].contains("14.2 ms") && lines[1].ends_with("yes"));
        assert!(lines[2].contains("NO") && lines[2].ends_with("late"));
        assert!(lines[3].contains("0.250 ms") && lines[3].ends_with("ms"));
    }
}
