//! The words of a text, as search knows them: the same on every database.

use unicode_normalization::UnicodeNormalization;

/// A word is cut after so many characters, since databases bound what they index. Longer than any question may be.
const WORD_MAX: usize = 200;

/// Runs of letters and digits, in lower case and without accents: `Müller` is found as `muller`. Marks that make another
/// letter outside Europe (dakuten, vowel signs) stay.
#[must_use]
pub fn search_words(text: &str) -> Vec<String> {
    if text.is_ascii() {
        // Nothing to take apart and put together again, and most of what is said.
        return cut(&text.to_ascii_lowercase());
    }
    cut(&folded(text))
}

/// The same with blanks between them.
#[must_use]
pub fn joined_words(text: &str) -> String {
    if !text.is_ascii() {
        return search_words(text).join(" ");
    }
    let mut joined = String::with_capacity(text.len());
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        if !word.is_empty() {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(word.get(..WORD_MAX).unwrap_or(word));
        }
    }
    joined.make_ascii_lowercase();
    joined
}

fn folded(text: &str) -> String {
    let is_accent = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    text.chars()
        .flat_map(char::to_lowercase)
        .nfd()
        .filter(|letter| !is_accent(letter))
        .map(|letter| if letter == 'ς' { 'σ' } else { letter })
        .nfc()
        .collect()
}

fn cut(folded: &str) -> Vec<String> {
    folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(WORD_MAX).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_and_folded() {
        for (text, words) in [
            ("", &[][..]),
            ("What a Goal by Müller!", &["what", "a", "goal", "by", "muller"]),
            ("a-b_c'd", &["a", "b", "c", "d"]),
            ("Ёлка и чай", &["елка", "и", "чаи"]),
            ("ΣΊΣΥΦΟΣ Σίσυφος", &["σισυφοσ", "σισυφοσ"]),
            ("ゴール です", &["ゴール", "です"]),
            ("x\u{302}y 1:0 ⚽", &["xy", "1", "0"]),
            ("İstanbul", &["istanbul"]),
        ] {
            assert_eq!(search_words(text), words, "{text}");
        }
        assert_eq!(search_words(&"é".repeat(4_000)), ["e".repeat(WORD_MAX)]);
    }

    #[test]
    fn plain_text_is_cut_as_any_other() {
        let text: String = (0..128_u8).map(char::from).chain("Goal! 1:0 x".chars()).collect();
        assert_eq!(search_words(&text), cut(&folded(&text)));
        for text in [text.as_str(), "", " -", "é a", &"A".repeat(WORD_MAX + 1)] {
            assert_eq!(joined_words(text), search_words(text).join(" "), "{text}");
        }
    }
}
