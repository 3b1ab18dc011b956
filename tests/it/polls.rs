//! Polls: who may ask, who may vote, what is told. `closing.rs` is about their end, `secret.rs` about what nobody may see
//! yet, `crowd.rs` about many voters, `together.rs` about several instances.

mod closing;
mod crowd;
mod secret;
mod together;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Frame, Reply, TestServer};

fn polls(event: &str) -> String {
    format!("/v1/events/{event}/polls")
}

/// Where a poll is.
fn at(event: &str, poll: &Value) -> String {
    format!("{}/{}", polls(event), poll["id"].as_str().unwrap())
}

/// A poll with three options, and these fields.
fn question(mut fields: Value) -> Value {
    let defaults = json!({"question": "Who wins?", "options": ["Home", "Away", "Nobody"]});
    for (name, value) in defaults.as_object().unwrap() {
        fields.as_object_mut().unwrap().entry(name).or_insert(value.clone());
    }
    fields
}

async fn opens(host: &Actor, event: &str, fields: Value) -> Value {
    host.post(&polls(event), &question(fields)).await.ok()
}

async fn votes(who: &Actor, event: &str, poll: &Value, options: &[u32]) -> Reply {
    who.put(&format!("{}/vote", at(event, poll)), &json!({"options": options}))
        .await
}

async fn takes_back(who: &Actor, event: &str, poll: &Value) -> Reply {
    who.delete(&format!("{}/vote", at(event, poll))).await
}

async fn closes(host: &Actor, event: &str, poll: &Value) -> Value {
    host.post(&format!("{}/close", at(event, poll)), &Value::Null)
        .await
        .ok()
}

async fn reads(who: &Actor, event: &str, poll: &Value) -> Value {
    who.get(&at(event, poll)).await.ok()
}

/// Voters, and votes by option in order; of a poll or of its totals.
fn standing(poll: &Value) -> (u64, Vec<u64>) {
    let options = poll["options"].as_array().cloned().unwrap_or_default();
    let votes = options.iter().filter_map(|option| option["votes"].as_u64());
    (poll["voters"].as_u64().unwrap(), votes.collect())
}

/// What a frame tells of a poll.
fn told(frame: &Frame, poll: &Value) -> Option<(u64, Vec<u64>)> {
    let mut polls = frame.data()["polls"].as_array().unwrap().iter();
    polls.find(|told| told["poll_id"] == poll["id"]).map(standing)
}

#[tokio::test]
async fn a_poll_is_opened_voted_on_and_closed_before_everybodys_eyes() {
    let server = TestServer::start().await;
    let (host, ana, ben) = (server.host(), server.user("ana", &[]), server.user("ben", &[]));
    let event = host.starts_event("session").await;
    let mut seat = server.anybody().watches(&event).await;
    let poll = opens(&host, &event, json!({"question": "  Who  wins?"})).await;
    assert_eq!(poll["options"][1], json!({"id": 2, "text": "Away", "votes": 0}));
    assert_eq!(
        (&poll["status"], &poll["results"], &poll["max_choices"]),
        (&json!("open"), &json!("live"), &json!(1))
    );
    let heard = seat.hears("poll.opened").await;
    assert_eq!(heard.data()["poll"], poll);
    assert_eq!(heard.seq(), poll["seq"].as_u64());

    for _ in 0..2 {
        let vote = votes(&ana, &event, &poll, &[2]).await.ok();
        assert_eq!(vote, json!({"poll_id": poll["id"], "options": [2]}));
    }
    votes(&ben, &event, &poll, &[1]).await.ok();
    while told(&seat.hears("poll.changed").await, &poll) != Some((2, vec![1, 1, 0])) {}
    assert_eq!(reads(&ana, &event, &poll).await["mine"], json!([2]));
    assert_eq!(reads(&host, &event, &poll).await["mine"], json!([]));
    assert_eq!(reads(&server.anybody(), &event, &poll).await.get("mine"), None);

    let closed = closes(&host, &event, &poll).await;
    assert_eq!(
        (&closed["status"], standing(&closed)),
        (&json!("closed"), (2, vec![1, 1, 0]))
    );
    assert_eq!(seat.hears("poll.closed").await.data()["poll"], closed);
    assert_eq!(closes(&host, &event, &poll).await, closed, "once is enough");
    assert_eq!(
        votes(&server.user("cem", &[]), &event, &poll, &[1]).await.refused(409),
        "poll-closed"
    );
    votes(&ana, &event, &poll, &[2]).await.ok();
    let log = host.reads_log(&event).await;
    assert_eq!(log.iter().filter(|entry| entry["type"] == "poll.closed").count(), 1);
    let snapshot = ana.reads_snapshot(&event).await;
    assert_eq!(snapshot["polls"], json!([closed]));
}

#[tokio::test]
async fn a_vote_changes_and_goes_only_where_the_poll_allows_it() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let fixed = opens(&host, &event, json!({})).await;
    votes(&ana, &event, &fixed, &[1]).await.ok();
    assert_eq!(votes(&ana, &event, &fixed, &[2]).await.refused(409), "vote-final");
    assert_eq!(takes_back(&ana, &event, &fixed).await.refused(409), "vote-final");
    assert_eq!(standing(&reads(&ana, &event, &fixed).await), (1, vec![1, 0, 0]));

    let free = opens(&host, &event, json!({"change_allowed": true, "max_choices": 2})).await;
    for (options, stands) in [
        (&[3, 1][..], (1, vec![1, 0, 1])),
        (&[1, 3], (1, vec![1, 0, 1])),
        (&[2, 3], (1, vec![0, 1, 1])),
        (&[2], (1, vec![0, 1, 0])),
    ] {
        votes(&ana, &event, &free, options).await.ok();
        assert_eq!(standing(&reads(&ana, &event, &free).await), stands, "{options:?}");
    }
    for _ in 0..2 {
        assert_eq!(takes_back(&ana, &event, &free).await.status, 204);
        assert_eq!(standing(&reads(&ana, &event, &free).await), (0, vec![0, 0, 0]));
    }
    votes(&ana, &event, &free, &[1]).await.ok();
    let closed = closes(&host, &event, &free).await;
    assert_eq!(standing(&closed), (1, vec![1, 0, 0]));
    assert_eq!(votes(&ana, &event, &free, &[2]).await.refused(409), "poll-closed");
    assert_eq!(takes_back(&ana, &event, &free).await.refused(409), "poll-closed");
    assert_eq!(reads(&ana, &event, &free).await["mine"], json!([1]));
}

#[tokio::test]
async fn people_vote_guests_where_they_may_and_strangers_and_machines_nowhere() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let (all, known) = (
        opens(&host, &event, json!({})).await,
        opens(&host, &event, json!({"guests": false})).await,
    );
    let gus = server.guest("Gus").await;
    votes(&gus, &event, &all, &[1]).await.ok();
    assert_eq!(
        votes(&gus, &event, &known, &[1]).await.refused(403),
        "guests-not-allowed"
    );
    votes(&server.user("ana", &[]), &event, &known, &[1]).await.ok();
    assert_eq!(
        votes(&server.anybody(), &event, &all, &[1]).await.refused(401),
        "unauthenticated"
    );
    let machine = server.machine(&["read", "moderate"]).await;
    assert_eq!(votes(&machine, &event, &all, &[1]).await.refused(403), "forbidden");
    assert_eq!(standing(&reads(&host, &event, &all).await).0, 1);

    // A private event's polls are for those inside.
    let private = host.creates_event(json!({"visibility": "private"})).await;
    let inside = opens(&host, &private, json!({})).await;
    let ana = server.user("ana", &[]);
    assert_eq!(
        votes(&ana, &private, &inside, &[1]).await.refused(404),
        "event-not-found"
    );
    assert_eq!(ana.get(&at(&private, &inside)).await.refused(404), "event-not-found");
    assert_eq!(ana.get(&at(&event, &inside)).await.refused(404), "poll-not-found");
    assert_eq!(votes(&ana, &event, &inside, &[1]).await.refused(404), "poll-not-found");
    // Where the room is closed, so is the urn.
    let early = host
        .creates_event(json!({"scheduled_at": "2099-01-01T00:00:00Z"}))
        .await;
    let poll = opens(&host, &early, json!({})).await;
    assert_eq!(votes(&ana, &early, &poll, &[1]).await.refused(409), "room-not-open");
}

#[tokio::test]
async fn hosts_and_moderators_ask_and_only_hosts_retract() {
    let server = TestServer::start().await;
    let (host, mo, ana) = (server.host(), server.user("mo", &[]), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    host.appoints(&event, "mo", "moderator").await;
    assert_eq!(
        ana.post(&polls(&event), &question(json!({}))).await.refused(403),
        "forbidden"
    );
    assert_eq!(
        server
            .anybody()
            .post(&polls(&event), &question(json!({})))
            .await
            .refused(401),
        "unauthenticated"
    );
    let poll = opens(&mo, &event, json!({})).await;
    for verb in ["close", "retract"] {
        let path = format!("{}/{verb}", at(&event, &poll));
        assert_eq!(ana.post(&path, &json!({})).await.refused(403), "forbidden", "{verb}");
    }
    let path = format!("{}/retract", at(&event, &poll));
    assert_eq!(mo.post(&path, &json!({})).await.refused(403), "forbidden");
    closes(&mo, &event, &poll).await;

    votes(&ana, &event, &opens(&mo, &event, json!({})).await, &[1])
        .await
        .ok();
    let wrong = opens(&mo, &event, json!({})).await;
    votes(&ana, &event, &wrong, &[1]).await.ok();
    let mut seat = server.anybody().watches(&event).await;
    let path = format!("{}/retract", at(&event, &wrong));
    let retracted = host.post(&path, &json!({"reason": "Nobody was missing."})).await.ok();
    assert_eq!(
        (&retracted["status"], &retracted["reason"], standing(&retracted)),
        (&json!("retracted"), &json!("Nobody was missing."), (1, vec![]))
    );
    assert_eq!(seat.hears("poll.retracted").await.data()["poll"], retracted);
    assert_eq!(host.post(&path, &json!({"reason": "again"})).await.ok(), retracted);
    assert_eq!(votes(&ana, &event, &wrong, &[2]).await.refused(409), "poll-closed");
    let closing = host.post(&format!("{}/close", at(&event, &wrong)), &Value::Null).await;
    assert_eq!(closing.refused(409), "poll-closed");
    // What is closed already can be retracted, too.
    let path = format!("{}/retract", at(&event, &poll));
    let taken = host.post(&path, &json!({})).await.ok();
    assert_eq!((&taken["status"], taken.get("reason")), (&json!("retracted"), None));
}

#[tokio::test]
async fn a_bad_question_is_refused_field_by_field() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let long = "x".repeat(10_000);
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    for (fields, pointer) in [
        (json!({"question": ""}), "/question"),
        (json!({"question": " \u{200b} "}), "/question"),
        (json!({"question": long}), "/question"),
        (json!({"question": "a\u{0}b"}), "/question"),
        (json!({"options": []}), "/options"),
        (json!({"options": ["one"]}), "/options"),
        (json!({"options": many}), "/options"),
        (json!({"options": ["same", " same "]}), "/options/1"),
        (json!({"options": ["", "b"]}), "/options/0"),
        (json!({"options": ["a", long]}), "/options/1"),
        (json!({"max_choices": 0}), "/max_choices"),
        (json!({"max_choices": 4}), "/max_choices"),
        (json!({"closes_at": "2020-01-01T00:00:00Z"}), "/closes_at"),
        (json!({"closes_at": "2999-01-01T00:00:00Z"}), "/closes_at"),
        (json!({"open_for_seconds": 0}), "/open_for_seconds"),
        (json!({"open_for_seconds": 4_000_000}), "/open_for_seconds"),
        (
            json!({"open_for_seconds": 5, "closes_at": "2999-01-01T00:00:00Z"}),
            "/open_for_seconds",
        ),
    ] {
        let refused = host.post(&polls(&event), &question(fields.clone())).await;
        assert_eq!(refused.refused(422), "invalid-content", "{fields}");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer, "{fields}");
    }
    for fields in [
        json!({"question": ["Who?"]}),
        json!({"options": "Home"}),
        json!({"options": [{}, {}]}),
        json!({"results": "never"}),
        json!({"max_choices": -1}),
        json!({"closes_at": "tomorrow"}),
    ] {
        let refused = host.post(&polls(&event), &question(fields.clone())).await;
        assert!(
            [400, 422].contains(&refused.status.as_u16()),
            "{fields}: {}",
            refused.text
        );
    }
    let poll = opens(&host, &event, json!({"max_choices": 2})).await;
    for options in [
        json!([]),
        json!([0]),
        json!([4]),
        json!([1, 1]),
        json!([1, 2, 3]),
        json!([21]),
        json!([u32::MAX]),
        json!((0..2_000).collect::<Vec<_>>()),
    ] {
        let path = format!("{}/vote", at(&event, &poll));
        let refused = ana.put(&path, &json!({"options": options})).await;
        assert_eq!(refused.refused(422), "invalid-content", "{options}");
    }
    for body in [
        json!({}),
        json!({"options": "1"}),
        json!({"options": [1.5]}),
        json!({"options": [-1]}),
        json!([1]),
    ] {
        let refused = ana.put(&format!("{}/vote", at(&event, &poll)), &body).await;
        assert!(
            [400, 422].contains(&refused.status.as_u16()),
            "{body}: {}",
            refused.text
        );
        assert!(refused.body["errors"].is_array(), "{body}: {}", refused.text);
    }
    for id in [
        "pol_0",
        "nothing",
        "evt_01h2xcejqtf2nbrexx3vqjhp41",
        "%00",
        "1%20or%201",
    ] {
        let reply = ana.get(&format!("{}/{id}", polls(&event))).await;
        assert!([400, 404].contains(&reply.status.as_u16()), "{id}: {}", reply.text);
    }
    assert_eq!(standing(&reads(&host, &event, &poll).await), (0, vec![0, 0, 0]));
    let retract = host
        .post(&format!("{}/retract", at(&event, &poll)), &json!({"reason": long}))
        .await;
    assert_eq!(retract.refused(422), "invalid-content");
}

#[tokio::test]
async fn an_event_has_ten_open_polls_at_most_and_any_number_in_its_list() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let mut all = Vec::new();
    for number in 0..10 {
        all.push(opens(&host, &event, json!({"question": format!("Question {number}?")})).await);
    }
    let refused = host.post(&polls(&event), &question(json!({}))).await;
    assert_eq!(refused.refused(409), "too-many-polls");
    // In another order than they opened in.
    for poll in all[..7].iter().rev() {
        closes(&host, &event, poll).await;
    }
    all.push(opens(&host, &event, json!({})).await);
    let snapshot = host.reads_snapshot(&event).await;
    let shown: Vec<_> = snapshot["polls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|poll| &poll["id"])
        .collect();
    let due: Vec<_> = [4, 3, 2, 1, 0, 7, 8, 9, 10]
        .map(|number: usize| &all[number]["id"])
        .into();
    assert_eq!(shown, due, "the last five that closed, then the open ones");

    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = host.get(&format!("{}?limit=4{after}", polls(&event))).await.ok();
        listed.extend(page["items"].as_array().unwrap().iter().map(|poll| poll["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(cursor) => after = format!("&after={cursor}"),
            None => break,
        }
    }
    let latest_first: Vec<_> = all.iter().rev().map(|poll| poll["id"].clone()).collect();
    assert_eq!(listed, latest_first);
    let open = host.get(&format!("{}?status=open", polls(&event))).await.ok();
    assert_eq!(open["items"].as_array().unwrap().len(), 4);
    assert_eq!(host.get(&format!("{}?status=lost", polls(&event))).await.status, 400);
}

#[tokio::test]
async fn whoever_comes_in_is_told_their_own_votes() {
    let server = TestServer::start().await;
    let (host, ana) = (server.host(), server.user("ana", &[]));
    let event = host.starts_event("session").await;
    let none = ana.watches(&event).await.hears("stream.ready").await;
    assert_eq!(none.data()["my_votes"], json!({}));
    let (one, two) = (
        opens(&host, &event, json!({"max_choices": 3})).await,
        opens(&host, &event, json!({"results": "when_closed"})).await,
    );
    votes(&ana, &event, &one, &[3, 1]).await.ok();
    votes(&ana, &event, &two, &[2]).await.ok();
    let ready = ana.watches(&event).await.hears("stream.ready").await;
    let mine = json!({(one["id"].as_str().unwrap()): [1, 3], (two["id"].as_str().unwrap()): [2]});
    assert_eq!(ready.data()["my_votes"], mine);
    let others = host.watches(&event).await.hears("stream.ready").await;
    assert_eq!(others.data()["my_votes"], json!({}));
    let stranger = server.anybody().watches(&event).await.hears("stream.ready").await;
    assert_eq!(stranger.data().get("my_votes"), None);
}

#[tokio::test]
async fn a_method_that_is_none_is_told_which_are() {
    let server = TestServer::start().await;
    let host = server.host();
    let event = host.starts_event("session").await;
    let poll = opens(&host, &event, json!({})).await;
    let request = host.request(Method::PATCH, &format!("{}/vote", at(&event, &poll)));
    let reply = host.send(request).await;
    assert_eq!(reply.refused(405), "method-not-allowed");
}
