//! The demo is a client like any other: it announces, plays and talks through the API.

use std::sync::Arc;

use grandstand::demo;
use serde_json::json;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::support::{TestServer, server::token};

#[tokio::test]
async fn the_demo_fills_the_page_and_plays() {
    let server = TestServer::start().await;
    let stop = CancellationToken::new();
    let mint: demo::MintHost =
        Arc::new(|host| Some(token(host.id.as_str(), &json!({"name": host.name, "roles": ["host"]}))));
    let tasks = TaskTracker::new();
    tasks.spawn(demo::run(server.url(), mint, stop.clone()));
    let anybody = server.anybody();
    let live = crate::support::soon("the demo's match", async {
        loop {
            let page = anybody.get("/v1/events?status=live").await.ok();
            let found = page["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|event| event["slug"] != "demo-friendly");
            if let Some(event) = found {
                return event.clone();
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(live["demo"], true);
    let mut seat = anybody.watches(live["id"].as_str().unwrap()).await;
    let said = seat.hears("message.created").await;
    assert_eq!(
        said.data()["message"]["author"]["id"]
            .as_str()
            .map(|id| id.starts_with("gst_")),
        Some(true)
    );
    let page = anybody.get("/v1/events").await.ok();
    let count = |status: &str| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|event| event["status"] == status)
            .count()
    };
    assert_eq!((count("scheduled"), count("live"), count("completed")), (2, 1, 1));
    stop.cancel();
    tasks.close();
    crate::support::soon("the demo's end", tasks.wait()).await;
}
