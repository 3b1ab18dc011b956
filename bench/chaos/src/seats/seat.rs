//! One reader's evening: sit down, listen, lose the connection one way or another, come back at another door.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use http::{Method, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Cause, Credential, Habit, Record, SeatPlan, ear::Ear};
use crate::{
    dice::Dice,
    http::{Ask, Link, Lost},
    sse::Frames,
    world::{Scene, World},
};

const OPEN_LIMIT: Duration = Duration::from_secs(12);
/// Two and a half heartbeats.
const SILENCE_LIMIT: Duration = Duration::from_millis(37_500);
/// Longer than a server lets a client take nothing.
const STUFFED_FOR: Duration = Duration::from_secs(40);
const STUFFED_BUFFER_BYTES: u32 = 4 * 1024;
/// After nobody was at any door.
const ALL_DEAD_PAUSE: Duration = Duration::from_millis(300);
/// How long a seat tries to read to the end.
const LEAVE_LIMIT: Duration = Duration::from_mins(1);

/// How a connection ended.
enum End {
    Left,
    Came(Cause),
    /// No stream: come back after that time.
    NotYet(Duration),
}

pub(crate) struct Seat {
    world: Arc<World>,
    plan: SeatPlan,
    dice: Dice,
    door: usize,
    ear: Ear,
    scene: watch::Receiver<Scene>,
    /// The URL's ticket and, once used, the cookie it was answered with.
    ticket: Option<(String, Option<String>)>,
    /// The door that made the ticket, when others would not take it.
    bound_to: Option<usize>,
    leave_by: Option<Instant>,
    /// Open seats per event.
    here: Arc<Vec<AtomicI64>>,
}

/// Counted as sitting while it lives.
struct Sitting<'a>(&'a AtomicI64);

impl Drop for Sitting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Seat {
    pub(crate) fn new(world: &Arc<World>, here: &Arc<Vec<AtomicI64>>, plan: SeatPlan) -> Self {
        let record = Record {
            number: plan.number,
            event: plan.event,
            staff: matches!(plan.credential, Credential::Staff(_)),
            stuffed: plan.habit == Habit::Stuffed,
            ..Record::default()
        };
        Self {
            dice: Dice::of(world.seed, "seat", plan.number),
            door: plan.number % world.doors.len(),
            ear: Ear::new(record),
            scene: world.scene.subscribe(),
            world: Arc::clone(world),
            here: Arc::clone(here),
            plan,
            ticket: None,
            bound_to: None,
            leave_by: None,
        }
    }

    /// Until it is told to read to the end, and has.
    pub(crate) async fn sits(mut self) -> Record {
        sleep(self.dice.millis(0..2_000)).await;
        let mut cause = None;
        let mut dead_doors = 0;
        loop {
            let end = self.connects(cause).await;
            let pause = match end {
                Ok(End::Left) => return self.ear.record,
                Ok(End::Came(why)) => {
                    cause = Some(why);
                    dead_doors = 0;
                    // A reload comes back at once; whoever was left without a stream waits as it was told.
                    let longest = self.ear.retry;
                    if why == Cause::Own {
                        longest / self.dice.pick(&[1, 2, 4, 8, 100]).copied().unwrap_or(1)
                    } else {
                        longest
                    }
                }
                Ok(End::NotYet(pause)) => pause,
                Err(Lost::NobodyHome) => {
                    self.ear.record.dead_doors += 1;
                    dead_doors += 1;
                    if dead_doors % self.world.doors.len() == 0 {
                        ALL_DEAD_PAUSE
                    } else {
                        Duration::ZERO
                    }
                }
                Err(_) => ALL_DEAD_PAUSE,
            };
            if self.leave_by.is_some_and(|by| Instant::now() > by) {
                return self.ear.record;
            }
            self.door = self.world.next_door(self.door);
            sleep(pause).await;
        }
    }

    async fn connects(&mut self, cause: Option<Cause>) -> Result<End, Lost> {
        self.ear.begins_connection();
        let buffer = (self.plan.habit == Habit::Stuffed).then_some(STUFFED_BUFFER_BYTES);
        if let Some(end) = self.needs_ticket().await? {
            return Ok(end);
        }
        let mut link = Link::open(self.world.doors[self.door], buffer).await?;
        let response = link.begin(&self.request(), OPEN_LIMIT).await?;
        let now = self.world.clock.now();
        let status = response.status().as_u16();
        if status != 200 {
            return Ok(self.refused(status, now));
        }
        if let (Some(ticket), Some(cookie)) = (&mut self.ticket, response.headers().get(header::SET_COOKIE)) {
            let cookie = cookie.to_str().unwrap_or_default();
            ticket.1 = cookie.split(';').next().map(str::to_owned);
        }
        let end = self.listens(response.into_body(), cause).await;
        Ok(end)
    }

    /// Not let in. A ticket that nobody knows (any more) is replaced; the rest is a matter of patience or a failure.
    fn refused(&mut self, status: u16, now: u32) -> End {
        let had_cookie = self.ticket.as_ref().is_some_and(|(_, cookie)| cookie.is_some());
        match status {
            503 | 429 => {
                self.ear.record.put_off += 1;
                End::NotYet(self.dice.millis(300..1_000))
            }
            401 if self.ticket.is_some() && !had_cookie => {
                self.ticket = None;
                self.ear.record.tickets_replaced.push(now);
                self.bound_to = Some(self.world.next_door(self.door));
                End::NotYet(Duration::from_millis(200))
            }
            _ => {
                self.ticket = None;
                let line = format!(
                    "instance {}: the stream was answered {status} (with cookie: {had_cookie})",
                    self.door
                );
                self.ear.fails(now, line);
                End::NotYet(self.ear.retry)
            }
        }
    }

    /// Gets a ticket, if it takes one and has none. It is used at the next door, or here if that did not work.
    async fn needs_ticket(&mut self) -> Result<Option<End>, Lost> {
        let Credential::Ticket(token) = &self.plan.credential else {
            return Ok(None);
        };
        if self.ticket.is_some() {
            return Ok(None);
        }
        let ask = Ask::new(Method::POST, format!("/v1/events/{}/stream-tickets", self.event())).bearing(Some(token));
        let answer = Link::open(self.world.doors[self.door], None)
            .await?
            .ask(&ask, OPEN_LIMIT)
            .await?;
        match (answer.status, answer.json()["ticket"].as_str()) {
            (201, Some(ticket)) => {
                self.ticket = Some((ticket.to_owned(), None));
                if self.bound_to != Some(self.door) {
                    // A page is not opened where its ticket was made.
                    self.door = self.world.next_door(self.door);
                }
                Ok(None)
            }
            (503 | 429, _) => {
                self.ear.record.put_off += 1;
                Ok(Some(End::NotYet(self.dice.millis(300..1_000))))
            }
            _ => {
                let line = format!("instance {}: no ticket: {}", self.door, answer.words());
                self.ear.fails(self.world.clock.now(), line);
                Ok(Some(End::NotYet(self.ear.retry)))
            }
        }
    }

    fn event(&self) -> &str {
        &self.world.events[self.plan.event].id
    }

    fn request(&self) -> Ask {
        let path = format!("/v1/events/{}/stream", self.event());
        let mut ask = match (&self.plan.credential, &self.ticket) {
            (Credential::Guest(token) | Credential::Staff(token), _) => Ask::get(path).bearing(Some(token)),
            (Credential::Ticket(_), Some((ticket, cookie))) => {
                let ask = Ask::get(format!("{path}?ticket={ticket}"));
                match cookie {
                    Some(cookie) => ask.header("Cookie", cookie.clone()),
                    None => ask,
                }
            }
            _ => Ask::get(path),
        };
        if let Some(last_id) = &self.ear.last_id {
            ask = ask.header("Last-Event-ID", last_id.clone());
        }
        ask
    }

    async fn listens(&mut self, mut body: Incoming, cause: Option<Cause>) -> End {
        let here = Arc::clone(&self.here);
        let mut sitting = None;
        let mut frames = Frames::default();
        let mut leaves_at = self.plans_to_leave();
        let mut resting_at =
            (self.plan.habit == Habit::Stuffed).then(|| Instant::now() + self.dice.millis(5_000..15_000));
        loop {
            if self.is_done() {
                return End::Left;
            }
            self.scene.mark_unchanged();
            if self.stays_put() {
                (leaves_at, resting_at) = (None, None);
            }
            if resting_at.is_some_and(|at| Instant::now() >= at) {
                resting_at = None;
                self.stops_reading().await;
            }
            let chunk = tokio::select! {
                chunk = timeout(SILENCE_LIMIT, body.frame()) => chunk,
                () = until(leaves_at.or(resting_at)) => {
                    if leaves_at.is_some() { return End::Came(Cause::Own) }
                    continue;
                }
                _ = self.scene.changed() => continue,
            };
            let now = self.world.clock.now();
            let bytes = match chunk {
                Err(_) => return End::Came(Cause::Silence),
                Ok(None | Some(Err(_))) => return self.was_left(),
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            };
            // Now and then the connection is cut in the middle of what came.
            let cut = leaves_at.is_some() && self.dice.within(0..400) == 0;
            let taken = if cut {
                self.dice.index(bytes.len().max(1))
            } else {
                bytes.len()
            };
            frames.push(&bytes[..taken]);
            while let Some(frame) = frames.next() {
                self.ear.hears(frame, now);
                if sitting.is_none() && self.ear.ready.is_some() && self.ear.bye.is_none() {
                    sitting = Some(self.is_back(&here, cause, now));
                }
            }
            if cut {
                return End::Came(Cause::Own);
            }
        }
    }

    fn is_back<'a>(&mut self, here: &'a [AtomicI64], cause: Option<Cause>, now: u32) -> Sitting<'a> {
        if let Some(cause) = cause {
            self.ear.record.returns.push((now, cause));
        }
        here[self.plan.event].fetch_add(1, Ordering::AcqRel);
        Sitting(&here[self.plan.event])
    }

    /// The server ended the stream.
    fn was_left(&mut self) -> End {
        match self.ear.bye.as_deref() {
            None => End::Came(Cause::Broken),
            Some("shutdown") => End::Came(Cause::Shutdown),
            Some(reason) => {
                if reason == "overloaded" {
                    self.ear.record.put_off += 1;
                }
                End::Came(Cause::Bye)
            }
        }
    }

    fn plans_to_leave(&mut self) -> Option<Instant> {
        let restless = self.plan.habit == Habit::Restless && !self.stays_put();
        restless.then(|| Instant::now() + self.dice.millis(4_000..50_000))
    }

    fn stays_put(&self) -> bool {
        matches!(*self.scene.borrow(), Scene::Still | Scene::Leave(_))
    }

    /// Takes nothing for long; the kernel's buffers fill up, ours and theirs.
    async fn stops_reading(&mut self) {
        let until = Instant::now() + STUFFED_FOR;
        while Instant::now() < until && !self.stays_put() {
            tokio::select! {
                () = sleep_until(until) => {}
                _ = self.scene.changed() => {}
            }
        }
    }

    /// Told to read to the end, and has read to there or given up.
    fn is_done(&mut self) -> bool {
        let Scene::Leave(heads) = &*self.scene.borrow() else {
            return false;
        };
        let goal = heads[self.plan.event];
        let goal = if self.ear.record.staff { goal.staff } else { goal.public };
        let by = *self.leave_by.get_or_insert_with(|| Instant::now() + LEAVE_LIMIT);
        self.ear.record.reached_the_end = self.ear.place().is_some_and(|at| at.position() >= goal.position());
        self.ear.record.reached_the_end || Instant::now() > by
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
