//! Accounts that are too young to write.

use serde_json::json;

use super::{edits, posts, tunes};
use crate::support::TestServer;

#[tokio::test]
async fn accounts_write_when_they_are_old_enough() {
    let server = TestServer::start().await;
    let hanna = server.host();
    let event = hanna.starts_event("session").await;
    let now = chrono::Utc::now();
    let aged = |name: &str, days: i64| {
        let since = (now - chrono::Duration::days(days)).timestamp();
        server.user_with(name, &json!({"created_at": since}))
    };
    let (old, young, unknown) = (aged("old", 30), aged("young", 1), server.user("unknown", &[]));
    let in_words = server.user_with("words", &json!({"created_at": "2020-02-29T12:00:00+01:00"}));
    let nonsense = server.user_with("nonsense", &json!({"created_at": {"year": 1999}}));
    let guest = server.guest("Gus").await;
    let said = young.says(&event, "before").await;
    tunes(&hanna, &event, &json!({"min_account_age_seconds": 7 * 24 * 3_600}))
        .await
        .ok();
    for who in [&old, &in_words, &hanna] {
        posts(who, &event, "hello").await.ok();
    }
    for who in [&young, &unknown, &nonsense, &guest] {
        assert_eq!(
            posts(who, &event, "hello").await.refused(403),
            "account-too-young",
            "{}",
            who.id
        );
    }
    assert_eq!(
        edits(&young, &event, &said, "after").await.refused(403),
        "account-too-young"
    );
    // It is said when the time will have come, where that is known.
    let wait: i64 = posts(&young, &event, "hello")
        .await
        .header("retry-after")
        .parse()
        .unwrap();
    assert!((6 * 24 * 3_600 - 60..=6 * 24 * 3_600).contains(&wait), "{wait}");
    assert_eq!(posts(&unknown, &event, "hello").await.header("retry-after"), "");
    // Whom the host has named is known, however young.
    hanna.appoints(&event, "unknown", "member").await;
    unknown.says(&event, "hello").await;
}
