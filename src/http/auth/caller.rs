//! Who asks, as endpoints take it: an argument of type [`Caller`], or [`Attendee`] where a person is needed.
//!
//! The app puts an [`Authenticator`] (and, where acts are limited, [`Limits`]) into every request's data.

use std::net::IpAddr;

use poem::Request;

use super::{Authenticator, EventFacts, Identity, access, device, security::documented_extractor};
use crate::{
    clock,
    domain::{
        EventId, Reason, Refusal, UserId,
        key::Scope,
        user::{Role, User},
    },
    http::{
        ClientAddress, Problem,
        limit::{Ledger, Limits, Policies, Policy},
    },
};

/// Who asks. Strangers are welcome where this is an argument.
#[derive(Clone)]
pub struct Caller {
    pub identity: Identity,
    pub address: IpAddr,
    /// What the client calls its device, if it says so.
    pub device: Option<String>,
    anonymous_read: bool,
    limits: Option<Limits>,
    ledger: Ledger,
}

/// A person who is signed in, guests among them. No strangers, no keys.
#[derive(Clone)]
pub struct Attendee {
    pub user: User,
    pub caller: Caller,
}

impl Caller {
    /// Who a request is from.
    pub async fn of(request: &Request) -> Result<Self, Problem> {
        let identity = Self::authenticator(request)?.identify(request).await?;
        Self::known(request, identity)
    }

    /// A request from someone whom a ticket has named.
    pub(super) fn known(request: &Request, identity: Identity) -> Result<Self, Problem> {
        Ok(Self {
            identity,
            address: ClientAddress::of(request).0,
            device: device::of(request),
            anonymous_read: Self::authenticator(request)?.anonymous_read(),
            limits: request.data().cloned(),
            ledger: request.data().cloned().unwrap_or_default(),
        })
    }

    pub(super) fn authenticator(request: &Request) -> Result<&Authenticator, Problem> {
        request.data().ok_or_else(|| {
            tracing::error!("no authenticator in the request's data: the app was put together wrongly");
            Problem::internal()
        })
    }

    /// A caller without a request, for tests and for what the house does itself.
    #[must_use]
    pub fn house(identity: Identity) -> Self {
        Self {
            identity,
            address: std::net::Ipv6Addr::UNSPECIFIED.into(),
            device: None,
            anonymous_read: true,
            limits: None,
            ledger: Ledger::default(),
        }
    }

    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.identity.user()
    }

    /// Under which id acts are remembered: the user's, or the key's.
    #[must_use]
    pub fn acts_as(&self) -> Option<UserId> {
        match &self.identity {
            Identity::User { user, .. } => Some(user.id.clone()),
            Identity::Key(key) => key.id.to_string().parse().ok(),
            Identity::Anonymous => None,
        }
    }

    /// The person who asks.
    pub fn require_user(&self) -> Result<&User, Refusal> {
        match &self.identity {
            Identity::User { user, .. } => Ok(user),
            Identity::Anonymous => Err(unauthenticated()),
            Identity::Key(_) => Err(forbidden("This is for people; an API key cannot do it.")),
        }
    }

    /// The highest role everywhere. A key with the scope `admin` or `moderate` has that role.
    #[must_use]
    pub fn global_role(&self) -> Role {
        match &self.identity {
            Identity::User { role, .. } => *role,
            Identity::Key(_) if self.identity.has_scope(Scope::Admin) => Role::Admin,
            Identity::Key(_) if self.identity.has_scope(Scope::Moderate) => Role::Moderator,
            Identity::Key(_) | Identity::Anonymous => Role::Viewer,
        }
    }

    /// Hosts and admins may create events; keys with the scope `admin` as well.
    pub fn require_host(&self) -> Result<(), Refusal> {
        self.require_global(Role::Host, "Only hosts may do this.")
    }

    pub fn require_admin(&self) -> Result<(), Refusal> {
        self.require_global(Role::Admin, "Only admins may do this.")
    }

    fn require_global(&self, least: Role, detail: &str) -> Result<(), Refusal> {
        if self.global_role() >= least {
            Ok(())
        } else {
            Err(self.refused(detail))
        }
    }

    /// A key with that scope, or an admin.
    pub fn require_scope(&self, scope: Scope) -> Result<(), Refusal> {
        if self.identity.has_scope(scope) || self.global_role() == Role::Admin {
            Ok(())
        } else {
            Err(self.refused(&format!("This needs an API key with the scope `{}`.", scope.name())))
        }
    }

    /// Anyone who may read what is public.
    pub fn require_reader(&self) -> Result<(), Refusal> {
        if self.identity == Identity::Anonymous && !self.anonymous_read {
            Err(unauthenticated())
        } else {
            Ok(())
        }
    }

    /// The role in one event, or why there is none. See [`access::role_in`].
    pub fn role_in(&self, event: EventId, facts: EventFacts) -> Result<Role, Refusal> {
        self.require_reader()?;
        access::role_in(&self.identity, event, facts)
    }

    /// Ok for those who have at least that role, given the one they have in the event.
    pub fn require_role(&self, role: Role, least: Role) -> Result<(), Refusal> {
        if role >= least {
            Ok(())
        } else {
            Err(self.refused(&format!("This needs the role `{}` in this event.", least.name())))
        }
    }

    /// Ok for those who may tell what happens in an event's contest, given their role in the event.
    pub fn require_ingest(&self, role: Role) -> Result<(), Refusal> {
        if access::may_ingest(&self.identity, role) {
            Ok(())
        } else {
            Err(self.refused("This needs the event's host or an API key with the scope `ingest`."))
        }
    }

    /// Spends one act, as `caller.limit(|policies| policies.post)`. Counted per user, per key, or per address.
    pub async fn limit(&self, which: impl FnOnce(&Policies) -> Policy) -> Result<(), Refusal> {
        self.limit_key_of(which, &self.limit_key()).await
    }

    /// Spends one act of everybody at this address, as [`Caller::limit`] does of one person.
    pub async fn limit_address(&self, which: impl FnOnce(&Policies) -> Policy) -> Result<(), Refusal> {
        self.limit_key_of(which, &ClientAddress(self.address).limit_key()).await
    }

    /// Spends one act of everybody in an event.
    pub async fn limit_event(&self, event: EventId, which: impl FnOnce(&Policies) -> Policy) -> Result<(), Refusal> {
        self.limit_key_of(which, &format!("event:{event}")).await
    }

    async fn limit_key_of(&self, which: impl FnOnce(&Policies) -> Policy, key: &str) -> Result<(), Refusal> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let policy = which(limits.policies());
        limits.spend(&self.ledger, policy, key, clock::now()).await
    }

    /// Takes this person's turn in an event where each speaks once in so many seconds. Over all instances.
    pub async fn take_turn(&self, event: EventId, every_seconds: u32) -> Result<(), Refusal> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let turns = Policy {
            name: "slow_mode",
            quota: 1,
            window_seconds: every_seconds,
        };
        let key = format!("{event}:{}", self.limit_key());
        let now = clock::now();
        limits.spend_or(&self.ledger, turns, &key, now, Reason::SlowMode).await
    }

    /// Whose acts are counted together.
    #[must_use]
    pub fn limit_key(&self) -> String {
        match &self.identity {
            Identity::User { user, .. } => format!("user:{}", user.id),
            Identity::Key(key) => format!("key:{}", key.id),
            Identity::Anonymous => ClientAddress(self.address).limit_key(),
        }
    }

    fn refused(&self, detail: &str) -> Refusal {
        match self.identity {
            Identity::Anonymous => unauthenticated(),
            Identity::User { .. } | Identity::Key(_) => forbidden(detail),
        }
    }
}

impl Attendee {
    pub async fn of(request: &Request) -> Result<Self, Problem> {
        let caller = Caller::of(request).await?;
        let user = caller.require_user()?.clone();
        Ok(Self { user, caller })
    }
}

fn unauthenticated() -> Refusal {
    Refusal::new(Reason::Unauthenticated, "Sign in first.")
}

fn forbidden(detail: &str) -> Refusal {
    Refusal::new(Reason::Forbidden, detail)
}

documented_extractor!(Caller, optional);
documented_extractor!(Attendee, required);
