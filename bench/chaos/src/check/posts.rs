//! What was acknowledged is in the log exactly once, what was not is there at most once, and what was done to it holds.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Finding, Kind};
use crate::{
    clock::Ms,
    ledger::{Count, Fate, Ledger, Post},
    log::{EventLog, Logged},
};

/// A message as the log tells it, from its first entry to its last.
#[derive(Debug, Default, Clone)]
pub(crate) struct Told {
    pub(crate) client_id: String,
    message: String,
    /// Its number in the public log, once it appeared.
    seq: Option<u32>,
    created: u32,
    held: u32,
    released: u32,
    deleted: u32,
    hidden: u32,
    text: String,
    reactions: BTreeMap<String, u64>,
}

/// All the logs of an evening, folded.
#[derive(Debug, Default)]
pub(crate) struct Tale {
    messages: HashMap<String, Told>,
    /// By the feed's name for it: recorded, retracted.
    goals: BTreeMap<String, (u32, u32)>,
    incidents: HashMap<String, String>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Tale {
    pub(crate) fn of(logs: &[EventLog]) -> Self {
        let mut tale = Self::default();
        for log in logs {
            // The staff's log has everything.
            for entry in &log.staff {
                tale.hears(entry);
            }
        }
        tale
    }

    fn hears(&mut self, entry: &Logged) {
        let json: Value = serde_json::from_str(&entry.json).unwrap_or_default();
        let (kind, data) = (json["type"].as_str().unwrap_or_default(), &json["data"]);
        let message = &data["message"];
        let id = text(if message.is_null() {
            &data["message_id"]
        } else {
            &message["id"]
        });
        match kind {
            "incident.recorded" => {
                let name = text(&data["incident"]["source_id"]);
                self.incidents.insert(text(&data["incident"]["id"]), name.clone());
                self.goals.entry(name).or_default().0 += 1;
            }
            "incident.retracted" => {
                let name = self.incidents.get(data["incident_id"].as_str().unwrap_or_default());
                if let Some(name) = name {
                    self.goals.entry(name.clone()).or_default().1 += 1;
                }
            }
            "reactions.changed" => self.hears_reactions(data),
            _ if !id.is_empty() => {
                let told = self.messages.entry(id.clone()).or_default();
                told.message = id;
                told.hears(kind, message, entry.place.public);
            }
            _ => {}
        }
    }

    fn hears_reactions(&mut self, data: &Value) {
        for changed in data["messages"].as_array().into_iter().flatten() {
            let told = self.messages.entry(text(&changed["message_id"])).or_default();
            let reactions = changed["reactions"].as_array().into_iter().flatten();
            told.reactions = reactions
                .map(|reaction| (text(&reaction["emoji"]), reaction["count"].as_u64().unwrap_or(0)))
                .collect();
        }
    }

    /// How often each client's name for a message appeared in public.
    pub(crate) fn appeared(&self) -> impl Iterator<Item = (&str, u32)> {
        let told = self.messages.values().filter(|told| !told.client_id.is_empty());
        told.map(|told| (told.client_id.as_str(), told.created + told.released))
    }
}

impl Told {
    fn hears(&mut self, kind: &str, message: &Value, seq: u32) {
        if let Some(client_id) = message["client_id"].as_str() {
            client_id.clone_into(&mut self.client_id);
        }
        match kind {
            "message.created" => self.created += 1,
            "message.held" => self.held += 1,
            "message.released" => self.released += 1,
            "message.deleted" => self.deleted += 1,
            "message.hidden" => self.hidden += 1,
            _ => {}
        }
        if matches!(kind, "message.created" | "message.released") {
            self.seq = Some(seq);
        }
        if message.is_object() {
            self.text = text(&message["text"]);
        }
    }
}

/// Findings, and how many of the acknowledged were looked for.
pub(crate) fn check(ledger: &Ledger, tale: &Tale) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut by_client: HashMap<&str, Vec<&Told>> = HashMap::new();
    for told in tale.messages.values().filter(|told| !told.client_id.is_empty()) {
        by_client.entry(&told.client_id).or_default().push(told);
    }
    for (client_id, post) in &ledger.posts {
        let told = by_client.remove(client_id.as_str()).unwrap_or_default();
        let found = of_post(post, &told);
        findings.extend(found.map(|(kind, what)| Finding::new(kind, post.known(), format!("{client_id}: {what}"))));
    }
    for client_id in by_client.keys() {
        findings.push(Finding::new(
            Kind::Altered,
            0,
            format!("{client_id} is in the log and was never sent"),
        ));
    }
    findings.extend(of_goals(ledger, tale));
    findings.extend(of_reactions(ledger, tale));
    findings
}

impl Post {
    fn known(&self) -> Ms {
        self.acknowledged
            .as_ref()
            .map_or(self.sent, |acknowledged| acknowledged.at)
    }
}

fn times(what: &str, fate: Fate, count: u32) -> Option<(Kind, String)> {
    match (fate, count) {
        (Fate::Done, 0) => Some((Kind::Lost, format!("{what} was acknowledged and is not in the log"))),
        (Fate::NotTried, 1..) => Some((Kind::Altered, format!("{what} is in the log and was never asked for"))),
        (_, 2..) => Some((Kind::Doubled, format!("{what} is in the log {count} times"))),
        _ => None,
    }
}

fn of_post(post: &Post, told: &[&Told]) -> impl Iterator<Item = (Kind, String)> {
    let mut found = Vec::new();
    let messages = told.len();
    match (&post.acknowledged, told.first()) {
        (Some(_), None) => found.push((Kind::Lost, format!("acknowledged and not in the log ({})", post.author))),
        (_, Some(_)) if messages > 1 => found.push((Kind::Doubled, format!("there are {messages} messages of it"))),
        (acknowledged, Some(told)) => {
            if told.created + told.held > 1 {
                let what = format!("told as new {} times, as held {} times", told.created, told.held);
                found.push((Kind::Doubled, what));
            }
            if let Some(acknowledged) = acknowledged {
                if acknowledged.message != told.message {
                    found.push((
                        Kind::Altered,
                        format!("acknowledged as {}, is {}", acknowledged.message, told.message),
                    ));
                }
                if acknowledged.seq.is_some() && acknowledged.seq != told.seq {
                    let what = format!("acknowledged as number {:?}, is {:?}", acknowledged.seq, told.seq);
                    found.push((Kind::Altered, what));
                }
            }
            found.extend(times("its deletion", post.deleted, told.deleted));
            found.extend(times("its release", post.released, told.released));
            found.extend(times("its hiding", post.hidden, told.hidden));
            // What staff hide, staff can still read.
            let gone = told.deleted > 0;
            let known =
                gone && told.text.is_empty() || told.text == post.text || post.texts_in_doubt.contains(&told.text);
            if !known {
                found.push((
                    Kind::Altered,
                    format!("says {:?}, should say {:?}", told.text, post.text),
                ));
            }
            if gone && !told.text.is_empty() {
                found.push((
                    Kind::Altered,
                    "was taken back, and the log still has its text".to_owned(),
                ));
            }
        }
        (None, None) => {}
    }
    found.into_iter()
}

fn of_goals(ledger: &Ledger, tale: &Tale) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, goal) in &ledger.goals {
        let (recorded, retracted) = tale.goals.get(name).copied().unwrap_or_default();
        let found = times("the goal", goal.recorded, recorded);
        let found = found
            .into_iter()
            .chain(times("its retraction", goal.retracted, retracted));
        findings.extend(found.map(|(kind, what)| Finding::new(kind, goal.at, format!("goal {name}: {what}"))));
    }
    findings
}

/// The last total told is the number of people who reacted.
fn of_reactions(ledger: &Ledger, tale: &Tale) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((message, emoji), Count { done, in_doubt }) in &ledger.reactions {
        let told = tale.messages.get(message).and_then(|told| told.reactions.get(emoji));
        let told = told.copied().unwrap_or(0);
        let what = format!("{emoji} of {message}: told {told}, acknowledged {done}, in doubt {in_doubt}");
        if told < u64::from(*done) {
            findings.push(Finding::new(Kind::Lost, 0, what));
        } else if told > u64::from(done + in_doubt) {
            findings.push(Finding::new(Kind::Doubled, 0, what));
        }
    }
    findings
}

#[cfg(test)]
#[path = "posts_tests.rs"]
mod tests;
