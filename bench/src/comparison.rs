//! Medians of several rounds side by side, and what Grandstand is against the peer that the targets name.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use crate::{
    peers::Peer,
    report::{Goal, Report, Row, figure, print_table, ratio},
    versus::OURS,
};

/// One question and everybody's answer.
#[derive(Serialize)]
struct Line {
    scenario: &'static str,
    target: &'static str,
    what: String,
    unit: &'static str,
    /// By contestant.
    medians: BTreeMap<&'static str, f64>,
    /// Ours over nchan's.
    ratio: Option<f64>,
    goal: String,
    holds: Option<bool>,
}

/// The table, the notes below it, and the lines of JSON.
pub(crate) fn print(report: &Report, names: &[&'static str], out: &mut impl Write) -> io::Result<()> {
    let lines = lines(report);
    for line in &lines {
        report.write(line)?;
    }
    let mut head = vec!["scenario", "target", "what", "unit"];
    head.extend(names);
    head.extend(["ours/nchan", "goal", "holds"]);
    let mut table = vec![head.into_iter().map(str::to_owned).collect()];
    table.extend(lines.iter().map(|line| cells(line, names)));
    print_table(&table, out)?;
    writeln!(out)?;
    for (turn, row) in report.rows() {
        if let Some(turn) = turn
            && !row.note.is_empty()
        {
            writeln!(
                out,
                "{} {} (round {}), {}: {}",
                row.scenario, turn.name, turn.round, row.what, row.note
            )?;
        }
    }
    out.flush()
}

fn cells(line: &Line, names: &[&'static str]) -> Vec<String> {
    let mut cells = vec![line.scenario, line.target, &line.what, line.unit]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    let median = |name: &&'static str| line.medians.get(*name).map_or("-".to_owned(), |median| figure(*median));
    cells.extend(names.iter().map(median));
    cells.push(line.ratio.map_or(String::new(), figure));
    cells.push(line.goal.clone());
    cells.push(
        line.holds
            .map_or("", |holds| if holds { "yes" } else { "NO" })
            .to_owned(),
    );
    cells
}

/// In the order in which the questions were first answered.
fn lines(report: &Report) -> Vec<Line> {
    let mut questions: Vec<(&Row, BTreeMap<&'static str, Vec<f64>>)> = Vec::new();
    for (turn, row) in report.rows() {
        let Some(turn) = turn else { continue };
        let same = |(first, _): &(&Row, _)| (first.scenario, &first.what) == (row.scenario, &row.what);
        let index = questions.iter().position(same).unwrap_or(questions.len());
        if index == questions.len() {
            questions.push((row, BTreeMap::new()));
        }
        if let Some((_, answers)) = questions.get_mut(index) {
            answers.entry(turn.name).or_insert_with(Vec::new).push(row.measured);
        }
    }
    questions.into_iter().map(|(row, answers)| line(row, answers)).collect()
}

fn line(row: &Row, answers: BTreeMap<&'static str, Vec<f64>>) -> Line {
    let medians: BTreeMap<&'static str, f64> = answers
        .into_iter()
        .map(|(name, answers)| (name, median(answers)))
        .collect();
    let ours = medians.get(OURS).copied();
    let against = ours.zip(medians.get(Peer::Nchan.name()).copied());
    let ratio = against.and_then(|(ours, theirs)| ratio(ours, theirs));
    Line {
        scenario: row.scenario,
        target: row.target,
        what: row.what.clone(),
        unit: row.unit,
        ratio,
        goal: row.goal.clone(),
        holds: match row.aim {
            Some(Goal::AtMost(most)) => ours.map(|ours| ours <= most),
            Some(Goal::AtLeast(least)) => ours.map(|ours| ours >= least),
            Some(Goal::NchanAtMost(most)) => ratio.map(|ratio| ratio <= most),
            Some(Goal::NchanAtLeast(least)) => ratio.map(|ratio| ratio >= least),
            None => None,
        },
        medians,
    }
}

/// Of an even number the lower of the two in the middle, so that it is a figure that was measured.
fn median(mut answers: Vec<f64>) -> f64 {
    answers.sort_by(f64::total_cmp);
    let middle = answers.len().saturating_sub(1) / 2;
    answers.get(middle).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Turn;

    #[test]
    fn medians_stand_side_by_side_and_ours_is_judged_against_nchan() {
        let mut report = Report::new(None, true);
        for (name, answers) in [
            (OURS, [30.0, 10.0, 20.0]),
            ("nchan", [50.0, 40.0, 90.0]),
            ("pushpin", [7.0, 8.0, 9.0]),
        ] {
            for (round, answer) in answers.into_iter().enumerate() {
                report.turn = Some(Turn { name, round });
                let row = Row::new("latency", "T2", "p50", answer, "ms").goal(Goal::NchanAtMost(0.5));
                report.add(row.note(if answer > 80.0 { "late" } else { "" })).unwrap();
            }
        }
        report.turn = Some(Turn { name: OURS, round: 1 });
        report
            .add(Row::new("posts", "T6", "posts/s", 9.0, "/s").goal(Goal::AtLeast(10.0)))
            .unwrap();
        let lines = lines(&report);
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].medians[OURS], lines[0].medians["nchan"]), (20.0, 50.0));
        assert_eq!((lines[0].ratio, lines[0].holds), (Some(0.4), Some(true)));
        assert_eq!((lines[1].ratio, lines[1].holds), (None, Some(false)));

        let mut out = Vec::new();
        print(&report, &[OURS, "nchan", "pushpin"], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains("0.400") && text.contains("<= 0.500 x nchan") && text.contains("nchan (round 2), p50: late")
        );
    }

    #[test]
    fn a_median_is_a_figure_that_was_measured() {
        for (answers, expected) in [(vec![5.0], 5.0), (vec![2.0, 1.0], 1.0), (vec![3.0, 1.0, 2.0], 2.0)] {
            assert!((median(answers) - expected).abs() < f64::EPSILON);
        }
    }
}
