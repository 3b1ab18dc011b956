//! Events as rows: how one is read, and which of them exist for whom.
//!
//! Here, because several features list events; who writes them is `features/events`.

use entity::{event, event_member, follow};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::Expr,
};

use super::Error;
use crate::domain::{
    EventId, Stamp, UserId,
    event::{Event, EventKind, EventStatus, Visibility},
    lobby::FollowKind,
};

/// What a public event's row says of its visibility.
pub const PUBLIC: &str = "public";

/// Which events exist for somebody.
#[derive(Debug, Clone, Default)]
pub enum Eyes {
    #[default]
    Public,
    /// Also what this user is a member of, and these events, in which their token gives them a role.
    Member(UserId, Vec<EventId>),
    Everything,
}

impl Eyes {
    /// What must be so of an event's row for these eyes.
    #[must_use]
    pub fn sight(&self) -> Condition {
        use event::Column as C;
        let sight = Condition::any();
        match self {
            Self::Everything => Condition::all(),
            Self::Public => sight.add(C::Visibility.eq(PUBLIC)),
            Self::Member(user, by_token) => {
                let mine = event_member::Entity::find()
                    .select_only()
                    .column(event_member::Column::EventId);
                let mine = mine.filter(event_member::Column::UserId.eq(user.as_str())).into_query();
                sight
                    .add(C::Visibility.eq(PUBLIC))
                    .add(Expr::col((event::Entity, C::Id)).in_subquery(mine))
                    .add(C::Id.is_in(by_token.iter().map(|event| event.uuid())))
            }
        }
    }
}

/// Of an event that very many follow, so many are notified: what they are told is written in one transaction.
const FOLLOWERS_MOST: u64 = 20_000;

/// Who follows the event, or somebody who takes part in it.
pub async fn followers(db: &impl ConnectionTrait, event: &Event) -> Result<Vec<UserId>, Error> {
    use follow::Column as C;
    let participants = event.participants.iter().map(|participant| participant.id.as_str());
    let of = |kind: FollowKind| Condition::all().add(C::Kind.eq(kind.name()));
    let found: Vec<String> = follow::Entity::find()
        .select_only()
        .column(C::UserId)
        .distinct()
        .filter(
            Condition::any()
                .add(of(FollowKind::Event).add(C::Target.eq(event.id.to_string())))
                .add(of(FollowKind::Participant).add(C::Target.is_in(participants))),
        )
        .order_by_asc(C::UserId)
        .limit(FOLLOWERS_MOST)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().filter_map(|user| user.parse().ok()).collect())
}

/// The event that a row holds.
pub fn read(row: event::Model) -> Result<Event, Error> {
    let unknown = |what, value: &str| Error::unreadable(what, format!("unknown value `{value}`"));
    let visibility = if row.visibility == PUBLIC {
        Visibility::Public
    } else {
        Visibility::Private
    };
    Ok(Event {
        id: EventId::from_uuid(row.id),
        kind: EventKind::parse(&row.kind).ok_or_else(|| unknown("event kind", &row.kind))?,
        status: EventStatus::parse(&row.status).ok_or_else(|| unknown("event status", &row.status))?,
        participants: serde_json::from_value(row.participants)
            .map_err(|error| Error::unreadable("participants", error))?,
        settings: serde_json::from_value(row.settings).map_err(|error| Error::unreadable("event settings", error))?,
        slug: row.slug,
        title: row.title,
        venue: row.venue,
        scheduled_at: Stamp::from_ms(row.scheduled_ms),
        started_at: row.started_ms.map(Stamp::from_ms),
        ended_at: row.ended_ms.map(Stamp::from_ms),
        featured: row.featured,
        visibility,
        cover_url: row.cover_url,
        stream_url: row.stream_url,
        version: u64::try_from(row.version).unwrap_or(0),
        created_at: Stamp::from_ms(row.created_ms),
        demo: row.demo,
    })
}
