use super::*;

fn points(lines: &[ScoreLine]) -> Vec<i64> {
    lines.iter().map(|line| line.points).collect()
}

#[test]
fn histories_end_in_the_right_score() {
    for (history, expected) in [
        (&[START][..], [0, 0]),
        (&[START, GOAL_A, GOAL_B, GOAL_A], [2, 1]),
        // A goal that never was takes its point back.
        (
            &[
                START,
                GOAL_A,
                r#"{"type":"retract","target_source_id":"u1","reason":"offside"}"#,
            ],
            [0, 0],
        ),
        // It was the other side's.
        (
            &[
                START,
                GOAL_A,
                r#"{"type":"amend","target_source_id":"u1","participant_id":"b"}"#,
            ],
            [0, 1],
        ),
        // A confirmation settles nothing: the retracted goal still takes its point back.
        (
            &[
                START,
                GOAL_A,
                SCORE_1_0,
                r#"{"type":"retract","target_source_id":"u1"}"#,
            ],
            [0, 0],
        ),
        // The feed knew better: what was before is settled.
        (
            &[
                START,
                GOAL_A,
                SCORE_3_1,
                r#"{"type":"retract","target_source_id":"u1"}"#,
            ],
            [3, 1],
        ),
        (&[START, GOAL_A, SCORE_3_1, GOAL_B], [3, 2]),
        (
            &[
                START,
                SCORE_3_1,
                GOAL_A,
                r#"{"type":"retract","target_source_id":"u2"}"#,
            ],
            [3, 1],
        ),
        (&[SCORE_3_1, SCORE_1_0], [1, 0]),
        // Late reports count.
        (&[START, END, GOAL_A, START_2, GOAL_B], [1, 1]),
        // A word about one side leaves the other alone.
        (
            &[
                START,
                GOAL_A,
                r#"{"type":"score","score":[{"participant_id":"b","points":2}]}"#,
                r#"{"type":"retract","target_source_id":"u1"}"#,
            ],
            [0, 2],
        ),
    ] {
        let state = play(EventKind::Football, history).unwrap();
        assert_eq!(points(&state.score()), expected, "{history:?}");
    }
}

#[test]
fn the_score_at_half_time_counts_late_and_corrected_goals() {
    let late = r#"{"type":"goal","participant_id":"a","minute":45,"stoppage":2}"#;
    for (history, at_half_time, now) in [
        (&[START, GOAL_A, END, START_2][..], [1, 0], [1, 0]),
        (&[START, END, START_2, late], [1, 0], [1, 0]),
        (
            &[
                START,
                END,
                START_2,
                r#"{"type":"goal","participant_id":"a","minute":46}"#,
            ],
            [0, 0],
            [1, 0],
        ),
        (
            &[START, GOAL_A, END, r#"{"type":"retract","target_source_id":"u1"}"#],
            [0, 0],
            [0, 0],
        ),
        (&[START, GOAL_A, END, START_2, SCORE_3_1], [1, 0], [3, 1]),
        (&[START, SCORE_3_1, END, START_2, SCORE_1_0, late], [4, 1], [2, 0]),
    ] {
        let state = play(EventKind::Football, history).unwrap();
        let score = state.periods()[0].score.clone().unwrap();
        assert_eq!(points(&score), at_half_time, "{history:?}");
        assert_eq!(points(&state.score()), now, "{history:?}");
    }
}

#[test]
fn clocks_and_periods_follow_the_whistle() {
    let state = play(
        EventKind::Football,
        &[START, r#"{"type":"clock","running":true,"elapsed_ms":2700000}"#, END],
    )
    .unwrap();
    // One second passed between the last word about the clock and the whistle.
    assert_eq!((state.clock.running, state.clock.elapsed_ms), (false, 2_701_000));
    let state = play(EventKind::Football, &[START, END, START_2]).unwrap();
    assert_eq!((state.clock.running, state.clock.elapsed_ms), (true, 2_700_000));
    let scoreboard = play(EventKind::Football, &[START, GOAL_A, A_WINS])
        .unwrap()
        .scoreboard();
    assert_eq!(
        scoreboard.period.map(|period| (period.name, period.state)),
        Some(("First half".into(), PeriodState::Ended))
    );
    assert!(!scoreboard.clock.running);
    assert_eq!(
        scoreboard.result.and_then(|result| result.winner_id).as_deref(),
        Some("a")
    );
    // Taken back, the contest goes on.
    let history = [START, A_WINS, r#"{"type":"retract","target_source_id":"u1"}"#, GOAL_A];
    let scoreboard = play(EventKind::Football, &history).unwrap().scoreboard();
    assert_eq!((scoreboard.result, points(&scoreboard.score)), (None, vec![1, 0]));
}

#[test]
fn an_amended_result_loses_a_winner_it_no_longer_has() {
    let history = [
        START,
        A_WINS,
        r#"{"type":"amend","target_source_id":"u1","outcome":"draw","note":"abandoned"}"#,
    ];
    let result = play(EventKind::Football, &history).unwrap().result().cloned().unwrap();
    assert_eq!(
        (result.outcome, result.winner_id, result.note.as_deref()),
        (Outcome::Draw, None, Some("abandoned"))
    );
}

#[test]
fn a_new_minute_without_stoppage_has_none() {
    let goal = r#"{"type":"goal","participant_id":"a","minute":90,"stoppage":4,"penalty":true}"#;
    let state = play(
        EventKind::Football,
        &[
            START,
            goal,
            r#"{"type":"amend","target_source_id":"u1","minute":88,"penalty":false}"#,
        ],
    )
    .unwrap();
    let incident = &state.scoreboard().incidents[1];
    assert_eq!(
        (incident.minute, incident.stoppage, incident.penalty, incident.corrected),
        (Some(88), None, None, true)
    );
}

#[test]
fn a_contest_is_set_up_freely_until_something_was_reported() {
    let two = |second: &str| ContestIn {
        participants: Some(
            ["a", second]
                .map(|id| ContestantIn {
                    id: id.into(),
                    name: "Team".into(),
                    short_name: None,
                })
                .to_vec(),
        ),
        ..ContestIn::default()
    };
    let mma = ContestIn {
        kind: Some(EventKind::Mma),
        ..ContestIn::default()
    };
    let mut fresh = contest(EventKind::Football);
    assert_eq!(fresh.configure(&ContestIn::default()), Ok(None));
    assert!(fresh.configure(&two("c")).unwrap().is_some());
    assert!(fresh.configure(&mma).is_ok());
    let mut begun = play(EventKind::Football, &[START]).unwrap();
    assert_eq!(begun.configure(&two("c")).unwrap_err()[0].pointer, "/participants");
    assert_eq!(begun.configure(&mma).unwrap_err()[0].pointer, "/kind");
    assert!(begun.configure(&two("b")).unwrap().is_some());
    assert_eq!(begun.configure(&two("a")).unwrap_err()[0].pointer, "/participants/1/id");
}
