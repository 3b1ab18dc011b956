//! The demo's fans: guests like any others, each with a name and a heart.

use std::collections::VecDeque;

use serde_json::json;

use crate::play::{Client, ClientError};

/// Who talks, and which side they are for (`None`: here for the football).
pub(super) const FANS: [(&str, Option<usize>); 8] = [
    ("Ana", Some(0)),
    ("Diego", Some(0)),
    ("Lucía", Some(0)),
    ("Chloé", Some(1)),
    ("Hugo", Some(1)),
    ("Femi", None),
    ("Grace", None),
    ("Emre", None),
];

/// How many of the latest messages can be answered or reacted to.
const REMEMBERED: usize = 12;

/// The seats of the fans, and what was said lately in the room they are in.
pub(super) struct Fans {
    tokens: [Option<String>; FANS.len()],
    /// Messages and who of the fans said them.
    latest: VecDeque<(usize, String)>,
    sent: u64,
}

impl Fans {
    pub(super) fn new() -> Self {
        Self {
            tokens: [const { None }; FANS.len()],
            latest: VecDeque::new(),
            sent: 0,
        }
    }

    /// Everybody moves to another room.
    pub(super) fn move_on(&mut self) {
        self.latest.clear();
    }

    /// The message that was said so many messages ago, and by whom.
    pub(super) fn message(&self, ago: usize) -> Option<&(usize, String)> {
        self.latest.iter().rev().nth(ago)
    }

    /// Signs in as a guest at the first need, and again when the token is over.
    async fn as_fan(&mut self, client: &Client, fan: usize) -> Result<Client, ClientError> {
        let fan = fan % FANS.len();
        if let Some(token) = &self.tokens[fan] {
            return Ok(client.with_token(token.clone()));
        }
        let answer = client
            .anonymous()
            .post("/auth/guest", &json!({ "name": FANS[fan].0 }))
            .await?;
        let token = answer["token"].as_str().map(str::to_owned);
        let token = token.ok_or_else(|| ClientError::Odd {
            url: "/auth/guest".into(),
        })?;
        self.tokens[fan] = Some(token.clone());
        Ok(client.with_token(token))
    }

    fn check_token(&mut self, fan: usize, error: &ClientError) {
        if matches!(
            error.code(),
            Some("token-expired" | "token-invalid" | "unauthenticated")
        ) {
            self.tokens[fan % FANS.len()] = None;
        }
    }

    pub(super) async fn say(
        &mut self,
        client: &Client,
        event: &str,
        fan: usize,
        text: &str,
        parent: Option<String>,
    ) -> Result<(), ClientError> {
        let client = self.as_fan(client, fan).await?;
        self.sent += 1;
        let mut body = json!({ "text": text, "client_id": format!("demo-{}", self.sent) });
        if let Some(parent) = parent {
            body["parent_id"] = parent.into();
        }
        match client.post(&format!("/events/{event}/messages"), &body).await {
            Ok(message) => {
                if let Some(id) = message["id"].as_str() {
                    if self.latest.len() == REMEMBERED {
                        self.latest.pop_front();
                    }
                    self.latest.push_back((fan, id.to_owned()));
                }
                Ok(())
            }
            Err(error) => {
                self.check_token(fan, &error);
                Err(error)
            }
        }
    }

    pub(super) async fn react(
        &mut self,
        client: &Client,
        event: &str,
        fan: usize,
        message: &str,
        emoji: &str,
    ) -> Result<(), ClientError> {
        let client = self.as_fan(client, fan).await?;
        let emoji = emoji
            .bytes()
            .fold(String::new(), |path, byte| format!("{path}%{byte:02X}"));
        let path = format!("/events/{event}/messages/{message}/reactions/{emoji}");
        let done = client.put(&path, None).await;
        done.map(drop).inspect_err(|error| self.check_token(fan, error))
    }

    pub(super) async fn applaud(
        &mut self,
        client: &Client,
        event: &str,
        fan: usize,
        kind: &str,
        count: u64,
    ) -> Result<(), ClientError> {
        let client = self.as_fan(client, fan).await?;
        let body = json!({ "kind": kind, "count": count });
        let done = client.post(&format!("/events/{event}/applause"), &body).await;
        done.map(drop).inspect_err(|error| self.check_token(fan, error))
    }
}
