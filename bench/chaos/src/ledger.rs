//! What was sent and what was answered: the other side of the comparison with the log.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::clock::Ms;

/// Messages that wait for a moderator, and messages others may answer; more are forgotten, not kept.
const KNOWN_MAX: usize = 400;

/// What became of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    #[default]
    NotTried,
    /// Tried, and no answer says what came of it.
    InDoubt,
    Done,
}

/// A 201 or 202.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) message: String,
    /// Its number in the public log; a held one has none yet.
    pub(crate) seq: Option<u32>,
    pub(crate) at: Ms,
}

/// One message, by its `client_id`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Post {
    pub(crate) author: String,
    pub(crate) sent: Ms,
    pub(crate) acknowledged: Option<Acknowledged>,
    /// What it says as far as we were told.
    pub(crate) text: String,
    /// Also possible: edits whose first try was left without an answer may take effect late.
    pub(crate) texts_in_doubt: Vec<String>,
    pub(crate) deleted: Fate,
    pub(crate) released: Fate,
    pub(crate) hidden: Fate,
}

/// One goal of the feed, by its `source_id`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Goal {
    pub(crate) at: Ms,
    pub(crate) recorded: Fate,
    pub(crate) retracted: Fate,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) done: u32,
    pub(crate) in_doubt: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) posts: HashMap<String, Post>,
    pub(crate) goals: BTreeMap<String, Goal>,
    /// By message and emoji: how many people reacted.
    pub(crate) reactions: BTreeMap<(String, String), Count>,
    /// Of every message that was accepted: when, and by which instance.
    pub(crate) successes: Vec<(Ms, usize)>,
    /// Of every act that got its answer: when it was first sent, and how long that took.
    pub(crate) waits: Vec<(Ms, Ms)>,
    /// The long ones among them, try by try.
    pub(crate) long_waits: Vec<(Ms, String)>,
    /// When an entry's author knew of it, by event and `seq`.
    pub(crate) known_at: HashMap<(usize, u32), Ms>,
    /// Answers no client should ever get.
    pub(crate) wrong: Vec<(Ms, String)>,
    /// Sent again because there was no answer, or one that says to try again.
    pub(crate) repeats: u64,
    pub(crate) unanswered: u64,
    /// Not sent, because the author was still waiting.
    pub(crate) skipped: u64,
    /// Messages that wait for a moderator: client id, message.
    pub(crate) held: VecDeque<(String, String)>,
    /// Messages nobody takes back: event, message.
    pub(crate) recent: VecDeque<(usize, String)>,
}

fn remember<T>(known: &mut VecDeque<T>, item: T) {
    if known.len() >= KNOWN_MAX {
        known.pop_front();
    }
    known.push_back(item);
}

impl Ledger {
    pub(crate) fn waits_for_moderator(&mut self, client_id: &str, message: &str) {
        remember(&mut self.held, (client_id.to_owned(), message.to_owned()));
    }

    pub(crate) fn next_held(&mut self) -> Option<(String, String)> {
        self.held.pop_front()
    }

    /// When each instance first accepted a message after that time.
    pub(crate) fn first_successes(&self, since: Ms, instances: usize) -> Vec<Option<Ms>> {
        let mut first = vec![None; instances];
        for (at, instance) in self.successes.iter().rev().take_while(|(at, _)| *at > since) {
            first[*instance] = Some(*at);
        }
        first
    }

    pub(crate) fn stays(&mut self, event: usize, message: &str) {
        remember(&mut self.recent, (event, message.to_owned()));
    }

    /// One of the latest messages of an event, counted from the end.
    pub(crate) fn recent(&self, back: usize) -> Option<(usize, String)> {
        let from_end = self.recent.len().checked_sub(1 + back % self.recent.len().max(1))?;
        self.recent.get(from_end).cloned()
    }
}
