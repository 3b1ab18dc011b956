//! Finding listed words in spite of how they are written.
//!
//! [`letters`] turns a text into what a reader sees; [`trie`] holds the listed words as letters; [`seek`] walks from each
//! place where a word may begin; [`fit`] decides whether a walk that arrived is a find or a coincidence. The last is
//! where innocent words are kept innocent: what is merely possible to read is not enough.

mod fit;
mod letters;
mod look;
mod mixed;
pub(super) mod script;
mod seek;
mod trie;

use std::ops::Range;

use letters::{Kind, Letters};
pub(super) use seek::Hit;
use trie::Trie;

use crate::domain::Fault;

/// The longest listed word or phrase, in letters.
const LETTERS_MAX: usize = 64;
/// How often a text is looked through for words beside found ones.
const ROUNDS_MAX: usize = 4;
/// Words up to this length are told apart by their accents: `ano` is not `año`. In longer ones accents are decoration,
/// and left out by many who type.
const SHORT: usize = 4;

/// Listed words, or words in which nothing is found, ready to look for.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Words that begin where a word begins.
    outer: Trie,
    /// Words that begin anywhere.
    inner: Trie,
}

impl Words {
    /// Adds a word of a list. The fault's pointer is the caller's to fill in.
    pub(super) fn add(&mut self, text: &str, list: usize) -> Result<(), Fault> {
        let word = trie::Word::read(text, list)?;
        if word.open_start {
            self.inner.add(word);
        } else {
            self.outer.add(word);
        }
        Ok(())
    }

    pub(super) fn seal(&mut self) {
        self.outer.seal();
        self.inner.seal();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.outer.is_empty() && self.inner.is_empty()
    }
}

/// A text read once, for all that look at its letters.
#[derive(Debug)]
pub(super) struct Reading {
    letters: Letters,
}

impl Reading {
    pub(super) fn of(text: &str) -> Self {
        Self {
            letters: Letters::read(text),
        }
    }

    /// All places where a listed word stands and no allowed one around it. The second number is how many steps it took.
    pub(super) fn find(&self, listed: &Words, allowed: &Words) -> (Vec<Hit>, usize) {
        let mut steps = 0;
        let mut hits = Vec::new();
        let forward = &self.letters.all;
        steps += seek::seek(listed, forward, false, &mut hits);
        if self.letters.turned > 1 {
            steps += seek::seek(listed, &self.letters.turned_round(), false, &mut hits);
        }
        if hits.is_empty() {
            return (hits, steps);
        }
        let mut spared = Vec::new();
        if !allowed.is_empty() {
            steps += seek::seek(allowed, forward, true, &mut spared);
        }
        let is_spared = |hit: &Hit| {
            let around = |place: &Range<usize>| place.start <= hit.place.start && hit.place.end <= place.end;
            spared.iter().any(|spared| around(&spared.place))
        };
        hits.retain(|hit| !is_spared(hit));
        steps += self.find_beside(listed, &mut hits);
        hits.retain(|hit| !is_spared(hit));
        (hits, steps)
    }

    /// Words that only end or begin because of found ones beside them, as they will once those are covered: `as$idiot`.
    fn find_beside(&self, listed: &Words, hits: &mut Vec<Hit>) -> usize {
        let (mut steps, mut known) = (0, 0);
        let mut left = self.letters.all.clone();
        for _ in 0..ROUNDS_MAX {
            let fresh = hits.get(known..).unwrap_or_default();
            if fresh.is_empty() {
                break;
            }
            let covered = |letter: &letters::Letter| {
                let place = |hit: &Hit| hit.place.start < letter.end && letter.start < hit.place.end;
                fresh.iter().any(place)
            };
            for letter in &mut left {
                if covered(letter) {
                    *letter = letter.covered();
                }
            }
            known = hits.len();
            steps += seek::seek(listed, &left, false, hits);
        }
        steps
    }

    /// A number for the text, and how many letters and digits it has: see `TextPrint`.
    pub(super) fn print(&self) -> (u64, u32) {
        // FNV-1a: short, the same everywhere, and nothing is won by finding two texts with one number.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut count = 0_u32;
        for letter in self.letters.all.iter().filter(|letter| letter.kind != Kind::Sign) {
            let shown = if letter.strict && letter.look != '\0' {
                letter.look
            } else {
                letter.base
            };
            hash = (hash ^ u64::from(u32::from(shown))).wrapping_mul(0x0100_0000_01b3);
            // Three or thirty of the same letter are the same cry.
            hash = (hash ^ u64::from(letter.run.min(3))).wrapping_mul(0x0100_0000_01b3);
            count = count.saturating_add(u32::from(letter.run.min(3)));
        }
        (hash, count)
    }
}
