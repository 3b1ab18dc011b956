//! What the house says by itself about a contest, in English.
//!
//! Names come from feeds: they are cut short, cannot call anybody, and can be left out ([`Naming`]) where the rules of the
//! house refuse them. Figures are always said.

use crate::domain::{
    commentary::{CardFacts, Facts, GoalFacts, ResultFacts, Side, SummaryFacts, Turn},
    contest::{CardColor, Outcome},
    event::EventKind,
};

/// Which names may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    All,
    /// Those of teams, not of people.
    Sides,
    Nobody,
}

impl Naming {
    /// From what is best to what is safe.
    pub const ALL: [Self; 3] = [Self::All, Self::Sides, Self::Nobody];

    fn player(self, name: Option<&str>) -> Option<String> {
        name.filter(|_| self == Self::All).map(plain)
    }

    fn side(self, name: &str) -> String {
        if self == Self::Nobody {
            "One side".to_owned()
        } else {
            plain(name)
        }
    }
}

/// The longest name that is said whole, in characters.
const NAME_MOST: usize = 48;
/// Goals or cards that one sentence lists.
const LISTED_MOST: usize = 12;

/// A name on one line, of bounded length, that calls nobody.
fn plain(name: &str) -> String {
    let tidy = name
        .chars()
        .filter(|letter| !matches!(letter, '@' | '＠'))
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut letters = tidy.clone();
    let short: String = letters.by_ref().take(NAME_MOST).collect();
    let short = short.trim().to_owned();
    if letters.next().is_some() { short + "…" } else { short }
}

/// The sentences for these facts.
#[must_use]
pub fn say(facts: &Facts, naming: Naming) -> String {
    match facts {
        Facts::Goal(goal) => format!("{} {}.", goal_sentence(goal, naming), score(&goal.score, naming)),
        Facts::RedCard(card) => {
            let player = naming.player(card.player.as_deref());
            let side = naming.side(&card.side);
            let who = player.map_or_else(|| format!("a player of {side}"), |player| format!("{player} ({side})"));
            let why = match card.color {
                CardColor::SecondYellow => "a second yellow card",
                _ => "a red card",
            };
            format!(
                "{}{} is sent off with {why}.",
                when(card.minute.as_deref()),
                capital(&who)
            )
        }
        Facts::PeriodEnd {
            kind,
            number,
            name,
            score: at,
        } => {
            let over = period_over(*kind, *number, name, naming);
            if at.is_empty() {
                format!("{over}.")
            } else {
                format!("{over}: {}.", score(at, naming))
            }
        }
        Facts::LeadChange { side, score: at } => {
            format!("{} take the lead: {}.", naming.side(side), score(at, naming))
        }
        Facts::Milestone {
            side,
            points,
            score: at,
        } => {
            format!("{} reach {points}: {}.", naming.side(side), score(at, naming))
        }
        Facts::CloseFinish { score: at } => format!("A close finish: {}.", score(at, naming)),
        Facts::Statistic {
            yellow,
            red,
            substitutions,
            score: at,
        } => {
            format!(
                "So far: {}. {}.",
                counts(*yellow, *red, *substitutions),
                score(at, naming)
            )
        }
        Facts::Result(result) => format!("It is over. {}", result_sentence(result, naming)),
        Facts::Recap { lines, score: at } => {
            let lines: Vec<_> = lines.iter().take(LISTED_MOST).map(|line| label(line, naming)).collect();
            format!("In quick succession: {}. {}.", lines.join("; "), score(at, naming))
        }
        Facts::Summary(summary) => summary_text(summary, naming),
    }
}

/// In a few words, for a list.
#[must_use]
pub fn label(facts: &Facts, naming: Naming) -> String {
    match facts {
        Facts::Goal(goal) => goal_label(goal, naming),
        Facts::RedCard(card) => card_label(card, naming),
        Facts::PeriodEnd { kind, number, name, .. } => period_over(*kind, *number, name, naming),
        Facts::LeadChange { score: at, .. }
        | Facts::Milestone { score: at, .. }
        | Facts::CloseFinish { score: at }
        | Facts::Statistic { score: at, .. }
        | Facts::Recap { score: at, .. } => score(at, naming),
        Facts::Result(_) => "Result".to_owned(),
        Facts::Summary(_) => "Summary".to_owned(),
    }
}

/// Whose names the sentences for these facts say, as they say them.
#[must_use]
pub fn names(facts: &Facts, naming: Naming) -> Vec<String> {
    let side = |name: &str| (naming != Naming::Nobody).then(|| plain(name));
    match facts {
        Facts::Goal(goal) => naming
            .player(goal.player.as_deref())
            .into_iter()
            .chain(side(&goal.side))
            .collect(),
        Facts::LeadChange { side: name, .. } | Facts::Milestone { side: name, .. } => side(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What holds instead of what was said.
#[must_use]
pub fn corrected(now: &Facts, score_now: &[Side], naming: Naming) -> String {
    let label = label(now, naming);
    if score_now.is_empty() {
        format!("Corrected: {label}.")
    } else {
        format!("Corrected: {label}. It is {}.", score(score_now, naming))
    }
}

/// It did not happen.
#[must_use]
pub fn taken_back(was: &Facts, score_now: &[Side], naming: Naming) -> String {
    let label = label(was, naming);
    if score_now.is_empty() {
        format!("Taken back: {label}.")
    } else {
        format!("Taken back: {label}. It is {}.", score(score_now, naming))
    }
}

/// The score that was quoted is another one.
#[must_use]
pub fn score_corrected(score_now: &[Side], naming: Naming) -> String {
    format!("The score was corrected. It is {}.", score(score_now, naming))
}

/// `Reds 2–1 Blues`, or a list where there are not two.
#[must_use]
pub fn score(sides: &[Side], naming: Naming) -> String {
    match (sides, naming) {
        ([one, other], Naming::Nobody) => format!("{}–{}", one.points, other.points),
        ([one, other], _) => {
            let (home, away) = (plain(&one.name), plain(&other.name));
            format!("{home} {}–{} {away}", one.points, other.points)
        }
        (sides, Naming::Nobody) => {
            let points: Vec<_> = sides
                .iter()
                .take(LISTED_MOST)
                .map(|side| side.points.to_string())
                .collect();
            points.join(", ")
        }
        (sides, _) => {
            let listed = sides.iter().take(LISTED_MOST);
            let points: Vec<_> = listed
                .map(|side| format!("{} {}", plain(&side.name), side.points))
                .collect();
            points.join(", ")
        }
    }
}

fn goal_sentence(goal: &GoalFacts, naming: Naming) -> String {
    let side = naming.side(&goal.side);
    let player = naming.player(goal.player.as_deref());
    let spot = if goal.penalty { " from the penalty spot" } else { "" };
    let minute = when(goal.minute.as_deref());
    if goal.own_goal {
        let by = player.map_or(String::new(), |player| format!(" by {player}"));
        let turn = match goal.turn {
            Some(Turn::Lead) => format!("{side} are ahead."),
            Some(Turn::Level) => "It is level.".to_owned(),
            None => format!("It counts for {side}."),
        };
        return format!("{minute}Own goal{by}! {turn}");
    }
    let deed = match (&player, goal.turn) {
        (Some(player), Some(Turn::Lead)) => format!("{player} puts {side} ahead{spot}"),
        (Some(player), Some(Turn::Level)) => format!("{player} equalises for {side}{spot}"),
        (Some(player), None) => format!("{player} scores for {side}{spot}"),
        (None, Some(Turn::Lead)) => format!("{side} go ahead{spot}"),
        (None, Some(Turn::Level)) => format!("{side} equalise{spot}"),
        (None, None) => format!("{side} score{spot}"),
    };
    let more = match (goal.nth, player) {
        (3, Some(player)) => format!(" A hat-trick for {player}!"),
        (nth @ 4.., Some(player)) => format!(" Goal number {nth} for {player}!"),
        _ => String::new(),
    };
    format!("{minute}Goal! {deed}.{more}")
}

fn goal_label(goal: &GoalFacts, naming: Naming) -> String {
    let kind = match (goal.own_goal, goal.penalty) {
        (true, _) => "Own goal",
        (false, true) => "Goal (penalty)",
        (false, false) => "Goal",
    };
    named(goal.minute.as_deref(), kind, goal.player.as_deref(), &goal.side, naming)
}

fn card_label(card: &CardFacts, naming: Naming) -> String {
    let kind = match card.color {
        CardColor::Yellow => "Yellow card",
        CardColor::SecondYellow => "Second yellow card",
        CardColor::Red => "Red card",
    };
    named(card.minute.as_deref(), kind, card.player.as_deref(), &card.side, naming)
}

fn named(minute: Option<&str>, kind: &str, player: Option<&str>, side: &str, naming: Naming) -> String {
    let minute = minute.map_or(String::new(), |minute| format!("{minute} "));
    match (naming.player(player), naming) {
        (Some(player), _) => format!("{minute}{kind}, {player} ({})", plain(side)),
        (None, Naming::Nobody) => format!("{minute}{kind}"),
        (None, _) => format!("{minute}{kind}, {}", plain(side)),
    }
}

fn period_over(kind: EventKind, number: u32, name: &str, naming: Naming) -> String {
    match (kind, number) {
        (EventKind::Football, 1) => "Half-time".to_owned(),
        (EventKind::Football, 2) => "Full time".to_owned(),
        (EventKind::Football, 3) => "Half-time in extra time".to_owned(),
        (EventKind::Football, 4) => "The end of extra time".to_owned(),
        (EventKind::Football, _) => "The end of the penalty shoot-out".to_owned(),
        _ if naming == Naming::Nobody => format!("The end of part {number}"),
        _ => format!("The end of {}", plain(name)),
    }
}

fn result_sentence(result: &ResultFacts, naming: Naming) -> String {
    let how = result.method.as_deref().filter(|_| naming == Naming::All);
    let how = how.map_or(String::new(), |how| format!(" ({})", plain(how)));
    let outcome = match (result.outcome, &result.winner) {
        (Outcome::Win, Some(winner)) => format!("{} win{how}", naming.side(winner)),
        (Outcome::Win, None) => format!("It is won{how}"),
        (Outcome::Draw, _) => format!("A draw{how}"),
        (Outcome::NoResult, _) => format!("No result{how}"),
    };
    if result.score.is_empty() {
        format!("{outcome}.")
    } else {
        format!("{outcome}: {}.", score(&result.score, naming))
    }
}

fn summary_text(summary: &SummaryFacts, naming: Naming) -> String {
    let mut lines = vec![match &summary.result {
        Some(result) => result_sentence(result, naming),
        None => format!("Final score: {}.", score(&summary.score, naming)),
    }];
    let listed = |what: &str, labels: Vec<String>| {
        let more = labels.len().saturating_sub(LISTED_MOST);
        let mut line = format!(
            "{what}: {}",
            labels.into_iter().take(LISTED_MOST).collect::<Vec<_>>().join("; ")
        );
        if more > 0 {
            line = format!("{line}; and {more} more");
        }
        line + "."
    };
    if !summary.goals.is_empty() {
        lines.push(listed(
            "Goals",
            summary.goals.iter().map(|goal| goal_line(goal, naming)).collect(),
        ));
    }
    if !summary.sent_off.is_empty() {
        let cards = summary.sent_off.iter();
        lines.push(listed("Sent off", cards.map(|card| card_line(card, naming)).collect()));
    }
    if !summary.periods.is_empty() {
        let part = |(number, name, sides): &(u32, String, Vec<Side>)| {
            let name = if naming == Naming::Nobody {
                format!("part {number}")
            } else {
                plain(name)
            };
            let points: Vec<_> = sides
                .iter()
                .take(LISTED_MOST)
                .map(|side| side.points.to_string())
                .collect();
            format!("{name} {}", points.join("–"))
        };
        lines.push(listed("After each part", summary.periods.iter().map(part).collect()));
    }
    if summary.yellow + summary.red + summary.substitutions > 0 {
        let counts = counts(summary.yellow, summary.red, summary.substitutions);
        lines.push(format!("{}.", capital(&counts)));
    }
    lines.join("\n")
}

fn goal_line(goal: &GoalFacts, naming: Naming) -> String {
    let kind = match (goal.own_goal, goal.penalty) {
        (true, _) => ", own goal",
        (false, true) => ", penalty",
        (false, false) => "",
    };
    format!(
        "{}{kind}",
        who(goal.minute.as_deref(), goal.player.as_deref(), &goal.side, naming)
    )
}

fn card_line(card: &CardFacts, naming: Naming) -> String {
    who(card.minute.as_deref(), card.player.as_deref(), &card.side, naming)
}

fn who(minute: Option<&str>, player: Option<&str>, side: &str, naming: Naming) -> String {
    let minute = minute.map_or(String::new(), |minute| format!("{minute} "));
    let side = naming.side(side);
    match naming.player(player) {
        Some(player) => format!("{minute}{player} ({side})"),
        None => format!("{minute}{side}"),
    }
}

fn counts(yellow: u32, red: u32, substitutions: u32) -> String {
    let counted = [
        (yellow, "yellow card"),
        (red, "red card"),
        (substitutions, "substitution"),
    ];
    let said: Vec<_> = counted
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" }))
        .collect();
    said.join(", ")
}

fn when(minute: Option<&str>) -> String {
    minute.map_or(String::new(), |minute| format!("{minute} "))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
