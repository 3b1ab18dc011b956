//! An author: talks at a steady pace in several events, edits, takes back, answers and reacts.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::{Person, Told};
use crate::{
    dice::Dice,
    http::{Ask, percent},
    ledger::{Acknowledged, Fate, Post},
    world::World,
};

const WORDS: &[&str] = &[
    "goal",
    "offside",
    "what a save",
    "penalty?",
    "été",
    "hervorragend",
    "素晴らしい",
    "🔥🔥",
    "no way",
    "ref!",
    "again",
    "who else",
    "come on",
    "over the bar",
    "\"quoted\"",
    "back\\slash",
];
const EMOJI: &[&str] = &["🔥", "❤", "😂"];
/// Own messages it remembers, to edit them or take them back.
const OWN_MAX: usize = 20;

pub(crate) struct Author {
    person: Person,
    id: String,
    said: u32,
    /// The latest own messages: event, client id, message.
    own: VecDeque<(usize, String, String)>,
    reacted: HashSet<(String, &'static str)>,
    /// Says things and nothing else, as a probe does.
    plain: bool,
}

pub(crate) struct AuthorPlan {
    pub(crate) number: usize,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) every: Duration,
    /// Stays at this door, whatever happens there: a probe.
    pub(crate) bound_to: Option<usize>,
}

impl Author {
    pub(crate) fn new(world: &Arc<World>, plan: &AuthorPlan) -> Self {
        let dice = Dice::of(world.seed, "author", plan.number);
        let door = plan.bound_to.unwrap_or(plan.number % world.doors.len());
        Self {
            person: Person::new(world, &plan.token, dice, door, plan.bound_to.is_none()),
            id: plan.id.clone(),
            said: 0,
            own: VecDeque::new(),
            reacted: HashSet::new(),
            plain: plan.bound_to.is_some(),
        }
    }

    /// Until nobody speaks any more. Ticks that come while it waits for an answer are left out.
    pub(crate) async fn talks(mut self, every: Duration) {
        tokio::time::sleep(self.person.dice.millis(0..1_000)).await;
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut last = ticks.tick().await;
        while self.person.world.is_busy() {
            self.acts().await;
            let tick = ticks.tick().await;
            let missed = (tick - last).as_millis() / every.as_millis().max(1);
            let skipped = u64::try_from(missed).unwrap_or(0).saturating_sub(1);
            self.person.world.ledger().skipped += skipped;
            last = tick;
        }
    }

    async fn acts(&mut self) {
        if self.plain {
            return self.says().await;
        }
        if self.person.dice.percent(5) {
            self.person.moves_on();
        }
        match self.person.dice.within(0..100) {
            0..6 => self.edits().await,
            6..10 => self.takes_back().await,
            10..18 => self.reacts().await,
            _ => self.says().await,
        }
    }

    fn event(&mut self) -> usize {
        let events = &self.person.world.events;
        let busy = events.len().saturating_sub(2).max(1);
        // The last two are the held one and a quiet one, where the last hint is often the only one.
        match self.person.dice.within(0..100) {
            0..12 if events.len() > 2 => busy,
            12..15 if events.len() > 2 => busy + 1,
            _ => self.person.dice.index(busy),
        }
    }

    fn text(&mut self) -> String {
        let dice = &mut self.person.dice;
        let count = 1 + dice.index(25);
        let words: Vec<&str> = (0..count).filter_map(|_| dice.pick(WORDS).copied()).collect();
        words.join(" ")
    }

    async fn says(&mut self) {
        let (event, text) = (self.event(), self.text());
        let world = Arc::clone(&self.person.world);
        self.said += 1;
        let client_id = format!("{}-{}", self.id, self.said);
        let mut body = json!({"text": text, "client_id": client_id});
        let back = self.person.dice.index(20);
        if self.person.dice.percent(15)
            && let Some((of, parent)) = world.ledger().recent(back)
            && of == event
        {
            body["parent_id"] = Value::from(parent);
        }
        let post = Post {
            author: self.id.clone(),
            sent: world.clock.now(),
            text,
            ..Post::default()
        };
        world.ledger().posts.insert(client_id.clone(), post);
        let ask = Ask::post(format!("/v1/events/{}/messages", world.events[event].id), body);
        let told = self.person.tells(ask).await;
        self.was_told(event, &client_id, &told);
    }

    fn was_told(&mut self, event: usize, client_id: &str, told: &Told) {
        let Some(answer) = told.success() else { return };
        let (world, message) = (Arc::clone(&self.person.world), answer.json());
        let (now, held) = (world.clock.now(), world.events[event].held);
        let mut ledger = world.ledger();
        ledger.successes.push((now, told.door));
        let id = message["id"].as_str().unwrap_or_default().to_owned();
        let seq = message["seq"].as_u64().and_then(|seq| u32::try_from(seq).ok());
        let seq = seq.filter(|seq| *seq > 0 && !held);
        if (answer.status == 202) != held || held == seq.is_some() || id.is_empty() {
            let line = format!("instance {}: a message was answered {}", told.door, answer.words());
            ledger.wrong.push((now, line));
            return;
        }
        if let Some(post) = ledger.posts.get_mut(client_id) {
            post.acknowledged = Some(Acknowledged {
                message: id.clone(),
                seq,
                at: now,
            });
        }
        let Some(seq) = seq else {
            return ledger.waits_for_moderator(client_id, &id);
        };
        ledger.known_at.insert((event, seq), now);
        if stays(client_id) {
            ledger.stays(event, &id);
        }
        drop(ledger);
        if self.own.len() >= OWN_MAX {
            self.own.pop_front();
        }
        self.own.push_back((event, client_id.to_owned(), id));
    }

    async fn edits(&mut self) {
        let Some((event, client_id, message)) = self.person.dice.pick(self.own.make_contiguous()).cloned() else {
            return;
        };
        let text = self.text();
        let world = Arc::clone(&self.person.world);
        let path = format!("/v1/events/{}/messages/{message}", world.events[event].id);
        let ask = Ask::new(Method::PATCH, path).json(json!({"text": text}));
        let told = self.person.tells(ask).await;
        if let Some(post) = world.ledger().posts.get_mut(&client_id) {
            if told.doubtful {
                post.texts_in_doubt.push(text.clone());
            }
            if told.success().is_some() {
                post.text = text;
            }
        }
    }

    async fn takes_back(&mut self) {
        let at = self.own.iter().position(|(_, client_id, _)| !stays(client_id));
        let Some((event, client_id, message)) = at.and_then(|at| self.own.remove(at)) else {
            return;
        };
        let world = Arc::clone(&self.person.world);
        let path = format!("/v1/events/{}/messages/{message}", world.events[event].id);
        let told = self.person.tells(Ask::new(Method::DELETE, path)).await;
        if let Some(post) = world.ledger().posts.get_mut(&client_id) {
            post.deleted = told.fate();
        }
    }

    async fn reacts(&mut self) {
        let world = Arc::clone(&self.person.world);
        let back = self.person.dice.index(30);
        let (Some((event, message)), Some(emoji)) =
            (world.ledger().recent(back), self.person.dice.pick(EMOJI).copied())
        else {
            return;
        };
        if !self.reacted.insert((message.clone(), emoji)) {
            return;
        }
        let path = format!(
            "/v1/events/{}/messages/{message}/reactions/{}",
            world.events[event].id,
            percent(emoji)
        );
        let told = self.person.tells(Ask::new(Method::PUT, path)).await;
        let mut ledger = world.ledger();
        let count = ledger.reactions.entry((message, emoji.to_owned())).or_default();
        match told.fate() {
            Fate::Done => count.done += 1,
            Fate::InDoubt => count.in_doubt += 1,
            Fate::NotTried => {}
        }
    }
}

/// Half of the messages are never taken back, so that answers and reactions to them have to hold.
fn stays(client_id: &str) -> bool {
    client_id.ends_with(['0', '2', '4', '6', '8'])
}
