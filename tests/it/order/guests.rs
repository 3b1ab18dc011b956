//! Banned guests who come back under another name.

use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{below, sanctions};
use crate::support::{Actor, Reply, TestServer};

/// A request from that device and address.
async fn asks(who: &Actor, method: Method, path: &str, device: &str, address: &str) -> Reply {
    let mut request = who.request(method.clone(), path).header("X-Forwarded-For", address);
    if !device.is_empty() {
        request = request.header("X-Device-Id", device);
    }
    if method == Method::POST {
        request = request.json(&json!({"text": "hi"}));
    }
    who.send(request).await
}

#[tokio::test]
async fn a_banned_guest_is_known_again_by_device_or_address() {
    let server = TestServer::start_with(|config| config.serve.trusted_proxies = vec!["127.0.0.1".into()]).await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let path = below(&event, "messages");
    let gina = server.guest("Gina").await;
    let neighbour = server.guest("Nora").await;
    for (who, device) in [(&gina, "phone-of-gina"), (&neighbour, "phone-of-nora")] {
        assert_eq!(asks(who, Method::POST, &path, device, "203.0.113.7").await.status, 201);
    }
    let ban = sanctions(&hanna, &event, &gina.id, "ban", json!({})).await;
    let (same_device, same_address, neither) = (
        server.guest("G.").await,
        server.guest("Gigi").await,
        server.guest("Gus").await,
    );
    for (who, device, address, banned) in [
        (&gina, "phone-of-gina", "203.0.113.7", true),
        (&same_device, "phone-of-gina", "198.51.100.1", true),
        (&same_address, "another-phone", "203.0.113.7", true),
        (&neither, "another-phone", "198.51.100.1", false),
        // She was here before from the same address: somebody else.
        (&neighbour, "phone-of-nora", "203.0.113.7", false),
    ] {
        let asked = asks(who, Method::GET, &path, device, address).await;
        assert_eq!(asked.status == 403, banned, "{device} at {address}: {}", asked.text);
    }
    // Whoever has an account is no guest.
    let ana = server.user("ana", &[]);
    assert_eq!(
        asks(&ana, Method::GET, &path, "phone-of-gina", "203.0.113.7")
            .await
            .status,
        200
    );
    let known = async {
        loop {
            let record = hanna.get(&below(&event, "audit?action=sanction.recognised")).await.ok();
            if record["items"].as_array().unwrap().len() == 2 {
                return record;
            }
        }
    };
    let record = crate::support::soon("both in the record", known).await;
    assert_eq!(record["items"][0]["sanction_id"], ban["id"]);

    // What is kept says neither where nor with what, and goes with the ban.
    let database = server.database().await;
    let sql = Statement::from_string(database.get_database_backend(), "SELECT mark FROM sanction_mark");
    let marks = database.query_all_raw(sql.clone()).await.unwrap();
    let marks: Vec<String> = marks.iter().map(|row| row.try_get("", "mark").unwrap()).collect();
    assert_eq!(marks.len(), 2, "{marks:?}");
    assert!(
        marks
            .iter()
            .all(|mark| !mark.contains("203.") && !mark.contains("gina")),
        "{marks:?}"
    );
    let lift = below(&event, &format!("sanctions/{}", ban["id"].as_str().unwrap()));
    assert_eq!(hanna.delete(&lift).await.status, 204);
    assert!(database.query_all_raw(sql).await.unwrap().is_empty());
    assert_eq!(
        asks(&same_device, Method::GET, &path, "phone-of-gina", "203.0.113.7")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_browser_that_comes_as_a_guest_gets_a_name_for_its_device_once() {
    let server = TestServer::start().await;
    let anybody = server.anybody();
    let first = anybody.post("/v1/auth/guest", &json!({"name": "Gina"})).await;
    let cookie = first.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("grandstand_device=") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap().to_owned();
    let again = anybody.request(Method::POST, "/v1/auth/guest").header("Cookie", pair);
    let again = anybody.send(again.json(&json!({"name": "Gigi"}))).await;
    assert_eq!((again.status.as_u16(), again.header("set-cookie")), (201, ""));
}
