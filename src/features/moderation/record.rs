//! Reading the record of decisions. Written by `store/audit.rs`, in the transaction of what was decided.

use entity::audit;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Moderation;
use crate::{
    domain::{
        DecisionId, EventId, MessageId, SanctionId, Stamp, UserId,
        moderation::{Action, Decision, SanctionKind},
    },
    store::Error,
};

/// Which decisions.
#[derive(Debug, Clone, Default)]
pub struct Sought {
    pub action: Option<Action>,
    pub user: Option<UserId>,
    pub message: Option<MessageId>,
    pub by: Option<UserId>,
    pub since: Option<Stamp>,
    pub until: Option<Stamp>,
    /// Leave out what the one it is about is not told.
    pub only_told: bool,
}

/// Which way a page goes.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// Latest first, from before this row.
    Back(Option<i64>),
    /// Oldest first, from after this row.
    Forth(i64),
}

impl Moderation {
    /// A page of decisions of an event, or of those about the whole house.
    pub async fn decisions(
        &self,
        scope: Option<EventId>,
        sought: &Sought,
        way: Way,
        limit: u64,
    ) -> Result<Vec<(i64, Decision)>, Error> {
        use audit::Column as C;
        let mut query = audit::Entity::find().filter(wanted(scope, sought)).limit(limit);
        query = match way {
            Way::Back(None) => query.order_by_desc(C::RowNo),
            Way::Back(Some(before)) => query.filter(C::RowNo.lt(before)).order_by_desc(C::RowNo),
            Way::Forth(after) => query.filter(C::RowNo.gt(after)).order_by_asc(C::RowNo),
        };
        let rows = query.all(self.store.reader()).await?;
        rows.into_iter().map(|row| Ok((row.row_no, read(row)?))).collect()
    }
}

/// Whether that was decided of a message before.
pub(super) async fn was_decided(
    db: &impl ConnectionTrait,
    event: EventId,
    message: MessageId,
    action: Action,
) -> Result<bool, Error> {
    let sought = Sought {
        message: Some(message),
        action: Some(action),
        ..Sought::default()
    };
    let query = audit::Entity::find().filter(wanted(Some(event), &sought));
    Ok(query.one(db).await?.is_some())
}

fn wanted(scope: Option<EventId>, sought: &Sought) -> Condition {
    use audit::Column as C;
    let mut wanted = Condition::all().add(match scope {
        Some(event) => C::EventId.eq(event.uuid()),
        None => C::EventId.is_null(),
    });
    if let Some(user) = &sought.user {
        wanted = wanted.add(C::UserId.eq(user.as_str()));
    }
    if let Some(by) = &sought.by {
        wanted = wanted.add(C::ById.eq(by.as_str()));
    }
    if let Some(action) = sought.action {
        wanted = wanted.add(C::Action.eq(action.name()));
    }
    if let Some(message) = sought.message {
        wanted = wanted.add(C::MessageId.eq(message.uuid()));
    }
    if let Some(since) = sought.since {
        wanted = wanted.add(C::AtMs.gte(since.ms()));
    }
    if let Some(until) = sought.until {
        wanted = wanted.add(C::AtMs.lt(until.ms()));
    }
    if sought.only_told {
        let hidden = [Action::MessageShadowed.name(), Action::Recognised.name()];
        let shadow = SanctionKind::ShadowBan.name();
        wanted = wanted
            .add(C::Action.is_not_in(hidden))
            .add(Condition::any().add(C::Code.is_null()).add(C::Code.ne(shadow)));
    }
    wanted
}

fn user(text: Option<&str>) -> Result<Option<UserId>, Error> {
    let parse = |text: &str| text.parse().map_err(|error| Error::unreadable("user id", error));
    text.map(parse).transpose()
}

fn read(row: audit::Model) -> Result<Decision, Error> {
    let action = Action::parse(&row.action)
        .ok_or_else(|| Error::unreadable("decision", format!("unknown action `{}`", row.action)))?;
    Ok(Decision {
        id: DecisionId::from_uuid(row.id),
        action,
        decided_at: Stamp::from_ms(row.at_ms),
        event_id: row.event_id.map(EventId::from_uuid),
        by: user(row.by_id.as_deref())?,
        user_id: user(row.user_id.as_deref())?,
        message_id: row.message_id.map(MessageId::from_uuid),
        sanction_id: row.sanction_id.map(SanctionId::from_uuid),
        reason: row.reason,
        code: row.code,
        rule_version: row.rule_version.and_then(|version| u64::try_from(version).ok()),
        until_at: row.until_ms.map(Stamp::from_ms),
        model: match row.model {
            Some(model) => Some(serde_json::from_value(model).map_err(|error| Error::unreadable("verdict", error))?),
            None => None,
        },
    })
}
