//! What the words of a question mean, and whom they name.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use super::{View, name};
use crate::domain::{
    phrases::{self, Phrases, Sense},
    text::search_words,
};

/// Words that belong together, at most.
const ROW: usize = 5;
/// Words of a question that are looked at.
const LOOKED_AT: usize = 64;

/// Letters of a part of a name that stands for the whole.
const PART_LEAST: usize = 3;

/// What was made out of a question.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) phrases: &'static Phrases,
    pub(super) senses: BTreeSet<Sense>,
    /// Ids of participants it names, in order.
    pub(super) teams: Vec<String>,
    /// Players it names, as the contest spells them.
    pub(super) players: Vec<String>,
    pub(super) words: usize,
    /// Words that mean nothing here.
    pub(super) strange: usize,
}

/// The words of each language, folded as questions are.
static LEXICON: LazyLock<Vec<HashMap<String, Sense>>> =
    LazyLock::new(|| phrases::ALL.iter().map(|one| fold(one)).collect());

fn fold(phrases: &Phrases) -> HashMap<String, Sense> {
    let mut known = HashMap::new();
    for (sense, words) in phrases.words {
        for word in *words {
            known.entry(search_words(word).join(" ")).or_insert(*sense);
        }
    }
    known
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    Team(String),
    Player(String),
}

impl Heard {
    pub(super) fn by(view: &View<'_>, question: &str, tag: Option<&str>) -> Self {
        match tag.and_then(phrases::of) {
            Some(phrases) => Self::in_language(view, question, phrases),
            None => Self::in_any(view, question),
        }
    }

    /// In the language that knows most of the words; of equal ones in the first.
    pub(super) fn in_any(view: &View<'_>, question: &str) -> Self {
        let heard = phrases::ALL
            .iter()
            .map(|phrases| Self::in_language(view, question, phrases));
        let best = heard.min_by_key(|heard| heard.strange);
        best.unwrap_or_else(|| Self::in_language(view, question, phrases::ALL[0]))
    }

    pub(super) fn in_language(view: &View<'_>, question: &str, phrases: &'static Phrases) -> Self {
        // `what's` is one word to the lists.
        let joined: String = question
            .chars()
            .filter(|letter| !matches!(letter, '\'' | '’' | '`' | '´'))
            .collect();
        let mut words = search_words(&name::plain(&joined));
        words.truncate(LOOKED_AT);
        let index = phrases::ALL.iter().position(|one| one.tag == phrases.tag).unwrap_or(0);
        let (lexicon, names) = (&LEXICON[index], names(view));
        let mut heard = Self {
            phrases,
            senses: BTreeSet::new(),
            teams: Vec::new(),
            players: Vec::new(),
            words: words.len(),
            strange: 0,
        };
        let mut at = 0;
        while at < words.len() {
            at += heard.take(&words[at..], lexicon, &names);
        }
        heard
    }

    /// Takes the next words; gives how many.
    fn take(&mut self, words: &[String], lexicon: &HashMap<String, Sense>, names: &[(Vec<String>, Named)]) -> usize {
        let called = |fits: &dyn Fn(&str, &str) -> bool| {
            let found = names.iter().filter(|(name, _)| {
                name.len() <= words.len() && name.iter().zip(words).all(|(name, word)| fits(word, name))
            });
            found.max_by_key(|(name, _)| name.len())
        };
        let is_word = |word: &String| lexicon.contains_key(word);
        let exact = called(&|word, name| word == name).filter(|(name, _)| !name.iter().all(is_word));
        if let Some((name, who)) = exact {
            self.name(who.clone());
            return name.len();
        }
        for length in (1..=ROW.min(words.len())).rev() {
            if let Some(sense) = lexicon.get(&words[..length].join(" ")) {
                self.senses.insert(*sense);
                return length;
            }
        }
        if let Some((name, who)) = called(&|word, name| word == name || name::is_slip(word, name, 2)) {
            self.name(who.clone());
            return name.len();
        }
        let mut slips = lexicon.iter().filter(|(known, _)| {
            !known.contains(' ') && known.chars().count() >= 5 && name::is_slip(&words[0], known, 1)
        });
        match (slips.next(), slips.next()) {
            (Some((_, sense)), None) => {
                self.senses.insert(*sense);
            }
            (Some((_, sense)), Some((_, other))) if sense == other => {
                self.senses.insert(*sense);
            }
            _ => self.strange += 1,
        }
        1
    }

    fn name(&mut self, who: Named) {
        let (list, who) = match who {
            Named::Team(id) => (&mut self.teams, id),
            Named::Player(name) => (&mut self.players, name),
        };
        if !list.contains(&who) {
            list.push(who);
        }
    }

    pub(super) fn has(&self, sense: Sense) -> bool {
        self.senses.contains(&sense)
    }

    pub(super) fn has_any(&self, senses: &[Sense]) -> bool {
        senses.iter().any(|sense| self.has(*sense))
    }

    pub(super) fn names_somebody(&self) -> bool {
        !self.teams.is_empty() || !self.players.is_empty()
    }
}

/// Everybody the contest and the event know, by the words of their names. A part of a name is enough where only one has it.
fn names(view: &View<'_>) -> Vec<(Vec<String>, Named)> {
    let snapshot = view.snapshot;
    let of_event = snapshot.event.participants.iter();
    let of_event = of_event.map(|team| (&team.id, &team.name, team.short_name.as_ref()));
    let contest = snapshot.contest.as_ref();
    let of_contest = contest.iter().flat_map(|contest| &contest.participants);
    let of_contest = of_contest.map(|team| (&team.id, &team.name, team.short_name.as_ref()));
    let teams = of_event.chain(of_contest).flat_map(|(id, name, short)| {
        let names = [Some(name), short].into_iter().flatten();
        names.map(|name| (name.as_str(), Named::Team(id.clone())))
    });
    let incidents = contest.iter().flat_map(|contest| &contest.incidents);
    let players = incidents.flat_map(|incident| {
        let people = [&incident.player, &incident.player_in, &incident.player_out];
        let people = people.into_iter().flatten();
        people.map(|player| (player.as_str(), Named::Player(player.clone())))
    });
    let (mut names, mut parts) = (Vec::new(), HashMap::<String, Vec<Named>>::new());
    for (name, who) in teams.chain(players) {
        let words = search_words(name);
        for part in words.iter().filter(|part| part.chars().count() >= PART_LEAST) {
            let bearers = parts.entry(part.clone()).or_default();
            if !bearers.contains(&who) {
                bearers.push(who.clone());
            }
        }
        // A name of one letter is found in every question.
        if words.iter().map(String::len).sum::<usize>() > 1 {
            names.push((words, who));
        }
    }
    for (part, mut bearers) in parts {
        if let (Some(who), true) = (bearers.pop(), bearers.is_empty()) {
            names.push((vec![part], who));
        }
    }
    names
}
