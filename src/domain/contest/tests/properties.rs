use proptest::prelude::*;

use super::*;
use crate::domain::entry::Entry;

/// Any update of a football feed, sensible or not; targets are among the first ids.
fn any_update() -> impl Strategy<Value = UpdateIn> {
    let side = || prop::sample::select(vec!["a", "b", "x"]).prop_map(str::to_owned);
    let with = |kind| move || UpdateIn::new("", kind);
    let (period, goal, card) = (
        with(UpdateType::PeriodStart),
        with(UpdateType::Goal),
        with(UpdateType::Card),
    );
    let (score, clock, result) = (
        with(UpdateType::Score),
        with(UpdateType::Clock),
        with(UpdateType::Result),
    );
    let (amend, retract) = (with(UpdateType::Amend), with(UpdateType::Retract));
    let target = || (0..40u32).prop_map(|number| Some(format!("u{number}")));
    prop_oneof![
        6 => (1..4u32, any::<bool>()).prop_map(move |(number, begin)| UpdateIn {
            kind: if begin { UpdateType::PeriodStart } else { UpdateType::PeriodEnd },
            period: Some(PeriodIn { number, name: None }),
            ..period()
        }),
        8 => (side(), 0..135u32).prop_map(move |(side, minute)| UpdateIn { participant_id: Some(side), minute: Some(minute), ..goal() }),
        2 => (side(), 0..135u32).prop_map(move |(side, minute)| UpdateIn {
            participant_id: Some(side), player: Some("P".into()), color: Some(CardColor::Yellow), minute: Some(minute), ..card()
        }),
        3 => prop::collection::vec((side(), -1..5i64), 0..3).prop_map(move |lines| UpdateIn {
            score: Some(lines.into_iter().map(|(participant_id, points)| ScoreLine { participant_id, points }).collect()),
            ..score()
        }),
        2 => (any::<bool>(), 0..10_000_000u64).prop_map(move |(running, ms)| UpdateIn { running: Some(running), elapsed_ms: Some(ms), ..clock() }),
        1 => (prop::sample::select(vec![Outcome::Win, Outcome::Draw, Outcome::NoResult]), prop::option::of(side()))
            .prop_map(move |(outcome, winner_id)| UpdateIn { outcome: Some(outcome), winner_id, ..result() }),
        4 => (target(), prop::option::of(side()), prop::option::of(0..135u32)).prop_map(move |(target_source_id, participant_id, minute)| UpdateIn {
            participant_id,
            minute,
            target_source_id,
            ..amend()
        }),
        4 => target().prop_map(move |target_source_id| UpdateIn { target_source_id, ..retract() }),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<UpdateIn>> {
    prop::collection::vec(any_update(), 0..60).prop_map(|updates| {
        let numbered = updates.into_iter().enumerate();
        numbered
            .map(|(number, update)| UpdateIn {
                source_id: format!("u{number}"),
                ..update
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn entries_folded_into_a_scoreboard_give_the_fresh_one(history in any_history()) {
        let mut state = contest(EventKind::Football);
        let mut board = state.scoreboard();
        let mut told: Vec<Entry> = Vec::new();
        for (number, update) in history.iter().enumerate() {
            let before = state.clone();
            match tell(&mut state, number, update) {
                Ok(applied) => {
                    for entry in applied.entries {
                        board.fold(&entry);
                        told.push(entry);
                    }
                }
                Err(faults) => {
                    prop_assert!(!faults.is_empty());
                    prop_assert_eq!(&before, &state);
                }
            }
            let fresh = state.scoreboard();
            prop_assert!(fresh.score.iter().all(|line| line.points >= 0));
            prop_assert!(fresh.periods.iter().all(|period| period.score.iter().flatten().all(|line| line.points >= 0)));
            prop_assert_eq!(&board, &fresh);
        }
        // Read back from the log, they still do.
        let mut again = contest(EventKind::Football).scoreboard();
        for entry in told {
            again.fold(&entry.kind().read(&serde_json::to_string(&entry).unwrap()).unwrap());
        }
        prop_assert_eq!(again, board);
    }

    #[test]
    fn however_a_history_is_cut_into_batches_it_ends_the_same(history in any_history(), cut in 1..10usize) {
        let mut whole = contest(EventKind::Football);
        let mut stored = serde_json::to_string(&whole).unwrap();
        for (batch_number, batch) in history.chunks(cut).enumerate() {
            let mut state: ContestState = serde_json::from_str(&stored).unwrap();
            for (index, update) in batch.iter().enumerate() {
                let number = batch_number * cut + index;
                let in_batch = tell(&mut state, number, update);
                prop_assert_eq!(in_batch, tell(&mut whole, number, update));
            }
            stored = serde_json::to_string(&state).unwrap();
        }
        prop_assert_eq!(serde_json::from_str::<ContestState>(&stored).unwrap(), whole);
    }
}
