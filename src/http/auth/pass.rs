//! The pass: how a browser's `EventSource`, which repeats the used ticket in its URL, comes back in.
//!
//! A ticket carries a mark that only its own user's passes for its own event match, so a pass is good only together with
//! a ticket of the same person. Two people in one browser can never end up in each other's stream; the one whose cookie
//! was replaced is refused and asks for a new ticket. Nothing is stored for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Identity, tickets::roles_in};
use crate::{
    config::Secret,
    crypto,
    domain::{EventId, Reason, Refusal, Stamp, UserId, user::Role, user::User},
};

const RANDOM_BYTES: usize = 32;
const MARK_BYTES: usize = 16;

/// Makes and reads tickets' texts and passes. Its keys are derived, so neither can be taken for a token or the other.
pub(super) struct Passes {
    ticket_key: [u8; 32],
    pass_key: [u8; 32],
}

/// What a pass says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pass {
    event: EventId,
    user: User,
    role: Role,
    moderates: bool,
    /// The token's role in this event; in all, if the pass is for the owner's own stream.
    event_roles: BTreeMap<EventId, Role>,
    /// When the pass ends; never later than the user's token.
    until: Stamp,
    token_until: Option<Stamp>,
}

impl Passes {
    pub(super) fn new(secret: &Secret) -> Self {
        let key = |label: &str| crypto::mac(secret.expose().as_bytes(), label.as_bytes());
        Self {
            ticket_key: key("grandstand stream ticket 1"),
            pass_key: key("grandstand stream pass 1"),
        }
    }

    /// A new ticket's text: 256 random bits and the mark.
    pub(super) fn new_ticket(&self, user: &UserId, event: EventId) -> String {
        let random = crypto::random::<RANDOM_BYTES>();
        crypto::encode(&[&random[..], &self.mark(&random, user, event)].concat())
    }

    fn mark(&self, random: &[u8], user: &UserId, event: EventId) -> [u8; MARK_BYTES] {
        let message = [random, event.uuid().as_bytes(), user.as_str().as_bytes()].concat();
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&crypto::mac(&self.ticket_key, &message)[..MARK_BYTES]);
        mark
    }

    /// Whether that ticket was made for that person and event, used or not.
    fn is_ticket_of(&self, ticket: &str, user: &UserId, event: EventId) -> bool {
        crypto::decode(ticket)
            .filter(|bytes| bytes.len() == RANDOM_BYTES + MARK_BYTES)
            .is_some_and(|bytes| crypto::same(&self.mark(&bytes[..RANDOM_BYTES], user, event), &bytes[RANDOM_BYTES..]))
    }

    /// A pass for someone whose ticket was just used, and its age in seconds.
    pub(super) fn issue(
        &self,
        identity: &Identity,
        event: EventId,
        ttl_seconds: u32,
        now: Stamp,
    ) -> Option<(String, u32)> {
        let Identity::User {
            user,
            role,
            moderates,
            event_roles,
            expires_at,
            since: _,
        } = identity
        else {
            return None;
        };
        let mut user = user.clone();
        // Cookies are small. A stream can do without the picture; its owner's other requests have it.
        user.avatar_url = user.avatar_url.filter(|url| url.len() <= 512);
        let longest = now.plus_ms(i64::from(ttl_seconds) * 1_000);
        let until = expires_at.map_or(longest, |end| end.min(longest));
        let pass = Pass {
            event,
            user,
            role: *role,
            moderates: *moderates,
            event_roles: roles_in(event, event_roles),
            until,
            token_until: *expires_at,
        };
        let body = serde_json::to_vec(&pass).ok()?;
        let mac = crypto::mac(&self.pass_key, &body);
        let text = format!("{}.{}", crypto::encode(&body), crypto::encode(&mac));
        let seconds = u32::try_from((until.ms() - now.ms()).div_euclid(1_000)).unwrap_or(0);
        super::cookie::fits(&text).then_some((text, seconds))
    }

    /// Who comes back with a pass and the ticket it was made for, and to which event.
    pub(super) fn check(&self, pass: &str, ticket: &str, now: Stamp) -> Result<(Identity, EventId), Refusal> {
        let wrong = || {
            Refusal::new(
                Reason::TokenInvalid,
                "The ticket was used or has ended. Ask for a new one.",
            )
        };
        let pass = self.read(pass).ok_or_else(wrong)?;
        if !self.is_ticket_of(ticket, &pass.user.id, pass.event) {
            return Err(wrong());
        }
        if pass.until <= now {
            return Err(Refusal::new(
                Reason::TokenExpired,
                "The stream's pass has ended. Sign in again.",
            ));
        }
        let identity = Identity::User {
            user: pass.user,
            role: pass.role,
            moderates: pass.moderates,
            event_roles: pass.event_roles,
            expires_at: pass.token_until,
            // Passes open streams; age is asked of those who write.
            since: None,
        };
        Ok((identity, pass.event))
    }

    fn read(&self, text: &str) -> Option<Pass> {
        let (body, mac) = text.split_once('.')?;
        let (body, mac) = (crypto::decode(body)?, crypto::decode(mac)?);
        if !crypto::same(&crypto::mac(&self.pass_key, &body), &mac) {
            return None;
        }
        serde_json::from_slice(&body).ok()
    }
}
