//! Figures in a text that may be scores or minutes, held against what is known.

use std::collections::BTreeSet;

use super::{
    View,
    hear::Heard,
    name::{is_between, score_at},
};
use crate::domain::{
    contest::{ScoreLine, Scoreboard},
    phrases::{ALL, Sense},
};

/// The scores a text states: `2-1`, `2:1`, `2 – 1`, `two to one`, … In the order of the text.
#[must_use]
pub fn figures(text: &str) -> Vec<(i64, i64)> {
    let letters: Vec<char> = text.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        let Some(length) = score_at(&letters[at..]) else {
            at += 1;
            continue;
        };
        let piece: String = letters[at..at + length].iter().collect();
        let mut numbers = piece
            .split(|letter: char| is_between(letter))
            .map(|number| number.trim().parse().ok());
        if let (Some(Some(one)), Some(Some(other))) = (numbers.next(), numbers.next()) {
            found.push((one, other));
        } else {
            // Digits of another script, or more than a number can hold: a score all the same, and of nobody.
            found.push((-1, -1));
        }
        at += length;
    }
    found.extend(in_words(text));
    found
}

const NUMBERS: &[&[&str]] = &[
    &["zero", "nil", "nothing", "love", "null"],
    &["one", "eins", "1"],
    &["two", "zwei", "2"],
    &["three", "drei", "3"],
    &["four", "vier", "4"],
    &["five", "fünf", "5"],
    &["six", "sechs", "6"],
    &["seven", "sieben", "7"],
    &["eight", "acht", "8"],
    &["nine", "neun", "9"],
    &["ten", "zehn", "10"],
];

fn number(word: &str) -> Option<i64> {
    let at = NUMBERS.iter().position(|names| names.contains(&word));
    at.and_then(|at| i64::try_from(at).ok()).or_else(|| word.parse().ok())
}

/// `two to one`, `three nil`, `five zu null`.
fn in_words(text: &str) -> Vec<(i64, i64)> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(one) = number(word) else { continue };
        let next = words.get(at + 1).copied().unwrap_or_default();
        let other = match next {
            "to" | "zu" | "against" | "all" => words.get(at + 2).and_then(|word| number(word)),
            _ => number(next).filter(|_| !next.bytes().all(|byte| byte.is_ascii_digit())),
        };
        if let Some(other) = other {
            found.push((one, other));
        } else if next == "all" {
            found.push((one, one));
        }
    }
    found
}

/// Whether every figure of a text is one that the state knows: the score now or at the end of a period, either way round,
/// minutes of what happened, totals. A number that is not known is a reason not to say it.
#[must_use]
pub fn agrees(text: &str, view: &View<'_>) -> bool {
    let contest = view.snapshot.contest.as_ref();
    let pairs = contest.map(pairs).unwrap_or_default();
    if !figures(text)
        .iter()
        .all(|(one, other)| pairs.contains(&(*one, *other)) || pairs.contains(&(*other, *one)))
    {
        return false;
    }
    if !claims_agree(text, view) {
        return false;
    }
    let known = known(view);
    // A score's own numbers were looked at above.
    numbers(&without_names(text, view))
        .iter()
        .all(|number| known.contains(number))
}

/// Without names that have figures in them, such as `Schalke 04`. A name of figures alone stays.
fn without_names(text: &str, view: &View<'_>) -> String {
    let event = &view.snapshot.event;
    let names = event
        .participants
        .iter()
        .map(|one| one.name.as_str())
        .chain(event.venue.as_deref());
    let names = names
        .map(super::shown)
        .filter(|name| name.chars().filter(|letter| letter.is_alphabetic()).count() > 2);
    names.fold(text.to_owned(), |text, name| text.replace(&name, " "))
}

/// Every whole number in a text, in digits or words.
fn numbers(text: &str) -> Vec<i64> {
    let lower = text.to_lowercase();
    let words = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words
        .filter_map(|word| {
            let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
            if !digits.is_empty() {
                return Some(digits.parse().unwrap_or(-1));
            }
            if word.chars().any(char::is_numeric) {
                return Some(-1);
            }
            // "One" and its like are said of anything.
            number(word).filter(|number| *number > 1)
        })
        .collect()
}

fn pairs(contest: &Scoreboard) -> BTreeSet<(i64, i64)> {
    let mut pairs = BTreeSet::new();
    let mut add = |score: &[ScoreLine]| {
        if let [one, other] = score {
            pairs.insert((one.points, other.points));
        }
    };
    add(&contest.score);
    for period in &contest.periods {
        add(period.score.as_deref().unwrap_or_default());
    }
    pairs
}

/// The numbers that may be said.
fn known(view: &View<'_>) -> BTreeSet<i64> {
    let mut known = BTreeSet::from([0, 1]);
    let snapshot = view.snapshot;
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    known.extend([
        count(view.presence.viewers),
        count(view.presence.users),
        count(snapshot.message_count),
    ]);
    let event = &snapshot.event;
    let told = [Some(event.scheduled_at), event.started_at, event.ended_at];
    known.extend(told.into_iter().flatten().flat_map(|at| numbers(&super::time_text(at))));
    for poll in &snapshot.polls {
        known.insert(count(poll.voters));
        known.extend(poll.options.iter().filter_map(|option| option.votes).map(count));
    }
    let Some(contest) = &snapshot.contest else { return known };
    known.extend(contest.score.iter().map(|line| line.points));
    known.insert(contest.score.iter().map(|line| line.points).sum());
    known.insert(count(contest.participants.len() as u64));
    for incident in &contest.incidents {
        known.extend(incident.minute.map(i64::from));
        known.extend(incident.stoppage.map(i64::from));
        known.extend(incident.period.as_ref().map(|period| i64::from(period.number)));
    }
    for kind in [
        crate::domain::contest::IncidentType::Goal,
        crate::domain::contest::IncidentType::Card,
        crate::domain::contest::IncidentType::Substitution,
    ] {
        known.insert(count(
            contest
                .incidents
                .iter()
                .filter(|incident| incident.kind == kind)
                .count() as u64,
        ));
    }
    for period in &contest.periods {
        known.insert(i64::from(period.number));
        known.extend(period.score.iter().flatten().map(|line| line.points));
        known.extend(numbers(&period.name));
    }
    if let Some(clock) = super::clock_text(contest, view.now) {
        known.extend(numbers(&clock));
    }
    known
}

/// Whether what a text says of who is in front, or has won, is so. Where that is not for certain, it is not.
fn claims_agree(text: &str, view: &View<'_>) -> bool {
    let sentences = text
        .split(['.', '!', '?', '\n', ';', '。'])
        .filter(|sentence| !sentence.trim().is_empty());
    sentences.into_iter().all(|sentence| {
        // In whatever language: a claim is a claim.
        let heard: Vec<Heard> = ALL
            .iter()
            .map(|phrases| Heard::in_language(view, sentence, phrases))
            .collect();
        let says = |sense| heard.iter().any(|heard| heard.has(sense));
        let (leads, won) = (says(Sense::Lead), says(Sense::Won));
        if !leads && !won {
            return true;
        }
        let Some(contest) = &view.snapshot.contest else {
            return false;
        };
        let winner = contest.result.as_ref().and_then(|result| result.winner_id.clone());
        if won && winner.is_none() {
            return false;
        }
        let first = winner.or_else(|| super::say::in_front(contest).map(|line| line.participant_id.clone()));
        first.is_some() && heard.iter().all(|heard| heard.teams.first() == first.as_ref())
    })
}
