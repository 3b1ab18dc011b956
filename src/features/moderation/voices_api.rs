//! Endpoints of what viewers report and authors appeal against.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};

use super::{
    Decider, Moderation,
    api::{ByRow, note},
    reports::NewReport,
};
use crate::{
    domain::{
        AppealId, MessageId, Refusal,
        moderation::{Appeal, AppealDecision, Report, ReportCategory},
        text::ReasonText,
        user::Role,
    },
    http::{Answer, Caller, Created, Json, Limit, Page, Place, Problem, Tag, gate::Gate},
};

pub struct VoicesApi {
    pub moderation: Moderation,
    pub gate: Arc<dyn Gate>,
}

#[derive(Debug, Object)]
struct ReportIn {
    reason: ReportCategory,
    /// What staff should know. At most 500 characters.
    #[oai(validator(max_length = 500))]
    note: Option<String>,
}

#[derive(Debug, Object)]
struct AppealIn {
    /// Why it should be seen again. At most 500 characters.
    #[oai(validator(min_length = 1, max_length = 500))]
    text: String,
}

#[derive(Debug, Object)]
struct AppealDecisionIn {
    decision: AppealDecision,
    /// Told to the author.
    #[oai(validator(min_length = 1, max_length = 500))]
    reason: String,
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Order")]
impl VoicesApi {
    /// Report a message
    ///
    /// Once for each viewer and message; again changes nothing. Enough reports hide it until staff decide.
    #[oai(
        path = "/events/:event/messages/:message/reports",
        method = "post",
        operation_id = "report_message"
    )]
    async fn report(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        body: Json<ReportIn>,
    ) -> Result<Created<Report>, Problem> {
        let admission = self.gate.admit(&event, &caller).await?;
        let user = admission.require_user()?.id.clone();
        caller.limit(|limits| limits.write).await?;
        let new = NewReport {
            message: message.0,
            user,
            category: body.0.reason,
            note: note(body.0.note.as_deref())?,
        };
        Ok(Created::new(self.moderation.report(admission.event.id, new).await?))
    }

    /// List reports
    ///
    /// Latest first. For moderators.
    #[oai(path = "/events/:event/reports", method = "get", operation_id = "list_reports")]
    async fn reports(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Query<Option<MessageId>>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Answer<Page<Report>> {
        let admission = self.gate.admit(&event, &caller).await?;
        admission.require(Role::Moderator)?;
        caller.limit(|limits| limits.read).await?;
        let before = after.0.map(|ByRow(row_no)| row_no);
        let reading = self
            .moderation
            .reports(admission.event.id, message.0, before, limit.with_peek());
        let page = Page::of(reading.await?, limit, |(row_no, _)| ByRow(*row_no));
        Ok(Json(page.map(|(_, report)| report)))
    }

    /// Appeal against what became of your message
    ///
    /// Once for each message that was hidden or rejected.
    #[oai(
        path = "/events/:event/messages/:message/appeal",
        method = "post",
        operation_id = "appeal"
    )]
    async fn appeal(
        &self,
        caller: Caller,
        event: Path<String>,
        message: Path<MessageId>,
        body: Json<AppealIn>,
    ) -> Result<Created<Appeal>, Problem> {
        let admission = self.gate.admit(&event, &caller).await?;
        let author = admission.require_user()?.id.clone();
        caller.limit(|limits| limits.write).await?;
        let parsed = ReasonText::parse_at(&body.0.text, "/text");
        let text = parsed.map_err(|fault| Refusal::content(vec![fault]))?.into_string();
        let appeal = self.moderation.appeal(admission.event.id, message.0, author, text);
        Ok(Created::new(appeal.await?))
    }

    /// List appeals
    ///
    /// Latest first. For moderators.
    #[oai(path = "/events/:event/appeals", method = "get", operation_id = "list_appeals")]
    async fn appeals(
        &self,
        caller: Caller,
        event: Path<String>,
        /// Only those that wait for a decision.
        open: Query<Option<bool>>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Answer<Page<Appeal>> {
        let admission = self.gate.admit(&event, &caller).await?;
        admission.require(Role::Moderator)?;
        caller.limit(|limits| limits.read).await?;
        let before = after.0.map(|ByRow(row_no)| row_no);
        let open = open.0.unwrap_or(false);
        let reading = self
            .moderation
            .appeals(admission.event.id, open, before, limit.with_peek());
        let page = Page::of(reading.await?, limit, |(row_no, _)| ByRow(*row_no));
        Ok(Json(page.map(|(_, appeal)| appeal)))
    }

    /// Decide an appeal
    ///
    /// Once. `overturned`: the message is seen again, at the end of the log. For moderators.
    #[oai(
        path = "/events/:event/appeals/:appeal/decide",
        method = "post",
        operation_id = "decide_appeal"
    )]
    async fn decide(
        &self,
        caller: Caller,
        event: Path<String>,
        appeal: Path<AppealId>,
        body: Json<AppealDecisionIn>,
    ) -> Answer<Appeal> {
        let admission = self.gate.admit(&event, &caller).await?;
        admission.require(Role::Moderator)?;
        caller.limit(|limits| limits.write).await?;
        let by = Decider {
            id: caller.acts_as(),
            role: admission.role,
        };
        let reason = ReasonText::parse(&body.0.reason)?.into_string();
        let deciding = self
            .moderation
            .decide_appeal(admission.event.id, appeal.0, body.0.decision, reason, by);
        Ok(Json(deciding.await?))
    }
}
