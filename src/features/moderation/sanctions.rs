//! Giving and lifting sanctions. In force at once here, and on other instances as soon as they hear of it, or look.

use sea_orm::DatabaseTransaction;

use super::{Decider, Moderation, rows};
use crate::{
    clock,
    domain::{
        EventId, MessageId, Reason, Refusal, SanctionId, Stamp, UserId,
        entry::{ByeReason, ModerationTold, Signal},
        moderation::{self, Action, Deciding, Sanction, SanctionKind},
        user::Role,
    },
    http::Problem,
    store::Error,
};

/// A sanction to give, checked.
#[derive(Debug, Clone)]
pub struct NewSanction {
    pub user: UserId,
    pub kind: SanctionKind,
    pub seconds: Option<u32>,
    pub reason: String,
    pub note: Option<String>,
    pub message: Option<MessageId>,
    /// The rule by which the house itself decides, and its version.
    pub rule: Option<(String, u64)>,
}

/// A page of sanctions: latest first.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub user: Option<UserId>,
    pub kind: Option<SanctionKind>,
    pub in_force: bool,
    pub before: Option<i64>,
    pub limit: u64,
}

impl Moderation {
    /// Gives a sanction in an event, or everywhere. One of the same kind that is in force is replaced.
    pub async fn sanction(&self, scope: Option<EventId>, new: NewSanction, by: Decider) -> Result<Sanction, Problem> {
        self.require_rank(scope, &new.user, &by).await?;
        let until = moderation::until(new.kind, new.seconds, clock::now())?;
        let marks = match new.kind {
            SanctionKind::Ban => self.seen.get(&new.user).map(|seen| seen.marks).unwrap_or_default(),
            _ => Vec::new(),
        };
        let (user, kind) = (new.user.clone(), new.kind);
        let given = self.decide(scope, move |txn, now| {
            Box::pin(async move {
                let (sanction, deciding) = give(txn, scope, new, by, until, now).await?;
                rows::mark(txn, &sanction, &marks, now).await?;
                Ok((sanction, Some(deciding)))
            })
        });
        let sanction = given.await?;
        // Before they are sent away, or they could be let in by the old book.
        self.changed(scope);
        match (kind, scope) {
            (SanctionKind::Ban, Some(event)) => self.stream.close_seats(event, Some(user), ByeReason::Banned),
            (SanctionKind::Ban, None) => self.stream.close_seats_here(None, &user, ByeReason::Banned),
            (SanctionKind::Mute | SanctionKind::Timeout, Some(event)) => {
                self.tell(event, user, &sanction, Action::Sanctioned);
            }
            (SanctionKind::Mute | SanctionKind::Timeout, None) | (SanctionKind::ShadowBan, _) => {}
        }
        Ok(sanction)
    }

    /// Lifts a sanction. Doing it again changes nothing.
    pub async fn lift(&self, scope: Option<EventId>, id: SanctionId, by: Decider) -> Result<(), Problem> {
        let nothing = || Refusal::new(Reason::NotFound, "No such sanction.");
        let found = rows::find(self.store.reader(), scope, id).await?.ok_or_else(nothing)?;
        let (sanction, given_by) = found;
        if given_by > by.role {
            let detail = "Somebody of a higher role decided that.";
            return Err(Refusal::new(Reason::Forbidden, detail).into());
        }
        let told = sanction.clone();
        let deciding = Deciding {
            user: Some(sanction.user_id.clone()),
            sanction: Some(id),
            code: Some(sanction.kind.name().to_owned()),
            ..Deciding::new(Action::SanctionLifted, by.id.clone())
        };
        let lifting = self.decide(scope, move |txn, now| {
            Box::pin(async move {
                let lifted = rows::lift(txn, id, by.id.as_ref(), now).await?;
                Ok((lifted, lifted.then_some(deciding)))
            })
        });
        let lifted = lifting.await?;
        self.changed(scope);
        if let (true, Some(event), false) = (lifted, scope, told.kind == SanctionKind::ShadowBan) {
            self.tell(event, told.user_id.clone(), &told, Action::SanctionLifted);
        }
        Ok(())
    }

    pub async fn sanctions(&self, scope: Option<EventId>, wanted: &Wanted) -> Result<Vec<(i64, Sanction)>, Error> {
        rows::list(self.store.reader(), scope, wanted, clock::now()).await
    }

    fn tell(&self, event: EventId, user: UserId, sanction: &Sanction, action: Action) {
        let told = ModerationTold {
            action,
            message_id: sanction.message_id,
            reason: (action == Action::Sanctioned).then(|| sanction.reason.clone()),
            code: Some(sanction.kind.name().to_owned()),
            until_at: sanction.until_at.filter(|_| action == Action::Sanctioned),
        };
        self.stream.signal_to(event, user, &Signal::ModerationTold(told));
    }

    /// Ok unless it is about staff of the same role or a higher one, or about oneself. Roles by token are known of those who
    /// were here lately; of others the door looks again.
    async fn require_rank(&self, scope: Option<EventId>, user: &UserId, by: &Decider) -> Result<(), Problem> {
        if by.id.as_ref() == Some(user) {
            return Err(Refusal::new(Reason::Forbidden, "That is you.").into());
        }
        let given = match scope {
            Some(event) => self.gate.role_of(event, user).await?,
            None => None,
        };
        // Everywhere, only admins outrank; a role that somebody has in one event says nothing of the others.
        let seen = self.seen.get(user).map(|seen| seen.role);
        let seen = seen.filter(|role| scope.is_some() || *role == Role::Admin);
        let role = given.max(seen);
        if role.is_some_and(|role| role.is_staff() && role >= by.role) {
            let detail = "That is staff of your own role or a higher one.";
            return Err(Refusal::new(Reason::Forbidden, detail).into());
        }
        Ok(())
    }
}

async fn give(
    txn: &DatabaseTransaction,
    scope: Option<EventId>,
    new: NewSanction,
    by: Decider,
    until: Option<Stamp>,
    now: Stamp,
) -> Result<(Sanction, Deciding), Error> {
    rows::replace(txn, scope, &new.user, new.kind, by.id.as_ref(), now).await?;
    let (code, rule_version) = match new.rule {
        Some((code, version)) => (code, Some(version)),
        None => (new.kind.name().to_owned(), None),
    };
    let sanction = Sanction {
        id: SanctionId::generate(),
        event_id: scope,
        user_id: new.user,
        kind: new.kind,
        reason: new.reason,
        note: new.note,
        message_id: new.message,
        by: by.id,
        created_at: now,
        until_at: until,
        lifted_at: None,
        lifted_by: None,
        in_force: true,
    };
    rows::insert(txn, &sanction, by.role).await?;
    let deciding = Deciding {
        user: Some(sanction.user_id.clone()),
        message: sanction.message_id,
        sanction: Some(sanction.id),
        reason: Some(sanction.reason.clone()),
        code: Some(code),
        rule_version,
        until,
        ..Deciding::new(Action::Sanctioned, sanction.by.clone())
    };
    Ok((sanction, deciding))
}
