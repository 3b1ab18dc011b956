//! How text from outside is made tidy. One pass, then Unicode NFC, then the ends are trimmed.
//!
//! - Line breaks of every kind become `\n`; tabs stay. Other control characters and noncharacters are refused: they
//!   are never typed, and forge frames, terminals and file formats.
//! - Characters that reorder or hide the text around them go: bidirectional embeddings, overrides and isolates, byte
//!   order marks, zero-width spaces, soft hyphens, fillers. Direction marks and joiners stay one at a time, because
//!   Arabic, Persian, Indic scripts and emoji need them.
//! - At most [`MAX_MARKS`] combining marks in a row stay ("zalgo" is cut, no living script is). Flag tags stay behind the
//!   flag they belong to.
//!
//! Tidying tidy text changes nothing, so clients may send back what they were given.

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick};

use crate::domain::Fault;

/// Combining marks in a row that stay. Vietnamese needs two, Hebrew with cantillation four or five, Tibetan stacks a few
/// more.
const MAX_MARKS: usize = 16;

/// Raw text may be so much longer than what may remain of it: composing shrinks at most threefold.
const RAW_FACTOR: usize = 4;

/// Why a text cannot be accepted: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct TextError {
    pub code: &'static str,
    pub detail: String,
}

impl TextError {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    /// The same, said of one field.
    #[must_use]
    pub fn at(self, pointer: impl Into<String>) -> Fault {
        Fault::new(pointer, self.code, self.detail)
    }
}

/// Text of one or more lines.
pub(super) fn block(raw: &str, max_bytes: usize) -> Result<String, TextError> {
    let tidy = tidy(raw, max_bytes)?;
    bounded(tidy.trim(), max_bytes)
}

/// Text of one line: any run of white space is one blank.
pub(super) fn line(raw: &str, max_bytes: usize) -> Result<String, TextError> {
    let tidy = tidy(raw, max_bytes)?;
    let words: Vec<&str> = tidy.split_whitespace().collect();
    let joined = words.join(" ");
    bounded(
        joined.trim_matches(|character: char| character == ' ' || is_joiner(character)),
        max_bytes,
    )
}

fn bounded(text: &str, max_bytes: usize) -> Result<String, TextError> {
    if text.chars().all(is_blank) {
        Err(TextError::new("empty", "There must be something to read."))
    } else if text.len() > max_bytes {
        Err(too_long(max_bytes))
    } else {
        Ok(text.to_owned())
    }
}

fn too_long(max_bytes: usize) -> TextError {
    TextError::new("too-long", format!("At most {max_bytes} bytes of UTF-8."))
}

fn tidy(raw: &str, max_bytes: usize) -> Result<String, TextError> {
    if raw.len() > max_bytes.saturating_mul(RAW_FACTOR) {
        return Err(too_long(max_bytes));
    }
    if raw.bytes().all(is_plain) {
        return Ok(raw.to_owned());
    }
    let sifted = sift(raw)?;
    // Most text is composed already, and asking is far cheaper than composing.
    match is_nfc_quick(sifted.chars()) {
        IsNormalized::Yes => Ok(cut_marks(&sifted)),
        IsNormalized::No | IsNormalized::Maybe => Ok(cut_marks(&sifted.nfc().collect::<String>())),
    }
}

/// Bytes of text that is tidy as it is: printable ASCII, line feeds and tabs.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}

/// Drops what must go and refuses what must not come.
fn sift(raw: &str) -> Result<String, TextError> {
    let mut kept = String::with_capacity(raw.len());
    let mut last = None;
    let mut in_flag = false;
    for (character, next) in raw.chars().zip(raw.chars().skip(1).map(Some).chain([None])) {
        let character = match character {
            '\r' if next == Some('\n') => continue,
            '\r' | '\u{2028}' | '\u{2029}' => '\n',
            other => other,
        };
        if character.is_control() && !matches!(character, '\n' | '\t') {
            return Err(TextError::new(
                "control-character",
                format!("U+{:04X} is a control character.", u32::from(character)),
            ));
        }
        if is_noncharacter(character) {
            return Err(TextError::new(
                "noncharacter",
                format!("U+{:04X} is not a character.", u32::from(character)),
            ));
        }
        in_flag = character == '\u{1f3f4}' || (in_flag && is_tag(character));
        let unwanted = is_unwanted(character)
            || (is_tag(character) && !in_flag)
            || (is_joiner(character) && last.is_some_and(is_joiner));
        if !unwanted {
            kept.push(character);
            last = Some(character);
        }
    }
    Ok(kept)
}

/// Cuts runs of marks. Works on composed text and leaves it composed.
fn cut_marks(text: &str) -> String {
    let mut run = 0usize;
    text.chars()
        .filter(|&character| {
            run = if is_combining_mark(character) || is_tag(character) {
                run + 1
            } else {
                0
            };
            run <= MAX_MARKS
        })
        .collect()
}

/// Whether no text may hold it; for texts that were not typed for us and are mended rather than refused.
pub(crate) fn is_refused(character: char) -> bool {
    character.is_control() || is_noncharacter(character)
}

fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
}

/// Letters of flags like that of Scotland: invisible, and spelled behind a black flag only.
fn is_tag(character: char) -> bool {
    matches!(character, '\u{e0020}'..='\u{e007f}')
}

/// Direction marks and joiners: invisible, needed, one at a time.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}'..='\u{200f}' | '\u{61c}')
}

/// Reorders, hides, or shows nothing at all.
fn is_unwanted(character: char) -> bool {
    matches!(
        character,
        '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{200b}'
            | '\u{feff}'
            | '\u{ad}'
            | '\u{180e}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e001f}'
            | '\u{e0080}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}'
    )
}

/// Takes room or none, and shows nothing by itself.
fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || is_joiner(character)
        || is_tag(character)
        || is_combining_mark(character)
        || matches!(character, '\u{115f}' | '\u{1160}' | '\u{2800}')
}

/// What no tidy text contains; for tests of everything that is said to be tidy.
#[cfg(test)]
pub(super) fn is_forbidden(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || is_unwanted(character)
        || is_noncharacter(character)
        || matches!(character, '\u{2028}' | '\u{2029}')
}
