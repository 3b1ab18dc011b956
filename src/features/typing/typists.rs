//! Those who type in one room, and what to tell of them. Pure but for the instants it is given.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use super::Word;
use crate::domain::{
    MessageId, UserId,
    entry::{ThreadTyping, TypingChanged},
    user::User,
};

/// Who does not say again that they type is off the list after this. Clients say so every three seconds or so.
pub(super) const LIFE: Duration = Duration::from_secs(6);
/// A room is told at most once in this time.
pub(super) const QUIET: Duration = Duration::from_secs(1);
/// Typists known at once. Whoever comes later is not counted: nobody reads such a number anyway.
const MOST: usize = 200;
/// Cards shown by name, of the room and of each thread: one more than are shown, because who reads leaves themselves out.
const CARDS: usize = 4;
/// Threads told of at once: those where somebody began first.
const THREADS: usize = 10;
/// Words that wait for the next tick to be told to the other instances; one per user.
const OWED_MOST: usize = 2 * MOST;

#[derive(Default)]
pub(super) struct Typists {
    people: HashMap<UserId, Typist>,
    /// Numbers typists in the order in which they began.
    begun: u64,
    told: TypingChanged,
    told_at: Option<Instant>,
    dirty: bool,
    owed: BTreeMap<UserId, Word>,
}

struct Typist {
    card: User,
    thread: Option<MessageId>,
    begun: u64,
    until: Instant,
}

impl Typists {
    pub(super) fn hear(&mut self, word: Word, now: Instant) {
        match word {
            Word::Types(card, thread) => self.types(card, thread, now),
            Word::Stops(user) => self.dirty |= self.people.remove(&user).is_some(),
        }
    }

    fn types(&mut self, card: User, thread: Option<MessageId>, now: Instant) {
        let until = now + LIFE;
        if let Some(known) = self.people.get_mut(&card.id) {
            self.dirty |= known.thread != thread || known.card != card;
            (known.card, known.thread, known.until) = (card, thread, until);
        } else if self.people.len() < MOST {
            self.begun += 1;
            let begun = self.begun;
            let typist = Typist {
                card,
                thread,
                begun,
                until,
            };
            self.people.insert(typist.card.id.clone(), typist);
            self.dirty = true;
        }
    }

    /// The other instances have to hear this.
    pub(super) fn owe(&mut self, word: Word) {
        if self.owed.len() < OWED_MOST || self.owed.contains_key(word.user()) {
            self.owed.insert(word.user().clone(), word);
        }
    }

    pub(super) fn owed(&mut self) -> Vec<Word> {
        std::mem::take(&mut self.owed).into_values().collect()
    }

    /// What to tell now, if anything.
    pub(super) fn changes(&mut self, now: Instant) -> Option<TypingChanged> {
        let before = self.people.len();
        self.people.retain(|_, typist| typist.until > now);
        self.dirty |= self.people.len() != before;
        if !self.dirty || self.is_quiet(now) {
            return None;
        }
        self.dirty = false;
        let list = self.list();
        if list == self.told {
            return None;
        }
        self.told_at = Some(now);
        self.told.clone_from(&list);
        Some(list)
    }

    fn is_quiet(&self, now: Instant) -> bool {
        self.told_at.is_some_and(|told| now.duration_since(told) < QUIET)
    }

    fn list(&self) -> TypingChanged {
        let mut people: Vec<&Typist> = self.people.values().collect();
        people.sort_unstable_by_key(|typist| typist.begun);
        let (mut list, mut threads) = (TypingChanged::default(), Vec::<ThreadTyping>::new());
        for typist in people {
            let Some(parent_id) = typist.thread else {
                add(&mut list.users, &mut list.others, &typist.card);
                continue;
            };
            if let Some(thread) = threads.iter_mut().find(|thread| thread.parent_id == parent_id) {
                add(&mut thread.users, &mut thread.others, &typist.card);
            } else if threads.len() < THREADS {
                threads.push(ThreadTyping {
                    parent_id,
                    users: vec![typist.card.clone()],
                    others: 0,
                });
            }
        }
        list.threads = threads;
        list
    }

    /// Nothing is left to remember: neither people, nor a word to tell, nor when the room was last told.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.people.is_empty() && self.owed.is_empty() && !self.dirty && !self.is_quiet(now)
    }
}

fn add(users: &mut Vec<User>, others: &mut u32, card: &User) {
    if users.len() < CARDS {
        users.push(card.clone());
    } else {
        *others += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(name: &str, thread: Option<MessageId>) -> Word {
        let user = User {
            id: name.parse().unwrap(),
            name: name.into(),
            avatar_url: None,
            badges: vec![],
            guest: false,
        };
        Word::Types(user, thread)
    }

    fn names(users: &[User]) -> Vec<&str> {
        users.iter().map(|user| user.name.as_str()).collect()
    }

    #[test]
    fn a_room_is_told_once_a_second_and_only_of_changes() {
        let (mut room, begun) = (Typists::default(), Instant::now());
        let at = |ms: u64| begun + Duration::from_millis(ms);
        room.hear(types("ana", None), at(0));
        let told = room.changes(at(10)).unwrap();
        assert_eq!((names(&told.users), told.others), (vec!["ana"], 0));
        room.hear(types("ben", None), at(20));
        assert_eq!(room.changes(at(900)), None, "too soon");
        assert_eq!(names(&room.changes(at(1_010)).unwrap().users), ["ana", "ben"]);
        room.hear(types("ana", None), at(2_500));
        assert_eq!(room.changes(at(2_600)), None, "she still types");
        room.hear(types("cem", None), at(3_000));
        room.hear(Word::Stops("cem".parse().unwrap()), at(3_050));
        assert_eq!(room.changes(at(3_100)), None, "as it was told before");
        // Ben has not said it again.
        assert_eq!(names(&room.changes(at(6_100)).unwrap().users), ["ana"]);
        assert_eq!(room.changes(at(8_600)).unwrap(), TypingChanged::default());
        assert!(!room.is_over(at(9_000)) && room.is_over(at(9_600)));
    }

    #[test]
    fn threads_are_told_apart_and_a_crowd_is_counted() {
        let (mut room, now, thread) = (Typists::default(), Instant::now(), MessageId::generate());
        for number in 0..500 {
            room.hear(types(&format!("fan{number}"), None), now);
            room.owe(types(&format!("fan{number}"), None));
        }
        assert_eq!((room.people.len(), room.owed().len()), (MOST, OWED_MOST));
        room.hear(types("fan3", Some(thread)), now);
        room.hear(types("fan7", Some(MessageId::generate())), now);
        let told = room.changes(now).unwrap();
        assert_eq!(names(&told.users), ["fan0", "fan1", "fan2", "fan4"]);
        assert_eq!((told.others, told.threads.len()), (194, 2));
        assert_eq!(names(&told.threads[0].users), ["fan3"]);
        assert_eq!(told.threads[0].parent_id, thread);
    }
}
