use std::time::Duration;

use poem::Request;

use super::*;
use crate::{
    config::RoomConfig,
    domain::{
        EventId, Refusal,
        event::{Event, EventSettings},
        user::Role,
    },
    http::{
        Problem,
        gate::{Admission, Gate},
    },
};

/// Two public events, by id.
struct Door([EventId; 2]);

impl Gate for Door {
    fn admit<'a>(&'a self, event: &'a str, caller: &'a Caller) -> BoxFuture<'a, Result<Admission, Problem>> {
        Box::pin(async move {
            let known = self.0.into_iter().find(|id| id.to_string() == event);
            let id = known.ok_or_else(|| Refusal::new(Reason::EventNotFound, "There is no such event."))?;
            Ok(Admission {
                event: Arc::new(event_of(id)),
                role: Role::Viewer,
                user: caller.user().cloned(),
                is_anonymous: caller.identity == Identity::Anonymous,
                standing: crate::domain::moderation::Standing::default(),
            })
        })
    }

    fn role_of<'a>(
        &'a self,
        _event: EventId,
        _user: &'a crate::domain::UserId,
    ) -> BoxFuture<'a, Result<Option<Role>, Problem>> {
        Box::pin(async { Ok(None) })
    }
}

fn event_of(id: EventId) -> Event {
    let event = json!({
        "id": id, "slug": "s", "title": "T", "kind": "other", "status": "live", "participants": [],
        "scheduled_at": clock::now(), "featured": false, "visibility": "public", "version": 1,
        "settings": EventSettings::from(&RoomConfig::default()), "created_at": clock::now(), "demo": false,
    });
    serde_json::from_value(event).unwrap()
}

struct Browser {
    door: Authenticator,
    gate: Door,
    cookie: Option<String>,
}

impl Browser {
    fn new(config: &AuthConfig) -> Self {
        Self {
            door: door(config),
            gate: Door([EventId::generate(), EventId::generate()]),
            cookie: None,
        }
    }

    async fn ticket(&self, user: &str, event: EventId) -> String {
        let identity = self.door.check_token(&token(&json!({"sub": user}))).await.unwrap();
        self.door.issue_ticket(&identity, event).await.unwrap().0
    }

    /// Opens a stream as `EventSource` does: who it turned out to be, or the code of the problem. Keeps the cookie.
    async fn opens(&mut self, event: EventId, ticket: Option<&str>) -> String {
        let query = ticket
            .map(|ticket| format!("?types=x&ticket={ticket}"))
            .unwrap_or_default();
        let mut request = Request::builder().uri_str(format!("/v1/events/{event}/stream{query}"));
        if let Some(cookie) = &self.cookie {
            request = request.header("Cookie", format!("grandstand_stream={cookie}"));
        }
        let mut request = request.finish();
        request.set_data(self.door.clone());
        let outcome = async {
            StreamCaller::of(&request)
                .await?
                .admit(&self.gate, &event.to_string())
                .await
        };
        match outcome.await {
            Ok(admitted) => {
                if let Some(set) = &admitted.set_cookie {
                    assert!(set.contains(&format!("; Path=/v1/events/{event}/stream; ")), "{set}");
                    let (_, value) = set.split(';').next().unwrap().split_once('=').unwrap();
                    self.cookie = Some(value.to_owned());
                }
                admitted
                    .caller
                    .user()
                    .map_or("anonymous".into(), |user| user.id.to_string())
            }
            Err(problem) => problem.code().to_owned(),
        }
    }
}

#[tokio::test]
async fn a_ticket_opens_once_and_its_cookie_reopens() {
    let mut browser = Browser::new(&AuthConfig::default());
    let event = browser.gate.0[0];
    let ticket = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(event, Some(&ticket)).await, "ana");
    // The browser comes back by itself, with the same URL.
    assert_eq!(browser.opens(event, Some(&ticket)).await, "ana");
    // Whoever finds the URL without the cookie does not.
    let pass = browser.cookie.take();
    assert_eq!(browser.opens(event, Some(&ticket)).await, "token-invalid");
    // The cookie alone is nothing: without a ticket the stream is what the request's own credentials say.
    browser.cookie = pass;
    assert_eq!(browser.opens(event, None).await, "anonymous");
    assert_eq!(browser.opens(event, Some("")).await, "token-invalid");
    assert_eq!(browser.opens(event, Some("x")).await, "token-invalid");
}

#[tokio::test]
async fn tabs_of_one_person_share_the_cookie_and_two_people_never_mix() {
    let mut browser = Browser::new(&AuthConfig::default());
    let event = browser.gate.0[0];
    let first = browser.ticket("ana", event).await;
    let second = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(event, Some(&first)).await, "ana");
    assert_eq!(browser.opens(event, Some(&second)).await, "ana");
    assert_eq!(browser.opens(event, Some(&first)).await, "ana");
    let ben = browser.ticket("ben", event).await;
    assert_eq!(browser.opens(event, Some(&ben)).await, "ben");
    assert_eq!(browser.opens(event, Some(&first)).await, "token-invalid");
    assert_eq!(browser.opens(event, Some(&ben)).await, "ben");
}

#[tokio::test]
async fn a_ticket_is_for_one_event() {
    let mut browser = Browser::new(&AuthConfig::default());
    let [event, other] = browser.gate.0;
    let ticket = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(other, Some(&ticket)).await, "token-invalid");
    let ticket = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(event, Some(&ticket)).await, "ana");
    assert_eq!(browser.opens(other, Some(&ticket)).await, "token-invalid");
}

#[tokio::test]
async fn a_forged_pass_opens_nothing() {
    let mut browser = Browser::new(&AuthConfig::default());
    let event = browser.gate.0[0];
    let ticket = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(event, Some(&ticket)).await, "ana");
    let pass = browser.cookie.clone().unwrap();
    let (body, mac) = pass.split_once('.').unwrap();
    let text = String::from_utf8(crate::crypto::decode(body).unwrap()).unwrap();
    let forged = crate::crypto::encode(text.replace("\"viewer\"", "\"admin\"").as_bytes());
    for pass in [
        format!("{forged}.{mac}"),
        format!("{body}."),
        body.to_owned(),
        token(&json!({})),
    ] {
        browser.cookie = Some(pass);
        assert_eq!(browser.opens(event, Some(&ticket)).await, "token-invalid");
    }
    // Nor is a pass a session.
    assert_eq!(reason(&browser.door, &pass).await, Reason::TokenInvalid);
}

#[tokio::test]
async fn tickets_end_and_their_shelf_is_bounded() {
    let mut browser = Browser::new(&AuthConfig {
        max_tickets: 2,
        ..AuthConfig::default()
    });
    let event = browser.gate.0[0];
    let identity = browser.door.check_token(&token(&json!({}))).await.unwrap();
    let late = browser.door.passes().new_ticket(&identity.user().unwrap().id, event);
    let text = || late.clone();
    let keep = browser.door.tickets().keep(text, &identity, event, Duration::ZERO);
    keep.await.unwrap();
    assert_eq!(browser.opens(event, Some(&late)).await, "token-invalid");

    let first = browser.ticket("ana", event).await;
    let _second = browser.ticket("ana", event).await;
    let full = browser.door.issue_ticket(&identity, event).await.unwrap_err();
    assert_eq!((full.reason, full.retry_after_seconds), (Reason::Overloaded, Some(5)));
    assert_eq!(browser.opens(event, Some(&first)).await, "ana");
    let third = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(event, Some(&third)).await, "ana");

    // What has ended makes room.
    let keep = browser.door.tickets().keep(text, &identity, event, Duration::ZERO);
    keep.await.unwrap();
    let fourth = browser.ticket("ana", event).await;
    assert_eq!(browser.opens(event, Some(&fourth)).await, "ana");

    let stranger = browser
        .door
        .issue_ticket(&Identity::Anonymous, event)
        .await
        .unwrap_err();
    assert_eq!(stranger.reason, Reason::Unauthenticated);
}

#[tokio::test]
async fn a_pass_ends_with_the_token_behind_it() {
    let mut browser = Browser::new(&AuthConfig::default());
    let event = browser.gate.0[0];
    // Within the leeway a token is good, but a pass is not made to outlive it.
    let identity = browser.door.check_token(&token(&json!({"exp": at(-5)}))).await.unwrap();
    let (ticket, _) = browser.door.issue_ticket(&identity, event).await.unwrap();
    assert_eq!(browser.opens(event, Some(&ticket)).await, "ana");
    assert_eq!(browser.opens(event, Some(&ticket)).await, "token-expired");
}
