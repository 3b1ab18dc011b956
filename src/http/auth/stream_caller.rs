//! Who opens a stream: as any caller, or with a ticket, because a browser's `EventSource` cannot send headers.
//!
//! A ticket in the URL decides alone; nothing else is tried in its place, so a stream never changes identity and never
//! turns anonymous. Only [`StreamCaller::admit`] and
//! [`StreamCaller::beside_events`] lead on, so the event a ticket is for cannot go unchecked.

use std::sync::Arc;

use poem::Request;

use super::{Authenticator, Caller, cookie, security::documented_extractor, tickets::OWN_STREAM};
use crate::{
    clock,
    domain::{
        EventId, Reason, Refusal,
        event::Event,
        user::{Role, User},
    },
    http::{Problem, gate::Gate},
};

/// Who wants to open a stream, not yet admitted.
#[derive(Clone)]
pub struct StreamCaller {
    caller: Caller,
    /// The event that the ticket or pass is for.
    bound: Option<EventId>,
    /// A ticket was used just now: a pass is due.
    is_fresh: bool,
    authenticator: Authenticator,
    https: bool,
}

/// Someone who may hear the stream.
#[derive(Clone)]
pub struct Admitted {
    pub event: Arc<Event>,
    pub role: Role,
    /// How they look to others here.
    pub user: Option<User>,
    pub caller: Caller,
    /// A `Set-Cookie` value to answer with, by which the browser can reconnect.
    pub set_cookie: Option<String>,
}

/// Someone who opens the stream that is about themselves.
#[derive(Clone)]
pub struct Alone {
    pub user: User,
    pub caller: Caller,
    /// As of [`Admitted`].
    pub set_cookie: Option<String>,
}

impl StreamCaller {
    /// Who a request to a stream is from.
    pub async fn of(request: &Request) -> Result<Self, Problem> {
        let authenticator = Caller::authenticator(request)?.clone();
        let https = authenticator.is_https(request);
        let (caller, bound, is_fresh) = match ticket(request) {
            None => (Caller::of(request).await?, None, false),
            Some(ticket) => {
                let fresh = authenticator.tickets().redeem(ticket).await;
                let is_fresh = fresh.is_some();
                let (identity, event) = if let Some(fresh) = fresh {
                    fresh
                } else {
                    let pass = cookie::find(request, cookie::STREAM).unwrap_or_default();
                    authenticator.passes().check(pass, ticket, clock::now())?
                };
                (Caller::known(request, identity)?, Some(event), is_fresh)
            }
        };
        Ok(Self {
            caller,
            bound,
            is_fresh,
            authenticator,
            https,
        })
    }

    /// Who wants a stream that belongs to no event. Tickets are for events.
    pub fn beside_events(self) -> Result<Caller, Problem> {
        if self.bound.is_some() {
            return Err(Refusal::new(Reason::TokenInvalid, "The ticket is for an event.").into());
        }
        Ok(self.caller)
    }

    /// Lets them in, if they may hear the event that `segment` of the path names.
    pub async fn admit(self, gate: &dyn Gate, segment: &str) -> Result<Admitted, Problem> {
        let admission = gate.admit(segment, &self.caller).await?;
        let (event, role, user) = (admission.event, admission.role, admission.user);
        if self.bound.is_some_and(|bound| bound != event.id) {
            return Err(Refusal::new(Reason::TokenInvalid, "The ticket is for another event.").into());
        }
        let pass = self.pass(event.id);
        Ok(Admitted {
            event,
            role,
            user,
            set_cookie: pass.and_then(|(pass, age_seconds)| cookie::stream(&pass, segment, age_seconds, self.https)),
            caller: self.caller,
        })
    }
}

impl StreamCaller {
    /// Lets them into the stream that is about themselves.
    pub fn alone(self) -> Result<Alone, Problem> {
        let user = self.caller.require_user()?.clone();
        if self.bound.is_some_and(|bound| bound != OWN_STREAM) {
            return Err(Refusal::new(Reason::TokenInvalid, "The ticket is for an event.").into());
        }
        let pass = self.pass(OWN_STREAM);
        Ok(Alone {
            user,
            set_cookie: pass.map(|(pass, age_seconds)| cookie::own_stream(&pass, age_seconds, self.https)),
            caller: self.caller,
        })
    }

    /// A pass, if a ticket was used just now; and its age in seconds.
    fn pass(&self, event: EventId) -> Option<(String, u32)> {
        let ttl_seconds = self.authenticator.stream_cookie_ttl_seconds();
        let issue = || {
            self.authenticator
                .passes()
                .issue(&self.caller.identity, event, ttl_seconds, clock::now())
        };
        self.is_fresh.then(issue).flatten()
    }
}

/// The ticket in the URL. Tickets have no characters that URLs escape.
fn ticket(request: &Request) -> Option<&str> {
    let query = request.uri().query()?;
    query.split('&').find_map(|pair| pair.strip_prefix("ticket="))
}

documented_extractor!(StreamCaller, optional);
