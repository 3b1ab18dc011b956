//! `/v1/auth`, `/v1/me` and stream tickets.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path};
use serde::Serialize;

use super::Guests;
use crate::{
    clock, crypto,
    domain::{
        Stamp,
        user::{Role, User},
    },
    http::{
        Answer, Attendee, ClientAddress, Created, Json, Ledger, Limits, Policy, Problem, Tag,
        auth::{Authenticator, DEVICE_HEADER, OWN_STREAM, cookie},
        gate::Gate,
        judge::Judge,
    },
};

/// The endpoints about coming in.
pub struct AccountsApi {
    pub authenticator: Authenticator,
    pub guests: Guests,
    pub limits: Limits,
    pub gate: Arc<dyn Gate>,
    pub judge: Arc<dyn Judge>,
}

#[derive(Debug, Object)]
struct GuestIn {
    /// How others see you: one line of at most 64 characters.
    #[oai(validator(min_length = 1))]
    name: String,
    /// An `https` link to your picture.
    avatar_url: Option<String>,
}

#[derive(Debug, Serialize, Object)]
struct GuestOut {
    /// For `Authorization: Bearer …`. Keep it: there is no other way to be this guest again.
    token: String,
    expires_at: Stamp,
    user: User,
}

#[derive(Debug, Serialize, Object)]
#[oai(skip_serializing_if_is_none)]
struct MeOut {
    user: User,
    /// Your highest role everywhere; in single events you may have more.
    role: Role,
    /// When your credential ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Stamp>,
}

#[derive(Debug, Serialize, Object)]
struct TicketOut {
    /// Goes into the stream's URL as `?ticket=`. Opens it once.
    ticket: String,
    expires_at: Stamp,
}

#[derive(ApiResponse)]
enum SessionAnswer {
    /// Done; the cookie is set or removed.
    #[oai(status = 204)]
    Done(#[oai(header = "Set-Cookie")] String),
}

impl AccountsApi {
    /// A name for a browser that has none, so that a banned guest is known again.
    fn device_cookie(&self, request: &Request) -> Option<String> {
        let is_named = cookie::has_device(request) || request.headers().contains_key(DEVICE_HEADER);
        (!is_named).then(|| cookie::device(&crypto::random_text(), self.authenticator.is_https(request)))
    }

    /// For endpoints that take no caller: whoever comes with a credential that has ended must be able to start anew.
    async fn limit_by_address(&self, request: &Request, policy: Policy) -> Result<(), Problem> {
        let key = ClientAddress::of(request).limit_key();
        let ledger = request.data::<Ledger>().cloned().unwrap_or_default();
        Ok(self.limits.spend(&ledger, policy, &key, clock::now()).await?)
    }
}

#[OpenApi(prefix_path = "/v1", tag = "Tag::Accounts")]
impl AccountsApi {
    /// Come in as a guest
    ///
    /// Where the server takes guests, a name is enough. Each call makes another guest. A browser gets a cookie that names
    /// the device (other clients may send `X-Device-Id`), by which a banned guest is known again.
    #[oai(path = "/auth/guest", method = "post", operation_id = "create_guest")]
    async fn create_guest(&self, request: &Request, body: Json<GuestIn>) -> Result<Created<GuestOut>, Problem> {
        self.limit_by_address(request, self.limits.policies().guest_sign_in)
            .await?;
        self.judge.judge_name(&body.0.name).await?;
        let guest = self
            .guests
            .welcome(&self.authenticator, &body.0.name, body.0.avatar_url.as_deref())?;
        Ok(Created::new(GuestOut {
            token: guest.issued.token,
            expires_at: guest.issued.expires_at,
            user: guest.user,
        })
        .with_cookie(self.device_cookie(request)))
    }

    /// Start a session
    ///
    /// Puts the token you show in `Authorization: Bearer …` into a cookie that scripts cannot read.
    #[oai(path = "/auth/session", method = "post", operation_id = "start_session")]
    async fn start_session(&self, request: &Request, me: Attendee) -> Result<SessionAnswer, Problem> {
        me.caller.limit(|policies| policies.write).await?;
        let token = self.authenticator.require_bearer(request)?;
        if !cookie::fits(token) {
            let detail = "The token is too long for a cookie. Send it as a header instead.";
            return Err(Problem::of(crate::domain::Reason::InvalidRequest, detail));
        }
        let (expires_at, https) = (me.caller.identity.expires_at(), self.authenticator.is_https(request));
        Ok(SessionAnswer::Done(cookie::session(
            token,
            expires_at,
            clock::now(),
            https,
        )))
    }

    /// End the session
    ///
    /// Removes the cookie. Works with a cookie that is no good any more: this is how to get rid of it.
    #[oai(path = "/auth/session", method = "delete", operation_id = "end_session")]
    async fn end_session(&self, request: &Request) -> Result<SessionAnswer, Problem> {
        self.limit_by_address(request, self.limits.policies().write).await?;
        if cookie::has_session(request) {
            self.authenticator.require_own_page(request)?;
        }
        Ok(SessionAnswer::Done(cookie::no_session(
            self.authenticator.is_https(request),
        )))
    }

    /// Read who you are
    #[oai(path = "/me", method = "get", operation_id = "read_me")]
    async fn read_me(&self, me: Attendee) -> Answer<MeOut> {
        me.caller.limit(|policies| policies.read).await?;
        Ok(Json(MeOut {
            role: me.caller.global_role(),
            expires_at: me.caller.identity.expires_at(),
            user: me.user,
        }))
    }

    /// Make a stream ticket
    ///
    /// For browsers, whose `EventSource` cannot send headers. The first use sets a cookie for the stream's path, by which
    /// the browser reconnects with the same URL.
    #[oai(
        path = "/events/:event/stream-tickets",
        method = "post",
        operation_id = "create_stream_ticket"
    )]
    async fn create_ticket(
        &self,
        me: Attendee,
        /// Id or slug of the event.
        event: Path<String>,
    ) -> Result<Created<TicketOut>, Problem> {
        me.caller.limit(|policies| policies.write).await?;
        let event = self.gate.admit(&event, &me.caller).await?.event.id;
        let (ticket, expires_at) = self.authenticator.issue_ticket(&me.caller.identity, event).await?;
        Ok(Created::new(TicketOut { ticket, expires_at }))
    }

    /// Make a ticket for your own stream
    ///
    /// As a stream ticket, for `GET /v1/me/stream`.
    #[oai(
        path = "/me/stream-tickets",
        method = "post",
        operation_id = "create_my_stream_ticket"
    )]
    async fn create_my_ticket(&self, me: Attendee) -> Result<Created<TicketOut>, Problem> {
        me.caller.limit(|policies| policies.write).await?;
        let ticket = self.authenticator.issue_ticket(&me.caller.identity, OWN_STREAM).await?;
        let (ticket, expires_at) = ticket;
        Ok(Created::new(TicketOut { ticket, expires_at }))
    }
}
