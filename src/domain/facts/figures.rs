//! Figures in a text that may be scores or minutes, held against what is known.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    View,
    hear::Heard,
    name::{is_between, score_at},
};
use crate::domain::{
    contest::{IncidentType, ScoreLine, Scoreboard},
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

/// Whether every figure of a text is one that the state knows: the score now or at the end of a period, minutes of what happened, totals. A number that is not known is a reason not to say it.
#[must_use]
pub fn agrees(text: &str, view: &View<'_>) -> bool {
    sentences(text)
        .all(|sentence| scores_agree(sentence, view) && claim_agrees(sentence, view) && numbers_agree(sentence, view))
}

/// A score is told from the side of whoever is named first, or of whoever the contest names first.
fn scores_agree(sentence: &str, view: &View<'_>) -> bool {
    let told = figures(sentence);
    if told.is_empty() {
        return true;
    }
    let Some(contest) = &view.snapshot.contest else {
        return false;
    };
    let pairs = pairs(contest);
    let of_other = |team: &String| contest.score.get(1).is_some_and(|line| line.participant_id == *team);
    let turned = heard(sentence, view)
        .first()
        .and_then(|heard| heard.teams.first())
        .is_some_and(of_other);
    told.iter().all(|(one, other)| {
        let pair = if turned { (*other, *one) } else { (*one, *other) };
        pairs.contains(&pair)
    })
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let sentences = text.split(['.', '!', '?', '\n', ';', '。']);
    sentences.filter(|sentence| !sentence.trim().is_empty())
}

/// In whatever language: a claim is a claim.
fn heard(sentence: &str, view: &View<'_>) -> Vec<Heard> {
    let heard = ALL.iter().map(|phrases| Heard::in_language(view, sentence, phrases));
    heard.collect()
}

/// A score's own numbers were looked at as such.
fn numbers_agree(sentence: &str, view: &View<'_>) -> bool {
    let text = without_names(sentence, view);
    let of_goals = [
        Sense::Goal,
        Sense::Score,
        Sense::Scored,
        Sense::Lead,
        Sense::Won,
        Sense::Level,
    ];
    let is_of_goals = heard(sentence, view).iter().any(|heard| heard.has_any(&of_goals));
    let (contest, counts) = (of_contest(view), counts(view));
    // How many are watching is no number of goals, though it may be the same.
    let around = if is_of_goals { BTreeSet::new() } else { around(view) };
    numbers(&text).iter().all(|(number, of_goals)| {
        if *of_goals {
            counts.contains(number)
        } else {
            contest.contains(number) || around.contains(number)
        }
    })
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

/// Every whole number in a text, in digits or words, and whether it counts goals.
fn numbers(text: &str) -> Vec<(i64, bool)> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let number_in = |word: &str| {
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        if !digits.is_empty() {
            return Some(digits.parse().unwrap_or(-1));
        }
        if word.chars().any(char::is_numeric) {
            return Some(-1);
        }
        // "One" and its like are said of anything.
        number(word).filter(|number| *number > 1)
    };
    let counts_goals = |at: usize| words.get(at + 1).is_some_and(|next| GOALS.contains(next));
    let found = words.iter().enumerate();
    found
        .filter_map(|(at, word)| Some((number_in(word)?, counts_goals(at))))
        .collect()
}

const GOALS: &[&str] = &[
    "goal", "goals", "points", "times", "tor", "tore", "treffer", "punkte", "mal",
];

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

/// The numbers that may be said of the contest.
fn of_contest(view: &View<'_>) -> BTreeSet<i64> {
    let mut known = counts(view);
    let Some(contest) = &view.snapshot.contest else {
        return known;
    };
    for incident in &contest.incidents {
        known.extend(incident.minute.map(i64::from));
        known.extend(incident.stoppage.map(i64::from));
        known.extend(incident.period.as_ref().map(|period| i64::from(period.number)));
    }
    for period in &contest.periods {
        known.insert(i64::from(period.number));
        known.extend(period.score.iter().flatten().map(|line| line.points));
    }
    if let Some(clock) = super::clock_text(contest, view.now) {
        known.extend(numbers(&clock).iter().map(|(number, _)| *number));
    }
    known
}

/// How many there are of what is counted in the contest: points of each and of all, what one player did.
fn counts(view: &View<'_>) -> BTreeSet<i64> {
    let mut known = BTreeSet::from([0, 1]);
    let Some(contest) = &view.snapshot.contest else {
        return known;
    };
    known.extend(contest.score.iter().map(|line| line.points));
    known.insert(contest.score.iter().map(|line| line.points).sum());
    let mut by_player = BTreeMap::<&str, i64>::new();
    for goal in contest
        .incidents
        .iter()
        .filter(|incident| incident.kind == IncidentType::Goal)
    {
        *by_player.entry(goal.player.as_deref().unwrap_or_default()).or_default() += 1;
    }
    known.extend(by_player.values());
    known
}

/// The numbers that may be said of what is around it.
fn around(view: &View<'_>) -> BTreeSet<i64> {
    let (snapshot, presence) = (view.snapshot, view.presence);
    let mut counts = vec![presence.viewers, presence.users, snapshot.message_count];
    for poll in &snapshot.polls {
        counts.push(poll.voters);
        counts.extend(poll.options.iter().filter_map(|option| option.votes));
    }
    if let Some(contest) = &snapshot.contest {
        counts.push(contest.participants.len() as u64);
        for kind in [IncidentType::Card, IncidentType::Substitution] {
            counts.push(
                contest
                    .incidents
                    .iter()
                    .filter(|incident| incident.kind == kind)
                    .count() as u64,
            );
        }
    }
    let mut known: BTreeSet<i64> = counts
        .into_iter()
        .filter_map(|count| i64::try_from(count).ok())
        .collect();
    let event = &snapshot.event;
    let told = [Some(event.scheduled_at), event.started_at, event.ended_at];
    let told = told.into_iter().flatten().flat_map(|at| numbers(&super::time_text(at)));
    known.extend(told.map(|(number, _)| number));
    known
}

/// Whether what a text says of who is in front, or has won, is so. Where that is not for certain, it is not.
fn claim_agrees(sentence: &str, view: &View<'_>) -> bool {
    let heard = heard(sentence, view);
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
}
