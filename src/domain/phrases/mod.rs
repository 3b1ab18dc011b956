//! All words of the assistant, one file a language: those it knows a question by, and those it answers with.
//!
//! A new language is a file like `english.rs` and its name in [`ALL`]; the compiler and a test name what it lacks. In what
//! it says, `{name}` stands for what is put in.

pub mod commentary;
mod english;
mod german;

/// What a word of a question means, whatever the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sense {
    Who,
    When,
    Where,
    HowMany,
    /// Asks whether something is so.
    Did,
    Score,
    Goal,
    Scored,
    Lead,
    Won,
    Level,
    Card,
    Yellow,
    Red,
    Substitution,
    Clock,
    Period,
    Start,
    End,
    Long,
    Venue,
    Play,
    Here,
    People,
    Poll,
    Rules,
    Slow,
    Links,
    Members,
    Room,
    Open,
    Close,
    Happened,
    Statistics,
    First,
    Last,
    Help,
    /// Says nothing about what is asked.
    Filler,
}

/// What is said, in one language.
#[derive(Debug)]
pub struct Lines {
    pub score: &'static str,
    pub score_at: &'static str,
    pub score_final: &'static str,
    pub no_contest: &'static str,
    pub not_started: &'static str,
    pub ahead: &'static str,
    pub level: &'static str,
    pub winner: &'static str,
    pub winner_by: &'static str,
    pub ended_level: &'static str,
    pub ended_without: &'static str,
    pub not_decided: &'static str,
    pub goals: &'static str,
    pub goals_of: &'static str,
    pub no_goals: &'static str,
    pub no_goals_of: &'static str,
    pub goals_not_told: &'static str,
    pub own_goal: &'static str,
    pub penalty: &'static str,
    pub cards: &'static str,
    pub no_cards: &'static str,
    pub no_cards_of: &'static str,
    pub yellow: &'static str,
    pub second_yellow: &'static str,
    pub red: &'static str,
    pub substitutions: &'static str,
    pub no_substitutions: &'static str,
    pub player_for: &'static str,
    pub clock_runs: &'static str,
    pub clock_stands: &'static str,
    pub period_over: &'static str,
    pub starts_at: &'static str,
    pub started_at: &'static str,
    pub paused: &'static str,
    pub ended_at: &'static str,
    pub cancelled: &'static str,
    pub goes_on: &'static str,
    pub lasts: &'static str,
    pub lasted: &'static str,
    pub venue: &'static str,
    pub no_venue: &'static str,
    pub participants: &'static str,
    pub no_participants: &'static str,
    pub presence: &'static str,
    pub poll: &'static str,
    pub poll_secret: &'static str,
    pub poll_over: &'static str,
    pub no_poll: &'static str,
    pub slow: &'static str,
    pub not_slow: &'static str,
    pub links: &'static str,
    pub no_links: &'static str,
    pub members_only: &'static str,
    pub for_everybody: &'static str,
    pub locked: &'static str,
    pub emoji_only: &'static str,
    pub messages_wait: &'static str,
    pub room_opens: &'static str,
    pub room_opened: &'static str,
    pub room_closes: &'static str,
    pub room_closed: &'static str,
    pub room_stays: &'static str,
    pub statistics: &'static str,
    pub count_goals: &'static str,
    pub count_cards: &'static str,
    pub count_substitutions: &'static str,
    pub count_messages: &'static str,
    pub count_watching: &'static str,
    pub lately: &'static str,
    pub nothing_yet: &'static str,
    pub goal_happened: &'static str,
    pub period_began: &'static str,
    pub period_ended: &'static str,
    pub result_stands: &'static str,
    /// Follows what may be out of date.
    pub stale: &'static str,
    pub help: &'static str,
    pub unknown: &'static str,
    /// Stands before what is known, where what was asked is not.
    pub instead: &'static str,
    /// Something broke, and nothing is known.
    pub trouble: &'static str,
    pub not_here: &'static str,
}

/// A language.
#[derive(Debug)]
pub struct Phrases {
    /// As in BCP 47, without a region.
    pub tag: &'static str,
    /// Words and rows of words, in lower case, without apostrophes.
    pub words: &'static [(Sense, &'static [&'static str])],
    pub lines: &'static Lines,
}

/// Every language there is. The first is spoken where none is recognised.
pub const ALL: &[&Phrases] = &[&english::ENGLISH, &german::GERMAN];

/// The language of a tag such as `de-AT`; `None`: there are no words for it.
#[must_use]
pub fn of(tag: &str) -> Option<&'static Phrases> {
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    ALL.iter()
        .find(|phrases| phrases.tag.eq_ignore_ascii_case(primary))
        .copied()
}

/// Puts values in the places of their names. What is put in is not looked at again.
#[must_use]
pub fn fill(line: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(line.len() + 64);
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| *value));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The names of the places in each line, by the field's name.
    fn places(lines: &Lines) -> BTreeMap<String, BTreeSet<String>> {
        let debug = format!("{lines:?}");
        let inner = debug.trim_start_matches("Lines { ").trim_end_matches(" }");
        let fields = inner.split("\", ").map(|field| field.split_once(": \"").unwrap());
        let names = |text: &str| {
            let places = text.split('{').skip(1);
            places
                .map(|place| place.split('}').next().unwrap().to_owned())
                .collect()
        };
        fields.map(|(name, text)| (name.to_owned(), names(text))).collect()
    }

    #[test]
    fn every_language_puts_the_same_things_into_the_same_lines() {
        let known = places(ALL[0].lines);
        assert!(known.len() > 60, "{known:?}");
        for phrases in ALL {
            assert_eq!(places(phrases.lines), known, "{}", phrases.tag);
        }
    }

    #[test]
    fn words_are_as_questions_are_read() {
        for phrases in ALL {
            let mut seen = BTreeSet::new();
            for (sense, words) in phrases.words {
                for word in *words {
                    let plain = word
                        .split(' ')
                        .all(|part| !part.is_empty() && part.chars().all(char::is_alphanumeric));
                    assert!(plain && word.to_lowercase() == *word, "{}: {word:?}", phrases.tag);
                    assert!(seen.insert(*word), "{}: {word:?} twice, as {sense:?}", phrases.tag);
                }
            }
        }
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        assert_eq!(fill("{a} and {b}.", &[("a", "{b}"), ("b", "{a}")]), "{b} and {a}.");
        assert_eq!(fill("{c}{", &[]), "{");
        assert_eq!(of("de-AT").unwrap().tag, "de");
        assert!(of("xx").is_none() && of("").is_none());
    }
}
