//! The due time of a message, carried in its text: `~`, twelve letters `a`–`p` (four bits each), `~`.
//!
//! Letters, because a rule against spam may take a long number for a telephone number. 48 bits of nanoseconds are three
//! days, and the same text never comes twice.

use memchr::memchr;

const MARK: u8 = b'~';
const LETTERS: u8 = 12;

pub(crate) fn write(due_ns: u64, text: &mut String) {
    text.push(char::from(MARK));
    for place in (0..LETTERS).rev() {
        let nibble = u8::try_from(due_ns >> (4 * place) & 0xf).unwrap_or(0);
        text.push(char::from(b'a' + nibble));
    }
    text.push(char::from(MARK));
}

/// Looks for one stamp in bytes that come in pieces.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Finder {
    /// Letters seen since the mark, plus one; 0 outside.
    open: u8,
    value: u64,
    found: bool,
}

impl Finder {
    pub(crate) fn found(&self) -> Option<u64> {
        self.found.then_some(self.value)
    }

    pub(crate) fn scan(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && !self.found {
            if self.open == 0 {
                let Some(mark) = memchr(MARK, rest) else { return };
                (self.open, self.value) = (1, 0);
                rest = &rest[mark + 1..];
            } else if let Some((&byte, later)) = rest.split_first() {
                self.step(byte);
                rest = later;
            }
        }
    }

    fn step(&mut self, byte: u8) {
        match byte {
            b'a'..=b'p' if self.open <= LETTERS => {
                self.value = self.value << 4 | u64::from(byte - b'a');
                self.open += 1;
            }
            MARK if self.open == LETTERS + 1 => self.found = true,
            MARK => (self.open, self.value) = (1, 0),
            _ => self.open = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, step: usize) -> Option<u64> {
        let mut finder = Finder::default();
        for piece in text.as_bytes().chunks(step) {
            finder.scan(piece);
        }
        finder.found()
    }

    #[test]
    fn a_stamp_is_found_wherever_the_pieces_end() {
        for due_ns in [0, 1, 123_456_789_012, (1 << 48) - 1] {
            let mut text = String::from(r#"{"message":{"text":"~ab~~"#);
            write(due_ns, &mut text);
            text.push_str(" and more ~pppppppppppp~");
            for step in 1..=text.len() {
                assert_eq!(found(&text, step), Some(due_ns), "step {step}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_one_is_passed_over() {
        for text in [
            "",
            "~",
            "~abcdefghijk~",
            "~abcdefghijklm~",
            "~abcdefghijkz~",
            "abcdefghijkl~",
        ] {
            assert_eq!(found(text, 3), None, "{text}");
        }
    }
}
