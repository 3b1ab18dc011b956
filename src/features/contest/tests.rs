//! Batches against a real database.

use sea_orm::{EntityTrait, QueryOrder};
use serde_json::json;

use super::*;
use crate::{
    config::StoreConfig,
    domain::{
        entry::EntryKind,
        event::{EventKind, Participant},
    },
};

struct Desk {
    store: Store,
    event: EventId,
    _dir: tempfile::TempDir,
}

impl Desk {
    /// A football event with a contest, in a database of its own.
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            data_dir: dir.path().to_owned(),
            ..StoreConfig::default()
        };
        let store = Store::open(&config, Arc::default()).await.unwrap();
        let event = EventId::generate();
        let participants = ["a", "b"].map(|id| Participant {
            id: id.into(),
            name: id.into(),
            short_name: None,
            image_url: None,
        });
        let laid = store.record(event, move |scribe| {
            Box::pin(async move {
                let state = ContestState::new(EventKind::Football, &participants, scribe.now());
                rows::insert(scribe.txn(), scribe.event(), &state, scribe.now()).await
            })
        });
        laid.await.unwrap();
        Self {
            store,
            event,
            _dir: dir,
        }
    }

    /// The outcomes, the public head after it, or the first fault as `pointer code`.
    async fn reports(&self, updates: serde_json::Value) -> Result<(Vec<UpdateOutcome>, u64), String> {
        let updates: Vec<UpdateIn> = serde_json::from_value(updates).unwrap();
        let said = |refusal: Refusal| format!("{} {}", refusal.faults[0].pointer, refusal.faults[0].code);
        let batch = Batch::read("desk".into(), updates).map_err(said)?;
        let recorded = self
            .store
            .record(self.event, move |scribe| Box::pin(take_in(scribe, batch)))
            .await;
        match recorded {
            Ok(recorded) => {
                let outcomes = recorded.value.iter().map(|result| result.outcome).collect();
                Ok((outcomes, recorded.head.public))
            }
            Err(Error::Refused(refusal)) => Err(said(refusal)),
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn points(&self) -> Vec<i64> {
        let kept = rows::find(self.store.reader(), self.event).await.unwrap().unwrap();
        kept.state.score().iter().map(|line| line.points).collect()
    }
}

#[tokio::test]
async fn a_batch_is_taken_in_whole_once_or_not_at_all() {
    use UpdateOutcome::{Duplicate, Recorded};
    let desk = Desk::open().await;
    let start = json!({"source_id": "1", "type": "period_start", "period": {"number": 1}});
    let goal = json!({"source_id": "2", "type": "goal", "participant_id": "a", "minute": 4});
    let first = desk.reports(json!([start, goal])).await.unwrap();
    // Start: incident and clock. Goal: incident and score.
    assert_eq!(first, (vec![Recorded, Recorded], 4));

    // The second update is wrong, so the first is not taken in either, and no place in the log is spent.
    let other = json!({"source_id": "3", "type": "goal", "participant_id": "b", "minute": 9});
    let wrong = json!({"source_id": "4", "type": "goal", "participant_id": "x", "minute": 9});
    let refused = desk.reports(json!([other, wrong])).await.unwrap_err();
    assert_eq!(refused, "/updates/1/participant_id unknown-participant");
    assert_eq!(desk.points().await, [1, 0]);

    // Sent again, with something new and with itself: each once.
    let again = desk.reports(json!([start, goal, other, other])).await.unwrap();
    assert_eq!(again, (vec![Duplicate, Duplicate, Recorded, Duplicate], 6));
    assert_eq!(desk.points().await, [1, 1]);

    // Another story under a known id is not a repetition.
    let changed = json!({"source_id": "2", "type": "goal", "participant_id": "b", "minute": 4});
    let refused = desk.reports(json!([changed])).await.unwrap_err();
    assert_eq!(refused, "/updates/0/source_id already-reported");
}

#[tokio::test]
async fn the_log_folds_into_the_scoreboard() {
    let desk = Desk::open().await;
    let kept = rows::find(desk.store.reader(), desk.event).await.unwrap().unwrap();
    let mut board = kept.state.scoreboard();
    desk.reports(json!([
        {"source_id": "1", "type": "period_start", "period": {"number": 1}},
        {"source_id": "2", "type": "goal", "participant_id": "a", "minute": 4},
        {"source_id": "3", "type": "amend", "target_source_id": "2", "participant_id": "b"},
        {"source_id": "4", "type": "period_end", "period": {"number": 1}},
        {"source_id": "5", "type": "result", "outcome": "win", "winner_id": "b"},
    ]))
    .await
    .unwrap();
    let rows = entity::log_entry::Entity::find();
    let rows = rows.order_by_asc(entity::log_entry::Column::Seq);
    for row in rows.all(desk.store.reader()).await.unwrap() {
        board.fold(&EntryKind::parse(&row.kind).unwrap().read(&row.data).unwrap());
    }
    let fresh = rows::find(desk.store.reader(), desk.event).await.unwrap().unwrap();
    assert_eq!(board, fresh.state.scoreboard());
    assert_eq!(board.result.and_then(|result| result.winner_id).as_deref(), Some("b"));
}

#[test]
fn every_fault_of_a_batch_is_named_at_once() {
    let updates = json!([
        {"source_id": "1", "type": "goal", "participant_id": "a"},
        {"source_id": "", "type": "clock", "running": true, "elapsed_ms": 0, "minute": 3},
    ]);
    let refusal = Batch::read(String::new(), serde_json::from_value(updates).unwrap()).unwrap_err();
    let faults: Vec<_> = refusal
        .faults
        .iter()
        .map(|fault| (fault.pointer.as_str(), fault.code))
        .collect();
    let expected = [
        ("/source", "malformed"),
        ("/updates/0/minute", "required"),
        ("/updates/1/minute", "unexpected-field"),
        ("/updates/1/source_id", "malformed"),
    ];
    assert_eq!(
        (refusal.reason, faults.as_slice()),
        (Reason::ContestRule, &expected[..])
    );
    assert!(Batch::read("a".into(), Vec::new()).is_err());
}
