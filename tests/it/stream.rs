//! The stream: what a reader hears, from where, and what happens when they come back.

use serde_json::json;

use crate::support::{Frame, TestServer};

#[tokio::test]
async fn a_stream_begins_with_ready_and_a_snapshot_and_then_tells_everything() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("football").await;
    let mut seat = server.anybody().watches(&event).await;
    let ready = seat.next().await.unwrap();
    assert_eq!((ready.event.as_str(), ready.id.as_str()), ("stream.ready", ""));
    assert_eq!(ready.data()["role"], "viewer");
    let snapshot = seat.next().await.unwrap();
    assert_eq!(
        (snapshot.event.as_str(), snapshot.id.as_str()),
        ("stream.snapshot", "1-2")
    );
    assert_eq!(snapshot.data()["event"]["status"], "live");
    assert_eq!(snapshot.data()["contest"]["score"][0]["points"], 0);

    let said = ana.says(&event, "hello").await;
    let heard = seat.hears("message.created").await;
    assert_eq!(heard.data()["message"], said);
    assert_eq!(heard.id, "1-3");
    assert_eq!(heard.seq(), Some(3));
}

#[tokio::test]
async fn a_reader_who_comes_back_hears_exactly_what_they_missed() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    ana.says(&event, "one").await;
    for text in ["two", "three"] {
        ana.says(&event, text).await;
    }
    let mut seat = ana.resumes(&event, "1-3").await;
    assert_eq!(seat.next().await.unwrap().event, "stream.ready");
    let missed: Vec<_> = seat.entries_to(5).await.iter().map(Frame::seq).collect();
    assert_eq!(missed, [Some(4), Some(5)]);
    let resumed = seat.hears("stream.resumed").await;
    assert_eq!(*resumed.data(), json!({"from": "1-3", "to": "1-5", "entries": 2}));
    ana.says(&event, "four").await;
    assert_eq!(seat.hears("message.created").await.seq(), Some(6));
}
