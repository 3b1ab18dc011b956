//! People and machines that use the server.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Seat, TestServer, soon};

/// Somebody with (or without) a credential.
#[derive(Clone)]
pub struct Actor {
    client: reqwest::Client,
    base: String,
    credential: Option<(&'static str, String)>,
    pub id: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Reply {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text);
        self.body
    }

    /// The problem's code, of a refusal with that status.
    #[track_caller]
    pub fn refused(&self, status: u16) -> &str {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.body["code"].as_str().expect("a problem has a code")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Actor {
    pub fn new(server: &TestServer, credential: Option<(&'static str, String)>, id: &str) -> Self {
        Self {
            client: server.client(),
            base: server.url(),
            credential,
            id: id.to_owned(),
        }
    }

    /// A signed-in user of a server in another process.
    pub fn abroad(client: reqwest::Client, url: String, token: &str, id: &str) -> Self {
        Self {
            client,
            base: url,
            credential: Some(("Authorization", format!("Bearer {token}"))),
            id: id.to_owned(),
        }
    }

    /// As [`Actor::send`], where the server may die meanwhile.
    pub async fn tries(&self, request: reqwest::RequestBuilder) -> Option<StatusCode> {
        let response = soon("an answer or none", request.send()).await.ok()?;
        Some(response.status())
    }

    /// Nobody in particular at the same server.
    pub fn nobody(&self) -> Self {
        Self {
            credential: None,
            ..self.clone()
        }
    }

    pub fn token(&self) -> &str {
        let (_, value) = self.credential.as_ref().expect("has a credential");
        value.strip_prefix("Bearer ").unwrap_or(value)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.credential {
            Some((name, value)) => request.header(*name, value),
            None => request,
        }
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let response = soon("an answer", request.send()).await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = soon("a body", response.text()).await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply {
            status,
            headers,
            body,
            text,
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Makes an event that has started; gives its id.
    pub async fn starts_event(&self, kind: &str) -> String {
        let id = self.creates_event(json!({"title": "Test match", "kind": kind})).await;
        self.post(&format!("/v1/events/{id}/start"), &Value::Null).await.ok();
        id
    }

    /// Makes an event scheduled for now, with these fields; gives its id.
    pub async fn creates_event(&self, mut fields: Value) -> String {
        let defaults = json!({
            "title": "Test match", "kind": "session", "scheduled_at": chrono::Utc::now().to_rfc3339(),
            "participants": [{"id": "home", "name": "Home"}, {"id": "away", "name": "Away"}],
        });
        for (name, value) in defaults.as_object().unwrap() {
            fields.as_object_mut().unwrap().entry(name).or_insert(value.clone());
        }
        let event = self.post("/v1/events", &fields).await.ok();
        event["id"].as_str().unwrap().to_owned()
    }

    /// From now on, what viewers say waits for a moderator.
    pub async fn holds_messages(&self, event: &str) {
        self.patch(&format!("/v1/events/{event}/room"), &json!({"hold_messages": true}))
            .await
            .ok();
    }

    /// Changes an event, whatever its version; gives it.
    pub async fn changes_event(&self, event: &str, fields: &Value) -> Value {
        let path = format!("/v1/events/{event}");
        let version = self.get(&path).await.ok()["version"].to_string();
        let request = self
            .request(Method::PATCH, &path)
            .header("If-Match", format!("\"{version}\""));
        self.send(request.json(fields)).await.ok()
    }

    /// Says something; gives the message.
    pub async fn says(&self, event: &str, text: &str) -> Value {
        self.post(&format!("/v1/events/{event}/messages"), &json!({"text": text}))
            .await
            .ok()
    }

    /// Gives somebody a role in an event.
    pub async fn appoints(&self, event: &str, user: &str, role: &str) {
        let path = format!("/v1/events/{event}/members/{user}");
        self.put(&path, &json!({"role": role})).await.ok();
    }

    /// Opens the event's stream.
    pub async fn watches(&self, event: &str) -> Seat {
        self.watches_with(event, "", None).await
    }

    /// Opens the stream again after the last entry heard.
    pub async fn resumes(&self, event: &str, last_id: &str) -> Seat {
        self.watches_with(event, "", Some(last_id)).await
    }

    pub async fn watches_with(&self, event: &str, query: &str, last_id: Option<&str>) -> Seat {
        let mut request = self.request(Method::GET, &format!("/v1/events/{event}/stream{query}"));
        if let Some(last_id) = last_id {
            request = request.header("Last-Event-ID", last_id);
        }
        let response = soon("a stream", request.send()).await.expect("a stream");
        assert_eq!(response.status(), StatusCode::OK);
        Seat::new(response)
    }

    /// The event's state with at least the log so far. Snapshots are shared for a moment; each says of which place it is.
    pub async fn reads_snapshot(&self, event: &str) -> Value {
        let position = |cursor: &Value| -> u64 {
            let parts = cursor.as_str().unwrap().split('-').skip(1);
            parts.map(|part| part.parse::<u64>().unwrap()).sum()
        };
        // An entry's position is its number among all that the reader may read.
        let said = self.reads_log(event).await.len() as u64;
        let told = async {
            loop {
                let snapshot = self.get(&format!("/v1/events/{event}/snapshot")).await.ok();
                if position(&snapshot["cursor"]) >= said {
                    return snapshot;
                }
            }
        };
        soon("a snapshot of what was said", told).await
    }

    /// The whole log as the caller may read it.
    pub async fn reads_log(&self, event: &str) -> Vec<Value> {
        let (mut entries, mut after) = (Vec::new(), String::from("0"));
        loop {
            let page = self
                .get(&format!("/v1/events/{event}/log?limit=200&after={after}"))
                .await
                .ok();
            let items = page["items"].as_array().unwrap();
            if items.is_empty() {
                return entries;
            }
            entries.extend(items.iter().cloned());
            page["next_cursor"].as_str().unwrap().clone_into(&mut after);
        }
    }
}
