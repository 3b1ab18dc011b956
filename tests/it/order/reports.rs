//! What viewers report.

use serde_json::{Value, json};

use super::{at, below, writes_rules};
use crate::support::TestServer;

#[tokio::test]
async fn enough_reports_hide_a_message_until_staff_decide() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let book = json!({"rules": {}, "reports": {"hide_after": 3}});
    writes_rules(&hanna, &below(&event, "rules"), &book).await.ok();
    let said = ana.says(&event, "buy my tickets").await;
    let (mut staff, mut public) = (hanna.watches(&event).await, server.anybody().watches(&event).await);
    public.hears("stream.snapshot").await;
    let report = json!({"reason": "spam", "note": "third time"});
    let fans: Vec<_> = (0..4).map(|number| server.user(&format!("fan{number}"), &[])).collect();
    for (count, fan) in [(1, &fans[0]), (1, &fans[0]), (2, &fans[1])] {
        let filed = fan.post(&at(&event, &said, "/reports"), &report).await;
        assert_eq!((filed.status.as_u16(), &filed.body["reports"]), (201, &json!(count)));
    }
    for reports in 1..=2 {
        let filed = staff.hears("report.filed").await;
        let filed = &filed.data()["report"];
        assert_eq!(
            (&filed["reports"], &filed["author_id"]),
            (&json!(reports), &json!("ana"))
        );
    }
    let own = ana.post(&at(&event, &said, "/reports"), &report).await;
    assert_eq!(own.refused(403), "forbidden");
    let stranger = server.anybody().post(&at(&event, &said, "/reports"), &report).await;
    assert_eq!(stranger.refused(401), "unauthenticated");
    assert_eq!(hanna.get(&at(&event, &said, "")).await.ok()["status"], "active");

    fans[2].post(&at(&event, &said, "/reports"), &report).await.ok();
    assert_eq!(public.hears("message.hidden").await.data()["message_id"], said["id"]);
    let decided = staff.hears("moderation.decided").await;
    let decision = &decided.data()["decision"];
    assert_eq!(
        (&decision["action"], &decision["code"], decision.get("by")),
        (&json!("message.hidden"), &json!("reports"), None)
    );
    let late = fans[3].post(&at(&event, &said, "/reports"), &report).await;
    assert_eq!(late.refused(409), "message-deleted");

    // What staff let be seen again is not hidden by one more report.
    hanna.post(&at(&event, &said, "/restore"), &Value::Null).await.ok();
    fans[3].post(&at(&event, &said, "/reports"), &report).await.ok();
    assert_eq!(hanna.get(&at(&event, &said, "")).await.ok()["status"], "active");
    let all = hanna.get(&below(&event, "reports?limit=3")).await.ok();
    let who: Vec<_> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["user_id"].clone())
        .collect();
    assert_eq!(who, ["fan3", "fan2", "fan1"]);
    let rest = format!("reports?after={}", all["next_cursor"].as_str().unwrap());
    assert_eq!(
        hanna.get(&below(&event, &rest)).await.ok()["items"][0]["user_id"],
        "fan0"
    );
    assert_eq!(ana.get(&below(&event, "reports")).await.refused(403), "forbidden");
}
