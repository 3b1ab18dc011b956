//! One match of a file as a fixture, with what is doubtful about it.

use anyhow::Context;
use serde_json::Value;

use super::{Found, slug, team_names};
use crate::play::{Fact, Fixture, Side, What, fixture::BareScore};

/// More goals than any match between two national teams ever had on one side (31).
const MOST_GOALS: u64 = 40;
/// Goals after this minute cannot be added time of the second half.
const SURELY_EXTRA: u32 = 105;

pub(super) fn read(one: &Value) -> anyhow::Result<Found> {
    let names = team_names(one).context("the match does not name two teams")?;
    let mut warnings = Vec::new();
    let mut facts = Vec::new();
    for (side, list) in ["goals1", "goals2"].into_iter().enumerate() {
        for goal in one[list].as_array().into_iter().flatten() {
            match read_goal(goal, side) {
                Some(fact) => facts.push(fact),
                None => warnings.push(format!("a goal in {list} has no minute; it is left out")),
            }
        }
    }
    let [home, away] = names.clone().map(|name| Side {
        id: slug(&name),
        name,
        short_name: None,
    });
    let mut fixture = Fixture {
        extra_time: facts.iter().any(|fact| fact.minute > SURELY_EXTRA),
        sides: [home, away],
        facts,
        shoot_out: None,
        bare_score: None,
    };
    weigh_score(one, &mut fixture, &mut warnings);
    let text = |field: &str| one[field].as_str().map(str::to_owned);
    Ok(Found {
        title: format!("{} – {}", names[0], names[1]),
        venue: text("ground"),
        fixture,
        warnings,
    })
}

/// Numbers are sometimes written as text, and added time as `90+4`.
fn read_goal(goal: &Value, side: usize) -> Option<Fact> {
    let number = |value: &Value| -> Option<u32> {
        let text = value.as_str().map(|text| text.trim().trim_end_matches('\'').to_owned());
        match text {
            Some(text) => text.parse().ok(),
            None => value.as_u64().and_then(|number| u32::try_from(number).ok()),
        }
    };
    let minute_text = goal["minute"].as_str().unwrap_or_default();
    let (minute, stoppage) = match minute_text.split_once('+') {
        Some((minute, added)) => (number(&minute.into())?, number(&added.into())?),
        None => (number(&goal["minute"])?, number(&goal["offset"]).unwrap_or(0)),
    };
    let yes = |field: &str| goal[field].as_bool().unwrap_or(false);
    Some(Fact {
        minute: minute.min(120),
        stoppage: stoppage.min(30),
        side,
        what: What::Goal {
            player: goal["name"]
                .as_str()
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
            penalty: yes("penalty"),
            own_goal: yes("owngoal"),
        },
    })
}

/// Takes from the stored score what the goal lists cannot say, as far as it can be believed.
fn weigh_score(one: &Value, fixture: &mut Fixture, warnings: &mut Vec<String>) {
    let stored = |name: &str| pair(&one["score"][name]);
    let (full, after_extra, shoot_out) = (stored("ft"), stored("et"), stored("p"));
    fixture.extra_time |= after_extra.is_some();
    fixture.shoot_out = shoot_out.filter(|[home, away]| home != away);
    let Some(end) = after_extra.or(full) else {
        if one["score"].is_null() {
            warnings.push("the file has no score for this match".into());
        }
        return;
    };
    let goals = fixture.goals();
    if end == goals {
        return;
    }
    let story = format!(
        "the stored score is {}–{}, the goals listed are {}–{}",
        end[0], end[1], goals[0], goals[1]
    );
    if is_kick_off_time(one, end) {
        warnings.push(format!(
            "{story}; that score is the kick-off time, the goals are played"
        ));
    } else if fixture.facts.is_empty() {
        warnings.push(format!("{story}; the score is played without scorers"));
        fixture.bare_score = Some(BareScore {
            half_time: stored("ht").filter(|half| fits(*half, end)),
            end,
        });
    } else if goals[0] == goals[1] && end[0] != end[1] && fits(goals, end) && fixture.shoot_out.is_none() {
        warnings.push(format!("{story}; the difference is taken for a shoot-out"));
        fixture.shoot_out = Some([end[0] - goals[0], end[1] - goals[1]]);
    } else {
        warnings.push(format!("{story}; the goals are played"));
    }
}

fn fits(part: [u32; 2], whole: [u32; 2]) -> bool {
    part[0] <= whole[0] && part[1] <= whole[1]
}

fn pair(value: &Value) -> Option<[u32; 2]> {
    let [home, away] = value.as_array()?.as_slice() else {
        return None;
    };
    let number = |value: &Value| {
        let number = value.as_u64().filter(|&number| number <= MOST_GOALS)?;
        u32::try_from(number).ok()
    };
    Some([number(home)?, number(away)?])
}

fn is_kick_off_time(one: &Value, score: [u32; 2]) -> bool {
    let time = one["time"].as_str().unwrap_or_default();
    let mut parts = time
        .split(|character: char| !character.is_ascii_digit())
        .map(str::parse::<u32>);
    matches!((parts.next(), parts.next()), (Some(Ok(hour)), Some(Ok(minute))) if [hour, minute] == score)
}
