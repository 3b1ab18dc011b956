//! Following events and participants.

use serde_json::{Value, json};

use super::makes;
use crate::support::{Actor, TestServer};

async fn follows(who: &Actor, what: &str) -> u16 {
    who.put(&format!("/v1/me/follows/{what}"), &Value::Null)
        .await
        .status
        .as_u16()
}

async fn lets_go(who: &Actor, what: &str) -> u16 {
    who.delete(&format!("/v1/me/follows/{what}")).await.status.as_u16()
}

async fn followed(who: &Actor) -> Vec<String> {
    let page = who.get("/v1/me/follows?limit=200").await.ok();
    let name = |follow: &Value| {
        format!(
            "{}/{}",
            follow["kind"].as_str().unwrap(),
            follow["id"].as_str().unwrap()
        )
    };
    page["items"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn following_twice_is_once_and_letting_go_twice_is_no_fault() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = makes(&server.host(), "derby", json!({})).await;
    // By id or slug, it is one event.
    for what in [
        "event/derby",
        &format!("event/{event}"),
        "participant/real-madrid",
        "participant/home",
    ] {
        for _ in 0..2 {
            assert_eq!(follows(&ana, what).await, 204);
        }
    }
    let all = [
        format!("event/{event}"),
        "participant/home".to_owned(),
        "participant/real-madrid".to_owned(),
    ];
    assert_eq!(followed(&ana).await, all);
    assert!(followed(&ben).await.is_empty(), "what somebody follows is theirs");
    let since = &ana.get("/v1/me/follows").await.ok()["items"][0]["since_at"];
    assert!(since.is_string());
    for _ in 0..2 {
        assert_eq!(lets_go(&ana, "event/derby").await, 204);
        assert_eq!(lets_go(&ana, "participant/home").await, 204);
    }
    assert_eq!(followed(&ana).await, ["participant/real-madrid"]);
    assert!(
        follows(&server.guest("Gast").await, "event/derby").await == 204,
        "guests follow too"
    );
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    let secret = makes(&server.host(), "secret", json!({"visibility": "private"})).await;
    let put = |what: String| {
        let ana = ana.clone();
        async move { ana.put(&format!("/v1/me/follows/{what}"), &Value::Null).await }
    };
    for what in ["event/none", "event/secret", &format!("event/{secret}"), "event/evt_0"] {
        assert_eq!(put(what.to_owned()).await.refused(404), "event-not-found", "{what}");
    }
    for what in [
        "participant/Real%20Madrid",
        "participant/-",
        "participant/%00",
        &format!("participant/{}", "x".repeat(81)),
    ] {
        assert_eq!(put(what.to_owned()).await.refused(422), "invalid-content", "{what}");
    }
    assert_eq!(put("team/home".to_owned()).await.refused(404), "not-found");
    assert_eq!(
        server
            .anybody()
            .put("/v1/me/follows/participant/home", &Value::Null)
            .await
            .status,
        401
    );
    let machine = server.machine(&["admin"]).await;
    assert_eq!(
        machine
            .put("/v1/me/follows/participant/home", &Value::Null)
            .await
            .status,
        403
    );
    for path in ["/v1/me/follows", "/v1/me/feed"] {
        assert_eq!(server.anybody().get(path).await.refused(401), "unauthenticated");
        assert_eq!(
            ana.get(&format!("{path}?after=nonsense")).await.refused(400),
            "invalid-cursor"
        );
        assert_eq!(
            ana.get(&format!("{path}?limit=201")).await.refused(400),
            "limit-too-large"
        );
    }
    assert!(followed(&ana).await.is_empty());
}

#[tokio::test]
async fn nobody_follows_more_than_five_hundred_and_all_are_listed_in_pages() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    for chunk in (0..500).collect::<Vec<u32>>().chunks(50) {
        let all = chunk.iter().map(|number| {
            let ana = ana.clone();
            async move { follows(&ana, &format!("participant/p{number:03}")).await }
        });
        assert!(
            futures_util::future::join_all(all)
                .await
                .iter()
                .all(|status| *status == 204)
        );
    }
    let refused = ana.put("/v1/me/follows/participant/more", &Value::Null).await;
    assert_eq!(refused.refused(422), "invalid-content");
    assert_eq!(refused.body["errors"][0]["code"], "too-many");
    assert_eq!(
        follows(&ana, "participant/p000").await,
        204,
        "what is followed already is not more"
    );
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = ana.get(&format!("/v1/me/follows?limit=200{after}")).await.ok();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|follow| follow["id"].clone()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    let expected: Vec<Value> = (0..500).map(|number| json!(format!("p{number:03}"))).collect();
    assert_eq!(seen, expected);
    assert_eq!(lets_go(&ana, "participant/p007").await, 204);
    assert_eq!(follows(&ana, "participant/more").await, 204);
}
