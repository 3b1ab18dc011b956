//! How a text looks as a whole: capitals, repetitions, emoji, buried letters, people called.

use super::{
    set::{CapsRule, MarkRule, RepeatRule},
    verdict::RuleCode,
    words::script::{is_emoji, is_ignored},
};

/// Whether a text is shouted.
pub(super) fn shouts(text: &str, rule: &CapsRule) -> bool {
    if text.len() < rule.min_letters as usize {
        return false;
    }
    let (mut upper, mut all) = (0_u64, 0_u64);
    for character in text.chars() {
        let capital = character.is_uppercase();
        upper += u64::from(capital);
        all += u64::from(capital || character.is_lowercase());
    }
    all >= u64::from(rule.min_letters) && upper * 100 >= all * u64::from(rule.percent)
}

/// What a text repeats too often, if it does.
pub(super) fn repeats(text: &str, rule: &RepeatRule) -> Option<RuleCode> {
    // Each word and each emoji takes a byte at least.
    let least = rule.characters.min(rule.words).min(rule.emoji);
    if text.len() <= least as usize {
        return None;
    }
    let (mut last, mut run) = ('\0', 0_u32);
    for character in text.chars().filter(|&one| !one.is_whitespace() && !is_ignored(one)) {
        let small = character.to_ascii_lowercase();
        run = if small == last { run + 1 } else { 1 };
        last = small;
        // Emoji in a row are counted as emoji.
        if run > rule.characters && !is_emoji(small) {
            return Some(RuleCode::RepeatedCharacters);
        }
    }
    let (mut last, mut run) = ("", 0_u32);
    for word in text.split_whitespace() {
        run = if same_word(word, last) { run + 1 } else { 1 };
        last = word;
        if run > rule.words && word.chars().any(char::is_alphanumeric) {
            return Some(RuleCode::RepeatedWords);
        }
    }
    (emoji(text) > rule.emoji).then_some(RuleCode::EmojiFlood)
}

fn same_word(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || (!one.is_ascii() && one.to_lowercase() == other.to_lowercase())
}

/// Emoji in a text. What is joined from several, flags and skin tones, is one.
fn emoji(text: &str) -> u32 {
    if text.is_ascii() {
        return 0;
    }
    let (mut count, mut joined, mut half) = (0, false, false);
    for character in text.chars() {
        let regional = matches!(character, '\u{1f1e6}'..='\u{1f1ff}');
        if (is_emoji(character) && !joined && !regional && !is_ignored(character)) || (regional && half) {
            count += 1;
        }
        half = regional && !half;
        joined = character == '\u{200d}' || (joined && is_ignored(character));
    }
    count
}

/// Whether letters are buried under marks. Only marks that no script has of its own count, so that Hebrew, Arabic, Thai
/// and their like can be written with all of theirs.
pub(super) fn is_buried(text: &str, rule: &MarkRule) -> bool {
    if text.is_ascii() {
        return false;
    }
    let (mut marks, mut letters) = (0_u32, 0_u32);
    for character in text.chars() {
        let mark = matches!(
            character,
            '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
                | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
        );
        marks = if mark { marks + 1 } else { 0 };
        letters += u32::from(marks == rule.marks + 1);
    }
    letters > rule.letters
}

/// How many times somebody seems to be called by `@name`.
pub(super) fn mentions(text: &str) -> u32 {
    let mut before = ' ';
    let mut count = 0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let named = characters.peek().is_some_and(|next| next.is_alphanumeric());
        count += u32::from(character == '@' && named && !before.is_alphanumeric());
        before = character;
    }
    count
}
