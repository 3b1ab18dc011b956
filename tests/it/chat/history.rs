//! History in pages, both ways, while people go on talking.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{at, messages};
use crate::support::{Actor, TestServer};

fn texts(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect()
}

async fn page(who: &Actor, event: &str, query: &str) -> Value {
    who.get(&format!("{}?{query}", messages(event))).await.ok()
}

#[tokio::test]
async fn history_goes_back_newest_first_and_forth_oldest_first() {
    let server = TestServer::start().await;
    let (hanna, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = hanna.starts_event("session").await;
    assert_eq!(page(&ana, &event, "").await, json!({"items": []}));
    for number in 0..5 {
        let who = if number % 2 == 0 { &ana } else { &ben };
        who.says(&event, &number.to_string()).await;
    }
    let latest = page(&ana, &event, "limit=2").await;
    assert_eq!(texts(&latest), ["4", "3"]);
    let older = page(
        &ana,
        &event,
        &format!("limit=2&before={}", latest["next_cursor"].as_str().unwrap()),
    )
    .await;
    assert_eq!(texts(&older), ["2", "1"]);
    let oldest = page(
        &ana,
        &event,
        &format!("limit=2&before={}", older["next_cursor"].as_str().unwrap()),
    )
    .await;
    assert_eq!(
        (texts(&oldest), oldest.get("next_cursor")),
        (vec!["0".to_owned()], None)
    );
    let back = page(
        &ana,
        &event,
        &format!("limit=2&after={}", oldest["prev_cursor"].as_str().unwrap()),
    )
    .await;
    assert_eq!(texts(&back), ["1", "2"]);
    let there = page(
        &ana,
        &event,
        &format!("limit=9&after={}", back["next_cursor"].as_str().unwrap()),
    )
    .await;
    assert_eq!(texts(&there), ["3", "4"]);
    // Who waits at the end goes on from there.
    ben.says(&event, "5").await;
    let new = page(
        &ana,
        &event,
        &format!("after={}", there["next_cursor"].as_str().unwrap()),
    )
    .await;
    assert_eq!(texts(&new), ["5"]);
    let end = page(&ana, &event, &format!("after={}", new["next_cursor"].as_str().unwrap())).await;
    assert_eq!(end, json!({"items": []}));

    assert_eq!(texts(&page(&ana, &event, "author=ben&limit=2").await), ["5", "3"]);
    let cursor = latest["next_cursor"].as_str().unwrap();
    for (query, code) in [
        (format!("before={cursor}&after={cursor}"), "invalid-request"),
        ("limit=201".into(), "limit-too-large"),
        ("before=17".into(), "invalid-cursor"),
        ("after=!".into(), "invalid-cursor"),
    ] {
        assert_eq!(
            ana.get(&format!("{}?{query}", messages(&event))).await.refused(400),
            code,
            "{query}"
        );
    }
}

#[tokio::test]
async fn nobody_misses_or_doubles_a_message_while_paging() {
    let server = TestServer::start().await;
    let event = server.host().starts_event("session").await;
    let reader = server.user("rea", &[]);
    let first = reader.says(&event, "first").await;
    let start = page(&reader, &event, "").await["prev_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let crowd = async {
        let talk = (0..8).map(|number| {
            let (who, event) = (server.user(&format!("user{number}"), &[]), event.clone());
            async move {
                for count in 0..25 {
                    who.says(&event, &format!("{number}/{count}")).await;
                }
            }
        });
        join_all(talk).await;
        reader.says(&event, "last").await;
    };
    let forwards = async {
        let (mut seen, mut after) = (Vec::new(), start.clone());
        while seen.last().is_none_or(|text| text != "last") {
            let page = page(&reader, &event, &format!("limit=7&after={after}")).await;
            seen.extend(texts(&page));
            if let Some(next) = page["next_cursor"].as_str() {
                after = next.to_owned();
            }
        }
        seen
    };
    let backwards = async {
        let mut rounds = 0;
        loop {
            let mut latest = page(&reader, &event, "limit=9").await;
            let done = texts(&latest)[0] == "last";
            let mut seqs = Vec::new();
            loop {
                seqs.extend(
                    latest["items"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|message| message["seq"].as_u64().unwrap()),
                );
                let Some(next) = latest["next_cursor"].as_str() else {
                    break;
                };
                latest = page(&reader, &event, &format!("limit=9&before={next}")).await;
            }
            // Only messages are said here, so their places have no holes.
            let from = first["seq"].as_u64().unwrap();
            assert_eq!(seqs, (from..=seqs[0]).rev().collect::<Vec<_>>());
            rounds += 1;
            if done {
                return rounds;
            }
        }
    };
    let ((), seen, rounds) = tokio::join!(crowd, forwards, backwards);
    assert!(rounds > 0);
    assert_eq!(seen.len(), 201);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 201);
    for number in 0..8 {
        let own: Vec<_> = seen
            .iter()
            .filter_map(|text| text.strip_prefix(&format!("{number}/")))
            .map(|count| count.parse::<u32>().unwrap())
            .collect();
        assert_eq!(own, (0..25).collect::<Vec<_>>(), "each in the order they spoke");
    }
}

#[tokio::test]
async fn lists_tell_callers_which_reactions_are_theirs() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    let said = ana.says(&event, "goal!").await;
    let mut seat = ben.watches(&event).await;
    ben.put(&at(&event, &said, "/reactions/%E2%9A%BD"), &Value::Null)
        .await
        .ok();
    seat.hears("reactions.changed").await;
    let of = |page: Value| page["items"][0].clone();
    for list in ["", "/search?q=goal"] {
        let path = format!("{}{list}", messages(&event));
        assert_eq!(of(ben.get(&path).await.ok())["mine"], json!(["⚽"]), "{list}");
        assert_eq!(of(ana.get(&path).await.ok())["mine"], json!([]), "{list}");
        let stranger = of(server.anybody().get(&path).await.ok());
        assert_eq!(
            (stranger.get("mine"), &stranger["reactions"]),
            (None, &json!([{"emoji": "⚽", "count": 1}]))
        );
    }
    let mut again = ben.watches(&event).await;
    let ready = again.hears("stream.ready").await;
    assert_eq!(
        ready.data()["my_reactions"][said["id"].as_str().unwrap()],
        json!(["⚽"])
    );
}
