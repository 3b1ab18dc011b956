//! Read and unread, on all devices; pages; what is kept.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{listens_on, mailbox};
use crate::support::{Actor, TestServer, soon};

/// Somebody who was called so many times.
async fn called(server: &TestServer, times: usize) -> (Actor, Vec<Value>) {
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    ana.says(&event, "hello").await;
    for number in 0..times {
        ben.says(&event, &format!("@ana {number}")).await;
    }
    let items = ana.get("/v1/me/notifications?limit=200").await.ok()["items"].clone();
    let items = items.as_array().unwrap().clone();
    assert_eq!(items.len(), times);
    (ana, items)
}

async fn reads(who: &Actor, body: Value) -> u64 {
    let answer = who.post("/v1/me/notifications/read", &body).await.ok();
    answer["unread"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_all_and_stays_read() {
    let server = TestServer::start().await;
    let (ana, items) = called(&server, 5).await;
    let id = |number: usize| items[number]["id"].clone();
    let mut phone = listens_on(&ana).await;
    assert_eq!(reads(&ana, json!({"ids": [id(0), id(0)]})).await, 4);
    assert_eq!(phone.hears("notifications.read").await.data(), &json!({"unread": 4}));
    assert_eq!(reads(&ana, json!({"up_to": id(2)})).await, 1);
    let heard = phone.hears("notifications.read").await;
    assert_eq!(heard.data(), &json!({"unread": 1, "up_to": id(2)}));
    // Again, and further back: nothing changes.
    let first = mailbox(&ana).await.0[2]["read_at"].clone();
    for body in [json!({"up_to": id(4)}), json!({"ids": [id(2)]}), json!({"ids": []})] {
        assert_eq!(reads(&ana, body).await, 1);
    }
    assert_eq!(mailbox(&ana).await.0[2]["read_at"], first);
    assert_eq!(reads(&ana, json!({"up_to": id(0)})).await, 0);
    let heard = phone.hears("notifications.read").await;
    assert_eq!(heard.data(), &json!({"unread": 0, "up_to": id(0)}));
}

#[tokio::test]
async fn marks_are_ones_own_and_make_sense() {
    let server = TestServer::start().await;
    let (ana, items) = called(&server, 1).await;
    let ben = server.user("ben", &[]);
    let path = "/v1/me/notifications/read";
    let id = items[0]["id"].clone();
    assert_eq!(ben.post(path, &json!({"up_to": id})).await.refused(404), "not-found");
    assert_eq!(reads(&ben, json!({"ids": [id]})).await, 0);
    assert_eq!(mailbox(&ana).await.1, 1);
    for body in [json!({}), json!({"up_to": id, "ids": [id]})] {
        assert_eq!(ana.post(path, &body).await.refused(422), "invalid-content", "{body}");
    }
    let many: Vec<_> = (0..101).map(|_| id.clone()).collect();
    assert_eq!(ana.post(path, &json!({"ids": many})).await.status, 422);
    let nonsense = ana.post(path, &json!({"up_to": "ntf_nonsense"})).await;
    assert_eq!(nonsense.refused(400), "invalid-request");
    assert_eq!(
        server.anybody().post(path, &json!({"ids": []})).await.refused(401),
        "unauthenticated"
    );
    assert_eq!(
        server.anybody().get("/v1/me/notifications").await.refused(401),
        "unauthenticated"
    );
    let machine = server.machine(&["read"]).await;
    assert_eq!(machine.get("/v1/me/notifications").await.refused(403), "forbidden");
}

#[tokio::test]
async fn the_list_comes_in_pages_both_ways() {
    let server = TestServer::start().await;
    let (ana, items) = called(&server, 7).await;
    let (mut seen, mut path) = (Vec::new(), "/v1/me/notifications?limit=3".to_owned());
    let mut newest = None;
    loop {
        let page = ana.get(&path).await.ok();
        assert_eq!(page["unread"], 7);
        newest = newest.or_else(|| page["prev_cursor"].as_str().map(str::to_owned));
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/me/notifications?limit=3&before={next}");
    }
    assert_eq!(seen, items);
    let towards = |cursor: &str| format!("/v1/me/notifications?limit=3&after={cursor}");
    let now = ana.get(&towards(&newest.unwrap())).await.ok();
    assert_eq!(now["items"], json!([]));
    // Towards the present, oldest first.
    let oldest = ana.get("/v1/me/notifications?limit=6").await.ok();
    let last = format!(
        "/v1/me/notifications?before={}",
        oldest["next_cursor"].as_str().unwrap()
    );
    let start = ana.get(&last).await.ok()["prev_cursor"].clone();
    let up = ana.get(&towards(start.as_str().unwrap())).await.ok();
    assert_eq!(up["items"], json!([items[5], items[4], items[3]]));
    reads(&ana, json!({"up_to": items[3]["id"]})).await;
    let unread = ana.get("/v1/me/notifications?unread=true").await.ok();
    assert_eq!(unread["items"].as_array().unwrap()[..], items[..3]);
    let both = ana.get("/v1/me/notifications?before=x&after=x").await;
    assert_eq!(both.refused(400), "invalid-cursor");
    assert_eq!(
        ana.get("/v1/me/notifications?limit=201").await.refused(400),
        "limit-too-large"
    );
}

#[tokio::test]
async fn so_many_are_kept_for_so_long() {
    let server = TestServer::start_with(|config| {
        config.notices.keep_most = 20;
        config.notices.tidy_ms = 200;
    })
    .await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    ana.says(&event, "hello").await;
    for number in 0..80 {
        ben.says(&event, &format!("@ana {number}")).await;
    }
    let left = async |most: usize| {
        let few = async { while mailbox(&ana).await.0.len() > most {} };
        soon("few are left", few).await;
        mailbox(&ana).await.0
    };
    let kept = left(30).await;
    assert_eq!(kept[0]["text"], "@ana 79", "the latest stay");
    assert!(kept.len() >= 20, "{}", kept.len());
    let old = "UPDATE notification SET created_ms = created_ms - 91 * CAST(86400000 AS BIGINT) WHERE read_ms IS NULL";
    server.database().await.execute_unprepared(old).await.unwrap();
    assert_eq!(left(0).await.len(), 0);
    // Places go on where they were.
    ben.says(&event, "@ana again").await;
    assert_eq!(mailbox(&ana).await.1, 1);
}
