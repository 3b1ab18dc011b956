use super::*;
use crate::play::{Breaks, timeline, timeline::tests::played};

const FILE: &str = r#"{"name": "Cup", "matches": [
  {"round": "Group", "date": "2030-06-01", "time": "20:00", "team1": "Côte d'Ivoire", "team2": "Bosnia-Herzegovina",
   "score": {"ft": [2, 1], "ht": [1, 0]}, "ground": "The Park",
   "goals1": [{"name": "A", "minute": 45, "offset": 2}, {"name": "B", "minute": "90+4", "penalty": true}],
   "goals2": [{"name": "C", "minute": 50, "owngoal": true}]},
  {"round": "Final", "date": "2030-07-01", "team1": "North", "team2": "South",
   "score": {"ft": [1, 1], "et": [2, 2], "p": [4, 3]},
   "goals1": [{"name": "A", "minute": 10}, {"name": "B", "minute": 118}],
   "goals2": [{"name": "C", "minute": 90, "offset": 6}, {"name": "D", "minute": 105, "offset": 1}]},
  {"round": "Group", "date": "2030-06-02", "team1": {"name": "North"}, "team2": {"name": "South"}, "score": {"ft": [0, 0]}},
  {"date": "2030-06-03", "time": "20:30 UTC+1", "team1": "East", "team2": "West", "score": {"ft": [20, 30]},
   "goals1": [{"name": "A", "minute": 1}]},
  {"date": "2030-06-04", "team1": "Up", "team2": "Down", "score": {"ft": [5, 3]},
   "goals1": [{"name": "A", "minute": 1}], "goals2": [{"name": "B", "minute": 2}, {"name": "nobody"}]},
  {"date": "2030-06-05", "team1": "Left", "team2": "Right", "score": {"ft": [3, 1], "ht": [1, 1]}},
  {"date": "2030-06-06", "team1": "Ebb", "team2": "Flow", "score": {"ft": [3, 0]}, "goals1": [{"name": "A", "minute": 9}]}
]}"#;

fn find(teams: &str, date: Option<&str>) -> anyhow::Result<Found> {
    Tournament::parse(FILE).unwrap().find(teams, date)
}

#[test]
fn a_match_is_found_however_it_is_written() {
    for teams in [
        "Côte d'Ivoire-Bosnia-Herzegovina",
        "cote divoire - bosnia herzegovina",
        "Bosnia-Herzegovina v Côte d’Ivoire",
        "COTE D'IVOIRE vs BOSNIA-HERZEGOVINA",
    ] {
        let found = find(teams, None).unwrap();
        assert_eq!(
            (found.fixture.goals(), found.venue.as_deref()),
            ([2, 1], Some("The Park")),
            "{teams}"
        );
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn what_is_not_found_is_said_with_what_may_have_been_meant() {
    for (teams, date, said) in [
        ("North-South", None, "choose with --date: 2030-07-01, 2030-06-02"),
        ("North-West", None, "did you mean"),
        ("Noth-Soth", None, "North-South (2030-06-02)"),
        ("Nowhere-Somewhere", None, "the file has 7 others"),
        ("East-West", Some("2030-01-01"), "no match East-West on 2030-01-01"),
    ] {
        let error = find(teams, date).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains('\n'), "{teams}: {error}");
    }
    for text in ["", "{}", "[1]", r#"{"matches": []}"#] {
        assert!(Tournament::parse(text).is_err(), "{text}");
    }
}

#[test]
fn faults_of_the_file_are_weighed_against_its_goals() {
    for (teams, date, goals, shoot_out, warning) in [
        ("North-South", Some("2030-07-01"), [2, 2], Some([4, 3]), None),
        ("North-South", Some("2030-06-02"), [0, 0], None, None),
        ("East-West", None, [1, 0], None, Some("kick-off time")),
        ("Up-Down", None, [1, 1], Some([4, 2]), Some("no minute")),
        ("Left-Right", None, [3, 1], None, Some("without scorers")),
        ("Ebb-Flow", None, [1, 0], None, Some("the goals are played")),
    ] {
        let found = find(teams, date).unwrap();
        assert_eq!(
            (found.fixture.goals(), found.fixture.shoot_out),
            (goals, shoot_out),
            "{teams}"
        );
        let warnings = found.warnings.join("; ");
        assert_eq!(warning.is_some(), !warnings.is_empty(), "{teams}: {warnings}");
        assert!(warnings.contains(warning.unwrap_or_default()), "{teams}: {warnings}");
    }
}

#[test]
fn every_timeline_is_lawful_and_ends_as_the_match_did() {
    for (teams, date, periods, winner, half_time) in [
        (
            "Côte d'Ivoire-Bosnia-Herzegovina",
            None,
            2,
            Some("cote-divoire"),
            [1, 0],
        ),
        ("North-South", Some("2030-07-01"), 5, Some("north"), [1, 0]),
        ("North-South", Some("2030-06-02"), 2, None, [0, 0]),
        ("East-West", None, 2, Some("east"), [1, 0]),
        ("Up-Down", None, 2, Some("up"), [1, 1]),
        ("Left-Right", None, 2, Some("left"), [1, 1]),
    ] {
        let found = find(teams, date).unwrap();
        let board = played(&found.fixture).scoreboard();
        let points = |lines: &[crate::domain::contest::ScoreLine]| -> Vec<i64> {
            lines.iter().map(|line| line.points).collect()
        };
        let goals = found.fixture.goals().map(i64::from);
        assert_eq!(points(&board.score), goals, "{teams}");
        assert_eq!(board.periods.len(), periods, "{teams}");
        assert_eq!(board.result.unwrap().winner_id.as_deref(), winner, "{teams}");
        assert_eq!(points(board.periods[0].score.as_deref().unwrap()), half_time, "{teams}");
        assert!(!board.clock.running);
    }
}

#[test]
fn moments_are_in_order_and_have_ids_of_their_own() {
    let moments = timeline(&find("North-South", Some("2030-07-01")).unwrap().fixture, &Breaks::REAL);
    assert!(moments.is_sorted_by_key(|moment| moment.at_ms));
    let ids: std::collections::HashSet<_> = moments.iter().map(|moment| &moment.update.source_id).collect();
    assert_eq!(ids.len(), moments.len());
    let last = moments.last().unwrap();
    // Two hours of football, the breaks and the shoot-out.
    assert!((140..170).contains(&(last.at_ms / 60_000)), "{}", last.at_ms / 60_000);
}
