use super::*;

/// Plays a history whose updates are called u0, u1, …; returns the state, or the first fault as `pointer code`.
fn play(kind: EventKind, history: &[&str]) -> Result<ContestState, String> {
    let mut state = contest(kind);
    for (number, body) in history.iter().enumerate() {
        tell(&mut state, number, &update(&format!("u{number}"), body))
            .map_err(|faults| format!("{} {}", faults[0].pointer, faults[0].code))?;
    }
    Ok(state)
}

const START: &str = r#"{"type":"period_start","period":{"number":1}}"#;
const END: &str = r#"{"type":"period_end","period":{"number":1}}"#;
const START_2: &str = r#"{"type":"period_start","period":{"number":2}}"#;
const GOAL_A: &str = r#"{"type":"goal","participant_id":"a","minute":10}"#;
const GOAL_B: &str = r#"{"type":"goal","participant_id":"b","minute":20}"#;
const SCORE_1_0: &str =
    r#"{"type":"score","score":[{"participant_id":"a","points":1},{"participant_id":"b","points":0}]}"#;
const SCORE_3_1: &str =
    r#"{"type":"score","score":[{"participant_id":"a","points":3},{"participant_id":"b","points":1}]}"#;
const A_WINS: &str = r#"{"type":"result","outcome":"win","winner_id":"a"}"#;

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
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn what_breaks_a_rule_is_refused_naming_the_field() {
    let goal = |fields: &str| format!(r#"{{"type":"goal",{fields}}}"#);
    let stranger = goal(r#""participant_id":"x","minute":1"#);
    let late = goal(r#""participant_id":"a","minute":131"#);
    let long = goal(r#""participant_id":"a","minute":90,"stoppage":31"#);
    let nowhen = goal(r#""participant_id":"a""#);
    let odd = goal(r#""participant_id":"a","minute":1,"color":"red""#);
    let forged = goal(r#""participant_id":"a","minute":1,"player":"x\u0000""#);
    for (history, expected) in [
        (&[GOAL_A][..], "/type not-started"),
        (&[START, START], "/period/number period-running"),
        (&[START_2], "/period/number period-order"),
        (&[START, END, START], "/period/number period-order"),
        (&[END], "/period/number no-period-running"),
        (
            &[START, r#"{"type":"period_end","period":{"number":2}}"#],
            "/period/number period-order",
        ),
        (&[START, stranger.as_str()], "/participant_id unknown-participant"),
        (&[START, late.as_str()], "/minute out-of-range"),
        (&[START, long.as_str()], "/stoppage out-of-range"),
        (&[START, nowhen.as_str()], "/minute required"),
        (&[START, odd.as_str()], "/color unexpected-field"),
        (&[START, forged.as_str()], "/player control-character"),
        (
            &[r#"{"type":"score","score":[{"participant_id":"a","points":-1}]}"#],
            "/score/0/points out-of-range",
        ),
        (
            &[r#"{"type":"score","score":[{"participant_id":"x","points":1}]}"#],
            "/score/0/participant_id unknown-participant",
        ),
        (&[r#"{"type":"score","score":[]}"#], "/score empty"),
        (
            &[r#"{"type":"clock","running":true,"elapsed_ms":0}"#],
            "/running no-period-running",
        ),
        (
            &[START, r#"{"type":"clock","running":true,"elapsed_ms":9000001}"#],
            "/elapsed_ms out-of-range",
        ),
        (&[r#"{"type":"result","outcome":"win"}"#], "/winner_id required"),
        (
            &[r#"{"type":"result","outcome":"win","winner_id":"x"}"#],
            "/winner_id unknown-participant",
        ),
        (
            &[r#"{"type":"result","outcome":"draw","winner_id":"a"}"#],
            "/winner_id unexpected-field",
        ),
        (
            &[START, GOAL_A, r#"{"type":"result","outcome":"draw"}"#],
            "/outcome score-differs",
        ),
        (&[START, A_WINS, GOAL_A], "/type contest-over"),
        (&[START, A_WINS, A_WINS], "/type contest-over"),
        (
            &[START, r#"{"type":"amend","target_source_id":"u7","minute":1}"#],
            "/target_source_id unknown-target",
        ),
        (
            &[START, r#"{"type":"amend","target_source_id":"u0","minute":1}"#],
            "/minute not-amendable",
        ),
        (
            &[
                START,
                GOAL_A,
                r#"{"type":"amend","target_source_id":"u1","color":"red"}"#,
            ],
            "/color not-amendable",
        ),
        (
            &[START, GOAL_A, r#"{"type":"amend","target_source_id":"u1"}"#],
            " nothing-to-change",
        ),
        (
            &[
                START,
                GOAL_A,
                r#"{"type":"amend","target_source_id":"u1","participant_id":"x"}"#,
            ],
            "/participant_id unknown-participant",
        ),
        (
            &[
                START,
                GOAL_A,
                r#"{"type":"retract","target_source_id":"u1"}"#,
                r#"{"type":"retract","target_source_id":"u1"}"#,
            ],
            "/target_source_id already-retracted",
        ),
        (
            &[START, GOAL_A, r#"{"type":"retract","target_source_id":"u0"}"#],
            "/target_source_id period-in-use",
        ),
        (
            &[START, END, r#"{"type":"retract","target_source_id":"u0"}"#],
            "/target_source_id period-order",
        ),
    ] {
        assert_eq!(
            play(EventKind::Football, history).err().as_deref(),
            Some(expected),
            "{history:?}"
        );
    }
    assert_eq!(
        play(EventKind::Mma, &[START, GOAL_A]).unwrap_err(),
        "/type not-in-this-sport"
    );
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
