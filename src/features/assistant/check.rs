//! Whether what a model says may be shown: nothing that the state does not bear out, and nothing that is no answer.

use std::collections::HashSet;

use super::{prompt::Prompt, sight::Sight};
use crate::domain::facts;

/// Longest answer, in characters.
pub(super) const MOST_CHARS: usize = 1_000;
/// So many words in a row of what the model was told give it away.
const ROW: usize = 7;

/// Ok for a text, or the beginning of one up to the end of a sentence.
pub(super) fn may_be_shown(text: &str, prompt: &Prompt, sight: &Sight) -> bool {
    is_plain(text) && !gives_away(text, prompt) && facts::agrees(text, &sight.view())
}

fn is_plain(text: &str) -> bool {
    let lower = text.to_lowercase();
    let has = |pieces: &[&str]| pieces.iter().any(|piece| lower.contains(piece));
    let command = text.lines().any(|line| line.trim_start().starts_with(['/', '!']));
    text.chars().count() <= MOST_CHARS
        && facts::plain(text) == text.split_whitespace().collect::<Vec<_>>().join(" ")
        && !text.contains(['@', '＠', '﹫'])
        && !command
        && !has(&[
            "://", "www.", "](", "<script", "</", "```", "everyone", "<|", "[inst", "system:",
        ])
}

fn gives_away(text: &str, prompt: &Prompt) -> bool {
    let joined: String = text
        .chars()
        .filter(char::is_ascii_hexdigit)
        .flat_map(char::to_lowercase)
        .collect();
    if joined.contains(&prompt.canary) {
        return true;
    }
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        let words = lower.split(|letter: char| !letter.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let told = words(prompt.instructions());
    let rows: HashSet<&[String]> = told.windows(ROW).collect();
    words(text).windows(ROW).any(|row| rows.contains(row))
}
