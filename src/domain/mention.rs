//! Calling people by name: `@Ana` in what somebody says.
//!
//! A name is whatever people call themselves, blanks and signs included, so a text alone does not say where one ends. It
//! says what a call may mean, the longest first; whoever knows the people says which of it is somebody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::UserId;

/// So many people can be called by one message.
pub const MENTIONS_MOST: usize = 10;
/// So many calls of a text are looked at.
const CALLS_MOST: usize = 32;
/// So far behind the sign a name may reach, in characters. Names have at most 64 as people count them.
const REACH: usize = 80;
/// A name may end in so many places, the first ones.
const ENDS_MOST: usize = 12;

/// Somebody who is called in a message, by the name they had then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Mention {
    pub user_id: UserId,
    pub name: String,
}

impl Mention {
    /// Whether this one is meant rather than that other of the same name. Anybody may come as a guest under any name; they
    /// do not take those of people who are signed in.
    #[must_use]
    pub fn goes_before(&self, other: &Self) -> bool {
        other.user_id.is_guest() || !self.user_id.is_guest()
    }
}

/// What one `@` may mean: names as [`fold`] gives them, the longest first.
pub type Call = Vec<String>;

/// A name without what tells two spellings of it apart.
#[must_use]
pub fn fold(name: &str) -> String {
    let plain: String = name.nfkc().flat_map(char::to_lowercase).nfc().collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The calls in a text.
#[must_use]
pub fn calls(text: &str) -> Vec<Call> {
    let is_call = |at: &usize| {
        // The sign inside a word is an address.
        !text[..*at].chars().next_back().is_some_and(char::is_alphanumeric)
    };
    let signs = text.match_indices('@').map(|(at, _)| at).filter(is_call);
    signs
        .take(CALLS_MOST)
        .map(|at| names(&text[at + 1..]))
        .filter(|call| !call.is_empty())
        .collect()
}

/// What a name at the beginning of this may be.
fn names(rest: &str) -> Call {
    let rest = rest.split('\n').next().unwrap_or_default();
    if rest.starts_with(char::is_whitespace) {
        return Vec::new();
    }
    let mut ends = Vec::with_capacity(ENDS_MOST);
    let mut characters = rest.char_indices().take(REACH).peekable();
    while let Some((at, character)) = characters.next() {
        let goes_on = characters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if !(character.is_whitespace() || character.is_alphanumeric() && goes_on) {
            ends.push(at + character.len_utf8());
        }
    }
    ends.truncate(ENDS_MOST);
    ends.into_iter().rev().map(|end| fold(&rest[..end])).collect()
}

/// Who is called: those the author named by id, and for each call whoever has the longest name it may mean. `known` gives
/// people by their folded names.
#[must_use]
pub fn called(calls: &[Call], by_id: &[Mention], known: &BTreeMap<String, Mention>) -> Vec<Mention> {
    let mut all: Vec<Mention> = Vec::new();
    let taken: Vec<String> = by_id.iter().map(|mention| fold(&mention.name)).collect();
    let of_call = |call: &Call| {
        let name = call
            .iter()
            .find(|name| taken.contains(name) || known.contains_key(*name))?;
        // Of two people of one name, the one who was named by id is meant.
        known.get(name).filter(|_| !taken.contains(name)).cloned()
    };
    for mention in by_id.iter().cloned().chain(calls.iter().filter_map(of_call)) {
        if all.len() < MENTIONS_MOST && all.iter().all(|known| known.user_id != mention.user_id) {
            all.push(mention);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: &str, name: &str) -> Mention {
        Mention {
            user_id: id.parse().unwrap(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_call_means_the_longest_name_that_somebody_has() {
        let people = [
            person("ana", "Ana"),
            person("anam", "Ana Maria"),
            person("jose", "José"),
            person("pink", "P!nk!"),
            person("ru", "Ёжик"),
            person("jp", "ゆうき"),
            person("fox", "🦊 fox"),
        ];
        let known: BTreeMap<String, Mention> = people.iter().map(|one| (fold(&one.name), one.clone())).collect();
        for (text, expected) in [
            ("@Ana hello", &["ana"][..]),
            ("@ana maria, look", &["anam"]),
            ("@ANA  MARIA", &["anam"]),
            ("@Ana Marianne", &["ana"]),
            ("@Anabel", &[]),
            ("well said, @ana.", &["ana"]),
            ("(@Ana's)", &["ana"]),
            ("@JOSE\u{301} and @jose", &["jose"]),
            ("@P!nk! @p!nk", &["pink"]),
            ("@ёжик", &["ru"]),
            ("@ゆうき。", &["jp"]),
            ("@🦊 FOX", &["fox"]),
            ("mail ana@ana.example", &[]),
            ("@ Ana", &[]),
            ("@", &[]),
            ("@@@Ana", &["ana"]),
            ("@Ana @ana @ANA", &["ana"]),
            ("@\nAna", &[]),
        ] {
            let found = called(&calls(text), &[], &known);
            let found: Vec<&str> = found.iter().map(|mention| mention.user_id.as_str()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn who_is_named_by_id_is_meant_and_ten_are_enough() {
        let known = BTreeMap::from([("ana".to_owned(), person("ana1", "Ana"))]);
        let named = vec![person("ana2", "Ana")];
        assert_eq!(called(&calls("@ana"), &named, &known), named);
        let crowd: Vec<Mention> = (0..20).map(|number| person(&format!("u{number}"), "X")).collect();
        assert_eq!(called(&[], &crowd, &known), crowd[..MENTIONS_MOST]);
    }

    #[test]
    fn a_text_of_signs_alone_costs_little() {
        let text = "@".repeat(4_096);
        assert!(calls(&text).iter().map(Vec::len).sum::<usize>() <= CALLS_MOST * ENDS_MOST);
        assert!(calls(&format!("{}{}", "@a ".repeat(100), "x".repeat(3_000))).len() <= CALLS_MOST);
    }
}
