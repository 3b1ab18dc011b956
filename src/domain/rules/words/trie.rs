//! Listed words as a tree of letters.

use std::collections::BTreeMap;

use super::{
    LETTERS_MAX, SHORT,
    letters::{Gap, Kind, Letters},
};
use crate::domain::Fault;

/// One listed word or phrase.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) list: usize,
    /// Its letters, runs of the same one only once.
    pub(super) letters: Vec<char>,
    /// How often each of them stands there.
    pub(super) runs: Vec<u16>,
    /// Each with its accents.
    pub(super) exact: Vec<char>,
    /// Before which of them the next word of a phrase begins.
    pub(super) breaks: u64,
    /// Which of them are in a word of at most [`SHORT`] letters.
    pub(super) short: u64,
    /// Letters in all.
    pub(super) length: usize,
    pub(super) open_start: bool,
    pub(super) open_end: bool,
}

impl Word {
    pub(super) fn read(text: &str, list: usize) -> Result<Self, Fault> {
        let wrong = |detail: &str| Err(Fault::new(String::new(), "malformed", detail));
        let text = text.trim();
        let open_start = text.starts_with('*');
        let open_end = text.len() > 1 && text.ends_with('*');
        let inner = text.trim_matches('*');
        if text.chars().count() > LETTERS_MAX * 2 {
            return wrong("A word or phrase has at most 64 letters.");
        }
        let mut word = Self {
            list,
            letters: Vec::new(),
            runs: Vec::new(),
            exact: Vec::new(),
            breaks: 0,
            short: 0,
            length: 0,
            open_start,
            open_end,
        };
        let mut parted = false;
        for letter in Letters::read(inner).all {
            if letter.kind == Kind::Sign {
                if !matches!(letter.base, '-' | '_') {
                    return wrong(
                        "Expected letters, digits, blanks, and `*` at the ends only; signs for letters are understood.",
                    );
                }
                parted = true;
                continue;
            }
            parted |= letter.gap != Gap::None;
            if word.letters.last() == Some(&letter.base) {
                if let Some(run) = word.runs.last_mut() {
                    *run = run.saturating_add(letter.run);
                }
            } else {
                word.letters.push(letter.base);
                word.runs.push(letter.run);
                word.exact.push(letter.exact);
            }
            word.length += usize::from(letter.run);
            if parted && word.length > usize::from(letter.run) && word.letters.len() <= LETTERS_MAX {
                word.breaks |= 1 << (word.letters.len() - 1);
            }
            parted = false;
        }
        word.mark_short();
        let lone = word.letters.first().is_some_and(|&letter| !letter.is_ascii());
        if word.length > LETTERS_MAX {
            return wrong("A word or phrase has at most 64 letters.");
        }
        if word.length < 2 && !lone || word.length == 0 {
            return wrong("A word has at least two letters.");
        }
        Ok(word)
    }

    fn mark_short(&mut self) {
        let count = self.letters.len().min(LETTERS_MAX);
        let mut begin = 0;
        while begin < count {
            let end = (begin + 1..count)
                .find(|&letter| self.breaks_before(letter))
                .unwrap_or(count);
            let letters: usize = self
                .runs
                .iter()
                .skip(begin)
                .take(end - begin)
                .map(|&run| usize::from(run))
                .sum();
            if letters <= SHORT {
                (begin..end).for_each(|letter| self.short |= 1 << letter);
            }
            begin = end;
        }
    }

    pub(super) fn is_short_at(&self, letter: usize) -> bool {
        self.short >> letter.min(63) & 1 == 1
    }

    pub(super) fn breaks_before(&self, letter: usize) -> bool {
        self.breaks >> letter.min(63) & 1 == 1
    }
}

#[derive(Debug, Default)]
struct Growing {
    next: BTreeMap<char, usize>,
    words: Vec<usize>,
    breaks: bool,
}

/// One place in the tree.
#[derive(Debug, Default)]
struct Node {
    edges: (u32, u32),
    words: (u32, u32),
    /// A phrase has its next word from here on.
    breaks: bool,
}

/// All words of some lists. Grown word by word, then sealed into three flat tables.
#[derive(Debug, Default)]
pub(super) struct Trie {
    growing: Vec<Growing>,
    words: Vec<Word>,
    nodes: Vec<Node>,
    edges: Vec<(char, u32)>,
    ends: Vec<u32>,
}

pub(super) const ROOT: usize = 0;

impl Trie {
    pub(super) fn add(&mut self, word: Word) {
        if self.growing.is_empty() {
            self.growing.push(Growing::default());
        }
        let mut node = ROOT;
        for (index, &letter) in word.letters.iter().enumerate() {
            let fresh = self.growing.len();
            let parted = word.breaks_before(index);
            let here = &mut self.growing[node];
            here.breaks |= parted;
            node = *here.next.entry(letter).or_insert(fresh);
            if node == fresh {
                self.growing.push(Growing::default());
            }
            self.growing[node].breaks |= parted;
        }
        let number = self.words.len();
        self.growing[node].words.push(number);
        self.words.push(word);
    }

    pub(super) fn seal(&mut self) {
        let place = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        for growing in std::mem::take(&mut self.growing) {
            let (edges, ends) = (place(self.edges.len()), place(self.ends.len()));
            self.edges
                .extend(growing.next.iter().map(|(&letter, &node)| (letter, place(node))));
            self.ends.extend(growing.words.iter().map(|&word| place(word)));
            self.nodes.push(Node {
                edges: (edges, place(self.edges.len())),
                words: (ends, place(self.ends.len())),
                breaks: growing.breaks,
            });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub(super) fn children(&self, node: usize) -> &[(char, u32)] {
        let range = self
            .nodes
            .get(node)
            .map_or(0..0, |node| node.edges.0 as usize..node.edges.1 as usize);
        self.edges.get(range).unwrap_or_default()
    }

    pub(super) fn child(&self, node: usize, letter: char) -> Option<usize> {
        let children = self.children(node);
        let found = children.binary_search_by_key(&letter, |(edge, _)| *edge).ok()?;
        children.get(found).map(|(_, node)| *node as usize)
    }

    pub(super) fn ending(&self, node: usize) -> impl Iterator<Item = &Word> {
        let range = self
            .nodes
            .get(node)
            .map_or(0..0, |node| node.words.0 as usize..node.words.1 as usize);
        let ends = self.ends.get(range).unwrap_or_default();
        ends.iter().filter_map(|&word| self.words.get(word as usize))
    }

    pub(super) fn breaks(&self, node: usize) -> bool {
        self.nodes.get(node).is_some_and(|node| node.breaks)
    }
}
