//! Goals, cards, substitutions, what happened lately, and how much of it.

use super::{Ground, Incident, IncidentType, Said, Scoreboard, cite, contest, fill, shown};
use crate::domain::{
    contest::CardColor,
    phrases::{Lines, Sense},
};

/// Of a list so many are told, the latest.
const TOLD: usize = 10;
const LATELY: usize = 5;

/// When it happened: `45+2'`.
pub(in super::super) fn minute(incident: &Incident) -> Option<String> {
    let minute = incident.minute?;
    Some(match incident.stoppage {
        Some(stoppage) => format!("{minute}+{stoppage}'"),
        None => format!("{minute}'"),
    })
}

fn words(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn of_team(contest: &Scoreboard, incident: &Incident) -> Option<String> {
    let team = incident
        .participant_id
        .as_deref()
        .map(|id| contest::team(contest, id))?;
    let alone = incident.player.is_none() && incident.player_in.is_none();
    Some(if alone { team } else { format!("({team})") })
}

fn goal(lines: &Lines, contest: &Scoreboard, incident: &Incident) -> String {
    let kind = match (incident.own_goal, incident.penalty) {
        (Some(true), _) => Some(lines.own_goal.to_owned()),
        (_, Some(true)) => Some(lines.penalty.to_owned()),
        _ => None,
    };
    let player = incident.player.as_deref().map(shown);
    words([minute(incident), player, of_team(contest, incident), kind])
}

fn card(lines: &Lines, contest: &Scoreboard, incident: &Incident) -> String {
    let color = incident.color.map(|color| match color {
        CardColor::Yellow => lines.yellow,
        CardColor::SecondYellow => lines.second_yellow,
        CardColor::Red => lines.red,
    });
    let player = incident.player.as_deref().map(shown);
    words([
        minute(incident),
        player,
        of_team(contest, incident),
        color.map(str::to_owned),
    ])
}

fn substitution(lines: &Lines, contest: &Scoreboard, incident: &Incident) -> String {
    let name = |name: &Option<String>| name.as_deref().map_or_else(|| "?".to_owned(), shown);
    let (player_in, player_out) = (name(&incident.player_in), name(&incident.player_out));
    let change = fill(lines.player_for, &[("in", &player_in), ("out", &player_out)]);
    words([minute(incident), Some(change), of_team(contest, incident)])
}

/// Those incidents of a kind that are asked about: of whom, and whether of all or one.
fn asked<'a>(ground: &Ground<'_>, contest: &'a Scoreboard, kind: IncidentType) -> Vec<&'a Incident> {
    let heard = ground.heard;
    let is_meant = |incident: &&Incident| {
        let team = incident
            .participant_id
            .as_ref()
            .is_some_and(|id| heard.teams.contains(id));
        let people = [&incident.player, &incident.player_in, &incident.player_out];
        let player = people.into_iter().flatten().any(|name| heard.players.contains(name));
        let color = match (heard.has(Sense::Yellow), heard.has(Sense::Red)) {
            (true, false) => incident.color != Some(CardColor::Red),
            (false, true) => incident.color != Some(CardColor::Yellow),
            _ => true,
        };
        incident.kind == kind && (!heard.names_somebody() || team || player) && (kind != IncidentType::Card || color)
    };
    let all: Vec<&Incident> = contest.incidents.iter().filter(is_meant).collect();
    match (all.first(), all.last()) {
        (Some(first), _) if heard.has(Sense::First) => vec![first],
        (_, Some(last)) if heard.has(Sense::Last) => vec![last],
        _ => all,
    }
}

/// Whom the question names, as they are called.
fn whom(ground: &Ground<'_>, contest: &Scoreboard) -> Option<String> {
    let teams = ground.heard.teams.iter().map(|id| {
        // The event may know somebody whom the contest does not.
        let of_event = ground.view.snapshot.event.participants.iter().find(|one| one.id == *id);
        let in_contest = contest.participants.iter().any(|one| one.id == *id);
        of_event
            .filter(|_| !in_contest)
            .map_or_else(|| contest::team(contest, id), |one| shown(&one.name))
    });
    let names: Vec<String> = teams
        .chain(ground.heard.players.iter().map(|name| shown(name)))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn list(incidents: &[&Incident], tell: impl Fn(&Incident) -> String) -> String {
    let first = incidents.len().saturating_sub(TOLD);
    let told: Vec<String> = incidents[first..].iter().map(|incident| tell(incident)).collect();
    if first > 0 {
        format!("…, {}", told.join(", "))
    } else {
        told.join(", ")
    }
}

pub(super) fn goals(ground: &Ground<'_>) -> Said {
    let contest = match contest::begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    let (lines, score) = (ground.lines, contest::score_text(contest));
    let goals = asked(ground, contest, IncidentType::Goal);
    let told = list(&goals, |incident| goal(lines, contest, incident));
    let cited = cite::incidents(ground.view.tellings, contest, &goals);
    let is_told = contest
        .incidents
        .iter()
        .any(|incident| incident.kind == IncidentType::Goal);
    let has_points = contest.score.iter().any(|line| line.points != 0);
    let count = goals.len().to_string();
    let text = match whom(ground, contest) {
        _ if !is_told && has_points => {
            let text = fill(lines.goals_not_told, &[("score", &score)]);
            return Said {
                known: false,
                ..Said::known(text, contest::score_citation(ground, contest))
            };
        }
        Some(name) if goals.is_empty() => fill(lines.no_goals_of, &[("name", &name)]),
        Some(name) => fill(lines.goals_of, &[("name", &name), ("count", &count), ("list", &told)]),
        None if goals.is_empty() => lines.no_goals.to_owned(),
        None => fill(lines.goals, &[("score", &score), ("list", &told)]),
    };
    let cited = if goals.is_empty() {
        contest::score_citation(ground, contest)
    } else {
        cited
    };
    Said::known(text, cited).of_contest()
}

pub(super) fn cards(ground: &Ground<'_>) -> Said {
    let contest = match contest::begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    let lines = ground.lines;
    let cards = asked(ground, contest, IncidentType::Card);
    let told = list(&cards, |incident| card(lines, contest, incident));
    let text = match whom(ground, contest) {
        _ if !cards.is_empty() => fill(lines.cards, &[("list", &told)]),
        Some(name) => fill(lines.no_cards_of, &[("name", &name)]),
        None => lines.no_cards.to_owned(),
    };
    Said::known(text, cite::incidents(ground.view.tellings, contest, &cards)).of_contest()
}

pub(super) fn substitutions(ground: &Ground<'_>) -> Said {
    let contest = match contest::begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    let lines = ground.lines;
    let all = asked(ground, contest, IncidentType::Substitution);
    let told = list(&all, |incident| substitution(lines, contest, incident));
    let text = if all.is_empty() {
        lines.no_substitutions.to_owned()
    } else {
        fill(lines.substitutions, &[("list", &told)])
    };
    Said::known(text, cite::incidents(ground.view.tellings, contest, &all)).of_contest()
}

pub(super) fn lately(ground: &Ground<'_>) -> Said {
    let contest = match contest::begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    let lines = ground.lines;
    let first = contest.incidents.len().saturating_sub(LATELY);
    let latest: Vec<&Incident> = contest.incidents[first..].iter().collect();
    if latest.is_empty() {
        return Said::known(lines.nothing_yet.to_owned(), contest::score_citation(ground, contest)).of_contest();
    }
    let told = list(&latest, |incident| happened(lines, contest, incident));
    let score = contest::score_text(contest);
    let text = fill(lines.lately, &[("score", &score), ("list", &told)]);
    Said::known(text, cite::incidents(ground.view.tellings, contest, &latest)).of_contest()
}

fn happened(lines: &Lines, contest: &Scoreboard, incident: &Incident) -> String {
    let period = incident
        .period
        .as_ref()
        .map_or_else(|| "?".to_owned(), |period| shown(&period.name));
    match incident.kind {
        IncidentType::Goal => words([
            Some(goal(lines, contest, incident)),
            Some(format!("({})", lines.goal_happened)),
        ]),
        IncidentType::Card => card(lines, contest, incident),
        IncidentType::Substitution => substitution(lines, contest, incident),
        IncidentType::PeriodStart => fill(lines.period_began, &[("period", &period)]),
        IncidentType::PeriodEnd => fill(lines.period_ended, &[("period", &period)]),
        IncidentType::Result => lines.result_stands.to_owned(),
    }
}

pub(super) fn statistics(ground: &Ground<'_>) -> Said {
    let contest = match contest::begun(ground) {
        Ok(contest) => contest,
        Err(unknown) => return unknown,
    };
    let lines = ground.lines;
    let count = |kind| {
        contest
            .incidents
            .iter()
            .filter(|incident| incident.kind == kind)
            .count()
    };
    let messages = ground.view.snapshot.message_count;
    let counts = [
        (lines.count_goals, count(IncidentType::Goal) as u64),
        (lines.count_cards, count(IncidentType::Card) as u64),
        (lines.count_substitutions, count(IncidentType::Substitution) as u64),
        (lines.count_messages, messages),
        (lines.count_watching, ground.view.presence.viewers),
    ];
    let told = counts
        .map(|(line, count)| fill(line, &[("count", &count.to_string())]))
        .join(", ");
    let text = fill(
        lines.statistics,
        &[("score", &contest::score_text(contest)), ("list", &told)],
    );
    Said::known(text, contest::score_citation(ground, contest)).of_contest()
}
