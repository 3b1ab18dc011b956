//! Polls: a question to the crowd, what may be answered, and who may see how it goes.

use serde::{Deserialize, Serialize};

use super::{Fault, PollId, Reason, Refusal, Stamp, text};

pub const OPTIONS_MIN: usize = 2;
/// Options carry numbers from 1 to this; a vote is kept as their bits, so it may not pass 31.
pub const OPTIONS_MAX: usize = 20;
/// Longest question, in characters as people count them.
const QUESTION_MAX: usize = 300;
const OPTION_MAX: usize = 120;
/// A poll closes by itself after thirty days at the latest, if it was given a time.
pub const OPEN_SECONDS_MAX: u32 = 30 * 24 * 3_600;
/// Open polls of one event. More questions than anybody answers; and every tick may tell the totals of all of them.
pub const OPEN_POLLS_MAX: u64 = 10;
/// Polls that are over and that a snapshot still shows, the latest ones.
pub const RECENT_POLLS: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum PollStatus {
    Open,
    Closed,
    /// Taken back by a host: it does not count, and its results are not shown.
    Retracted,
}

impl PollStatus {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Retracted => "retracted",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Open, Self::Closed, Self::Retracted]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// When everybody sees how the votes fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum PollResults {
    /// All the time.
    Live,
    /// Once it is closed. Until then everybody sees how many have voted, and staff who ask for the poll see the rest.
    WhenClosed,
}

impl PollResults {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::WhenClosed => "when_closed",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Live, Self::WhenClosed]
            .into_iter()
            .find(|results| results.name() == name)
    }

    /// Whether a poll of that status may show everybody its votes.
    #[must_use]
    pub const fn shown_to_all(self, status: PollStatus) -> bool {
        match status {
            PollStatus::Open => matches!(self, Self::Live),
            PollStatus::Closed => true,
            PollStatus::Retracted => false,
        }
    }
}

/// One answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PollOption {
    /// 1, 2, 3, … in the order of the poll.
    pub id: u32,
    pub text: String,
    /// How many chose it; absent while that is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<u64>,
}

/// A poll as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Poll {
    pub id: PollId,
    /// Its place in the public log.
    pub seq: u64,
    pub question: String,
    pub options: Vec<PollOption>,
    /// How many options one may choose.
    pub max_choices: u32,
    pub results: PollResults,
    /// Whether a vote may be changed or taken back.
    pub change_allowed: bool,
    /// Whether people who only gave a name may vote.
    pub guests: bool,
    pub status: PollStatus,
    pub opened_at: Stamp,
    /// It closes by itself then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Stamp>,
    /// Since when nobody can vote any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Stamp>,
    /// Why it was retracted, if anybody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many people have voted.
    pub voters: u64,
    /// The options the caller chose; empty without a vote. Only in answers to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mine: Option<Vec<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct OptionVotes {
    pub id: u32,
    pub votes: u64,
}

/// How a poll stands, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PollTotals {
    pub poll_id: PollId,
    pub voters: u64,
    /// Absent while the votes are not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<OptionVotes>>,
}

/// What somebody chose: at least one option of those a poll can have, none twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Choices(u32);

impl Choices {
    /// Reads the ids somebody sent. Whether the poll has them is [`Choices::fit`]'s to say.
    pub fn parse(ids: &[u32]) -> Result<Self, Refusal> {
        let mut bits = 0_u32;
        for (index, id) in ids.iter().enumerate().take(OPTIONS_MAX + 1) {
            let pointer = format!("/options/{index}");
            let bit = bit(*id).ok_or_else(|| no_such_option(&pointer))?;
            if bits & bit != 0 {
                return Err(Refusal::field(&pointer, "duplicate", "Each option once."));
            }
            bits |= bit;
        }
        if bits == 0 {
            return Err(Refusal::field("/options", "too-few", "Choose at least one option."));
        }
        Ok(Self(bits))
    }

    /// What is kept of it; `None` if that can be no vote.
    #[must_use]
    pub fn from_bits(bits: i64) -> Option<Self> {
        let bits = u32::try_from(bits).ok()?;
        let known = (1..=OPTIONS_MAX).fold(0, |all, id| all | (1 << id));
        (bits != 0 && bits & !known == 0).then_some(Self(bits))
    }

    #[must_use]
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    #[must_use]
    pub fn has(self, id: u32) -> bool {
        bit(id).is_some_and(|bit| self.0 & bit != 0)
    }

    /// In the order of the poll.
    #[must_use]
    pub fn ids(self) -> Vec<u32> {
        (1..u32::BITS).filter(|id| self.has(*id)).collect()
    }

    /// Ok if a poll of so many options takes it.
    pub fn fit(self, options: usize, max_choices: u32) -> Result<(), Refusal> {
        let ids = self.ids();
        if ids.last().is_some_and(|last| *last as usize > options) {
            return Err(no_such_option("/options"));
        }
        if self.0.count_ones() > max_choices {
            let detail = match max_choices {
                1 => "Choose one option.".to_owned(),
                most => format!("Choose at most {most} options."),
            };
            return Err(Refusal::field("/options", "too-many", detail));
        }
        Ok(())
    }
}

fn bit(id: u32) -> Option<u32> {
    (1..=OPTIONS_MAX).contains(&(id as usize)).then(|| 1 << id)
}

fn no_such_option(pointer: &str) -> Refusal {
    Refusal::field(pointer, "unknown", "The poll has no such option.")
}

/// How a poll is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    ByHand,
    At(Stamp),
    /// So many seconds after it opened.
    After(u32),
}

/// A poll to open, checked but for what only the moment of opening can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPoll {
    pub question: String,
    pub options: Vec<String>,
    pub max_choices: u32,
    pub results: PollResults,
    pub change_allowed: bool,
    pub guests: bool,
    pub closing: Closing,
}

impl NewPoll {
    /// Makes its texts tidy, and names every field that cannot be so.
    pub fn check(self) -> Result<Self, Refusal> {
        let mut faults = Vec::new();
        let question = tidy(&self.question, QUESTION_MAX, "/question".to_owned(), &mut faults);
        let mut options: Vec<String> = Vec::with_capacity(self.options.len());
        if !(OPTIONS_MIN..=OPTIONS_MAX).contains(&self.options.len()) {
            let detail = format!("A poll has {OPTIONS_MIN} to {OPTIONS_MAX} options.");
            return Err(Refusal::field("/options", "out-of-range", detail));
        }
        for (index, option) in self.options.iter().enumerate() {
            let pointer = format!("/options/{index}");
            let option = tidy(option, OPTION_MAX, pointer.clone(), &mut faults);
            if !option.is_empty() && options.contains(&option) {
                faults.push(Fault::new(pointer, "duplicate", "Another option says the same."));
            }
            options.push(option);
        }
        if self.max_choices == 0 || self.max_choices as usize > options.len() {
            let detail = "Between one and the number of options may be chosen.";
            faults.push(Fault::new("/max_choices", "out-of-range", detail));
        }
        if let Closing::After(seconds) = self.closing
            && !(1..=OPEN_SECONDS_MAX).contains(&seconds)
        {
            let detail = format!("A poll is open for 1 to {OPEN_SECONDS_MAX} seconds.");
            faults.push(Fault::new("/open_for_seconds", "out-of-range", detail));
        }
        if faults.is_empty() {
            Ok(Self {
                question,
                options,
                ..self
            })
        } else {
            Err(Refusal::content(faults))
        }
    }

    /// When it closes by itself, if it opens now.
    pub fn closes_at(&self, now: Stamp) -> Result<Option<Stamp>, Refusal> {
        match self.closing {
            Closing::ByHand => Ok(None),
            Closing::After(seconds) => Ok(Some(now.plus_ms(i64::from(seconds) * 1_000))),
            Closing::At(at) if at > now && at <= now.plus_ms(i64::from(OPEN_SECONDS_MAX) * 1_000) => Ok(Some(at)),
            Closing::At(_) => {
                let detail = "A poll closes in the future, within thirty days.";
                Err(Refusal::field("/closes_at", "out-of-range", detail))
            }
        }
    }
}

fn tidy(text: &str, max: usize, pointer: String, faults: &mut Vec<Fault>) -> String {
    text::line(text, max).unwrap_or_else(|error| {
        faults.push(error.at(pointer));
        String::new()
    })
}

/// Ok while a poll takes votes.
pub fn require_open(status: PollStatus, closes_at: Option<Stamp>, now: Stamp) -> Result<(), Refusal> {
    let detail = match status {
        PollStatus::Retracted => "The poll was retracted.",
        PollStatus::Open if closes_at.is_none_or(|closes| now < closes) => return Ok(()),
        PollStatus::Open | PollStatus::Closed => "The poll is closed.",
    };
    Err(Refusal::new(Reason::PollClosed, detail))
}

#[cfg(test)]
mod tests;
