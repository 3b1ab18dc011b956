//! Walking the tree of listed words along a text.
//!
//! A walk begins wherever a word may begin. At each letter it follows whatever that letter may be read as. How far and
//! wide it may go from one beginning is bounded, so the time is linear in the text, whatever the text.

use std::ops::Range;

use super::{
    Words,
    fit::{Path, begins, fits},
    letters::{Gap, Kind, Letter},
    look,
    trie::{ROOT, Trie},
};

/// Steps from one beginning. Ordinary text takes two or three, a long word with every letter disguised some dozens.
const STEPS_MAX: usize = 128;
/// Digits and signs in a row that a walk may begin with. Longer words without a letter are not read as words.
const UNSURE_MAX: usize = 3;
/// Letters of the text that one walk may take: the longest listed word with some of its letters spelled out twice.
const PATH_MAX: usize = 96;

/// A listed word stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain::rules) struct Hit {
    pub(in crate::domain::rules) list: usize,
    /// Bytes of the text.
    pub(in crate::domain::rules) place: Range<usize>,
}

/// As what a letter of the text was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// As itself, or as what its look-alike is.
    Sure,
    /// As a letter that is near: `v` for `u`, `I` for `l`.
    Near,
    Digit,
    Sign,
    /// As any letter: `*`.
    Any,
}

/// One letter of the text on a walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// Which one.
    pub(super) at: usize,
    /// For which letter of the word.
    pub(super) letter: usize,
    pub(super) how: How,
    /// What lies between it and the step before.
    pub(super) gap: Gap,
    /// For how many letters it stands.
    pub(super) count: u16,
}

struct Walk<'a> {
    trie: &'a Trie,
    letters: &'a [Letter],
    /// Take everything only as what it is.
    strict: bool,
    path: Vec<Step>,
    left: usize,
    taken: usize,
    hits: &'a mut Vec<Hit>,
}

/// Adds all places of the words to `hits` and says how many steps it took.
pub(super) fn seek(words: &Words, letters: &[Letter], strict: bool, hits: &mut Vec<Hit>) -> usize {
    let mut taken = 0;
    for (trie, anywhere) in [(&words.outer, false), (&words.inner, true)] {
        if trie.is_empty() {
            continue;
        }
        let mut walk = Walk {
            trie,
            letters,
            strict,
            path: Vec::with_capacity(PATH_MAX),
            left: 0,
            taken: 0,
            hits,
        };
        for at in 0..letters.len() {
            if anywhere || begins(letters, at) {
                walk.left = STEPS_MAX;
                walk.step(ROOT, at, '\0', Gap::None);
            }
        }
        taken += walk.taken;
    }
    taken
}

impl Walk<'_> {
    /// Goes on at the letter `at`, having come to `node` by the letter `last`, with `gap` left behind since.
    fn step(&mut self, node: usize, at: usize, last: char, gap: Gap) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        self.taken += 1;
        if gap == Gap::None && !self.path.is_empty() {
            self.arrive(node);
        }
        let Some(&letter) = self.letters.get(at) else { return };
        let began = !self.path.is_empty();
        let gap = if began { gap.max(letter.gap) } else { Gap::None };
        if gap == Gap::Wall || self.path.len() >= PATH_MAX || !self.may_part(node, gap) {
            return;
        }
        self.take(
            node,
            at,
            last,
            gap,
            letter.base,
            if letter.kind == Kind::Sign {
                How::Sign
            } else {
                How::Sure
            },
        );
        if self.strict {
            return;
        }
        match letter.kind {
            Kind::Letter if letter.look != '\0' => {
                let near = letter.base.is_ascii() && letter.look.is_ascii();
                self.take(
                    node,
                    at,
                    last,
                    gap,
                    letter.look,
                    if near { How::Near } else { How::Sure },
                );
            }
            Kind::Letter => {}
            Kind::Digit => {
                for &read in look::stands_for(letter.base) {
                    self.take(node, at, last, gap, read, How::Digit);
                }
            }
            Kind::Sign => {
                for &read in look::stands_for(letter.base) {
                    self.take(node, at, last, gap, read, How::Sign);
                }
                if began {
                    self.sign(node, at, last, gap, &letter);
                }
            }
        }
    }

    /// Whether a word can go on across this gap: blanks part words, except between letters that are spelled out.
    fn may_part(&self, node: usize, gap: Gap) -> bool {
        if gap < Gap::Blank || self.trie.breaks(node) {
            return true;
        }
        let place = |step: &Step| self.letters.get(step.at).map_or(0, |letter| letter.start);
        let last = self.path.last().map_or(0, place);
        let begun = self.path.iter().rposition(|step| step.gap != Gap::None).unwrap_or(0);
        let piece = self.path.get(begun..).unwrap_or_default();
        // Two characters at most; several letters may be one, as in Korean.
        let first = piece.first().map_or(0, place);
        piece.iter().all(|step| place(step) == first || place(step) == last)
    }

    /// Reads the letter as `read`: one more of the last letter, or the next one.
    fn take(&mut self, node: usize, at: usize, last: char, gap: Gap, read: char, how: How) {
        if how != How::Sure && self.path.len() >= UNSURE_MAX && self.path.iter().all(|step| step.how != How::Sure) {
            return;
        }
        let index = self.path.last().map_or(0, |step| step.letter);
        let count = self.letters.get(at).map_or(1, |letter| letter.run);
        if read == last {
            self.go(
                node,
                at,
                read,
                Step {
                    at,
                    letter: index,
                    how,
                    gap,
                    count,
                },
            );
        }
        if let Some(child) = self.trie.child(node, read) {
            let letter = if self.path.is_empty() { 0 } else { index + 1 };
            self.go(
                child,
                at,
                read,
                Step {
                    at,
                    letter,
                    how,
                    gap,
                    count,
                },
            );
        }
    }

    fn go(&mut self, node: usize, at: usize, read: char, step: Step) {
        self.path.push(step);
        self.step(node, at + 1, read, Gap::None);
        self.path.pop();
    }

    /// A sign within a word: nothing but a gap, or in place of one or two letters.
    fn sign(&mut self, node: usize, at: usize, last: char, gap: Gap, sign: &Letter) {
        let before = self.letters.get(at.wrapping_sub(1));
        let second = before.is_some_and(|before| before.kind == Kind::Sign)
            && self.path.last().is_none_or(|step| step.at + 1 != at);
        let alone = if sign.base == '*' { sign.run == 1 } else { sign.run <= 3 };
        if alone && !second {
            // The call that goes on must not take this for an arrival: a gap marks it.
            self.step(node, at + 1, last, gap.max(Gap::Joint));
        }
        let joined = gap == Gap::None
            && self
                .letters
                .get(at + 1)
                .is_some_and(|next| next.gap == Gap::None && next.kind == Kind::Letter && next.script.mixes());
        let most = if matches!(sign.base, '-' | '_') { 1 } else { 2 };
        let covered: u16 = self
            .path
            .iter()
            .filter(|step| step.how == How::Any)
            .map(|step| step.count)
            .sum();
        if look::covers_a_letter(sign.base) && joined && sign.run <= most && covered + sign.run <= 2 {
            self.cover(node, at, sign.run, sign.run);
        }
    }

    /// Reads a covering sign as any letters, `levels` more at most.
    fn cover(&mut self, node: usize, at: usize, count: u16, levels: u16) {
        let index = self.path.last().map_or(0, |step| step.letter);
        for child in 0..self.trie.children(node).len() {
            let Some(&(read, next)) = self.trie.children(node).get(child) else {
                break;
            };
            let step = Step {
                at,
                letter: index + 1,
                how: How::Any,
                gap: Gap::None,
                count,
            };
            // Only where the letter behind it goes on: the last one covered opens too many ways otherwise.
            let after = self.letters.get(at + 1).map_or('\0', |letter| letter.base);
            let goes_on = after == read || self.trie.child(next as usize, after).is_some();
            self.path.push(step);
            if goes_on {
                self.step(next as usize, at + 1, read, Gap::None);
            }
            if levels > 1 {
                if let Some(last) = self.path.last_mut() {
                    last.count = 0;
                }
                self.cover(next as usize, at, count, levels - 1);
            }
            self.path.pop();
            if self.left == 0 {
                break;
            }
        }
    }

    fn arrive(&mut self, node: usize) {
        for word in self.trie.ending(node) {
            let path = Path {
                letters: self.letters,
                steps: &self.path,
                strict: self.strict,
            };
            if let Some(place) = fits(word, &path) {
                self.hits.push(Hit { list: word.list, place });
            }
        }
    }
}
