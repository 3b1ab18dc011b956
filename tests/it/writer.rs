//! The writer: what stands when changes fail, panic, pile up, or nobody waits for the answer any more.

use std::sync::{Arc, Mutex};

use futures_util::{FutureExt, StreamExt, future::join_all, stream::FuturesUnordered};
use grandstand::{
    config::StoreConfig,
    domain::{
        Audience, EventId, MessageId, Reason, Refusal,
        entry::{Entry, GoneBy, MessageGone},
    },
    store::{Error, Head, Recorded, Scribe, Store, log},
    telemetry::Metrics,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, FromQueryResult, Statement};
use serde_json::json;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::oneshot};

use crate::support::{TestServer, soon};

/// A store with a table to leave traces in, and everything its listener was told.
struct Bench {
    dir: TempDir,
    store: Store,
    told: Arc<Mutex<Vec<u64>>>,
    event: EventId,
}

/// What a change does after it has written a note and said an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    Refused,
    Panics,
    /// Ends the transaction under the writer's feet, as SQLite does on its own when the disk is full.
    BreaksTransaction,
}

fn some_entry() -> Entry {
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

impl Bench {
    async fn new(queue_max: usize) -> Self {
        let dir = TempDir::new().unwrap();
        let config = StoreConfig {
            data_dir: dir.path().to_owned(),
            queue_max,
            ..StoreConfig::default()
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

    async fn does(&self, number: i32, end: End) -> Result<Recorded<u64>, Error> {
        let recorded = self
            .store
            .record(self.event, move |scribe| Box::pin(change(scribe, number, end)));
        soon("an answer", recorded).await
    }

    /// Holds the writer in a change of its own until the answer is dropped.
    async fn holds_the_writer(&self) -> oneshot::Sender<()> {
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
    async fn does_at_once(&self, ends: &[End]) -> Vec<Result<Recorded<u64>, Error>> {
        let release = self.holds_the_writer().await;
        let all = join_all((0..).zip(ends).map(|(number, end)| self.does(number, *end)));
        // The first poll of `all` queues every change; only then the writer goes on.
        let (outcomes, ()) = tokio::join!(all, async { drop(release) });
        outcomes
    }

    /// The notes that are there, as another process reads them.
    async fn notes(&self) -> Vec<i32> {
        #[derive(FromQueryResult)]
        struct Note {
            number: i32,
        }
        let db = outside(self.dir.path()).await;
        let sql = Statement::from_string(db.get_database_backend(), "SELECT number FROM note ORDER BY number");
        let notes = Note::find_by_statement(sql).all(&db).await.unwrap();
        notes.iter().map(|note| note.number).collect()
    }

    /// The log's numbers, which are 1, 2, 3, … and what the listener was told.
    async fn length(&self) -> u64 {
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

/// A connection beside the server's own.
async fn outside(dir: &std::path::Path) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{}/grandstand.db", dir.display()));
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

#[tokio::test]
async fn whoever_fails_or_panics_in_a_full_batch_leaves_no_trace_and_burns_no_seq() {
    let bench = Bench::new(1_000).await;
    let end = |number: i32| match number {
        number if number % 7 == 3 => End::Refused,
        number if number % 11 == 5 => End::Panics,
        _ => End::Well,
    };
    let ends: Vec<End> = (0..200).map(end).collect();
    let mut next = 1;
    for (outcome, end) in bench.does_at_once(&ends).await.into_iter().zip(&ends) {
        match (outcome, end) {
            (Ok(recorded), End::Well) => {
                assert_eq!((recorded.value, recorded.head.public), (next, next));
                next += 1;
            }
            (Err(Error::Refused(_)), End::Refused) | (Err(Error::Panicked), End::Panics) => {}
            (outcome, end) => panic!("{end:?} ended as {outcome:?}"),
        }
    }
    let stands: Vec<i32> = (0..200).filter(|number| end(*number) == End::Well).collect();
    assert_eq!(bench.notes().await, stands);
    assert_eq!(bench.length().await, next - 1);
}

#[tokio::test]
async fn whoever_fails_or_panics_alone_leaves_no_trace_and_the_writer_goes_on() {
    let bench = Bench::new(10).await;
    assert!(matches!(bench.does(1, End::Refused).await, Err(Error::Refused(_))));
    assert!(matches!(bench.does(2, End::Panics).await, Err(Error::Panicked)));
    assert_eq!(bench.does(3, End::Well).await.unwrap().value, 1);
    assert_eq!(bench.notes().await, [3]);
    assert_eq!(bench.length().await, 1);
}

#[tokio::test]
async fn a_batch_whose_transaction_came_apart_fails_as_a_whole_and_the_next_one_is_durable() {
    for at in [0, 3, 5] {
        let bench = Bench::new(100).await;
        let mut ends = [End::Well; 6];
        ends[at] = End::BreaksTransaction;
        for outcome in bench.does_at_once(&ends).await {
            assert!(matches!(outcome, Err(Error::Broken(_))), "{outcome:?}");
        }
        for number in 10..13 {
            bench.does(number, End::Well).await.unwrap();
            // Read by another connection at once: a commit inside some older transaction would not be seen.
            assert_eq!(bench.notes().await.last(), Some(&number), "broken at {at}");
        }
        assert_eq!(bench.notes().await, [10, 11, 12]);
        assert_eq!(bench.length().await, 3);
    }
}

#[tokio::test]
async fn a_listener_that_panics_does_not_stop_the_writer() {
    let dir = TempDir::new().unwrap();
    let config = StoreConfig {
        data_dir: dir.path().to_owned(),
        ..StoreConfig::default()
    };
    let store = Store::open(&config, Arc::new(Metrics::default())).await.unwrap();
    store.on_commit(|_| panic!("a listener with a bug"));
    let event = EventId::generate();
    for seq in 1..=2 {
        let recorded = store.record(event, |scribe| Box::pin(async move { Ok(scribe.say(&some_entry())) }));
        assert_eq!(soon("an answer", recorded).await.unwrap().value, seq);
    }
}

#[tokio::test]
async fn a_caller_who_leaves_before_the_answer_does_not_take_the_change_along() {
    let bench = Bench::new(10).await;
    let release = bench.holds_the_writer().await;
    let mut left = Box::pin(bench.does(1, End::Well));
    assert!(left.as_mut().now_or_never().is_none(), "it is queued");
    drop(left);
    drop(release);
    bench.does(2, End::Well).await.unwrap();
    assert_eq!(bench.notes().await, [1, 2]);
    assert_eq!(bench.length().await, 2);
}

#[tokio::test]
async fn a_full_queue_says_so_at_once_and_what_was_taken_is_done() {
    let server = TestServer::start_with(|config| config.store.queue_max = 2).await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    ana.says(&event, "the door knows ana").await;
    let lock = outside(server.dir().path()).await;
    lock.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let path = format!("/v1/events/{event}/messages");
    let body = |number: i32| json!({"text": format!("{number}"), "client_id": format!("c{number}")});
    let mut posts: FuturesUnordered<_> = (0..20)
        .map(|number| {
            let (ana, path) = (ana.clone(), path.clone());
            async move { (number, ana.post(&path, &body(number)).await) }
        })
        .collect();
    // One batch is stuck before the lock with at most two changes, two more wait. Everybody else is told at once.
    let mut refused = Vec::new();
    while refused.len() < 16 {
        let (number, reply) = posts.next().await.unwrap();
        assert_eq!(reply.refused(503), "overloaded");
        assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
        refused.push(number);
    }
    lock.execute_unprepared("ROLLBACK").await.unwrap();
    while let Some((number, reply)) = posts.next().await {
        if reply.status == 503 {
            refused.push(number);
        } else {
            reply.ok();
        }
    }
    for number in refused {
        ana.post(&path, &body(number)).await.ok();
    }
    let log = host.reads_log(&event).await;
    let said = log.iter().filter(|entry| entry["type"] == "message.created").count();
    assert_eq!(said, 21);
}

#[tokio::test]
async fn two_hundred_posts_at_once_to_ten_events_leave_no_hole_anywhere() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let mut events = Vec::new();
    for number in 0..10 {
        events.push(
            host.starts_event(if number % 2 == 0 { "session" } else { "football" })
                .await,
        );
    }
    let mut seats = Vec::new();
    for event in &events {
        let mut seat = ana.watches(event).await;
        seat.hears("stream.snapshot").await;
        seats.push(seat);
    }
    let posts = (0..200).map(|number| {
        let (ana, event) = (ana.clone(), events[number % 10].clone());
        async move { (number % 10, ana.says(&event, "now").await) }
    });
    let said = join_all(posts).await;
    for (index, (event, seat)) in events.iter().zip(&mut seats).enumerate() {
        let mut seqs: Vec<_> = said
            .iter()
            .filter(|(to, _)| *to == index)
            .map(|(_, said)| said["seq"].as_u64())
            .collect();
        seqs.sort_unstable();
        assert_eq!(seqs, (3..=22).map(Some).collect::<Vec<_>>());
        let heard = seat.entries_to(22).await;
        let log = host.reads_log(event).await;
        assert_eq!(
            heard.iter().map(|frame| &frame.json).collect::<Vec<_>>(),
            log[2..].iter().collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn whoever_hangs_up_in_the_middle_is_heard_once_or_not_at_all_and_may_send_again() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let path = format!("/v1/events/{event}/messages");
    for number in 0..30 {
        let body = json!({"text": "now", "client_id": number.to_string()}).to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            ana.token(),
            body.len()
        );
        let mut socket = TcpStream::connect(server.address()).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
    }
    for number in 0..30 {
        ana.post(&path, &json!({"text": "now", "client_id": number.to_string()}))
            .await
            .ok();
    }
    let heard = seat.entries_to(32).await;
    let mut sent: Vec<_> = heard
        .iter()
        .map(|frame| {
            frame.data()["message"]["client_id"]
                .as_str()
                .unwrap()
                .parse::<i32>()
                .unwrap()
        })
        .collect();
    sent.sort_unstable();
    assert_eq!(sent, (0..30).collect::<Vec<_>>());
    assert_eq!(host.reads_log(&event).await.len(), 32);
}
