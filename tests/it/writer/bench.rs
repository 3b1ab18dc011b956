//! A store by itself, with changes that end well or badly.

use std::sync::{Arc, Mutex};

use futures_util::future::{BoxFuture, join_all};
use grandstand::{
    config::StoreConfig,
    domain::{
        Audience, EventId, MessageId, Reason, Refusal,
        entry::{Entry, GoneBy, MessageGone},
    },
    store::{Asked, Error, Head, Outcomes, Recorded, Scribe, Scribes, Store, Together, log},
    telemetry::Metrics,
};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::support::{
    postgres,
    server::{database, store_config},
    soon,
};

/// A store with a table to leave traces in, and everything its listener was told.
pub(super) struct Bench {
    dir: TempDir,
    store: Store,
    told: Arc<Mutex<Vec<u64>>>,
    event: EventId,
}

/// What a change does after it has written a note and said an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Well,
    Refused,
    Panics,
    /// Ends the transaction under the writer's feet, as SQLite does on its own when the disk is full.
    BreaksTransaction,
}

pub(super) fn some_entry() -> Entry {
    Entry::MessageDeleted(MessageGone {
        message_id: MessageId::generate(),
        parent_id: None,
        by: GoneBy::Author,
    })
}

async fn change(scribe: &mut Scribe<'_>, number: i32, end: End) -> Result<u64, Error> {
    let note = format!("INSERT INTO note VALUES ({number})");
    scribe.txn().execute_unprepared(&note).await?;
    let seq = scribe.say(&some_entry());
    match end {
        End::Well => Ok(seq),
        End::Refused => Err(Refusal::new(Reason::Forbidden, "No.").into()),
        End::Panics => panic!("a change with a bug"),
        End::BreaksTransaction => {
            scribe.txn().execute_unprepared("ROLLBACK").await?;
            Ok(seq)
        }
    }
}

/// A note and an entry, cheaper together; one of a broken kind spoils it for all that are tried with it.
struct Noted(i32, End);

impl Together for Noted {
    type Done = u64;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<u64>> {
        Box::pin(async move {
            let mut outcomes = Vec::new();
            for Asked { event, change } in all {
                let note = format!("INSERT INTO note VALUES ({})", change.0);
                scribes.txn().execute_unprepared(&note).await?;
                outcomes.push(scribes.of(*event, |scribe| scribe.say(&some_entry())));
                match change.1 {
                    End::Panics => panic!("a change with a bug"),
                    End::Refused => return Err(Refusal::new(Reason::Forbidden, "No.").into()),
                    End::Well | End::BreaksTransaction => {}
                }
            }
            Ok(outcomes)
        })
    }
}

/// An act of a crowd, which leaves a note. Gives how many notes of `SPEECH` and above it found.
struct Clap(i32);

/// Numbers of what is said, where claps are counted below.
pub(super) const SPEECH: i32 = 1_000;

impl Together for Clap {
    type Done = i64;
    const GIVES_WAY: bool = true;

    fn together<'a>(all: &'a [Asked<Self>], scribes: &'a mut Scribes<'_>) -> BoxFuture<'a, Outcomes<i64>> {
        Box::pin(async move {
            let sql = format!("SELECT count(*) AS said FROM note WHERE number >= {SPEECH}");
            let sql = Statement::from_string(scribes.txn().get_database_backend(), sql);
            let found = scribes.txn().query_one_raw(sql).await?.unwrap();
            let said: i64 = found.try_get("", "said")?;
            for Asked { change, .. } in all {
                let note = format!("INSERT INTO note VALUES ({})", change.0);
                scribes.txn().execute_unprepared(&note).await?;
            }
            Ok(all.iter().map(|_| Ok(said)).collect())
        })
    }
}

impl Bench {
    pub(super) async fn new(queue_max: usize) -> Self {
        let dir = TempDir::new().unwrap();
        if postgres::is_asked_for() {
            postgres::lay_ground(dir.path()).await;
        }
        let config = StoreConfig {
            queue_max,
            ..store_config(dir.path())
        };
        let store = Store::open(&config, Arc::new(Metrics::default())).await.unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        store.on_commit(move |entries| listener.lock().unwrap().extend(entries.iter().map(|entry| entry.seq)));
        let table = "CREATE TABLE note (number INTEGER)";
        store
            .write(move |txn| Box::pin(async move { Ok(txn.execute_unprepared(table).await.map(drop)?) }))
            .await
            .unwrap();
        let event = EventId::generate();
        Self {
            dir,
            store,
            told,
            event,
        }
    }

    pub(super) async fn does(&self, number: i32, end: End) -> Result<Recorded<u64>, Error> {
        let recorded = self
            .store
            .record(self.event, move |scribe| Box::pin(change(scribe, number, end)));
        soon("an answer", recorded).await
    }

    /// Holds the writer in a change of its own until the answer is dropped.
    pub(super) async fn holds_the_writer(&self) -> oneshot::Sender<()> {
        let (began, has_begun) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let (store, event) = (self.store.clone(), self.event);
        tokio::spawn(async move {
            let wait = async move {
                began.send(()).unwrap();
                released.await.unwrap_or_default();
                Ok(())
            };
            store.record(event, move |_| Box::pin(wait)).await.unwrap();
        });
        soon("the writer's attention", has_begun).await.unwrap();
        release
    }

    /// Does all of these as one batch.
    pub(super) async fn does_at_once(&self, ends: &[End]) -> Vec<Result<Recorded<u64>, Error>> {
        let release = self.holds_the_writer().await;
        let all = join_all((0..).zip(ends).map(|(number, end)| self.does(number, *end)));
        // The first poll of `all` queues every change; only then the writer goes on.
        let (outcomes, ()) = tokio::join!(all, async { drop(release) });
        outcomes
    }

    /// Does all of these together.
    pub(super) async fn does_together(&self, ends: &[End]) -> Vec<Result<u64, Error>> {
        let release = self.holds_the_writer().await;
        let all = join_all((0..).zip(ends).map(|(number, end)| {
            let noted = self.store.record_together(self.event, Noted(number, *end));
            soon("an answer", noted)
        }));
        let (outcomes, ()) = tokio::join!(all, async { drop(release) });
        outcomes
    }

    pub(super) async fn claps(&self, number: i32) -> Result<i64, Error> {
        soon("an answer", self.store.record_together(self.event, Clap(number))).await
    }

    /// The notes that are there, as another process reads them.
    pub(super) async fn notes(&self) -> Vec<i32> {
        #[derive(FromQueryResult)]
        struct Note {
            number: i32,
        }
        let db = database(self.dir.path()).await;
        let sql = Statement::from_string(db.get_database_backend(), "SELECT number FROM note ORDER BY number");
        let notes = Note::find_by_statement(sql).all(&db).await.unwrap();
        notes.iter().map(|note| note.number).collect()
    }

    /// The log's numbers, which are 1, 2, 3, … and what the listener was told.
    pub(super) async fn length(&self) -> u64 {
        let db = self.store.reader();
        let log = log::read_after(db, self.event, Audience::Public, Head::EMPTY, 10_000)
            .await
            .unwrap();
        let seqs: Vec<_> = log.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        assert_eq!(*self.told.lock().unwrap(), seqs);
        let head = log::head(db, self.event).await.unwrap();
        assert_eq!(head.map_or(0, |head| head.public), seqs.len() as u64);
        seqs.len() as u64
    }
}
