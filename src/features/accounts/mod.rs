//! How people come in: as guests with a name, with a token of their own, with a cookie, with a ticket for a stream.
//!
//! Nothing is stored about them; a token says all. Checking credentials is `http/auth`.

pub mod api;

use crate::{
    domain::{Fault, Reason, Refusal, UserId, text::DisplayName, text::Url, user::User},
    http::{
        Problem,
        auth::{Authenticator, Grant, Issued},
    },
};

/// Makes guests, where they are welcome.
pub struct Guests {
    pub welcome: bool,
    pub ttl_seconds: u32,
}

/// A guest and the token that makes them one.
pub struct NewGuest {
    pub user: User,
    pub issued: Issued,
}

impl Guests {
    /// A new guest of that name. Names are not reserved; the id is what tells guests apart.
    pub fn welcome(
        &self,
        authenticator: &Authenticator,
        name: &str,
        avatar_url: Option<&str>,
    ) -> Result<NewGuest, Problem> {
        if !self.welcome {
            return Err(Problem::of(
                Reason::GuestsNotAllowed,
                "This server takes no guests. Sign in with a token.",
            ));
        }
        let user = User {
            id: UserId::generate_guest(),
            name: DisplayName::parse(name)?.into_string(),
            avatar_url: avatar_url.map(picture).transpose()?,
            badges: Vec::new(),
            guest: true,
        };
        let grant = Grant {
            user,
            roles: Vec::new(),
            events: std::collections::BTreeMap::new(),
            ttl_seconds: self.ttl_seconds,
        };
        let issued = authenticator.issue(&grant)?;
        Ok(NewGuest {
            user: grant.user,
            issued,
        })
    }
}

fn picture(url: &str) -> Result<String, Refusal> {
    let url = Url::parse_at(url, "/avatar_url").map_err(|fault| Refusal::content(vec![fault]))?;
    if url.as_str().starts_with("https://") {
        Ok(url.into_string())
    } else {
        let fault = Fault::new("/avatar_url", "malformed", "A picture's link starts with `https://`.");
        Err(Refusal::content(vec![fault]))
    }
}
