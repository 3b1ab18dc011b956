//! Keys for machines.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::{Actor, TestServer, postgres, server::database};

#[tokio::test]
async fn a_key_works_until_it_is_revoked() {
    let server = TestServer::start().await;
    let root = server.user("root", &["admin"]);
    let event = server.host().starts_event("football").await;
    let body = json!({"name": "  Feed ", "scopes": ["ingest", "read", "ingest"]});
    let made = root.post("/v1/keys", &body).await;
    assert_eq!(made.status, 201);
    let made = made.ok();
    let (key, secret) = (&made["key"], made["secret"].as_str().unwrap());
    assert!(secret.starts_with("gsk_"));
    assert_eq!(
        (&key["name"], &key["scopes"]),
        (&json!("Feed"), &json!(["read", "ingest"]))
    );
    let listed = root.get("/v1/keys").await.ok();
    assert_eq!(listed["items"], json!([key]));
    assert!(!listed.to_string().contains(secret), "the secret is shown once");

    let path = format!("/v1/events/{event}/contest/updates");
    let update = |id: &str| {
        let clock = json!({"source_id": id, "type": "clock", "running": false, "elapsed_ms": 0});
        json!({"source": "feed", "updates": [clock]})
    };
    let bearing = server.bearing(secret);
    let header = Actor::new(&server, Some(("X-API-Key", secret.to_owned())), "");
    for (number, machine) in [&bearing, &header].into_iter().enumerate() {
        machine.post(&path, &update(&number.to_string())).await.ok();
    }
    let revoke = format!("/v1/keys/{}", key["id"].as_str().unwrap());
    assert_eq!(root.delete(&revoke).await.status, 204);
    for machine in [&bearing, &header] {
        assert_eq!(machine.post(&path, &update("9")).await.refused(401), "token-invalid");
        // What worked a moment ago is not taken for a stranger either.
        assert_eq!(machine.get("/v1/events").await.refused(401), "token-invalid");
    }
    assert_eq!(root.delete(&revoke).await.refused(404), "not-found");
    assert_eq!(root.get("/v1/keys").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn a_secret_is_not_kept_and_its_key_survives_a_restart() {
    let server = TestServer::start().await;
    let root = server.user("root", &["admin"]);
    let made = root
        .post("/v1/keys", &json!({"name": "Feed of north", "scopes": ["admin"]}))
        .await
        .ok();
    let secret = made["secret"].as_str().unwrap();
    let server = server.restart().await;
    server.bearing(secret).get("/v1/keys").await.ok();

    let dir = server.leave().await;
    let mut kept = Vec::new();
    if postgres::database_of(dir.path()).is_some() {
        let database = database(dir.path()).await;
        let sql = "SELECT string_agg(row_to_json(api_key)::text, ' ') AS rows FROM api_key";
        let rows = sea_orm::Statement::from_string(database.get_database_backend(), sql);
        let row = database.query_one_raw(rows).await.unwrap().unwrap();
        kept.extend(row.try_get::<String>("", "rows").unwrap().into_bytes());
    }
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            kept.extend(std::fs::read(path).unwrap());
        }
    }
    let holds = |text: &str| kept.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds("Feed of north"), "we looked where keys are kept");
    assert!(!holds(secret) && !holds(&secret["gsk_".len()..]));
}

#[tokio::test]
async fn what_is_no_key_or_more_than_one_credential_is_refused() {
    let server = TestServer::start().await;
    let secret = server.machine(&["read"]).await.token().to_owned();
    let mangled = format!("{}x", &secret[..secret.len() - 1]);
    for wrong in [mangled.as_str(), "gsk_", "gsk_short", &"x".repeat(5_000)] {
        let machine = Actor::new(&server, Some(("X-API-Key", wrong.to_owned())), "");
        assert_eq!(
            machine.get("/v1/events").await.refused(401),
            "token-invalid",
            "{wrong:.60}"
        );
    }
    let ana = server.user("ana", &[]);
    let both = ana
        .request(reqwest::Method::GET, "/v1/events")
        .header("X-API-Key", &secret);
    assert_eq!(ana.send(both).await.refused(401), "token-invalid");
    // A key is not a person, and its scope is all it has.
    let machine = server.bearing(&secret);
    assert_eq!(machine.get("/v1/me").await.refused(403), "forbidden");
    assert_eq!(machine.post("/v1/events", &Value::Null).await.status, 400);
}

#[tokio::test]
async fn a_key_needs_a_name_and_a_known_scope() {
    let server = TestServer::start().await;
    let root = server.user("root", &["admin"]);
    for (body, status, pointer) in [
        (json!({"name": "k", "scopes": []}), 422, "/scopes"),
        (json!({"name": "k", "scopes": ["fly"]}), 422, "/scopes/0"),
        (json!({"name": " ", "scopes": ["read"]}), 422, "/name"),
        (json!({"scopes": ["read"]}), 400, "/name"),
    ] {
        let refused = root.post("/v1/keys", &body).await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text);
        assert_eq!(
            refused.body["errors"][0]["pointer"], pointer,
            "{body}: {}",
            refused.text
        );
    }
}
