//! A feed that reports scores in batches: each batch is one durable change with many entries, each as large as a message.

use std::{fmt::Write as _, sync::Arc};

use anyhow::Context as _;
use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::{
    authors::Compose,
    http::{Connection, write_request},
    subject::Subject,
    target::Grandstand,
};

/// Entries in one batch.
pub(super) const BATCH: u64 = 20;
/// So many scores make an entry some 550 bytes long, like a message.
const PARTICIPANTS: usize = 9;

fn participant(index: usize) -> String {
    format!("participant-{index}")
}

/// An event with a contest of many.
pub(super) async fn event(subject: &Subject) -> anyhow::Result<Arc<str>> {
    let participants: Vec<Value> = (0..PARTICIPANTS)
        .map(|index| json!({ "id": participant(index), "name": format!("Participant {index}") }))
        .collect();
    let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let body = json!({ "title": "Bench", "kind": "football", "scheduled_at": now, "participants": participants });
    let mut request = Vec::new();
    let host = &subject.house()?.host;
    write_request(&mut request, "POST", "/v1/events", host, Some(&body.to_string()));
    let mut connection = Connection::open(subject.address()?).await?;
    let event: Value = serde_json::from_slice(connection.ask(&request).await?).context("the created event is JSON")?;
    Ok(event["id"].as_str().context("the created event has an id")?.into())
}

/// Each slot is a batch. The first participant's points say when it was due, in milliseconds since `from_ns`; the second's
/// change from update to update, since a score that is as it was is no entry.
pub(super) fn reports(house: &Arc<Grandstand>, event: &Arc<str>, from_ns: u64) -> Arc<Compose> {
    let (house, event) = (Arc::clone(house), Arc::clone(event));
    Arc::new(move |slot, _, out| {
        let due_ms = slot.due_ns.saturating_sub(from_ns) / 1_000_000;
        let (first, second) = (participant(0), participant(1));
        let mut body = String::from(r#"{"source":"bench","updates":["#);
        for turn in 1..=BATCH {
            let comma = if turn == 1 { "" } else { "," };
            let written = write!(
                body,
                r#"{comma}{{"source_id":"{from_ns}-{}-{turn}","type":"score","score":[{{"participant_id":"{first}","points":{due_ms}}},{{"participant_id":"{second}","points":{turn}}}]}}"#,
                slot.index,
            );
            if written.is_err() {
                return;
            }
        }
        body.push_str("]}");
        let path = format!("/v1/events/{event}/contest/updates");
        write_request(out, "POST", &path, &house.host, Some(&body));
    })
}
