//! Who takes part, and what is prepared before the first word: events, tokens, a key.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::author::AuthorPlan;
use crate::{
    clock::Clock,
    house::House,
    http::{Answer, Ask, once},
    seats::{Credential, Habit, SeatPlan},
    world::{Event, World},
};

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Several instances begin on an empty database at once.
const START_LIMIT: Duration = Duration::from_mins(1);
/// A probe posts this often at its instance: outages are known to this precision.
const PROBE_EVERY: Duration = Duration::from_millis(250);
/// Streams of staff, as moderators.
const STAFF_ONE_IN: usize = 12;
/// Events people talk in all the time; a held one and a quiet one come on top.
const BUSY_EVENTS: usize = 3;

pub(crate) struct CastPlan {
    pub(crate) authors: usize,
    pub(crate) posts_per_second: u32,
    pub(crate) seats: usize,
}

pub(crate) struct Cast {
    pub(crate) world: Arc<World>,
    pub(crate) authors: Vec<AuthorPlan>,
    pub(crate) moderators: Vec<String>,
    pub(crate) feed_key: String,
    pub(crate) seats: Vec<SeatPlan>,
    /// A host's: may read everything as staff.
    pub(crate) host: String,
}

impl Cast {
    pub(crate) async fn gather(house: &mut House, clock: Clock, seed: u64, plan: &CastPlan) -> anyhow::Result<Self> {
        wait_ready(house).await?;
        let first = house.instances.first().context("an instance")?;
        let host = first.token("hanna", "host").await?;
        let admin = first.token("root", "admin").await?;
        let mut moderators = Vec::new();
        for number in 0..3 {
            moderators.push(first.token(&format!("mod{number}"), "moderator").await?);
        }
        let setup = Setup { house, host: &host };
        let mut events = Vec::new();
        for number in 0..BUSY_EVENTS {
            let kind = if number == 0 { "football" } else { "session" };
            events.push(setup.event(kind, false).await?);
        }
        events.push(setup.event("session", true).await?);
        events.push(setup.event("session", false).await?);
        let key = json!({"name": "Feed", "scopes": ["ingest"]});
        let key = setup.ask(0, Ask::post("/v1/keys", key).bearing(Some(&admin))).await?;
        let feed_key = key.json()["secret"].as_str().context("a key has a secret")?.to_owned();
        let authors = setup.authors(plan).await?;
        let seats = setup.seats(plan, &moderators).await?;
        let doors = house.doors();
        Ok(Self {
            world: Arc::new(World::new(clock, seed, doors, events)),
            authors,
            moderators,
            feed_key,
            seats,
            host,
        })
    }
}

async fn wait_ready(house: &mut House) -> anyhow::Result<()> {
    let began = Instant::now();
    for (number, door) in house.doors().into_iter().enumerate() {
        while once(door, &Ask::get("/health/ready"), ANSWER_LIMIT)
            .await
            .map_or(true, |answer| answer.status != 200)
        {
            if let Some(how) = house.instances[number].died().await? {
                bail!("instance {number} ended at its start: {how}");
            }
            if began.elapsed() > START_LIMIT {
                bail!("instance {number} is not ready after {START_LIMIT:?}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

struct Setup<'a> {
    house: &'a House,
    host: &'a str,
}

impl Setup<'_> {
    /// Before anything is broken, every answer is a success.
    async fn ask(&self, door: usize, ask: Ask) -> anyhow::Result<Answer> {
        let doors = self.house.doors();
        let answer = once(doors[door % doors.len()], &ask, ANSWER_LIMIT).await;
        match answer {
            Ok(answer) if answer.is_success() => Ok(answer),
            other => bail!("{} {}: {other:?}", ask.method, ask.path),
        }
    }

    async fn event(&self, kind: &str, held: bool) -> anyhow::Result<Event> {
        let body = json!({
            "title": "An evening of faults", "kind": kind, "scheduled_at": "2030-01-01T20:00:00.000Z",
            "participants": [{"id": "home", "name": "Home"}, {"id": "away", "name": "Away"}],
            "settings": {"hold_messages": held, "edit_window_seconds": 86_400},
        });
        let made = self
            .ask(0, Ask::post("/v1/events", body).bearing(Some(self.host)))
            .await?;
        let id = made.json()["id"].as_str().context("an event has an id")?.to_owned();
        let start = Ask::post(format!("/v1/events/{id}/start"), Value::Null);
        self.ask(1, start.bearing(Some(self.host))).await?;
        Ok(Event { id, held })
    }

    /// A name only; gives id and token.
    async fn guest(&self, number: usize) -> anyhow::Result<(String, String)> {
        let ask = Ask::new(Method::POST, "/v1/auth/guest").json(json!({"name": format!("Guest {number}")}));
        let guest = self.ask(number, ask).await?.json();
        let text = |value: &Value| {
            value
                .as_str()
                .map(str::to_owned)
                .context("a guest has an id and a token")
        };
        Ok((text(&guest["user"]["id"])?, text(&guest["token"])?))
    }

    async fn authors(&self, plan: &CastPlan) -> anyhow::Result<Vec<AuthorPlan>> {
        let probes = self.house.instances.len();
        let mut authors = Vec::new();
        for number in 0..plan.authors + probes {
            let (id, token) = self.guest(number).await?;
            let people = u32::try_from(plan.authors)?;
            let bound_to = number.checked_sub(plan.authors);
            let every = match bound_to {
                None => Duration::from_secs(1) * people / plan.posts_per_second.max(1),
                Some(_) => PROBE_EVERY,
            };
            authors.push(AuthorPlan {
                number,
                id,
                token,
                every,
                bound_to,
            });
        }
        Ok(authors)
    }

    async fn seats(&self, plan: &CastPlan, moderators: &[String]) -> anyhow::Result<Vec<SeatPlan>> {
        let events = BUSY_EVENTS + 2;
        let mut seats = Vec::new();
        for number in 0..plan.seats {
            let event = number % events;
            // Counted by event, so that each event has all of them.
            let turn = number / events;
            let credential = if turn % STAFF_ONE_IN == 1 {
                Credential::Staff(moderators[turn % moderators.len()].clone())
            } else if turn % 8 == 2 {
                Credential::Ticket(self.guest(number).await?.1)
            } else if turn.is_multiple_of(3) {
                Credential::Guest(self.guest(number).await?.1)
            } else {
                Credential::Nobody
            };
            let habit = match turn {
                // One in each event stops reading for long.
                4 => Habit::Stuffed,
                _ if turn % 10 == 5 => Habit::Faithful,
                _ => Habit::Restless,
            };
            seats.push(SeatPlan {
                number,
                event,
                credential,
                habit,
            });
        }
        Ok(seats)
    }
}
