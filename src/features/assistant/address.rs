//! Whether a text speaks to the assistant, and whether a name looks like its own.

use crate::domain::{
    assistant::ASSISTANT_ID,
    mention::{calls, fold},
    text::search_words,
};

/// Whether somebody calls it: `@assistant`, or by the name it has here.
pub(super) fn is_called(text: &str, name: &str) -> bool {
    let name = fold(name);
    text.contains('@')
        && calls(text)
            .iter()
            .flatten()
            .any(|call| call == ASSISTANT_ID || *call == name)
}

/// The text without the calls.
pub(super) fn without_call(text: &str, name: &str) -> String {
    let mut rest: Vec<char> = text.chars().collect();
    for called in [name, ASSISTANT_ID] {
        let length = called.chars().count();
        let mut at = 0;
        while at + length < rest.len() {
            let ends = rest.get(at + 1 + length).is_none_or(|next| !next.is_alphanumeric());
            let here: String = rest[at + 1..=at + length].iter().collect();
            if rest[at] == '@' && ends && fold(&here) == fold(called) {
                rest.splice(at..=at + length, [' ']);
            }
            at += 1;
        }
    }
    let text: String = rest.into_iter().collect();
    text.trim().to_owned()
}

/// Whether people would take that name for the assistant's.
pub(super) fn looks_like(theirs: &str, name: &str) -> bool {
    let look = look(theirs);
    [name, ASSISTANT_ID].iter().any(|own| self::look(own) == look)
}

/// A name as it looks at a glance: letters that look like others are those.
fn look(name: &str) -> String {
    let joined: String = search_words(&crate::domain::facts::plain(
        &name.replace(['@', '$', '!', '|'], "_sign_"),
    ))
    .concat();
    let signs: String = search_words(&name.replace('@', "a").replace('$', "s").replace(['!', '|'], "i")).concat();
    let text = if joined.contains("sign") { signs } else { joined };
    let letters = text.chars().filter(|letter| !crate::domain::text::is_refused(*letter));
    letters.map(plain_letter).collect()
}

const fn plain_letter(letter: char) -> char {
    match letter {
        'а' | 'α' | 'ɑ' | '4' => 'a',
        'ѕ' | '5' | 'ꜱ' => 's',
        'і' | 'ι' | 'ı' | '1' | 'l' | 'ӏ' | 'ɩ' => 'i',
        'т' | 'τ' | '7' => 't',
        'п' | 'η' | 'ո' => 'n',
        'о' | 'ο' | '0' => 'o',
        'е' | 'ε' | '3' => 'e',
        'с' => 'c',
        'р' | 'ρ' => 'p',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_found_wherever_it_stands() {
        for (text, is, rest) in [
            ("@assistant what's the score?", true, "what's the score?"),
            ("hey @Assistant, who scored", true, "hey  , who scored"),
            ("who scored @ASSISTANT", true, "who scored"),
            ("@Matchday Bot who scored", true, "who scored"),
            ("@assistants who scored", false, "@assistants who scored"),
            ("mail@assistant who", false, "mail  who"),
            ("assistant who scored", false, "assistant who scored"),
            ("@ana what's the score", false, "@ana what's the score"),
        ] {
            assert_eq!(is_called(text, "Matchday Bot"), is, "{text}");
            assert_eq!(without_call(text, "Matchday Bot"), rest, "{text}");
        }
    }

    #[test]
    fn nobody_looks_like_it() {
        for name in [
            "Assistant",
            "assistant",
            "ASSISTANT",
            "Assistаnt",
            "A s s i s t a n t",
            "Assistant ✓",
            "@ssistant",
            "Ass1stant",
            "Assístant",
            "Matchday  bot",
            "A\u{200b}ssistant",
        ] {
            assert!(looks_like(name, "Matchday Bot"), "{name}");
        }
        for name in ["Ana", "Assist", "Assistants", "Bot", "Ассистент"] {
            assert!(!looks_like(name, "Matchday Bot"), "{name}");
        }
    }
}
