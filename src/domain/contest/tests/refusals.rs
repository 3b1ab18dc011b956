use super::*;

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
