//! Endpoints of rules and raids.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Header, Path},
};
use serde::Serialize;

use super::{
    Decider, Moderation,
    api::require_admin,
    rulebooks::Written,
    trial::{Sample, TRIED_MAX, Trial},
};
use crate::{
    domain::{
        EventId, Stamp, UserId,
        rulebook::{RaidRule, ReportRule, Rulebook},
        rules::RuleSet,
        user::Role,
    },
    http::{
        Answer, Caller, Json, Problem, Tag, Tagged, etag,
        gate::{Admission, Gate},
    },
};

pub struct RulesApi {
    pub moderation: Moderation,
    pub gate: Arc<dyn Gate>,
}

/// Rules as they were written, in their version.
#[derive(Debug, Serialize, Object)]
#[oai(rename = "WrittenRulebook", skip_serializing_if_is_none)]
struct RulebookOut {
    /// 0: nobody wrote any yet.
    version: u64,
    rules: RuleSet,
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<ReportRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raid: Option<RaidRule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_at: Option<Stamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<UserId>,
}

/// Rules to try.
#[derive(Debug, Object)]
struct TrialIn {
    /// An event's rules; the house's hold below them, if they say so.
    rules: RuleSet,
    /// Only messages from this time on.
    since: Option<Stamp>,
    /// Only messages from before this time.
    until: Option<Stamp>,
    /// The latest so many messages.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    limit: Option<u32>,
}

/// Whether a raid is on.
#[derive(Debug, Object)]
struct RaidIn {
    on: bool,
    /// How long, 60 to 86,400; left out, as long as the rules say.
    #[oai(validator(minimum(value = "60"), maximum(value = "86400")))]
    seconds: Option<u32>,
}

#[derive(Debug, Serialize, Object)]
#[oai(rename = "Raid", skip_serializing_if_is_none)]
struct RaidOut {
    on: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_at: Option<Stamp>,
}

fn tagged(written: Written) -> Tagged<RulebookOut> {
    Tagged::Document {
        etag: etag::of_version(written.version),
        body: RulebookOut {
            version: written.version,
            rules: written.book.rules,
            reports: written.book.reports,
            raid: written.book.raid,
            changed_at: written.changed_at,
            changed_by: written.changed_by,
        },
    }
}

impl RulesApi {
    async fn staff(&self, event: &str, caller: &Caller, least: Role) -> Result<(Admission, Decider), Problem> {
        let admission = self.gate.admit(event, caller).await?;
        admission.require(least)?;
        let decider = Decider {
            id: caller.acts_as(),
            role: admission.role,
        };
        Ok((admission, decider))
    }

    async fn write(
        &self,
        scope: Option<EventId>,
        if_match: Option<&str>,
        book: Rulebook,
        by: Decider,
    ) -> Result<Tagged<RulebookOut>, Problem> {
        let version = self.moderation.rules(scope).await?.version;
        etag::require_version(if_match, version)?;
        Ok(tagged(self.moderation.write_rules(scope, version, book, by).await?))
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Order")]
impl RulesApi {
    /// Read an event's rules
    ///
    /// Those written for the event; where they `inherit`, the house's hold below them. For moderators.
    #[oai(path = "/events/:event/rules", method = "get", operation_id = "read_rules")]
    async fn read(&self, caller: Caller, event: Path<String>) -> Result<Tagged<RulebookOut>, Problem> {
        let (admission, _) = self.staff(&event, &caller, Role::Moderator).await?;
        caller.limit(|limits| limits.read).await?;
        Ok(tagged(self.moderation.rules(Some(admission.event.id)).await?))
    }

    /// Write an event's rules
    ///
    /// All of them; in force at once. `If-Match` must name the version that they take the place of. For hosts.
    #[oai(path = "/events/:event/rules", method = "put", operation_id = "write_rules")]
    async fn write_here(
        &self,
        caller: Caller,
        event: Path<String>,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<Rulebook>,
    ) -> Result<Tagged<RulebookOut>, Problem> {
        let (admission, by) = self.staff(&event, &caller, Role::Host).await?;
        caller.limit(|limits| limits.write).await?;
        self.write(Some(admission.event.id), if_match.0.as_deref(), body.0, by)
            .await
    }

    /// Read the house's rules
    ///
    /// For admins.
    #[oai(path = "/rules", method = "get", operation_id = "read_house_rules")]
    async fn read_house(&self, caller: Caller) -> Result<Tagged<RulebookOut>, Problem> {
        require_admin(&caller)?;
        caller.limit(|limits| limits.read).await?;
        Ok(tagged(self.moderation.rules(None).await?))
    }

    /// Write the house's rules
    ///
    /// They hold in all events whose own rules inherit, and for the names of guests. For admins.
    #[oai(path = "/rules", method = "put", operation_id = "write_house_rules")]
    async fn write_house(
        &self,
        caller: Caller,
        #[oai(name = "If-Match")] if_match: Header<Option<String>>,
        body: Json<Rulebook>,
    ) -> Result<Tagged<RulebookOut>, Problem> {
        let by = require_admin(&caller)?;
        caller.limit(|limits| limits.write).await?;
        self.write(None, if_match.0.as_deref(), body.0, by).await
    }

    /// Try rules on what was said
    ///
    /// Changes nothing: tells of which of the latest messages something else would have become. For moderators.
    #[oai(path = "/events/:event/rules/try", method = "post", operation_id = "try_rules")]
    async fn try_rules(&self, caller: Caller, event: Path<String>, body: Json<TrialIn>) -> Answer<Trial> {
        let (admission, _) = self.staff(&event, &caller, Role::Moderator).await?;
        caller.limit(|limits| limits.write).await?;
        let TrialIn {
            rules,
            since,
            until,
            limit,
        } = body.0;
        let sample = Sample {
            since,
            until,
            limit: limit.unwrap_or(TRIED_MAX).min(TRIED_MAX),
        };
        Ok(Json(
            self.moderation.try_rules(admission.event.id, &rules, sample).await?,
        ))
    }

    /// See whether a raid is on
    ///
    /// For moderators.
    #[oai(path = "/events/:event/raid", method = "get", operation_id = "read_raid")]
    async fn read_raid(&self, caller: Caller, event: Path<String>) -> Answer<RaidOut> {
        let (admission, _) = self.staff(&event, &caller, Role::Moderator).await?;
        caller.limit(|limits| limits.read).await?;
        let until_at = self.moderation.raid(admission.event.id).await?;
        Ok(Json(RaidOut {
            on: until_at.is_some(),
            until_at,
        }))
    }

    /// Call out a raid, or say that it is over
    ///
    /// While it is on, newcomers' messages wait for a moderator, or only members may write, as the rules say. It ends by
    /// itself. For moderators.
    #[oai(path = "/events/:event/raid", method = "put", operation_id = "set_raid")]
    async fn set_raid(&self, caller: Caller, event: Path<String>, body: Json<RaidIn>) -> Answer<RaidOut> {
        let (admission, by) = self.staff(&event, &caller, Role::Moderator).await?;
        caller.limit(|limits| limits.write).await?;
        let event = admission.event.id;
        let until_at = if body.0.on {
            Some(self.moderation.call_raid(event, body.0.seconds, by).await?)
        } else {
            self.moderation.end_raid(event, by).await?;
            None
        };
        Ok(Json(RaidOut {
            on: until_at.is_some(),
            until_at,
        }))
    }
}
