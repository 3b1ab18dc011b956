//! Whether what a model says may be shown: nothing that the state does not bear out, and nothing that is no answer.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use super::{prompt::Prompt, sight::Sight};
use crate::domain::{facts, room::manners::is_emoji_only};

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
    let bare = without_emoji(text).split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().count() <= MOST_CHARS
        && facts::plain(&bare) == bare
        && !text.contains(['@', '＠', '﹫'])
        && !command
        && !has(&[
            "://", "www.", "](", "<script", "</", "```", "everyone", "<|", "[inst", "system:",
        ])
}

/// What joins the pieces of an emoji is unseen and hides nothing. Not so digits in boxes, which are figures, nor the letters
/// that spell the flags of regions, which could spell anything.
fn without_emoji(text: &str) -> String {
    let speaks = |letter: char| letter.is_ascii_digit() || matches!(letter, '\u{e0020}'..='\u{e007f}');
    let joins = |letter: &char| matches!(letter, '\u{200d}' | '\u{fe0f}');
    let is_picture = |sign: &str| {
        // One after each piece, and one before the next; a row of them could spell something as well.
        let (unseen, letters) = (sign.chars().filter(joins).count(), sign.chars().count());
        is_emoji_only(sign) && !sign.contains(speaks) && unseen < 2 * (letters - unseen)
    };
    text.graphemes(true).filter(|sign| !is_picture(sign)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_may_be_shown_and_what_is_hidden_may_not() {
        let table = [
            ("They are happy ❤\u{fe0f} here.", true),
            ("A family 👨\u{200d}👩\u{200d}👧 of fans, and a flag 🇩🇪.", true),
            ("Sun \u{2600}\u{fe0f}\u{fe0f}", false),
            ("Hidden \u{200d}here", false),
            ("Two\u{fe0f}", false),
            ("It stands 2\u{fe0f}\u{20e3} to 1\u{fe0f}\u{20e3}.", false),
            ("A flag 🏴\u{e0067}\u{e0062}\u{e007f} and what it spells.", false),
            ("Ask @everyone.", false),
        ];
        for (text, fits) in table {
            assert_eq!(is_plain(text), fits, "{text:?}");
        }
    }
}
