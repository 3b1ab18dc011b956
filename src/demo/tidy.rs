//! Keeps the demo's events sane: ends what an earlier run left open, and sees that something is coming and something past.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    fixtures,
    round::{announcement, id_of},
};
use crate::{
    clock,
    domain::Stamp,
    play::{Breaks, Client, ClientError, timeline},
};

const DAY_MS: i64 = 86_400_000;
/// A scheduled event so long overdue was left behind by an earlier run.
const OVERDUE_MS: i64 = 3_600_000;
const SOURCE: &str = "demo";
/// Updates per request.
const BATCH: usize = 50;

/// Ends the demo's matches that nobody plays any more and calls off what was never started.
pub(super) async fn tidy(client: &Client) -> Result<(), ClientError> {
    for (status, verb) in [("live", "end"), ("paused", "end"), ("scheduled", "cancel")] {
        let page = client.get(&format!("/events?status={status}&limit=200")).await?;
        for event in page["items"].as_array().into_iter().flatten() {
            let of_demo = event["demo"].as_bool() == Some(true);
            let slug = event["slug"].as_str().unwrap_or_default();
            let left_behind = status != "scheduled" || is_overdue(event) || slug.starts_with("demo-final-");
            if of_demo && left_behind && slug.starts_with("demo-") {
                let id = id_of(event)?;
                // Somebody else's demo event, or ended meanwhile: not ours to mend.
                if let Err(error) = client.pass(&id, verb).await {
                    tracing::debug!(error = %error, event.id = id, "a demo event could not be tidied up");
                }
            }
        }
    }
    Ok(())
}

fn is_overdue(event: &Value) -> bool {
    let scheduled = event["scheduled_at"]
        .as_str()
        .and_then(|text| text.parse::<Stamp>().ok());
    scheduled.is_some_and(|scheduled| scheduled.plus_ms(OVERDUE_MS) < clock::now())
}

/// Sees to it that two events are coming and one is past. Gives the ids of those that are coming.
pub(super) async fn furnish(client: &Client) -> Result<Vec<String>, ClientError> {
    let tomorrow = Stamp::from_ms((clock::now().ms() / DAY_MS + 1) * DAY_MS + DAY_MS * 3 / 4);
    let day = tomorrow.to_string().chars().take(10).collect::<String>();
    let basketball = json!({
        "slug": format!("demo-hawks-comets-{day}"),
        "title": "Riverside Hawks – Lakeside Comets",
        "kind": "basketball",
        "participants": [
            { "id": "hawks", "name": "Riverside Hawks", "short_name": "HAW" },
            { "id": "comets", "name": "Lakeside Comets", "short_name": "COM" },
        ],
        "venue": "River Arena",
        "scheduled_at": tomorrow,
        "demo": true,
    });
    let draw = json!({
        "slug": format!("demo-draw-{day}"),
        "title": "Evening draw: six numbers and a bonus",
        "kind": "draw",
        "scheduled_at": tomorrow.plus_ms(2 * 3_600_000),
        "demo": true,
    });
    let mut coming = Vec::new();
    for event in [basketball, draw] {
        coming.push(id_of(&client.create_event(&event).await?)?);
    }
    past(client).await?;
    Ok(coming)
}

/// A match that is over; played in one go the first time.
async fn past(client: &Client) -> Result<(), ClientError> {
    let fixture = fixtures::friendly();
    let mut event = announcement(&fixture, "Harbour Rovers – Hill United (friendly)", Duration::ZERO);
    event["slug"] = "demo-friendly".into();
    event["venue"] = "Harbour Ground".into();
    let made = client.create_event(&event).await?;
    if made["status"].as_str() == Some("completed") {
        return Ok(());
    }
    let id = id_of(&made)?;
    client.pass(&id, "start").await?;
    let moments = timeline(&fixture, &Breaks::REAL);
    for batch in moments.chunks(BATCH) {
        let updates: Vec<_> = batch.iter().map(|moment| &moment.update).collect();
        client.report(&id, SOURCE, &updates).await?;
    }
    client.pass(&id, "end").await?;
    Ok(())
}
