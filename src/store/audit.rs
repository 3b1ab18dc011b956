//! The record of decisions: written in the transaction of what was decided, so that both stand or neither.
//!
//! Whoever decides calls [`decide`], whichever feature it is; reading and exporting is the feature `moderation`'s.

use entity::audit;
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};

use super::{Error, Scribe};
use crate::domain::{
    EventId, MessageId, SanctionId, UserId,
    entry::{Entry, ModerationDecided},
    moderation::{Deciding, Decision},
};

/// Writes a decision of an event into the record and tells staff.
pub async fn decide(scribe: &mut Scribe<'_>, deciding: Deciding) -> Result<Decision, Error> {
    let decision = deciding.decided(Some(scribe.event()), scribe.now());
    write(scribe.txn(), &decision).await?;
    scribe.say_to_staff(&Entry::ModerationDecided(ModerationDecided {
        decision: decision.clone(),
    }));
    Ok(decision)
}

/// Writes decisions into the record, telling nobody.
pub async fn write_all(db: &impl ConnectionTrait, decisions: impl IntoIterator<Item = &Decision>) -> Result<(), Error> {
    let rows: Vec<_> = decisions.into_iter().map(row).collect();
    if !rows.is_empty() {
        audit::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Writes a decision into the record, telling nobody.
pub async fn write(db: &impl ConnectionTrait, decision: &Decision) -> Result<(), Error> {
    audit::Entity::insert(row(decision)).exec_without_returning(db).await?;
    Ok(())
}

fn row(decision: &Decision) -> audit::ActiveModel {
    let text = |user: &Option<UserId>| user.as_ref().map(|user| user.as_str().to_owned());
    audit::ActiveModel {
        row_no: sea_orm::ActiveValue::NotSet,
        id: Set(decision.id.uuid()),
        event_id: Set(decision.event_id.map(EventId::uuid)),
        at_ms: Set(decision.decided_at.ms()),
        action: Set(decision.action.name().to_owned()),
        by_id: Set(text(&decision.by)),
        user_id: Set(text(&decision.user_id)),
        message_id: Set(decision.message_id.map(MessageId::uuid)),
        sanction_id: Set(decision.sanction_id.map(SanctionId::uuid)),
        reason: Set(decision.reason.clone()),
        code: Set(decision.code.clone()),
        rule_version: Set(decision.rule_version.and_then(|version| i64::try_from(version).ok())),
        until_ms: Set(decision.until_at.map(crate::domain::Stamp::ms)),
        // Names and numbers between 0 and 1: they serialise.
        model: Set(decision
            .model
            .as_ref()
            .and_then(|model| serde_json::to_value(model).ok())),
    }
}
