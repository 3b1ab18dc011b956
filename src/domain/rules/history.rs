//! What was said shortly before, as far as rules need it: prints of texts and times, never texts.
//!
//! Plain data of bounded size. The caller keeps one [`AuthorPast`] per author and event and one [`CrowdPast`] per event,
//! remembers in them what was said (whatever the verdict was), and forgets them with the event.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::domain::Stamp;

/// Sayings of one author that are remembered. Flood and duplicate rules can count no further.
pub const AUTHOR_PAST_MAX: usize = 32;
/// Texts of a crowd that are remembered.
pub const CROWD_PAST_MAX: usize = 256;
/// Authors counted per text. Crowd rules can count no further.
pub const CROWD_AUTHORS_MAX: usize = 64;
/// Nothing older than this matters to any rule, so nothing older is kept.
pub const PAST_MAX_SECONDS: u32 = 600;

/// What a text is known by: the same for texts that differ in case, blanks, punctuation and look-alike letters only.
/// The same on every instance and in every version, so it may be stored for as long as the past reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextPrint {
    pub hash: u64,
    /// Letters and digits in it.
    pub letters: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    print: TextPrint,
    at: Stamp,
}

/// What one author said in one event, newest last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorPast {
    said: VecDeque<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Chorus {
    print: TextPrint,
    /// Whoever said it and when last, by the caller's key.
    by: Vec<(u64, Stamp)>,
}

/// What many said in one event, the text that was said last at the end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrowdPast {
    texts: VecDeque<Chorus>,
}

/// What [`judge`](super::judge) looks back on.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    pub author: &'a AuthorPast,
    pub crowd: &'a CrowdPast,
    /// The author's key in `crowd`: any number that tells authors apart.
    pub author_key: u64,
}

impl AuthorPast {
    /// Adds one saying and lets go of what no rule asks about any more.
    pub fn remember(&mut self, print: TextPrint, now: Stamp) {
        let oldest = now.plus_ms(-i64::from(PAST_MAX_SECONDS) * 1_000);
        self.said.retain(|said| said.at > oldest);
        while self.said.len() >= AUTHOR_PAST_MAX {
            self.said.pop_front();
        }
        self.said.push_back(Said { print, at: now });
    }

    /// Sayings within the last so many seconds.
    pub(super) fn count(&self, now: Stamp, seconds: u32) -> usize {
        let since = now.plus_ms(-i64::from(seconds) * 1_000);
        self.said.iter().filter(|said| said.at > since).count()
    }

    /// Those of them that were this very text.
    pub(super) fn count_of(&self, print: TextPrint, now: Stamp, seconds: u32) -> usize {
        let since = now.plus_ms(-i64::from(seconds) * 1_000);
        let same = |said: &&Said| said.at > since && said.print == print;
        self.said.iter().filter(same).count()
    }

    /// Nothing is remembered, so nothing is lost by forgetting it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }
}

impl CrowdPast {
    /// Adds that this author said it. Texts and authors that were silent longest make room.
    pub fn remember(&mut self, print: TextPrint, author_key: u64, now: Stamp) {
        let known = self.texts.iter().position(|text| text.print == print);
        let mut text = known
            .and_then(|index| self.texts.remove(index))
            .unwrap_or(Chorus { print, by: Vec::new() });
        let oldest = now.plus_ms(-i64::from(PAST_MAX_SECONDS) * 1_000);
        text.by.retain(|(key, at)| *key != author_key && *at > oldest);
        if text.by.len() >= CROWD_AUTHORS_MAX {
            text.by.remove(0);
        }
        text.by.push((author_key, now));
        while self.texts.len() >= CROWD_PAST_MAX {
            self.texts.pop_front();
        }
        self.texts.push_back(text);
    }

    /// Other authors that said this within the last so many seconds.
    pub(super) fn others(&self, print: TextPrint, author_key: u64, now: Stamp, seconds: u32) -> usize {
        let since = now.plus_ms(-i64::from(seconds) * 1_000);
        let recent = |(key, at): &&(u64, Stamp)| *key != author_key && *at > since;
        let text = self.texts.iter().rev().find(|text| text.print == print);
        text.map_or(0, |text| text.by.iter().filter(recent).count())
    }
}

impl History<'_> {
    /// For texts whose past does not matter or is not known: names, single tries.
    #[must_use]
    pub fn none() -> History<'static> {
        static AUTHOR: AuthorPast = AuthorPast { said: VecDeque::new() };
        static CROWD: CrowdPast = CrowdPast { texts: VecDeque::new() };
        History {
            author: &AUTHOR,
            crowd: &CROWD,
            author_key: 0,
        }
    }
}
