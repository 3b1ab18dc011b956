//! Somebody who sends, and how a good client behaves when there is no answer: the same again, with the same name for
//! it, at another door, until there is one.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    clock::Ms,
    dice::Dice,
    http::{Answer, Ask, Link, Lost},
    ledger::Fate,
    world::World,
};

/// Of one try.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Of all tries together, in milliseconds. Far longer than any fault keeps all instances from writing.
const PATIENCE_MS: Ms = 60_000;

/// Waits longer than this are told try by try, so that their cause can be found.
const LONG_WAIT_MS: Ms = 5_000;
const LONG_WAITS_MAX: usize = 200;

/// One try, for people who look for a cause.
struct Try {
    door: usize,
    from: Ms,
    to: Ms,
    what: String,
}

impl Try {
    fn of(door: usize, from: Ms, to: Ms, tried: &Result<Answer, Lost>) -> Self {
        let what = match tried {
            Ok(answer) => answer.status.to_string(),
            Err(lost) => format!("{lost:?}"),
        };
        Self { door, from, to, what }
    }
}

impl fmt::Display for Try {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "instance {} from {} to {} ms: {}",
            self.door, self.from, self.to, self.what
        )
    }
}

pub(crate) struct Person {
    pub(crate) world: Arc<World>,
    pub(crate) dice: Dice,
    token: String,
    /// The door it uses.
    pub(crate) door: usize,
    /// Goes to another door when this one does not answer.
    roams: bool,
    link: Option<Link>,
}

/// What came of an act.
#[derive(Debug)]
pub(crate) struct Told {
    /// `None`: patience ended.
    pub(crate) answer: Option<Answer>,
    /// A try before the answered one may have had its effect, too, or may have it yet.
    pub(crate) doubtful: bool,
    pub(crate) door: usize,
}

impl Told {
    pub(crate) fn success(&self) -> Option<&Answer> {
        self.answer.as_ref().filter(|answer| answer.is_success())
    }

    pub(crate) fn fate(&self) -> Fate {
        match &self.answer {
            Some(answer) if answer.is_success() => Fate::Done,
            Some(_) if !self.doubtful => Fate::NotTried,
            _ => Fate::InDoubt,
        }
    }
}

impl Person {
    pub(crate) fn new(world: &Arc<World>, token: &str, dice: Dice, door: usize, roams: bool) -> Self {
        Self {
            world: Arc::clone(world),
            dice,
            token: token.to_owned(),
            door,
            roams,
            link: None,
        }
    }

    pub(crate) fn moves_on(&mut self) {
        self.door = self.world.next_door(self.door);
        self.link = None;
    }

    /// Sends until there is an answer that says what came of it.
    pub(crate) async fn tells(&mut self, ask: Ask) -> Told {
        let ask = ask.bearing(Some(&self.token));
        let began = self.world.clock.now();
        let mut doubtful = false;
        let mut tries = Vec::new();
        loop {
            let from = self.world.clock.now();
            let outcome = self.tries(&ask).await;
            tries.push(Try::of(self.door, from, self.world.clock.now(), &outcome));
            match outcome {
                Ok(answer) if answer.status == 503 || answer.status == 429 => doubtful |= answer.status == 503,
                Ok(answer) if answer.status >= 500 => {
                    doubtful = true;
                    self.is_wrong(&ask, &answer.words());
                }
                Ok(answer) => {
                    if answer.status >= 400 && !doubtful {
                        self.is_wrong(&ask, &answer.words());
                    }
                    self.has_waited(&ask, began, &tries);
                    return Told {
                        answer: Some(answer),
                        doubtful,
                        door: self.door,
                    };
                }
                Err(Lost::NobodyHome) => self.link = None,
                Err(Lost::Silence | Lost::Broken(_)) => {
                    doubtful = true;
                    self.link = None;
                }
            }
            if self.gives_up(&ask, began, &tries) {
                return Told {
                    answer: None,
                    doubtful,
                    door: self.door,
                };
            }
            if self.roams {
                self.moves_on();
            }
            sleep(self.dice.millis(50..300)).await;
        }
    }

    /// Notes that it has to be tried again, or that patience has ended.
    fn gives_up(&self, ask: &Ask, began: Ms, tries: &[Try]) -> bool {
        self.world.ledger().repeats += 1;
        let over = self.world.clock.now() - began > PATIENCE_MS;
        if over {
            self.world.ledger().unanswered += 1;
            self.has_waited(ask, began, tries);
        }
        over
    }

    /// Of those who go from door to door; how long a probe waits at its door says nothing about them.
    fn has_waited(&self, ask: &Ask, began: Ms, tries: &[Try]) {
        if !self.roams {
            return;
        }
        let waited = self.world.clock.now() - began;
        let mut ledger = self.world.ledger();
        ledger.waits.push((began, waited));
        if waited > LONG_WAIT_MS && ledger.long_waits.len() < LONG_WAITS_MAX {
            let tries: Vec<String> = tries.iter().map(ToString::to_string).collect();
            let line = format!("{} {}: {}", ask.method, ask.path, tries.join("; "));
            ledger.long_waits.push((began, line));
        }
    }

    async fn tries(&mut self, ask: &Ask) -> Result<Answer, Lost> {
        let link = match &mut self.link {
            Some(link) => link,
            None => self.link.insert(Link::open(self.world.doors[self.door], None).await?),
        };
        link.ask(ask, ANSWER_LIMIT).await
    }

    fn is_wrong(&self, ask: &Ask, words: &str) {
        let line = format!("instance {}: {} {}: {words}", self.door, ask.method, ask.path);
        let now = self.world.clock.now();
        self.world.ledger().wrong.push((now, line));
    }
}
