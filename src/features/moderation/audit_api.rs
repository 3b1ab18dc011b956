//! Endpoints of the record of decisions.

use std::sync::Arc;

use poem_openapi::{
    Enum, OpenApi,
    param::{Path, Query},
};

use super::{
    Moderation,
    api::{ByRow, require_admin},
    export::{Form, Record},
    record::{Sought, Way},
};
use crate::{
    domain::{
        EventId, MessageId, Stamp, UserId,
        moderation::{Action, Decision},
        user::Role,
    },
    http::{Answer, Caller, Json, Limit, Page, Place, Problem, Tag, gate::Gate},
};

pub struct AuditApi {
    pub moderation: Moderation,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
enum AuditFormat {
    Json,
    Ndjson,
    Csv,
}

impl AuditApi {
    async fn answer(
        &self,
        scope: Option<EventId>,
        sought: Sought,
        format: Option<AuditFormat>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Result<Record, Problem> {
        let form = match format {
            Some(AuditFormat::Ndjson) => Form::Lines,
            Some(AuditFormat::Csv) => Form::Table,
            Some(AuditFormat::Json) | None => {
                return Record::page(&self.page(scope, &sought, after, limit).await?);
            }
        };
        Record::all(self.moderation.clone(), scope, sought, form).await
    }

    async fn page(
        &self,
        scope: Option<EventId>,
        sought: &Sought,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Result<Page<Decision>, Problem> {
        let before = after.0.map(|ByRow(row_no)| row_no);
        let reading = self
            .moderation
            .decisions(scope, sought, Way::Back(before), limit.with_peek());
        let page = Page::of(reading.await?, limit, |(row_no, _)| ByRow(*row_no));
        Ok(page.map(|(_, decision)| decision))
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Order")]
impl AuditApi {
    /// Read the record of decisions
    ///
    /// Who decided what about whom, why, and by which version of the rules. As JSON in pages, latest first; as `ndjson` or
    /// `csv` all of it at once, oldest first. For staff of the event.
    #[oai(path = "/events/:event/audit", method = "get", operation_id = "read_audit")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a query parameter of its own in the document"
    )]
    async fn here(
        &self,
        caller: Caller,
        event: Path<String>,
        action: Query<Option<Action>>,
        user: Query<Option<UserId>>,
        by: Query<Option<UserId>>,
        message: Query<Option<MessageId>>,
        /// Not before this time.
        since: Query<Option<Stamp>>,
        /// Before this time.
        until: Query<Option<Stamp>>,
        format: Query<Option<AuditFormat>>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Result<Record, Problem> {
        let admission = self.gate.admit(&event, &caller).await?;
        admission.require(Role::Moderator)?;
        caller.limit(|limits| limits.read).await?;
        let sought = Sought {
            action: action.0,
            user: user.0,
            message: message.0,
            by: by.0,
            since: since.0,
            until: until.0,
            only_told: false,
        };
        self.answer(Some(admission.event.id), sought, format.0, after, limit)
            .await
    }

    /// Read the record of decisions about the whole house
    ///
    /// Sanctions everywhere and the house's rules. For admins.
    #[oai(path = "/audit", method = "get", operation_id = "read_house_audit")]
    async fn everywhere(
        &self,
        caller: Caller,
        user: Query<Option<UserId>>,
        format: Query<Option<AuditFormat>>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Result<Record, Problem> {
        require_admin(&caller)?;
        caller.limit(|limits| limits.read).await?;
        let sought = Sought {
            user: user.0,
            ..Sought::default()
        };
        self.answer(None, sought, format.0, after, limit).await
    }

    /// List what was decided about you
    ///
    /// About your messages and yourself in this event, with the reason; latest first. Not who decided.
    #[oai(
        path = "/events/:event/decisions/mine",
        method = "get",
        operation_id = "list_my_decisions"
    )]
    async fn mine(
        &self,
        caller: Caller,
        event: Path<String>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Answer<Page<Decision>> {
        let admission = self.gate.admit(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let sought = Sought {
            user: Some(admission.require_user()?.id.clone()),
            only_told: true,
            ..Sought::default()
        };
        let page = self.page(Some(admission.event.id), &sought, after, limit).await?;
        Ok(Json(page.map(|decision| Decision {
            by: None,
            model: None,
            ..decision
        })))
    }
}
