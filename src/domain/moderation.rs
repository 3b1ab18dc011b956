//! Keeping order: what may be done to somebody, what was decided, what people report and appeal against.
//!
//! What a message may contain is [`super::rules`]; here is what follows from it.

mod standing;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use standing::{InForce, Standing};

use super::{
    AppealId, DecisionId, EventId, Fault, MessageId, Refusal, SanctionId, Stamp, UserId, screening::ModelVerdict,
};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, poem_openapi::Enum)]
        pub enum $name {
            $($(#[$inner])* #[serde(rename = $text)] #[oai(rename = $text)] $variant),+
        }

        impl $name {
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

named! {
    /// What may be done to somebody who disturbs others.
    SanctionKind {
        /// May read, not write; until it is lifted, or for some time.
        Mute = "mute",
        /// May read, not write, for some time.
        Timeout = "timeout",
        /// May not enter.
        Ban = "ban",
        /// Writes for themselves and staff only, without being told.
        ShadowBan = "shadow_ban",
    }
}

named! {
    /// What was decided.
    Action {
        /// A message that was held may appear.
        MessageReleased = "message.released",
        /// A message that was held may not appear.
        MessageRejected = "message.rejected",
        MessageHidden = "message.hidden",
        /// A message that was hidden may be seen again.
        MessageRestored = "message.restored",
        /// A rule held it for somebody to decide.
        MessageHeld = "message.held",
        /// A rule put something else in the place of some of its letters.
        MessageMasked = "message.masked",
        /// A rule refused it.
        MessageBlocked = "message.blocked",
        /// A rule lets nobody but its author and staff see it.
        MessageShadowed = "message.shadowed",
        Sanctioned = "sanction.given",
        SanctionLifted = "sanction.lifted",
        /// Somebody came back under another name, and was known again.
        Recognised = "sanction.recognised",
        AppealUpheld = "appeal.upheld",
        AppealOverturned = "appeal.overturned",
        RulesChanged = "rules.changed",
        RaidStarted = "raid.started",
        RaidEnded = "raid.ended",
    }
}

named! {
    /// Why a viewer reports a message.
    ReportCategory {
        Spam = "spam",
        Abuse = "abuse",
        Hate = "hate",
        Sexual = "sexual",
        Violence = "violence",
        SelfHarm = "self_harm",
        Personal = "personal",
        Spoiler = "spoiler",
        Other = "other",
    }
}

named! {
    /// What became of an appeal.
    AppealDecision {
        /// It stays as it was decided.
        Upheld = "upheld",
        /// The message may be seen again.
        Overturned = "overturned",
    }
}

/// Something done to somebody, here or everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Sanction {
    pub id: SanctionId,
    /// Absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    pub user_id: UserId,
    pub kind: SanctionKind,
    /// Told to the one it is about.
    pub reason: String,
    /// For staff only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The message that gave cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Who decided; absent when a rule did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    pub created_at: Stamp,
    /// Absent: until it is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_at: Option<Stamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted_by: Option<UserId>,
    /// Whether it holds at this moment.
    pub in_force: bool,
}

/// A decision, as the record keeps it: who, what, about whom or what, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Decision {
    pub id: DecisionId,
    pub action: Action,
    pub decided_at: Stamp,
    /// Absent: it is about the whole house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// Who decided: a user, or a key by its id; absent when a rule did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// About whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanction_id: Option<SanctionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The rule that was broken, or the kind of the sanction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Which version of the rules it was decided by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_at: Option<Stamp>,
    /// What a model thought of the message; for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelVerdict>,
}

/// A viewer's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Report {
    pub message_id: MessageId,
    /// Whose message it is.
    pub author_id: UserId,
    /// Who reports it.
    pub user_id: UserId,
    pub reason: ReportCategory,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub created_at: Stamp,
    /// How many have reported the message by then.
    pub reports: u64,
}

/// An author's word against what became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Appeal {
    pub id: AppealId,
    pub message_id: MessageId,
    pub user_id: UserId,
    pub text: String,
    pub created_at: Stamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<AppealDecision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Stamp>,
}

/// A decision before it is written down.
#[derive(Debug, Clone)]
pub struct Deciding {
    pub action: Action,
    pub by: Option<UserId>,
    pub user: Option<UserId>,
    pub message: Option<MessageId>,
    pub sanction: Option<SanctionId>,
    pub reason: Option<String>,
    pub code: Option<String>,
    pub rule_version: Option<u64>,
    pub until: Option<Stamp>,
    pub model: Option<ModelVerdict>,
}

impl Deciding {
    #[must_use]
    pub fn new(action: Action, by: Option<UserId>) -> Self {
        Self {
            action,
            by,
            user: None,
            message: None,
            sanction: None,
            reason: None,
            code: None,
            rule_version: None,
            until: None,
            model: None,
        }
    }

    #[must_use]
    pub fn because(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }

    /// As it is kept.
    #[must_use]
    pub fn decided(self, event_id: Option<EventId>, decided_at: Stamp) -> Decision {
        Decision {
            id: DecisionId::generate(),
            action: self.action,
            decided_at,
            event_id,
            by: self.by,
            user_id: self.user,
            message_id: self.message,
            sanction_id: self.sanction,
            reason: self.reason,
            code: self.code,
            rule_version: self.rule_version,
            until_at: self.until,
            model: self.model,
        }
    }
}

/// The longest time of a sanction that ends; whoever means longer leaves the end open.
pub const SANCTION_MAX_SECONDS: u32 = 366 * 86_400;
/// By what a banned guest is known again is kept no longer than this.
pub const MARK_MAX_MS: i64 = 30 * 86_400 * 1_000;
/// An address counts for so long only: many people may stand behind it, and others tomorrow.
pub const ADDRESS_MARK_MAX_MS: i64 = 86_400 * 1_000;
/// The longest time of a raid.
pub const RAID_MAX_SECONDS: u32 = 86_400;

/// When a sanction of that kind ends that is given for so long.
pub fn until(kind: SanctionKind, seconds: Option<u32>, now: Stamp) -> Result<Option<Stamp>, Refusal> {
    let fault = |detail: &str| Refusal::content(vec![Fault::new("/seconds", "duration", detail)]);
    match seconds {
        None if kind == SanctionKind::Timeout => Err(fault("A timeout ends: say after how many seconds.")),
        None => Ok(None),
        Some(1..=SANCTION_MAX_SECONDS) => Ok(seconds.map(|seconds| now.plus_ms(i64::from(seconds) * 1_000))),
        Some(_) => Err(fault("From one second to a year; leave it out for no end.")),
    }
}
