//! The crowd: who says what when. It hears what happens in the match and plans acts at human pace.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use tokio::time::Instant;

use super::{
    fans::{FANS, Fans},
    lines,
};
use crate::{
    domain::contest::{UpdateIn, UpdateType},
    play::{Client, ClientError, Dice},
};

/// Acts planned ahead. A goal plans about twenty; what does not fit is not done.
const PLANNED_MAX: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Act {
    Say {
        fan: usize,
        text: String,
    },
    Reply {
        fan: usize,
        text: String,
        ago: usize,
    },
    React {
        fan: usize,
        emoji: &'static str,
        ago: usize,
    },
    Applaud {
        fan: usize,
        kind: &'static str,
        count: u64,
    },
}

/// The fans, their plans, and a die.
pub(super) struct Crowd {
    fans: Fans,
    planned: BinaryHeap<Reverse<(Instant, Act)>>,
    dice: Dice,
    running: bool,
    /// The last lines said, so that nobody repeats them at once.
    said: Vec<&'static str>,
}

impl Crowd {
    pub(super) fn new() -> Self {
        Self {
            fans: Fans::new(),
            planned: BinaryHeap::new(),
            dice: Dice::fresh(),
            running: false,
            said: Vec::new(),
        }
    }

    /// Everybody comes into another room, and some greet.
    pub(super) fn enter(&mut self) {
        self.fans.move_on();
        self.planned.clear();
        self.running = false;
        for _ in 0..3 {
            let fan = self.any_fan();
            self.plan_line(fan, lines::BEFORE, "", 500..6_000);
        }
    }

    /// When somebody will do something next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.planned.peek().map(|Reverse((at, _))| *at)
    }

    /// Does what is due, if anything is.
    pub(super) async fn act(&mut self, client: &Client, event: &str) -> Result<(), ClientError> {
        if self.next_due().is_none_or(|at| at > Instant::now()) {
            return Ok(());
        }
        let Some(Reverse((_, act))) = self.planned.pop() else {
            return Ok(());
        };
        match act {
            Act::Say { fan, text } => {
                self.fans.say(client, event, fan, &text, None).await?;
                self.echo();
                if self.running && self.planned.len() < 4 {
                    self.chatter();
                }
                Ok(())
            }
            Act::Reply { fan, text, ago } => {
                let parent = self.fans.message(ago).cloned();
                // Nobody answers themselves: then somebody else does.
                let own = parent.as_ref().is_some_and(|(author, _)| *author == fan);
                let fan = if own { (fan + 1) % FANS.len() } else { fan };
                self.fans.say(client, event, fan, &text, parent.map(|(_, id)| id)).await
            }
            Act::React { fan, emoji, ago } => match self.fans.message(ago).cloned() {
                Some((_, message)) => self.fans.react(client, event, fan, &message, emoji).await,
                None => Ok(()),
            },
            Act::Applaud { fan, kind, count } => self.fans.applaud(client, event, fan, kind, count).await,
        }
    }

    /// Hears of an update that was just told.
    pub(super) fn hear(&mut self, update: &UpdateIn, scored: Option<usize>, winner: Option<usize>) {
        let player = update
            .player
            .as_deref()
            .or(update.player_in.as_deref())
            .unwrap_or_default();
        let period = update.period.as_ref().map_or(0, |period| period.number);
        match update.kind {
            UpdateType::PeriodStart if period == 5 => self.several(3, lines::SHOOT_OUT, player, 500..12_000),
            UpdateType::PeriodStart => {
                self.running = true;
                self.several(2, lines::KICK_OFF, player, 300..4_000);
                self.chatter();
            }
            UpdateType::PeriodEnd => {
                self.running = false;
                if period < 5 {
                    self.several(2, lines::BREAK, player, 800..8_000);
                }
            }
            UpdateType::Goal => self.goal(player, scored, update.penalty == Some(true)),
            UpdateType::Card => self.several(1, lines::CARD, player, 900..4_000),
            UpdateType::Substitution if self.dice.one_in(2) => self.several(1, lines::CHANGE, player, 900..5_000),
            UpdateType::Result => self.full_time(winner),
            UpdateType::Clock if self.running && self.planned.is_empty() => self.chatter(),
            _ => {}
        }
    }

    fn goal(&mut self, player: &str, scored: Option<usize>, penalty: bool) {
        for (fan, (_, heart)) in FANS.iter().enumerate() {
            let glad = heart.is_some() && *heart == scored;
            let from = match heart {
                None => lines::NEUTRAL_GOAL,
                Some(_) if glad => lines::OURS,
                Some(_) => lines::THEIRS,
            };
            if glad || self.dice.one_in(2) {
                self.plan_line(fan, from, player, 600..7_000);
            }
            if glad || heart.is_none() {
                let (kind, count) = (if glad { "celebrate" } else { "wow" }, self.dice.throw(3..11));
                self.plan(Act::Applaud { fan, kind, count }, 300..5_000);
            }
        }
        if penalty {
            self.several(1, lines::PENALTY, player, 2_000..8_000);
        }
        for _ in 0..8 {
            self.react(2_500..12_000);
        }
    }

    fn full_time(&mut self, winner: Option<usize>) {
        self.running = false;
        self.planned.clear();
        for (fan, (_, heart)) in FANS.iter().enumerate() {
            let from = if heart.is_some() && *heart == winner {
                lines::END_OURS
            } else {
                lines::END
            };
            self.plan_line(fan, from, "", 500..14_000);
            let count = self.dice.throw(5..11);
            self.plan(
                Act::Applaud {
                    fan,
                    kind: "celebrate",
                    count,
                },
                300..10_000,
            );
            self.react(3_000..16_000);
        }
    }

    /// Small talk while the ball rolls.
    fn chatter(&mut self) {
        let fan = self.any_fan();
        self.plan_line(fan, lines::QUIET, "", 4_000..11_000);
        if self.dice.one_in(3) {
            let (fan, count) = (self.any_fan(), self.dice.throw(1..4));
            self.plan(
                Act::Applaud {
                    fan,
                    kind: "like",
                    count,
                },
                1_000..8_000,
            );
        }
    }

    /// What follows a message: sometimes a reaction, sometimes an answer.
    fn echo(&mut self) {
        if self.dice.one_in(2) {
            self.react(900..4_000);
        }
        if self.dice.one_in(4) {
            let fan = self.any_fan();
            if let Some(text) = self.dice.pick(lines::REPLIES) {
                let text = (*text).to_owned();
                self.plan(Act::Reply { fan, text, ago: 0 }, 1_800..5_000);
            }
        }
    }

    fn react(&mut self, within_ms: std::ops::Range<u64>) {
        let fan = self.any_fan();
        let ago = usize::try_from(self.dice.throw(0..4)).unwrap_or(0);
        if let Some(&emoji) = self.dice.pick(lines::EMOJI) {
            self.plan(Act::React { fan, emoji, ago }, within_ms);
        }
    }

    fn several(&mut self, count: u32, from: &[&'static str], player: &str, within_ms: std::ops::Range<u64>) {
        for _ in 0..count {
            let fan = self.any_fan();
            self.plan_line(fan, from, player, within_ms.clone());
        }
    }

    fn plan_line(&mut self, fan: usize, from: &[&'static str], player: &str, within_ms: std::ops::Range<u64>) {
        let fresh: Vec<&'static str> = from.iter().copied().filter(|line| !self.said.contains(line)).collect();
        let Some(&line) = self.dice.pick(if fresh.is_empty() { from } else { &fresh }) else {
            return;
        };
        if self.said.len() >= 12 {
            self.said.remove(0);
        }
        self.said.push(line);
        // Fans call people by their last name.
        let name = player.rsplit(' ').next().unwrap_or_default();
        let text = line.replace("{player}", name);
        self.plan(Act::Say { fan, text }, within_ms);
    }

    fn plan(&mut self, act: Act, within_ms: std::ops::Range<u64>) {
        if self.planned.len() < PLANNED_MAX {
            let wait = Duration::from_millis(self.dice.throw(within_ms));
            self.planned.push(Reverse((Instant::now() + wait, act)));
        }
    }

    fn any_fan(&mut self) -> usize {
        usize::try_from(self.dice.throw(0..FANS.len() as u64)).unwrap_or(0)
    }
}
