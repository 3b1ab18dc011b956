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
    /// Times what nchan has: met or missed by comparing with it in the same run.
    NchanAtMost(f64),
    NchanAtLeast(f64),
}

#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) scenario: &'static str,
    /// Name of the target in the table of targets; empty for figures that only explain.
    pub(crate) target: &'static str,
    pub(crate) what: String,
    pub(crate) measured: f64,
    pub(crate) unit: &'static str,
    pub(crate) goal: String,
    #[serde(skip)]
    pub(crate) aim: Option<Goal>,
    holds: Option<bool>,
    pub(crate) note: String,
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
            aim: None,
            holds: None,
            note: String::new(),
        }
    }

    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        (self.goal, self.holds) = match goal {
            Goal::AtMost(most) => (format!("<= {}", figure(most)), Some(self.measured <= most)),
            Goal::AtLeast(least) => (format!(">= {}", figure(least)), Some(self.measured >= least)),
            Goal::NchanAtMost(most) => (format!("<= {} x nchan", figure(most)), None),
            Goal::NchanAtLeast(least) => (format!(">= {} x nchan", figure(least)), None),
        };
        self.aim = Some(goal);
        self
    }

    /// A goal, or none where the figure is only told.
    pub(crate) fn aimed(self, goal: Option<Goal>) -> Self {
        match goal {
            Some(goal) => self.goal(goal),
            None => self,
        }
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn cells(&self) -> Vec<String> {
        let holds = self.holds.map_or("", |holds| if holds { "yes" } else { "NO" });
        vec![
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

/// Whose turn it is when several are compared.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Turn {
    #[serde(rename = "contestant")]
    pub(crate) name: &'static str,
    pub(crate) round: usize,
}

/// Rows go to the file as they come, since a whole run takes minutes; the table is printed at the end.
pub(crate) struct Report {
    json: Option<File>,
    quick: bool,
    pub(crate) turn: Option<Turn>,
    rows: Vec<(Option<Turn>, Row)>,
}

/// A row in a file that may hold many runs.
#[derive(Serialize)]
struct Line<T> {
    at: String,
    quick: bool,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct TurnRow<'a> {
    #[serde(flatten)]
    turn: Option<Turn>,
    #[serde(flatten)]
    row: &'a Row,
}

impl Report {
    pub(crate) fn new(json: Option<File>, quick: bool) -> Self {
        Self {
            json,
            quick,
            turn: None,
            rows: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, row: Row) -> io::Result<()> {
        let turn = self.turn;
        self.write(&TurnRow { turn, row: &row })?;
        self.rows.push((turn, row));
        Ok(())
    }

    /// A line of the file, if there is one.
    pub(crate) fn write(&self, content: &impl Serialize) -> io::Result<()> {
        let Some(mut file) = self.json.as_ref() else {
            return Ok(());
        };
        let mut line = serde_json::to_vec(&Line {
            at: Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true),
            quick: self.quick,
            content,
        })?;
        line.push(b'\n');
        file.write_all(&line)
    }

    pub(crate) fn rows(&self) -> &[(Option<Turn>, Row)] {
        &self.rows
    }

    pub(crate) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let head = ["scenario", "target", "what", "goal", "measured", "holds", "note"];
        let mut table = vec![head.map(str::to_owned).to_vec()];
        table.extend(self.rows.iter().map(|(_, row)| row.cells()));
        print_table(&table, out)?;
        out.flush()
    }
}

/// Columns as wide as their widest cell.
pub(crate) fn print_table(table: &[Vec<String>], out: &mut impl Write) -> io::Result<()> {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for cells in table {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    for cells in table {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            let padding = width - cell.chars().count() + 2;
            line.extend(std::iter::repeat_n(' ', padding));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Three figures that count, without noise behind them.
pub(crate) fn figure(value: f64) -> String {
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
        report.add(row(0.25).goal(Goal::NchanAtMost(0.5))).unwrap();
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
