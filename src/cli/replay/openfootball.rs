//! Reads tournament files of the openfootball project, patiently: they are written by hand, and faults happen.
//!
//! What happened is taken from the goal lists; the stored score only adds what they cannot say (extra time, shoot-outs,
//! matches without goal lists) and is doubted where the two disagree. Every doubt becomes a warning.

mod read;
#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use serde_json::Value;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{domain::text::Slug, play::Fixture};

/// A match that was found, ready to be played.
#[derive(Debug, Clone)]
pub struct Found {
    pub title: String,
    pub venue: Option<String>,
    pub fixture: Fixture,
    /// What the file says against itself.
    pub warnings: Vec<String>,
}

/// A file of matches.
#[derive(Debug)]
pub struct Tournament {
    matches: Vec<Value>,
}

impl Tournament {
    /// Reads a file: one list of `matches`, or (older files) one per round.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let file: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).context("it is not JSON")?;
        let lists = [&file]
            .into_iter()
            .chain(file["rounds"].as_array().into_iter().flatten())
            .filter_map(|place| place["matches"].as_array());
        let matches: Vec<Value> = lists.flatten().cloned().collect();
        if matches.is_empty() {
            bail!("there are no matches in it");
        }
        Ok(Self { matches })
    }

    /// The match of two teams, named in either order as `A-B`, `A v B` and the like.
    pub fn find(&self, teams: &str, date: Option<&str>) -> anyhow::Result<Found> {
        let same_teams = self.matches.iter().filter(|one| is_called(one, teams));
        let on_day: Vec<&Value> = same_teams
            .filter(|one| date.is_none_or(|date| one["date"].as_str() == Some(date)))
            .collect();
        match on_day[..] {
            [one] => read::read(one),
            [] => bail!("no match {teams}{}; {}", day(date), self.hint(teams)),
            _ => {
                let days: Vec<&str> = on_day.iter().filter_map(|one| one["date"].as_str()).collect();
                bail!("{teams} met more than once; choose with --date: {}", days.join(", "));
            }
        }
    }

    /// Matches that may have been meant: those with a team that was named, or with names that resemble it.
    fn hint(&self, teams: &str) -> String {
        let wanted = plain(teams);
        let mut near: Vec<(usize, String)> = self
            .matches
            .iter()
            .filter_map(|one| {
                let names = team_names(one)?;
                let plain_names = names.clone().map(|name| plain(&name));
                let mentioned = plain_names.iter().any(|name| wanted.contains(name.as_str()));
                let apart = distance(&wanted, &plain_names.concat());
                let date = one["date"].as_str().unwrap_or("no date");
                (mentioned || apart <= 4).then(|| (apart, format!("{}-{} ({date})", names[0], names[1])))
            })
            .collect();
        near.sort();
        near.truncate(8);
        if near.is_empty() {
            return format!("the file has {} others", self.matches.len());
        }
        let near: Vec<String> = near.into_iter().map(|(_, name)| name).collect();
        format!("did you mean {}?", near.join(", "))
    }
}

fn day(date: Option<&str>) -> String {
    date.map_or_else(String::new, |date| format!(" on {date}"))
}

/// A team is a name, or (older files) an object with one.
fn team_names(one: &Value) -> Option<[String; 2]> {
    let name = |team: &Value| team.as_str().or(team["name"].as_str()).map(str::to_owned);
    Some([name(&one["team1"])?, name(&one["team2"])?])
}

fn is_called(one: &Value, teams: &str) -> bool {
    let Some(names) = team_names(one) else { return false };
    let [home, away] = names.map(|name| plain(&name));
    let wanted = plain(teams);
    ["", "v", "vs"]
        .into_iter()
        .any(|between| wanted == format!("{home}{between}{away}") || wanted == format!("{away}{between}{home}"))
}

/// A name without accents, blanks, signs and capitals, for comparing.
#[must_use]
pub fn plain(name: &str) -> String {
    name.nfkd()
        .filter(|character| character.is_alphanumeric() && !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .collect()
}

fn slug(name: &str) -> String {
    Slug::from_title(name).into_string()
}

/// How many letters differ (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = index;
        row[0] = index + 1;
        for (column, &wanted) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
