//! Personas: characters that a model plays for one person in a room of its own, and how such a session is scored.

use serde::{Deserialize, Serialize};

use super::{
    EventId, Fault, PersonaId, Refusal, Stamp, UserId,
    text::{self, DisplayName, MessageText, Url},
};

/// What a score sheet looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Criterion {
    /// 1 to 64 characters, unique within the persona.
    pub name: String,
    /// What earns points, in a sentence.
    pub looks_for: String,
    /// Most points: 1 to 100.
    pub max: u32,
}

/// How fast a persona types, in characters a second; each answer is somewhere in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct TypingPace {
    pub slowest: u32,
    pub fastest: u32,
}

/// What a host says of a persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(rename = "PersonaSheet", skip_serializing_if_is_none)]
pub struct Sheet {
    /// 1 to 64 characters.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[oai(validator(max_length = 2048))]
    pub avatar_url: Option<String>,
    /// Who the model plays, and how. Learners do not see it.
    pub character: String,
    /// What the conversation is about; learners see it.
    pub scenario: String,
    /// What the persona wants to have reached. Up to 10; learners do not see them.
    #[serde(default)]
    #[oai(default, validator(max_items = 10))]
    pub goals: Vec<String>,
    /// What is scored at the end, 1 to 10; learners do not see it.
    #[oai(validator(max_items = 10))]
    pub criteria: Vec<Criterion>,
    /// In which language it speaks, as a tag such as `en` or `de-CH`.
    #[serde(default = "english")]
    #[oai(default = "english", validator(max_length = 35))]
    pub language: String,
    /// How fast it types; something like a person if left out. Always there in answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<TypingPace>,
    /// After so many answers the session ends: 1 to 200.
    #[serde(default = "most")]
    #[oai(default = "most")]
    pub turns_most: u32,
    /// After so many minutes the session ends: 1 to 240.
    #[serde(default = "most")]
    #[oai(default = "most")]
    pub minutes_most: u32,
}

fn english() -> String {
    "en".to_owned()
}

const fn most() -> u32 {
    30
}

impl Default for TypingPace {
    fn default() -> Self {
        Self {
            slowest: 12,
            fastest: 30,
        }
    }
}

impl Sheet {
    /// Tidy and within bounds, or everything that is wrong with it.
    pub fn check(self) -> Result<Self, Refusal> {
        let mut faults = Vec::new();
        let mut line = |text: &str, pointer: &str, most: usize| {
            let read = text::line(text, most).map_err(|error| faults.push(error.at(pointer)));
            read.unwrap_or_default()
        };
        let goals = self.goals.iter().enumerate();
        let goals = goals
            .map(|(at, goal)| line(goal, &format!("/goals/{at}"), 500))
            .collect();
        let criteria = self.criteria.iter().enumerate().map(|(at, criterion)| Criterion {
            name: line(&criterion.name, &format!("/criteria/{at}/name"), 64),
            looks_for: line(&criterion.looks_for, &format!("/criteria/{at}/looks_for"), 500),
            max: criterion.max,
        });
        let criteria: Vec<Criterion> = criteria.collect();
        let language = line(&self.language, "/language", 35);
        let mut take = |read: Result<String, Fault>| read.map_err(|fault| faults.push(fault)).unwrap_or_default();
        let name = take(DisplayName::parse_at(&self.name, "/name").map(String::from));
        let character = take(MessageText::parse_at(&self.character, "/character").map(String::from));
        let scenario = take(MessageText::parse_at(&self.scenario, "/scenario").map(String::from));
        let avatar_url = self
            .avatar_url
            .map(|url| take(Url::parse_at(&url, "/avatar_url").map(String::from)));
        let mut bound = |fits: bool, pointer: &str, detail: &str| {
            if !fits {
                faults.push(Fault::new(pointer, "out-of-range", detail));
            }
        };
        bound(self.goals.len() <= 10, "/goals", "At most 10.");
        bound((1..=10).contains(&criteria.len()), "/criteria", "1 to 10 of them.");
        let names: std::collections::BTreeSet<_> = criteria.iter().map(|criterion| &criterion.name).collect();
        bound(
            names.len() == criteria.len(),
            "/criteria",
            "Each has a name of its own.",
        );
        let points = criteria.iter().all(|criterion| (1..=100).contains(&criterion.max));
        bound(points, "/criteria", "Each gives up to 1 to 100 points.");
        let pace = self.pace.unwrap_or_default();
        let TypingPace { slowest, fastest } = pace;
        let is_pace = (1..=1_000).contains(&slowest) && (slowest..=1_000).contains(&fastest);
        bound(
            is_pace,
            "/pace",
            "From `slowest` to `fastest`, 1 to 1,000 characters a second.",
        );
        bound((1..=200).contains(&self.turns_most), "/turns_most", "1 to 200.");
        bound((1..=240).contains(&self.minutes_most), "/minutes_most", "1 to 240.");
        if !faults.is_empty() {
            return Err(Refusal::content(faults));
        }
        Ok(Self {
            name,
            avatar_url,
            character,
            scenario,
            goals,
            criteria,
            language,
            pace: Some(pace),
            ..self
        })
    }
}

/// A persona. What learners must not know is there for hosts only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Persona {
    pub id: PersonaId,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    pub scenario: String,
    pub language: String,
    pub turns_most: u32,
    pub minutes_most: u32,
    pub created_at: Stamp,
    /// Everything, for hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<Sheet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum SessionStatus {
    Open,
    /// Over; the score sheet is being written.
    Scoring,
    Scored,
    /// Over, and it could not be scored; ending it again tries once more.
    Unscored,
}

impl SessionStatus {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Scoring => "scoring",
            Self::Scored => "scored",
            Self::Unscored => "unscored",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Scoring, Self::Scored, Self::Unscored]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// A conversation with a persona; its room is the event of the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, poem_openapi::Object)]
#[oai(rename = "PersonaSession", skip_serializing_if_is_none)]
pub struct Session {
    pub id: EventId,
    pub persona_id: PersonaId,
    pub persona_name: String,
    /// Who talks with it.
    pub user_id: UserId,
    pub status: SessionStatus,
    /// Answers it gave.
    pub turns: u32,
    pub turns_most: u32,
    pub started_at: Stamp,
    /// When it ends by itself; earlier if nobody writes.
    pub ends_at: Stamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreSheet>,
    /// Why it could not be scored, as a stable word: `timeout`, `budget`, `rubbish`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What one criterion gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Scored {
    pub name: String,
    pub score: u32,
    pub max: u32,
    pub comment: String,
}

/// How a session went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ScoreSheet {
    pub summary: String,
    /// In the persona's order.
    pub criteria: Vec<Scored>,
    pub total: u32,
    pub max: u32,
}

/// The longest summary and comment, in characters.
const SUMMARY_MOST: usize = 2_000;
const COMMENT_MOST: usize = 600;

#[derive(Deserialize)]
struct Written {
    summary: String,
    criteria: Vec<WrittenScore>,
}

#[derive(Deserialize)]
struct WrittenScore {
    name: String,
    score: u32,
    comment: String,
}

impl ScoreSheet {
    /// Reads what a model wrote. `None`: not every criterion has a score within its bounds.
    #[must_use]
    pub fn read(written: &str, criteria: &[Criterion]) -> Option<Self> {
        let written: Written = serde_json::from_str(written.trim()).ok()?;
        if written.criteria.len() != criteria.len() {
            return None;
        }
        let scored = |criterion: &Criterion| {
            let found = written.criteria.iter().find(|one| one.name == criterion.name)?;
            (found.score <= criterion.max).then(|| Scored {
                name: criterion.name.clone(),
                score: found.score,
                max: criterion.max,
                comment: short(&found.comment, COMMENT_MOST),
            })
        };
        let scored: Option<Vec<Scored>> = criteria.iter().map(scored).collect();
        let scored = scored?;
        let summary = short(&written.summary, SUMMARY_MOST);
        if summary.is_empty() {
            return None;
        }
        Some(Self {
            summary,
            total: scored.iter().map(|one| one.score).sum(),
            max: scored.iter().map(|one| one.max).sum(),
            criteria: scored,
        })
    }

    /// The form in which a model writes it.
    #[must_use]
    pub fn form(criteria: &[Criterion]) -> serde_json::Value {
        let names: Vec<&str> = criteria.iter().map(|criterion| criterion.name.as_str()).collect();
        serde_json::json!({
            "type": "object",
            "properties": {
                "summary": {"type": "string"},
                "criteria": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "name": {"type": "string", "enum": names},
                        "score": {"type": "integer"},
                        "comment": {"type": "string"},
                    },
                    "required": ["name", "score", "comment"],
                    "additionalProperties": false,
                }},
            },
            "required": ["summary", "criteria"],
            "additionalProperties": false,
        })
    }
}

fn short(text: &str, most: usize) -> String {
    let tidy = text.chars().filter(|letter| *letter == '\n' || !letter.is_control());
    tidy.take(most).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_sheet_has_every_criterion_within_its_bounds() {
        let criterion = |name: &str, max| Criterion {
            name: name.into(),
            looks_for: "it".into(),
            max,
        };
        let criteria = [criterion("tone", 5), criterion("facts", 10)];
        let entry = |name: &str, score: i64| format!(r#"{{"name":"{name}","score":{score},"comment":"so"}}"#);
        for (entries, total) in [
            (vec![entry("facts", 7), entry("tone", 5)], Some(12)),
            (vec![entry("tone", 0), entry("facts", 0)], Some(0)),
            (vec![entry("tone", 6), entry("facts", 0)], None),
            (vec![entry("tone", -1), entry("facts", 0)], None),
            (vec![entry("tone", 1)], None),
            (vec![entry("tone", 1), entry("tone", 1)], None),
            (vec![entry("tone", 1), entry("facts", 1), entry("more", 1)], None),
        ] {
            let written = format!(r#"{{"summary":"Well.","criteria":[{}]}}"#, entries.join(","));
            let read = ScoreSheet::read(&written, &criteria);
            assert_eq!(read.as_ref().map(|sheet| sheet.total), total, "{written}");
            if let Some(sheet) = read {
                assert_eq!((sheet.max, sheet.criteria[0].name.as_str()), (15, "tone"));
            }
        }
        for written in ["", "well", "{}", r#"{"summary":"","criteria":[]}"#] {
            assert_eq!(ScoreSheet::read(written, &criteria), None, "{written}");
        }
    }
}
