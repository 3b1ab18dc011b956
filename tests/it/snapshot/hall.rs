//! An event whose every change is folded by one reader of each audience.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::fold::fold;
use crate::support::{Actor, Reply, TestServer};

/// A reader who took one snapshot and only folds from then on.
pub(super) struct Folder {
    reader: Actor,
    event: String,
    pub(super) state: Value,
    pub(super) seen: BTreeSet<String>,
}

/// What is of the moment and not of a place in the log.
fn lasting(snapshot: &Value) -> serde_json::Map<String, Value> {
    let mut lasting = snapshot.as_object().unwrap().clone();
    lasting.retain(|name, _| !["presence", "room", "cursor"].contains(&name.as_str()));
    lasting
}

impl Folder {
    pub(super) async fn new(reader: Actor, event: &str) -> Self {
        let state = reader.get(&format!("/v1/events/{event}/snapshot")).await.ok();
        Self {
            reader,
            event: event.to_owned(),
            state,
            seen: BTreeSet::new(),
        }
    }

    /// Folds what happened since and compares with a fresh snapshot.
    pub(super) async fn agrees(&mut self, after: &str) {
        let fresh = self
            .reader
            .get(&format!("/v1/events/{}/snapshot", self.event))
            .await
            .ok();
        let (from, to) = (text(&self.state["cursor"]), text(&fresh["cursor"]));
        if from != to {
            let mut seat = self
                .reader
                .watches_with(&self.event, &format!("?poll=1&after={from}"), None)
                .await;
            let mut staff_seq = from.split('-').nth(2).map(str::to_owned);
            loop {
                let entry = seat.hears_that("an entry", |frame| frame.seq().is_some()).await;
                let now = entry.id.split('-').nth(2).map(str::to_owned);
                fold(&mut self.state, &entry.json, now != staff_seq);
                staff_seq = now;
                self.seen.insert(entry.event);
                if entry.id == to {
                    break;
                }
            }
            self.state["cursor"] = json!(to);
        }
        let (state, fresh) = (lasting(&self.state), lasting(&fresh));
        for (name, value) in &fresh {
            assert_eq!(
                state.get(name),
                Some(value),
                "`{name}` after {after}, from {from} to {to}"
            );
        }
        assert!(state.keys().eq(fresh.keys()));
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// An event, the people in it, and a folder of each audience.
pub(super) struct Hall {
    server: TestServer,
    pub(super) host: Actor,
    pub(super) ana: Actor,
    pub(super) event: String,
    pub(super) base: String,
    pub(super) public: Folder,
    pub(super) staff: Folder,
    pub(super) reports: u32,
}

impl Hall {
    pub(super) async fn opens(kind: &str) -> Self {
        // One entry in the ring: snapshots and what follows them come from the database nearly always.
        let server = TestServer::start_with(|config| config.stream.ring_entries = 1).await;
        let (host, ana) = (server.host(), server.user("ana", &[]));
        let event = host.creates_event(json!({"kind": kind})).await;
        Self {
            public: Folder::new(server.anybody(), &event).await,
            staff: Folder::new(host.clone(), &event).await,
            base: format!("/v1/events/{event}"),
            server,
            host,
            ana,
            event,
            reports: 0,
        }
    }

    pub(super) async fn agrees(&mut self, after: &str) {
        self.public.agrees(after).await;
        self.staff.agrees(after).await;
    }

    pub(super) async fn host_does(&mut self, verb: &str) {
        self.host
            .post(&format!("{}/{verb}", self.base), &Value::Null)
            .await
            .ok();
        self.agrees(verb).await;
    }

    pub(super) async fn said(&mut self, who: &Actor, body: Value) -> String {
        let message = who.post(&format!("{}/messages", self.base), &body).await.ok();
        self.agrees("a message").await;
        format!("{}/messages/{}", self.base, text(&message["id"]))
    }

    pub(super) async fn did(&mut self, what: &str, reply: Reply) {
        assert!(reply.status.is_success(), "{what}: {} {}", reply.status, reply.text);
        self.agrees(what).await;
    }

    pub(super) async fn report(&mut self, mut update: Value) -> Reply {
        self.reports += 1;
        update["source_id"] = json!(self.reports.to_string());
        let body = json!({"source": "feed", "updates": [update]});
        self.host.post(&format!("{}/contest/updates", self.base), &body).await
    }

    pub(super) async fn reported(&mut self, update: Value) {
        let reply = self.report(update.clone()).await;
        self.did(&update.to_string(), reply).await;
    }

    /// Waits until a tally was told.
    pub(super) async fn tallied(&mut self, kind: &str) {
        let last = text(&self.public.state["cursor"]);
        let mut seat = self.server.anybody().resumes(&self.event, &last).await;
        seat.hears(kind).await;
        self.agrees(kind).await;
    }
}
