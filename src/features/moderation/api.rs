//! Endpoints of sanctions.

use std::sync::Arc;

use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
};
use serde::{Deserialize, Serialize};

use super::{Decider, Moderation, NewSanction, sanctions::Wanted};
use crate::{
    domain::{
        EventId, MessageId, Refusal, SanctionId, UserId,
        moderation::{Sanction, SanctionKind},
        text::ReasonText,
        user::Role,
    },
    http::{
        Answer, Caller, Created, Json, Limit, Mark, NoContent, Page, Place, Problem, Tag,
        gate::{Admission, Gate},
    },
};

pub struct SanctionsApi {
    pub moderation: Moderation,
    pub gate: Arc<dyn Gate>,
}

/// What to do to somebody.
#[derive(Debug, Object)]
struct SanctionIn {
    user_id: UserId,
    kind: SanctionKind,
    /// How long it lasts; up to a year. Needed for a timeout; left out, anything else lasts until it is lifted.
    #[oai(validator(minimum(value = "1"), maximum(value = "31622400")))]
    seconds: Option<u32>,
    /// Told to them. One line of at most 500 characters.
    #[oai(validator(min_length = 1, max_length = 500))]
    reason: String,
    /// For staff only.
    #[oai(validator(max_length = 500))]
    note: Option<String>,
    /// The message that gave cause.
    message_id: Option<MessageId>,
}

/// A place in a list ordered by when things were written down.
#[derive(Debug, Serialize, Deserialize)]
pub struct ByRow(pub i64);

impl Mark for ByRow {
    const NAME: &'static str = "sanctions1";
}

impl SanctionIn {
    fn check(self) -> Result<NewSanction, Refusal> {
        Ok(NewSanction {
            user: self.user_id,
            kind: self.kind,
            seconds: self.seconds,
            reason: ReasonText::parse(&self.reason)?.into_string(),
            note: note(self.note.as_deref())?,
            message: self.message_id,
            rule: None,
        })
    }
}

/// A note that may be left out or empty.
pub(super) fn note(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let text = text.filter(|text| !text.trim().is_empty());
    let parse = |text| ReasonText::parse_at(text, "/note").map_err(|fault| Refusal::content(vec![fault]));
    Ok(text.map(parse).transpose()?.map(ReasonText::into_string))
}

impl SanctionsApi {
    async fn staff(&self, event: &str, caller: &Caller) -> Result<(Admission, Decider), Problem> {
        let admission = self.gate.admit(event, caller).await?;
        admission.require(Role::Moderator)?;
        let decider = Decider {
            id: caller.acts_as(),
            role: admission.role,
        };
        Ok((admission, decider))
    }

    async fn give(&self, scope: Option<EventId>, body: SanctionIn, by: Decider) -> Result<Created<Sanction>, Problem> {
        let sanction = self.moderation.sanction(scope, body.check()?, by).await?;
        Ok(Created::new(sanction))
    }

    async fn page(&self, scope: Option<EventId>, wanted: Wanted, limit: Limit) -> Answer<Page<Sanction>> {
        let sanctions = self.moderation.sanctions(scope, &wanted).await?;
        let page = Page::of(sanctions, limit, |(row_no, _)| ByRow(*row_no));
        Ok(Json(page.map(|(_, sanction)| sanction)))
    }
}

pub(super) fn require_admin(caller: &Caller) -> Result<Decider, Problem> {
    caller.require_admin()?;
    Ok(Decider {
        id: caller.acts_as(),
        role: Role::Admin,
    })
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Order")]
impl SanctionsApi {
    /// Mute, time out, ban or shadow-ban somebody
    ///
    /// In force at once on all instances; one of the same kind is replaced. A ban ends open streams with `stream.bye`
    /// (`banned`). For moderators; not against staff of one's own role or a higher one.
    #[oai(path = "/events/:event/sanctions", method = "post", operation_id = "give_sanction")]
    async fn give_here(
        &self,
        caller: Caller,
        event: Path<String>,
        body: Json<SanctionIn>,
    ) -> Result<Created<Sanction>, Problem> {
        let (admission, by) = self.staff(&event, &caller).await?;
        caller.limit(|limits| limits.write).await?;
        self.give(Some(admission.event.id), body.0, by).await
    }

    /// List sanctions of an event
    ///
    /// Latest first; those that are over as well, unless `in_force` is asked for.
    #[oai(path = "/events/:event/sanctions", method = "get", operation_id = "list_sanctions")]
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a query parameter of its own in the document"
    )]
    async fn list_here(
        &self,
        caller: Caller,
        event: Path<String>,
        user: Query<Option<UserId>>,
        /// Only of this kind.
        kind: Query<Option<SanctionKind>>,
        in_force: Query<Option<bool>>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Answer<Page<Sanction>> {
        let (admission, _) = self.staff(&event, &caller).await?;
        caller.limit(|limits| limits.read).await?;
        let wanted = wanted(user.0, kind.0, in_force.0, after, limit);
        self.page(Some(admission.event.id), wanted, limit).await
    }

    /// Lift a sanction
    ///
    /// Doing it again is fine. Takes the role of who gave it, or a higher one.
    #[oai(
        path = "/events/:event/sanctions/:sanction",
        method = "delete",
        operation_id = "lift_sanction"
    )]
    async fn lift_here(
        &self,
        caller: Caller,
        event: Path<String>,
        sanction: Path<SanctionId>,
    ) -> Result<NoContent, Problem> {
        let (admission, by) = self.staff(&event, &caller).await?;
        caller.limit(|limits| limits.write).await?;
        self.moderation.lift(Some(admission.event.id), sanction.0, by).await?;
        Ok(NoContent)
    }

    /// Sanction somebody everywhere
    ///
    /// As in an event, in all events at once. For admins.
    #[oai(path = "/sanctions", method = "post", operation_id = "give_sanction_everywhere")]
    async fn give_everywhere(&self, caller: Caller, body: Json<SanctionIn>) -> Result<Created<Sanction>, Problem> {
        let by = require_admin(&caller)?;
        caller.limit(|limits| limits.write).await?;
        self.give(None, body.0, by).await
    }

    /// List sanctions that hold everywhere
    ///
    /// For admins.
    #[oai(path = "/sanctions", method = "get", operation_id = "list_sanctions_everywhere")]
    async fn list_everywhere(
        &self,
        caller: Caller,
        user: Query<Option<UserId>>,
        /// Only of this kind.
        kind: Query<Option<SanctionKind>>,
        in_force: Query<Option<bool>>,
        after: Place<ByRow>,
        limit: Limit,
    ) -> Answer<Page<Sanction>> {
        require_admin(&caller)?;
        caller.limit(|limits| limits.read).await?;
        let wanted = wanted(user.0, kind.0, in_force.0, after, limit);
        self.page(None, wanted, limit).await
    }

    /// Lift a sanction that holds everywhere
    ///
    /// For admins.
    #[oai(
        path = "/sanctions/:sanction",
        method = "delete",
        operation_id = "lift_sanction_everywhere"
    )]
    async fn lift_everywhere(&self, caller: Caller, sanction: Path<SanctionId>) -> Result<NoContent, Problem> {
        let by = require_admin(&caller)?;
        caller.limit(|limits| limits.write).await?;
        self.moderation.lift(None, sanction.0, by).await?;
        Ok(NoContent)
    }
}

fn wanted(
    user: Option<UserId>,
    kind: Option<SanctionKind>,
    in_force: Option<bool>,
    after: Place<ByRow>,
    limit: Limit,
) -> Wanted {
    Wanted {
        user,
        kind,
        in_force: in_force.unwrap_or(false),
        before: after.0.map(|ByRow(row_no)| row_no),
        limit: limit.with_peek(),
    }
}
