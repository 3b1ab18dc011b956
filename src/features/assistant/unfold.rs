//! Reading an answer while its JSON is still being written.

use serde::Deserialize;

/// What a model answers, in the form it was asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) answer: String,
    #[serde(default)]
    pub(super) cites: Vec<u64>,
    #[serde(default = "yes")]
    pub(super) known: bool,
}

const fn yes() -> bool {
    true
}

/// The whole of it. `None`: it is not of that form.
pub(super) fn whole(text: &str) -> Option<Said> {
    let text = text.trim();
    let inner = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    let inner = inner
        .and_then(|inner| inner.trim_end().strip_suffix("```"))
        .unwrap_or(text);
    serde_json::from_str(inner.trim()).ok()
}

/// The `answer` as far as it was written.
pub(super) fn so_far(text: &str) -> String {
    let Some((_, rest)) = text.split_once("\"answer\"") else {
        return String::new();
    };
    let Some(rest) = rest.trim_start().strip_prefix(':') else {
        return String::new();
    };
    let Some(rest) = rest.trim_start().strip_prefix('"') else {
        return String::new();
    };
    let mut end = rest.len();
    let mut escaped = false;
    for (at, letter) in rest.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    // The last letter may be half written: an escape has twelve characters at most, as a pair.
    let written = &rest[..end];
    let cuts = written.char_indices().rev().map(|(at, _)| at);
    let ends = std::iter::once(written.len()).chain(cuts).take(14);
    for end in ends {
        if let Ok(text) = serde_json::from_str(&format!("\"{}\"", &written[..end])) {
            return text;
        }
    }
    String::new()
}

/// The piece of a text that ends with its last whole sentence.
pub(super) fn sentences(text: &str) -> &str {
    let mut end = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let stops = matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '\n');
        if stops && letters.peek().is_some_and(|(_, next)| next.is_whitespace()) {
            end = at + letter.len_utf8();
        }
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_while_it_is_written() {
        let text = r#"{"answer": "Zwei \"zu\" eins \ud83d\ude00 \u00fc. Ja", "cites": [1], "known": true}"#;
        let whole = whole(text).unwrap();
        assert_eq!(
            (whole.answer.as_str(), whole.cites.as_slice(), whole.known),
            ("Zwei \"zu\" eins 😀 ü. Ja", &[1][..], true)
        );
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let read = so_far(&text[..end]);
            assert!(whole.answer.starts_with(&read), "{end}: {read}");
        }
        assert_eq!(so_far(&text[..40]), "Zwei \"zu\" eins ");
        assert_eq!(so_far(text), whole.answer);
    }

    #[test]
    fn sentences_end_where_something_follows() {
        for (text, whole) in [
            ("", ""),
            ("One", ""),
            ("One.", ""),
            ("One. T", "One."),
            ("It is 2.5 m. So", "It is 2.5 m."),
            ("はい。 そう", "はい。"),
        ] {
            assert_eq!(sentences(text), whole, "{text}");
        }
    }
}
