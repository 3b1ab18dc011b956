//! Rules as they are kept: each version of an event's and of the house's, and what they come to, ready to judge by.

use std::{sync::Arc, time::Duration};

use entity::rule_set;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Decider, Moderation, raid};
use crate::{
    domain::{
        EventId, Fault, Reason, Refusal, Stamp, UserId,
        moderation::{Action, Deciding},
        rulebook::{RaidRule, ReportRule, Rulebook},
        rules::{Compiled, RuleSet},
    },
    http::Problem,
    store::{Error, Recent, Store},
};

/// How long what a row says is believed; see [`Recent`].
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// A compiled set may take some megabytes; few events have rules of their own.
const COMPILED: usize = 200;
const KEPT_FOR: Duration = Duration::from_hours(1);
const EVENTS: usize = 10_000;
/// Older versions are let go of: the record names versions, and people look back some way, not for ever.
const VERSIONS: i64 = 100;
const HOUSE: &str = "house";

/// A rulebook in its version. 0: nobody wrote one yet.
#[derive(Debug, Clone)]
pub struct Written {
    pub version: u64,
    pub book: Rulebook,
    pub changed_at: Option<Stamp>,
    pub changed_by: Option<UserId>,
}

/// What an event goes by.
#[derive(Clone)]
pub(super) struct InUse {
    pub(super) compiled: Arc<Compiled>,
    pub(super) reports: ReportRule,
    pub(super) raid: RaidRule,
    /// The version of the event's own rules, or of the house's where it has none.
    pub(super) version: u64,
    /// Until when a raid was to last that was noticed or called out.
    pub(super) raid_until: Option<Stamp>,
}

impl Written {
    fn nothing() -> Self {
        Self {
            version: 0,
            book: Rulebook::none(),
            changed_at: None,
            changed_by: None,
        }
    }
}

/// `None` stands for all events without rules of their own.
type Versions = (Option<EventId>, u64, u64);

pub(super) struct Rulebooks {
    store: Store,
    /// Whether the house has rules for texts before anybody wrote some.
    judges: bool,
    in_use: Recent<Option<EventId>, InUse>,
    compiled: Recent<Versions, Arc<Compiled>>,
}

fn scope_name(scope: Option<EventId>) -> String {
    scope.map_or_else(|| HOUSE.to_owned(), |event| event.to_string())
}

/// An event's rules above the house's.
pub(super) fn layered(house: &RuleSet, event: &RuleSet) -> Result<Compiled, Vec<Fault>> {
    Compiled::layered(house, event)
}

impl Rulebooks {
    pub(super) fn new(store: Store, judges: bool) -> Self {
        Self {
            store,
            judges,
            in_use: Recent::new(BELIEVED_FOR, EVENTS),
            compiled: Recent::new(KEPT_FOR, COMPILED),
        }
    }

    pub(super) fn forget(&self, scope: Option<EventId>) {
        self.in_use.forget(|event, _| scope.is_none() || scope == *event);
    }

    /// As it was written, or as it is before anybody wrote one.
    pub(super) async fn written(&self, db: &impl ConnectionTrait, scope: Option<EventId>) -> Result<Written, Error> {
        let query = rule_set::Entity::find().filter(rule_set::Column::Scope.eq(scope_name(scope)));
        let Some(row) = query.order_by_desc(rule_set::Column::Version).one(db).await? else {
            return Ok(match scope {
                Some(_) => Written::nothing(),
                None => Written {
                    book: Rulebook::house(self.judges),
                    ..Written::nothing()
                },
            });
        };
        let mut book: Rulebook = serde_json::from_str(&row.body).map_err(|error| Error::unreadable("rules", error))?;
        book.rules.version = u32::try_from(row.version).unwrap_or(u32::MAX);
        let by = row
            .by_id
            .map(|by| by.parse().map_err(|error| Error::unreadable("user id", error)));
        Ok(Written {
            version: u64::try_from(row.version).unwrap_or(0),
            book,
            changed_at: Some(Stamp::from_ms(row.created_ms)),
            changed_by: by.transpose()?,
        })
    }

    /// What an event goes by now; without one, what the house goes by.
    pub(super) async fn in_use(&self, scope: Option<EventId>) -> Result<InUse, Error> {
        if let Some(known) = self.in_use.get(&scope) {
            return Ok(known);
        }
        let (db, looked_up) = (self.store.reader(), self.in_use.now());
        let house = self.written(db, None).await?;
        let own = match scope {
            Some(_) => self.written(db, scope).await?,
            None => Written::nothing(),
        };
        let raid_until = match scope {
            Some(event) => raid::until(db, event).await?,
            None => None,
        };
        let versions = (scope.filter(|_| own.version > 0), house.version, own.version);
        let compiled = if let Some(compiled) = self.compiled.get(&versions) {
            compiled
        } else {
            let compiled = layered(&house.book.rules, &own.book.rules).map_err(|faults| {
                let first = faults.into_iter().next().map(|fault| fault.detail).unwrap_or_default();
                Error::unreadable("rules", first)
            })?;
            let compiled = Arc::new(compiled);
            self.compiled.put(versions, Arc::clone(&compiled), self.compiled.now());
            compiled
        };
        let in_use = InUse {
            compiled,
            reports: own.book.reports.or(house.book.reports).unwrap_or(ReportRule::DEFAULT),
            raid: own.book.raid.or(house.book.raid).unwrap_or(RaidRule::DEFAULT),
            version: if own.version > 0 { own.version } else { house.version },
            raid_until,
        };
        self.in_use.put(scope, in_use.clone(), looked_up);
        Ok(in_use)
    }
}

impl Moderation {
    /// The rules of an event, or of the house, as they were written last.
    pub async fn rules(&self, scope: Option<EventId>) -> Result<Written, Error> {
        self.rulebooks.written(self.store.reader(), scope).await
    }

    /// Writes rules, if `version` is still the last one.
    pub async fn write_rules(
        &self,
        scope: Option<EventId>,
        version: u64,
        book: Rulebook,
        by: Decider,
    ) -> Result<Written, Problem> {
        book.check().map_err(Refusal::content)?;
        // Compiling is what finds out whether they can be used. An event's are held against the house's as well: both
        // together must fit.
        let compiled = match scope {
            Some(_) => layered(&self.rules(None).await?.book.rules, &book.rules),
            None => Compiled::new(&book.rules),
        };
        compiled.map_err(|faults| {
            let below = |mut fault: Fault| {
                fault.pointer.insert_str(0, "/rules");
                fault
            };
            Refusal::content(faults.into_iter().map(below).collect())
        })?;
        let rulebooks = Arc::clone(&self.rulebooks);
        let deciding = Deciding {
            rule_version: Some(version + 1),
            ..Deciding::new(Action::RulesChanged, by.id.clone())
        };
        let written = self.decide(scope, move |txn, now| {
            Box::pin(async move {
                let last = rulebooks.written(txn, scope).await?;
                if last.version != version {
                    let detail = format!("The rules are at version {} by now.", last.version);
                    return Err(Refusal::new(Reason::VersionMismatch, detail).into());
                }
                let written = Written {
                    version: version + 1,
                    book,
                    changed_at: Some(now),
                    changed_by: by.id,
                };
                insert(txn, scope, &written, now).await?;
                Ok((written, Some(deciding)))
            })
        });
        let mut written = written.await?;
        written.book.rules.version = u32::try_from(written.version).unwrap_or(u32::MAX);
        self.changed(scope);
        Ok(written)
    }
}

async fn insert(db: &impl ConnectionTrait, scope: Option<EventId>, written: &Written, now: Stamp) -> Result<(), Error> {
    use rule_set::Column as C;
    let version = i64::try_from(written.version).unwrap_or(i64::MAX);
    let row = rule_set::ActiveModel {
        scope: Set(scope_name(scope)),
        version: Set(version),
        body: Set(serde_json::to_string(&written.book).map_err(|error| Error::unreadable("rules", error))?),
        by_id: Set(written.changed_by.as_ref().map(|by| by.as_str().to_owned())),
        created_ms: Set(now.ms()),
    };
    // Two who write at once on two instances: the key lets one through.
    let insert = rule_set::Entity::insert(row).on_conflict_do_nothing_on([C::Scope, C::Version]);
    if !matches!(
        insert.exec_without_returning(db).await?,
        sea_orm::TryInsertResult::Inserted(1..)
    ) {
        let detail = "Somebody else wrote the rules at the same time.";
        return Err(Refusal::new(Reason::VersionMismatch, detail).into());
    }
    let old = rule_set::Entity::delete_many().filter(C::Scope.eq(scope_name(scope)));
    old.filter(C::Version.lte(version - VERSIONS)).exec(db).await?;
    Ok(())
}
