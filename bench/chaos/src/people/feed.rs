//! A feed of scores: goals, some of them retracted later, each under a name of its own so that a repeat is harmless.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{Person, Told};
use crate::{
    dice::Dice,
    http::Ask,
    ledger::{Fate, Goal},
    world::World,
};

const EVERY: Duration = Duration::from_millis(1_500);
/// Goals it may still take back.
const OPEN_MAX: usize = 10;

/// Who scores, in the first event.
pub(crate) const SIDES: [&str; 2] = ["home", "away"];

pub(crate) async fn reports(world: Arc<World>, key: String) {
    let mut person = Person::new(&world, &key, Dice::of(world.seed, "feed", 0), 0, true);
    let path = format!("/v1/events/{}/contest/updates", world.events[0].id);
    let sends = async |person: &mut Person, update: Value| -> Told {
        let body = json!({"source": "feed", "updates": [update]});
        person.tells(Ask::post(path.clone(), body)).await
    };
    sends(
        &mut person,
        json!({"source_id": "start", "type": "period_start", "period": {"number": 1}}),
    )
    .await;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut open = VecDeque::new();
    for number in 0_u32.. {
        ticks.tick().await;
        if !world.is_busy() {
            return;
        }
        person.moves_on();
        if person.dice.percent(25)
            && let Some(goal) = open.pop_front()
        {
            let update = json!({"source_id": format!("r{number}"), "type": "retract", "target_source_id": goal, "reason": "offside"});
            let told = sends(&mut person, update).await;
            if let Some(goal) = world.ledger().goals.get_mut(&goal) {
                goal.retracted = told.fate();
            }
            continue;
        }
        let source_id = format!("g{number}");
        let side = SIDES[person.dice.index(SIDES.len())];
        let update = json!({"source_id": source_id, "type": "goal", "participant_id": side, "player": "Ana", "minute": 1 + number % 45});
        let at = world.clock.now();
        let in_doubt = Goal {
            at,
            recorded: Fate::InDoubt,
            retracted: Fate::NotTried,
        };
        world.ledger().goals.insert(source_id.clone(), in_doubt);
        let told = sends(&mut person, update).await;
        if let Some(goal) = world.ledger().goals.get_mut(&source_id) {
            goal.recorded = told.fate();
        }
        if told.success().is_some() && open.len() < OPEN_MAX {
            open.push_back(source_id);
        }
    }
}
