//! Trying rules on what was said, before they are in force: what would have become of it.

use entity::message;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::{Moderation, rulebooks::layered};
use crate::{
    domain::{
        EventId, Fault, MessageId, Refusal, Stamp, UserId,
        chat::MessageStatus,
        rules::{
            self, AuthorFacts, AuthorPast, Compiled, CrowdPast, History, RuleAction, RuleCode, RuleSet, Utterance,
            UtteranceKind,
        },
        user::Role,
    },
    http::Problem,
    store::Error,
};

/// Messages that are tried at most.
pub(super) const TRIED_MAX: u32 = 1_000;
/// Differences shown at most; the numbers count all.
const SHOWN: usize = 200;

/// Which messages to try.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub since: Option<Stamp>,
    pub until: Option<Stamp>,
    pub limit: u32,
}

/// What the rules do with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct RuleOutcome {
    pub action: RuleAction,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<RuleCode>,
}

/// A message of which something else would have become.
#[derive(Debug, Clone, Serialize, poem_openapi::Object)]
pub struct TrialChange {
    pub message_id: MessageId,
    pub author_id: UserId,
    pub text: String,
    /// By the rules in force now.
    pub before: RuleOutcome,
    /// By those that are tried.
    pub after: RuleOutcome,
}

/// What would have become of the latest messages.
#[derive(Debug, Clone, Serialize, poem_openapi::Object)]
pub struct Trial {
    /// Messages that were tried.
    pub tried: u32,
    /// Those of which something else would have become.
    pub changed: u32,
    /// Oldest first, at most 200.
    pub changes: Vec<TrialChange>,
}

/// One set of rules, and what it has seen of the sample.
struct Side<'a> {
    rules: &'a Compiled,
    authors: std::collections::HashMap<&'a str, AuthorPast>,
    crowd: CrowdPast,
}

impl Moderation {
    /// Judges the latest messages by these rules and by those in force, in the order they were said.
    pub async fn try_rules(&self, event: EventId, tried: &RuleSet, sample: Sample) -> Result<Trial, Problem> {
        let house = self.rules(None).await?.book.rules;
        let tried = layered(&house, tried).map_err(|faults| {
            let below = |mut fault: Fault| {
                fault.pointer.insert_str(0, "/rules");
                fault
            };
            Refusal::content(faults.into_iter().map(below).collect())
        })?;
        let in_use = self.rulebooks.in_use(Some(event)).await?;
        let rows = self.sample(event, sample).await?;
        let (mut before, mut after) = (Side::new(&in_use.compiled), Side::new(&tried));
        let mut changes = Vec::new();
        let mut count = 0;
        for row in &rows {
            let (before, after) = (before.outcome(row), after.outcome(row));
            if before == after {
                continue;
            }
            count += 1;
            if changes.len() < SHOWN {
                changes.push(TrialChange {
                    message_id: MessageId::from_uuid(row.id),
                    author_id: row
                        .author_id
                        .parse()
                        .map_err(|error| Error::unreadable("author id", error))?,
                    text: row.text.clone(),
                    before,
                    after,
                });
            }
        }
        Ok(Trial {
            tried: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            changed: count,
            changes,
        })
    }

    /// The latest messages that still have their text, oldest first.
    async fn sample(&self, event: EventId, sample: Sample) -> Result<Vec<message::Model>, Error> {
        use message::Column as C;
        let mut query = message::Entity::find()
            .filter(C::EventId.eq(event.uuid()))
            .filter(C::Status.ne(MessageStatus::Deleted.name()));
        if let Some(since) = sample.since {
            query = query.filter(C::CreatedMs.gte(since.ms()));
        }
        if let Some(until) = sample.until {
            query = query.filter(C::CreatedMs.lt(until.ms()));
        }
        let query = query.order_by_desc(C::RowNo).limit(u64::from(sample.limit));
        let mut rows = query.all(self.store.reader()).await?;
        rows.reverse();
        Ok(rows)
    }
}

impl<'a> Side<'a> {
    fn new(rules: &'a Compiled) -> Self {
        Self {
            rules,
            authors: std::collections::HashMap::new(),
            crowd: CrowdPast::default(),
        }
    }

    /// As it would have been for a viewer whose account is not young; roles and ages of then are not kept.
    fn outcome(&mut self, row: &'a message::Model) -> RuleOutcome {
        let (now, print) = (Stamp::from_ms(row.created_ms), rules::print(&row.text));
        let author = self.authors.entry(&row.author_id).or_default();
        let author_key = row.author_id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let said = Utterance {
            kind: UtteranceKind::Say,
            text: &row.text,
            author: AuthorFacts {
                role: Role::Viewer,
                guest: row.author_id.starts_with(UserId::GUEST_PREFIX),
                account_age_seconds: None,
            },
            mentions: 0,
        };
        let history = History {
            author,
            crowd: &self.crowd,
            author_key,
        };
        let verdict = rules::judge(self.rules, &said, &history, now);
        author.remember(print, now);
        self.crowd.remember(print, author_key, now);
        RuleOutcome {
            action: verdict.action,
            code: verdict.code,
        }
    }
}
