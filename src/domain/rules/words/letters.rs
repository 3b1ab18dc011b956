//! A text as the letters a reader sees in it, each with its place in the text.
//!
//! Case, accents, compatibility forms and invisible characters are gone; runs of one letter are one [`Letter`]; what lies
//! between letters has become a [`Gap`]. Digits and signs stay what they are: whether `1` is an `i` is for whoever looks
//! for a word to say. Plain ASCII, which is most of what is said, takes a short way through.

use unicode_normalization::char::{compose, decompose_compatible, is_combining_mark};

use super::{
    look,
    script::{Script, is_emoji, is_ignored, is_stripped, script},
};

/// Stands for any emoji.
pub(super) const EMOJI: char = '\u{1f642}';

/// What lies between a letter and the one before it. Each parts more than the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    /// One to three signs without blanks: `b.a.d`.
    Joint,
    Blank,
    /// Blanks and signs, or several blanks.
    Wide,
    /// Too much for anybody to read across.
    Wall,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Letter,
    Digit,
    /// May stand for a letter, cover one, or mean nothing.
    Sign,
}

/// One letter, or a run of the same one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letter {
    /// In its own script, in lower case, without accents.
    pub(super) base: char,
    /// What else it may be read as; NUL when nothing.
    pub(super) look: char,
    /// With its accents; NUL when they are those of no living spelling.
    pub(super) exact: char,
    /// Bytes of the text, from the first of the run to the last with all its marks.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) run: u16,
    pub(super) gap: Gap,
    pub(super) kind: Kind,
    pub(super) script: Script,
    pub(super) upper: bool,
    /// `look` holds by itself, not only beside Latin letters.
    pub(super) strict: bool,
}

impl Letter {
    /// What is left of it when it is covered: nothing to be read, and nothing to be read across.
    pub(super) fn covered(self) -> Self {
        Self {
            base: '\0',
            look: '\0',
            run: u16::MAX,
            kind: Kind::Sign,
            ..self
        }
    }
}

/// The letters of a text, and whether there are turned ones among them.
#[derive(Debug, Default)]
pub(super) struct Letters {
    pub(super) all: Vec<Letter>,
    pub(super) turned: usize,
}

impl Letters {
    pub(super) fn read(text: &str) -> Self {
        let mut reader = Reader {
            letters: Self {
                all: Vec::with_capacity(text.len().min(4_096)),
                turned: 0,
            },
            gap: Gap::None,
            signs: 0,
        };
        let ascii = text.is_ascii();
        if ascii {
            for (at, byte) in text.bytes().enumerate() {
                reader.ascii(char::from(byte), at, at + 1);
            }
        } else {
            reader.any(text);
        }
        let mut letters = reader.letters;
        letters.capitals_read_as_l();
        if !ascii {
            super::mixed::settle(&mut letters.all);
        }
        letters
    }

    /// As somebody reads it who turned their head: backwards, and some letters are others.
    pub(super) fn turned_round(&self) -> Vec<Letter> {
        let gaps = self.all.iter().skip(1).map(|letter| letter.gap).rev();
        let mut gaps = std::iter::once(Gap::None).chain(gaps);
        let turn = |letter: &Letter| Letter {
            // Those that are turned already are what they were turned from.
            base: if letter.exact == '\0' {
                letter.base
            } else {
                look::turned_plain(letter.base)
            },
            gap: gaps.next().unwrap_or(Gap::None),
            ..*letter
        };
        self.all.iter().rev().map(turn).collect()
    }

    /// A capital I beside small letters may be meant for an l.
    fn capitals_read_as_l(&mut self) {
        for index in 0..self.all.len() {
            let Some(letter) = self.all.get(index).filter(|letter| letter.upper && letter.base == 'i') else {
                continue;
            };
            let is_small = |near: &Letter| near.kind == Kind::Letter && !near.upper;
            let after = self
                .all
                .get(index + 1)
                .is_some_and(|next| next.gap == Gap::None && is_small(next));
            let joined = letter.gap == Gap::None;
            let before = joined && index > 0 && self.all.get(index - 1).is_some_and(is_small);
            if after || before {
                self.all[index].look = 'l';
            }
        }
    }
}

struct Reader {
    letters: Letters,
    gap: Gap,
    /// Signs since the last letter.
    signs: u32,
}

impl Reader {
    fn any(&mut self, text: &str) {
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let end = at + character.len_utf8();
            if character.is_ascii() {
                self.ascii(character, at, end);
            } else if is_regional(character) && characters.peek().is_some_and(|(_, next)| is_regional(*next)) {
                // Two of them are one flag.
                let end = characters.next().map_or(end, |(at, next)| at + next.len_utf8());
                self.sign(EMOJI, at, end);
            } else {
                self.other(character, at, end);
            }
        }
    }

    fn ascii(&mut self, character: char, at: usize, end: usize) {
        match character {
            'a'..='z' => self.push(letter(character, at, end, false)),
            'A'..='Z' => self.push(letter(character.to_ascii_lowercase(), at, end, true)),
            '0'..='9' => self.push(Letter {
                kind: Kind::Digit,
                look: '\0',
                ..letter(character, at, end, false)
            }),
            ' ' | '\n' | '\t' | '\r' => self.blank(),
            '@' | '$' | '!' | '|' | '+' | '(' | '<' | '{' | '*' | '#' | '%' | '^' | '~' | '-' | '_' => {
                self.sign(character, at, end);
            }
            '\0'..='\x1f' | '\x7f' => self.attach(end),
            ',' | ';' => self.pause(),
            _ => self.mark(),
        }
    }

    fn other(&mut self, character: char, at: usize, end: usize) {
        if is_ignored(character) {
            self.attach(end);
        } else if is_stripped(character) {
            self.accent(character, end);
        } else if character.is_whitespace() {
            self.blank();
        } else if matches!(character, '、' | '，' | '。' | '；' | '،') {
            self.pause();
        } else if let Some(plain) = look::turned(character) {
            self.letters.turned += 1;
            self.push(Letter {
                exact: '\0',
                ..letter(plain, at, end, false)
            });
        } else if let Some(plain) = look::framed(character) {
            self.push(letter(plain, at, end, false));
        } else if is_emoji(character) {
            self.sign(EMOJI, at, end);
        } else if !look::stands_for(character).is_empty() || look::covers_a_letter(character) {
            self.sign(character, at, end);
        } else {
            self.foreign(character, at, end);
        }
    }

    /// A letter outside of ASCII, taken apart to what it is made of.
    fn foreign(&mut self, character: char, at: usize, end: usize) {
        let upper = character.is_uppercase();
        for small in character.to_lowercase() {
            let own = look::plain(small);
            if let Some(parts) = own {
                for &part in parts {
                    self.push(Letter {
                        exact: if look::is_spelled_with(small) { small } else { '\0' },
                        script: script(small),
                        ..letter(part, at, end, upper)
                    });
                }
                continue;
            }
            let mut parts = [('\0', 0_u8); 8];
            let mut count = 0_usize;
            decompose_compatible(small, |part| {
                if let Some(slot) = parts.get_mut(count) {
                    slot.0 = part;
                    count += 1;
                }
            });
            let mut first = true;
            for &(part, _) in parts.iter().take(count) {
                if is_stripped(part) || is_ignored(part) {
                    if !first {
                        self.accent(part, end);
                    }
                } else {
                    self.part(part, at, end, upper);
                    first = false;
                }
            }
        }
    }

    fn part(&mut self, part: char, at: usize, end: usize, upper: bool) {
        for part in part.to_lowercase() {
            match part {
                'a'..='z' => self.push(letter(part, at, end, upper)),
                _ if part.is_ascii() => self.ascii(part, at, end),
                _ if is_stripped(part) => self.accent(part, end),
                _ if part.is_alphanumeric() || is_combining_mark(part) => self.push(own_letter(part, at, end, upper)),
                _ if part.is_whitespace() => self.blank(),
                _ => match look::confusable(part) {
                    Some(plain) if plain.is_ascii_lowercase() => self.push(letter(plain, at, end, upper)),
                    _ => self.mark(),
                },
            }
        }
    }

    fn push(&mut self, letter: Letter) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        self.signs = 0;
        if gap == Gap::None
            && let Some(last) = self.letters.all.last_mut()
            && last.base == letter.base
            && last.kind == letter.kind
            && last.script != Script::Hangul
            && !(last.upper ^ letter.upper && last.base == 'i')
        {
            last.run = last.run.saturating_add(1);
            last.end = letter.end;
            if last.exact != letter.exact {
                last.exact = '\0';
            }
            last.upper &= letter.upper;
            return;
        }
        self.letters.all.push(Letter { gap, ..letter });
    }

    fn sign(&mut self, sign: char, at: usize, end: usize) {
        self.push(Letter {
            kind: Kind::Sign,
            look: '\0',
            ..letter(sign, at, end, false)
        });
    }

    fn blank(&mut self) {
        self.gap = match self.gap {
            Gap::None => Gap::Blank,
            Gap::Joint | Gap::Blank | Gap::Wide => Gap::Wide,
            Gap::Wall => Gap::Wall,
        };
    }

    /// A comma and its like, between things that are told one by one.
    fn pause(&mut self) {
        self.signs += 1;
        self.gap = if self.signs > 3 {
            Gap::Wall
        } else {
            self.gap.max(Gap::Wide)
        };
    }

    fn mark(&mut self) {
        self.signs += 1;
        self.gap = match self.gap {
            _ if self.signs > 3 => Gap::Wall,
            Gap::None | Gap::Joint => Gap::Joint,
            Gap::Blank | Gap::Wide => Gap::Wide,
            Gap::Wall => Gap::Wall,
        };
    }

    /// Something invisible, which belongs to what it follows.
    fn attach(&mut self, end: usize) {
        if self.gap == Gap::None
            && let Some(last) = self.letters.all.last_mut()
        {
            last.end = last.end.max(end);
        }
    }

    fn accent(&mut self, accent: char, end: usize) {
        if self.gap == Gap::None
            && let Some(last) = self.letters.all.last_mut()
        {
            last.end = last.end.max(end);
            last.exact = compose(last.exact, accent).unwrap_or('\0');
        }
    }
}

fn letter(base: char, start: usize, end: usize, upper: bool) -> Letter {
    Letter {
        base,
        look: if base == 'v' { 'u' } else { '\0' },
        exact: base,
        start,
        end,
        run: 1,
        gap: Gap::None,
        kind: Kind::Letter,
        script: Script::Latin,
        upper,
        strict: false,
    }
}

/// A letter that is not, and is not made of, a plain Latin one.
fn own_letter(part: char, start: usize, end: usize, upper: bool) -> Letter {
    let script = script(part);
    let plain = letter(part, start, end, upper);
    let digit = part.to_digit(10).is_some() || part.is_numeric() && !part.is_alphabetic();
    let kind = if digit { Kind::Digit } else { Kind::Letter };
    match script {
        // Latin letters nobody spells with are only worth what they look like.
        Script::Latin => match look::confusable(part).filter(char::is_ascii_lowercase) {
            Some(base) => Letter {
                exact: '\0',
                ..letter(base, start, end, upper)
            },
            None => Letter { kind, ..plain },
        },
        Script::Greek | Script::Cyrillic | Script::Other => {
            let (look, strict) = look::latin_look(part)
                .filter(|(look, _)| look.is_ascii_lowercase())
                .unwrap_or(('\0', false));
            Letter {
                look,
                strict,
                script,
                kind,
                ..plain
            }
        }
        _ => Letter {
            script,
            kind,
            base: super::script::jamo(part),
            ..plain
        },
    }
}

fn is_regional(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}
