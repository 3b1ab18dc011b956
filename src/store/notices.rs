//! Notifications as they are written: in the transaction of what they tell of, so that both stand or neither.
//!
//! Changes say by [`Scribe::notify`] whom to tell; it is written here, last in a batch and for everybody at once. Each
//! person's notifications have an order of their own, the order of their commits: whoever has heard one has heard all
//! before it. The row that counts them is the lock; batches take these rows by user id, so that no two wait for each other.
//!
//! [`Scribe::notify`]: super::Scribe::notify

use std::collections::BTreeMap;

use entity::{mailbox, notification};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter, QuerySelect, Value,
    prelude::Uuid,
};

use super::{bulk, unnest};
use crate::domain::{EventId, MessageId, NotificationId, Stamp, UserId, notice::Notice};

/// Something to notify people of, in that event.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) event: EventId,
    pub(super) notice: Notice,
}

/// Rows asked for at once.
const AT_ONCE: usize = 500;

const COUNT: &str = "INSERT INTO mailbox (user_id, last_seq) SELECT * FROM unnest($1::text[], $2::int8[]) \
    ON CONFLICT (user_id) DO UPDATE SET last_seq = mailbox.last_seq + excluded.last_seq RETURNING user_id, last_seq";
const COUNT_ON: &str = "ON CONFLICT (user_id) DO UPDATE SET last_seq = last_seq + excluded.last_seq";

/// Arrays carry no NULL, so what is absent comes as empty.
const INSERT: &str = "INSERT INTO notification (user_id, seq, id, kind, event_id, message_id, text, created_ms) \
    SELECT user_id, seq, id, kind, event_id, NULLIF(message_id, '00000000-0000-0000-0000-000000000000'), \
    NULLIF(text, ''), created_ms \
    FROM unnest($1::text[], $2::int8[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::int8[]) \
    AS told (user_id, seq, id, kind, event_id, message_id, text, created_ms) ON CONFLICT DO NOTHING";
const COLUMNS: [&str; 8] = [
    "user_id",
    "seq",
    "id",
    "kind",
    "event_id",
    "message_id",
    "text",
    "created_ms",
];

/// Writes them and gives the people who were told. Of one message nobody is told twice.
pub(super) async fn write(txn: &DatabaseTransaction, now: Stamp, noted: &[Noted]) -> Result<Vec<UserId>, DbErr> {
    let mut by_user: BTreeMap<&UserId, Vec<&Noted>> = BTreeMap::new();
    for noted in noted {
        for user in &noted.notice.to {
            by_user.entry(user).or_default().push(noted);
        }
    }
    if by_user.is_empty() {
        return Ok(Vec::new());
    }
    let mut next = places(txn, &by_user).await?;
    let mut rows: Vec<[Value; COLUMNS.len()]> = Vec::with_capacity(noted.len());
    let is_postgres = txn.get_database_backend() == DbBackend::Postgres;
    let mut columns = Columns::default();
    for (user, noted) in &by_user {
        for noted in noted {
            let seq = next.get_mut(user.as_str()).map_or(0, |next| {
                *next += 1;
                *next
            });
            let row = Row::new(user, seq, noted, now);
            if is_postgres {
                columns.add(row);
            } else {
                rows.push(row.values());
            }
        }
    }
    if is_postgres {
        txn.execute_raw(unnest::statement(INSERT, columns.values())).await?;
    } else {
        bulk::insert(txn, "notification", COLUMNS, rows, "ON CONFLICT DO NOTHING").await?;
    }
    Ok(by_user.into_keys().cloned().collect())
}

/// Counts what everybody gets, and gives the place before the first of it.
async fn places(
    txn: &DatabaseTransaction,
    by_user: &BTreeMap<&UserId, Vec<&Noted>>,
) -> Result<BTreeMap<String, i64>, DbErr> {
    let more = |noted: &Vec<&Noted>| i64::try_from(noted.len()).unwrap_or(0);
    let counted = if txn.get_database_backend() == DbBackend::Postgres {
        let columns = [
            unnest::column(by_user.keys().map(|user| user.as_str().to_owned())),
            unnest::column(by_user.values().map(more)),
        ];
        let query = mailbox::Entity::find().from_raw_sql(unnest::statement(COUNT, columns));
        query.all(txn).await?
    } else {
        let row = |(user, noted): (&&UserId, &Vec<&Noted>)| [Value::from(user.as_str()), Value::from(more(noted))];
        let rows = by_user.iter().map(row).collect();
        bulk::insert(txn, "mailbox", ["user_id", "last_seq"], rows, COUNT_ON).await?;
        let users: Vec<&UserId> = by_user.keys().copied().collect();
        let mut counted = Vec::with_capacity(users.len());
        for users in users.chunks(AT_ONCE) {
            let ids = users.iter().map(|user| user.as_str());
            let query = mailbox::Entity::find().filter(mailbox::Column::UserId.is_in(ids));
            counted.extend(query.all(txn).await?);
        }
        counted
    };
    let mut places: BTreeMap<String, i64> = counted.into_iter().map(|row| (row.user_id, row.last_seq)).collect();
    for (user, noted) in by_user {
        if let Some(place) = places.get_mut(user.as_str()) {
            *place -= more(noted);
        }
    }
    Ok(places)
}

/// Who was told of that message.
pub(super) async fn told_of(txn: &DatabaseTransaction, message: MessageId) -> Result<Vec<UserId>, DbErr> {
    use notification::Column as C;
    let query = notification::Entity::find()
        .select_only()
        .column(C::UserId)
        .filter(C::MessageId.eq(message.uuid()));
    let users: Vec<String> = query.into_tuple().all(txn).await?;
    Ok(users.iter().filter_map(|user| user.parse().ok()).collect())
}

struct Row {
    user: String,
    seq: i64,
    id: Uuid,
    kind: &'static str,
    event: Uuid,
    message: Option<Uuid>,
    text: Option<String>,
    created_ms: i64,
}

impl Row {
    fn new(user: &UserId, seq: i64, noted: &Noted, now: Stamp) -> Self {
        Self {
            user: user.as_str().to_owned(),
            seq,
            id: NotificationId::generate().uuid(),
            kind: noted.notice.kind.name(),
            event: noted.event.uuid(),
            message: noted.notice.message.map(MessageId::uuid),
            text: noted.notice.text.clone(),
            created_ms: now.ms(),
        }
    }

    fn values(self) -> [Value; COLUMNS.len()] {
        [
            self.user.into(),
            self.seq.into(),
            self.id.into(),
            self.kind.into(),
            self.event.into(),
            self.message.into(),
            self.text.into(),
            self.created_ms.into(),
        ]
    }
}

#[derive(Default)]
struct Columns {
    users: Vec<String>,
    seqs: Vec<i64>,
    ids: Vec<Uuid>,
    kinds: Vec<String>,
    events: Vec<Uuid>,
    messages: Vec<Uuid>,
    texts: Vec<String>,
    created: Vec<i64>,
}

impl Columns {
    fn add(&mut self, row: Row) {
        self.users.push(row.user);
        self.seqs.push(row.seq);
        self.ids.push(row.id);
        self.kinds.push(row.kind.to_owned());
        self.events.push(row.event);
        self.messages.push(row.message.unwrap_or_default());
        self.texts.push(row.text.unwrap_or_default());
        self.created.push(row.created_ms);
    }

    fn values(self) -> [Value; COLUMNS.len()] {
        [
            self.users.into(),
            self.seqs.into(),
            self.ids.into(),
            self.kinds.into(),
            self.events.into(),
            self.messages.into(),
            self.texts.into(),
            self.created.into(),
        ]
    }
}
