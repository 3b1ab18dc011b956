//! Names as they are shown in what the house says: other people's text, which may try to be more than a name.

use super::figures;

/// Longest name shown, in characters.
const MOST: usize = 40;
/// Longest question of a poll shown.
const LONG: usize = 120;

/// A name that calls nobody, links nowhere and states no score.
#[must_use]
pub fn shown(name: &str) -> String {
    cut(name, MOST)
}

/// The same for a longer text, such as the question of a poll.
pub(super) fn shown_long(text: &str) -> String {
    cut(text, LONG)
}

/// A text without what cannot be seen or turns the order of letters: one line of what is written.
#[must_use]
pub fn plain(text: &str) -> String {
    let seen = text
        .chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter });
    let seen: String = seen.filter(|letter| !is_unseen(*letter)).collect();
    seen.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn cut(text: &str, most: usize) -> String {
    let plain = plain(text);
    // What begins like a command is none.
    let words = plain
        .split(' ')
        .map(|word| word.trim_start_matches(['/', '!', '／', '⁄']));
    let kept: Vec<&str> = words.filter(|word| !is_link(word)).collect();
    let calm: String = kept
        .join(" ")
        .chars()
        .filter(|letter| {
            !matches!(
                letter,
                '@' | '＠' | '<' | '>' | '`' | '{' | '}' | '[' | ']' | '|' | '#' | '*'
            )
        })
        .collect();
    let calm = without_figures(&calm);
    if !figures(&calm).is_empty() {
        // In words: `nine nil` is no name either.
        return "?".to_owned();
    }
    let short: String = calm.chars().take(most).collect();
    let short = short.trim();
    if short.is_empty() {
        "?".to_owned()
    } else {
        short.to_owned()
    }
}

fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_link(word: &str) -> bool {
    let word = word.to_lowercase();
    word.contains("://") || word.starts_with("www.") || word.contains(".com") || word.contains("](")
}

/// Without `2-1` and its like.
fn without_figures(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (mut kept, mut at) = (String::with_capacity(text.len()), 0);
    while at < letters.len() {
        if let Some(length) = score_at(&letters[at..]) {
            at += length;
        } else {
            kept.push(letters[at]);
            at += 1;
        }
    }
    kept
}

/// How long a score is that begins here, in characters.
pub(super) fn score_at(letters: &[char]) -> Option<usize> {
    let digits = |from: usize| {
        letters[from.min(letters.len())..]
            .iter()
            .take_while(|letter| letter.is_numeric())
            .count()
    };
    let blanks = |from: usize| {
        letters[from.min(letters.len())..]
            .iter()
            .take_while(|letter| **letter == ' ')
            .count()
    };
    let first = digits(0);
    if first == 0 {
        return None;
    }
    let sign = first + blanks(first);
    if !letters.get(sign).copied().is_some_and(is_between) {
        return None;
    }
    let second = sign + 1 + blanks(sign + 1);
    let length = digits(second);
    (length > 0).then_some(second + length)
}

pub(super) const fn is_between(letter: char) -> bool {
    matches!(
        letter,
        '-' | ':' | '–' | '—' | '‐' | '‑' | '‒' | '−' | '：' | '－' | '∶' | '/'
    )
}

/// Whether two words are one word with a slip: a letter wrong, missing, too many, or two of them changed round. Longer words
/// may have two slips.
pub(super) fn is_slip(heard: &str, known: &str, most_in_long: usize) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (heard.chars().collect(), known.chars().collect());
    let most = match b.len() {
        0..=3 => return false,
        4..=7 => 1,
        _ => most_in_long,
    };
    a.len().abs_diff(b.len()) <= most && distance(&a, &b) <= most
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, first) in rows[0].iter_mut().enumerate() {
        *first = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shown_is_a_name_and_no_more() {
        for (name, expected) in [
            ("Reds", "Reds"),
            ("  São   Paulo ", "São Paulo"),
            ("Reds 9-0", "Reds"),
            ("Reds 9 : 0 Blues", "Reds  Blues"),
            ("@everyone Reds", "everyone Reds"),
            ("Reds https://bad.example/x", "Reds"),
            ("Re\u{200b}ds\u{202e}\u{e0041}", "Reds"),
            ("Schalke 04", "Schalke 04"),
            ("Reds nine nil", "?"),
            ("/ban Reds", "ban Reds"),
            ("**Reds**\n[x]", "Reds x"),
            ("\u{200b}", "?"),
        ] {
            assert_eq!(shown(name), expected, "{name:?}");
        }
        assert_eq!(shown(&"x".repeat(100)).len(), MOST);
    }

    #[test]
    fn slips_are_few() {
        for (heard, known, is) in [
            ("redss", "reds", true),
            ("rdes", "reds", true),
            ("reds", "reds", true),
            ("red", "reds", true),
            ("rod", "red", false),
            ("barcelnoa", "barcelona", true),
            ("barzelna", "barcelona", true),
            ("blues", "reds", false),
        ] {
            assert_eq!(is_slip(heard, known, 2), is, "{heard} {known}");
        }
    }
}
