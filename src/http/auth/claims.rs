//! What tokens say, and what we make of it: parsed at the door, with fewer rights when in doubt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use super::Identity;
use crate::{
    config::IssuerConfig,
    domain::{
        EventId, Reason, Refusal, Stamp, UserId,
        assistant::ASSISTANT_ID,
        badge::may_be_brought,
        text::{DisplayName, is_refused},
        user::{Role, User},
    },
};

const MAX_NAME_GRAPHEMES: usize = 64;
const MAX_PICTURE_BYTES: usize = 2_048;
const MAX_BADGES: usize = 8;
const MAX_BADGE_CHARS: usize = 24;
/// Bounds the work per token; a person with a role in more events gets it from the events' members.
const MAX_EVENT_ROLES: usize = 64;

/// The claims we know. What other services may fill with shapes of their own is kept as plain JSON and looked at later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub sub: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub name: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub picture: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub badges: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub roles: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub events: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Value>,
    /// Seconds since 1970; may have a fraction.
    pub exp: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<f64>,
    #[serde(default)]
    pub guest: bool,
    /// Since when the account exists: seconds since 1970, or RFC 3339. Not `iat`, which is the token's own age.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub created_at: Value,
}

/// Who signed, and so how far to believe.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signer<'a> {
    /// Holds our own secret: believed in everything.
    House,
    /// Believed in who someone is, and in what its settings allow.
    Outside(&'a IssuerConfig),
}

impl Claims {
    pub(super) fn identity(self, signer: Signer<'_>) -> Result<Identity, Refusal> {
        let id = user_id(&self.sub, signer)?;
        let name = self
            .name
            .as_str()
            .and_then(clean_name)
            .ok_or_else(|| invalid("The token has no usable `name`."))?;
        let roles = roles(&self.roles, signer);
        let since = match (id.is_guest(), signer) {
            // Guests come in once: their token is as old as they are.
            (true, Signer::House) => self.iat.map(stamp),
            _ => since(&self.created_at),
        };
        let guest = id.is_guest() || (self.guest && matches!(signer, Signer::House));
        let user = User {
            guest,
            id,
            name,
            avatar_url: self.picture.as_str().filter(|url| is_picture(url)).map(str::to_owned),
            badges: badges(&self.badges, signer, guest),
        };
        Ok(Identity::User {
            user,
            role: roles.iter().copied().max().unwrap_or(Role::Viewer),
            moderates: roles.contains(&Role::Moderator) || roles.contains(&Role::Admin),
            event_roles: event_roles(&self.events, signer),
            expires_at: Some(stamp(self.exp)),
            since,
        })
    }
}

fn invalid(detail: &str) -> Refusal {
    Refusal::new(Reason::TokenInvalid, detail)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float becomes the nearest i64, and the stamp its nearest end"
)]
fn stamp(seconds: f64) -> Stamp {
    Stamp::from_ms((seconds * 1_000.0) as i64)
}

fn since(claim: &Value) -> Option<Stamp> {
    match claim {
        Value::Number(seconds) => seconds.as_f64().map(stamp),
        Value::String(time) => time.parse().ok(),
        _ => None,
    }
}

fn user_id(sub: &str, signer: Signer<'_>) -> Result<UserId, Refusal> {
    let text = match signer {
        Signer::House => sub.to_owned(),
        Signer::Outside(issuer) => format!("{}{sub}", issuer.id_prefix),
    };
    let id: UserId = text
        .parse()
        .map_err(|_| invalid("The token's `sub` has 1 to 128 visible ASCII characters."))?;
    if id.is_guest() && matches!(signer, Signer::Outside(_)) {
        return Err(invalid("Only this server names guests."));
    }
    if id.as_str() == ASSISTANT_ID {
        return Err(invalid("Nobody signs in as the assistant."));
    }
    if id.is_persona() {
        return Err(invalid("Personas speak for themselves."));
    }
    Ok(id)
}

/// Names in tokens were not typed for us: what can be mended is mended, so that nobody is locked out by a long name.
fn clean_name(raw: &str) -> Option<String> {
    let plain: String = raw
        .chars()
        .take(4_096)
        .filter(|&character| !is_refused(character))
        .collect();
    let short: String = plain.graphemes(true).take(MAX_NAME_GRAPHEMES).collect();
    DisplayName::parse(&short).ok().map(DisplayName::into_string)
}

/// Pictures are shown to everybody; `https` keeps their readers' addresses from being read along the way.
pub(super) fn is_picture(url: &str) -> bool {
    url.len() <= MAX_PICTURE_BYTES && url.starts_with("https://") && crate::domain::text::Url::parse(url).is_ok()
}

fn badges(claim: &Value, signer: Signer<'_>, guest: bool) -> Vec<String> {
    let from_outside = matches!(signer, Signer::Outside(_));
    words(claim)
        .filter(|badge| (1..=MAX_BADGE_CHARS).contains(&badge.chars().count()))
        .filter_map(|badge| crate::domain::text::line(badge, MAX_BADGE_CHARS).ok())
        .filter(|badge| may_be_brought(badge, from_outside, guest))
        .take(MAX_BADGES)
        .collect()
}

/// Texts of a list, or the one text that stands for a list of one.
fn words(claim: &Value) -> impl Iterator<Item = &str> {
    let list = match claim {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    list.iter().filter_map(Value::as_str)
}

fn roles(claim: &Value, signer: Signer<'_>) -> Vec<Role> {
    // `member` is a role within an event only. Unknown names give nothing.
    let global = |name: &str| Role::parse(name).filter(|role| *role != Role::Member);
    words(claim)
        .filter_map(|name| match signer {
            Signer::House => global(name),
            Signer::Outside(issuer) => issuer.roles.get(name).and_then(|ours| global(ours)),
        })
        .collect()
}

fn event_roles(claim: &Value, signer: Signer<'_>) -> BTreeMap<EventId, Role> {
    let believed = match signer {
        Signer::House => true,
        Signer::Outside(issuer) => issuer.event_roles,
    };
    claim
        .as_object()
        .filter(|_| believed)
        .into_iter()
        .flatten()
        .filter_map(|(event, role)| {
            let role = Role::parse(role.as_str()?).filter(|role| *role != Role::Admin)?;
            Some((event.parse().ok()?, role))
        })
        .take(MAX_EVENT_ROLES)
        .collect()
}
