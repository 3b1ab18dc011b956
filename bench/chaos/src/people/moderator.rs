//! A moderator: lets held messages appear, or hides them.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::sleep;

use super::Person;
use crate::{dice::Dice, http::Ask, ledger::Fate, world::World};

pub(crate) async fn moderates(world: Arc<World>, number: usize, token: String) {
    let dice = Dice::of(world.seed, "moderator", number);
    let mut person = Person::new(&world, &token, dice, number % world.doors.len(), true);
    let Some(event) = world
        .events
        .iter()
        .find(|event| event.held)
        .map(|event| event.id.clone())
    else {
        return;
    };
    while world.is_busy() {
        let held = world.ledger().next_held();
        if let Some((client_id, message)) = held {
            decides(&mut person, &world, &event, &client_id, &message).await;
        }
        sleep(person.dice.millis(100..400)).await;
        if person.dice.percent(5) {
            person.moves_on();
        }
    }
}

async fn decides(person: &mut Person, world: &World, event: &str, client_id: &str, message: &str) {
    let releases = person.dice.percent(70);
    let act = if releases { "release" } else { "hide" };
    let path = format!("/v1/events/{event}/messages/{message}/{act}");
    let told = person.tells(Ask::post(path, Value::Null)).await;
    let mut ledger = world.ledger();
    let Some(post) = ledger.posts.get_mut(client_id) else {
        return;
    };
    // Refused after a try in doubt: most likely because that try had worked.
    let fate = match told.fate() {
        Fate::NotTried => Fate::InDoubt,
        fate => fate,
    };
    if releases {
        post.released = fate;
    } else {
        post.hidden = fate;
    }
}
