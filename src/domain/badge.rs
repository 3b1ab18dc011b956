//! Badges on people's cards: what they are in an event, what its hosts awarded, and what their token says of them.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{
    Refusal, UserId,
    user::{Role, User},
};

/// Comes with the role of a host in the event.
pub const HOST: &str = "HOST";
/// Comes with the role of a moderator in the event, or everywhere.
pub const MODERATOR: &str = "MODERATOR";
/// Whom the house knows to be who they say: their token says so, or an admin.
pub const VERIFIED: &str = "VERIFIED";
/// Machines that speak.
const ASSISTANT: &str = "ASSISTANT";
const WINNER: &str = "WINNER";

const MAX_BYTES: usize = 24;
/// Awards of one person in one event.
pub const AWARDS_PER_USER: usize = 8;
/// Awards of one event: all of them are in its snapshot.
pub const AWARDS_PER_EVENT: usize = 200;

/// What a person was awarded in one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct Awards {
    pub user_id: UserId,
    /// In alphabetical order.
    pub badges: Vec<String>,
}

/// A badge that can be awarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award(String);

impl Award {
    /// The badge, if somebody with that role may award it.
    pub fn parse(text: &str, by: Role) -> Result<Self, Refusal> {
        let refused = |code, detail: &str| Err(Refusal::field("/badge", code, detail));
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
        let begins = text.bytes().next().is_some_and(|first| first.is_ascii_uppercase());
        if !begins || text.len() > MAX_BYTES || !text.bytes().all(fits) {
            return refused(
                "pattern",
                "Name it with 1 to 24 of A-Z, 0-9, `_` and `-`, a letter first.",
            );
        }
        match text {
            HOST | MODERATOR => refused("reserved", "This badge comes with the role; give the role."),
            ASSISTANT => refused("reserved", "This badge is the assistant's."),
            VERIFIED if by < Role::Admin => refused("reserved", "Only admins say who is who they say."),
            _ => Ok(Self(text.to_owned())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a badge looks like one that people rely on.
fn stands_for(badge: &str, reserved: &[&str]) -> bool {
    let plain: String = badge
        .nfkc()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    reserved.contains(&plain.as_str())
}

/// Whether a token may bring this badge: what comes with a role in an event nobody brings along from outside, and people
/// who only gave a name bring nothing that others rely on. The assistant's nobody brings, whoever signed it.
#[must_use]
pub fn may_be_brought(badge: &str, from_outside: bool, guest: bool) -> bool {
    let by_role = [HOST, MODERATOR];
    let relied_on = [HOST, MODERATOR, VERIFIED, WINNER];
    let is_assistants = stands_for(badge, &[ASSISTANT]);
    !(is_assistants || from_outside && stands_for(badge, &by_role) || guest && stands_for(badge, &relied_on))
}

/// Somebody's card in an event: what they are there first, then what they were awarded, then what they brought along.
#[must_use]
pub fn card(user: &User, role: Role, awards: &[String]) -> User {
    let by_role = match role {
        Role::Host => Some(HOST),
        Role::Moderator | Role::Admin => Some(MODERATOR),
        Role::Member | Role::Viewer => None,
    };
    let mut badges: Vec<String> = by_role.map(str::to_owned).into_iter().collect();
    for badge in awards.iter().chain(&user.badges) {
        if !badges.contains(badge) {
            badges.push(badge.clone());
        }
    }
    User { badges, ..user.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_award_is_a_plain_word_that_does_not_come_with_a_role() {
        for (text, by, fits) in [
            ("WINNER", Role::Host, true),
            ("MVP-2", Role::Host, true),
            ("VERIFIED", Role::Host, false),
            ("VERIFIED", Role::Admin, true),
            ("HOST", Role::Admin, false),
            ("MODERATOR", Role::Admin, false),
            ("ASSISTANT", Role::Admin, false),
            ("winner", Role::Host, false),
            ("W NNER", Role::Host, false),
            ("WİNNER", Role::Host, false),
            ("", Role::Host, false),
            ("2ND", Role::Host, false),
            (&"A".repeat(24), Role::Host, true),
            (&"A".repeat(25), Role::Host, false),
        ] {
            assert_eq!(Award::parse(text, by).is_ok(), fits, "{text:?} by {by:?}");
        }
    }

    #[test]
    fn nobody_brings_a_badge_that_is_not_theirs() {
        for (badge, from_outside, guest, may) in [
            ("VIP", true, true, true),
            ("HOST", false, false, true),
            ("HOST", true, false, false),
            ("h.o.s.t", true, false, false),
            ("ＨＯＳＴ", true, false, false),
            ("Moderator", true, false, false),
            ("VERIFIED", true, false, true),
            ("VERIFIED", false, true, false),
            ("Winner!", false, true, false),
        ] {
            assert_eq!(may_be_brought(badge, from_outside, guest), may, "{badge}");
        }
    }

    #[test]
    fn a_card_tells_the_role_first_and_nothing_twice() {
        let user = User {
            id: "ana".parse().unwrap(),
            name: "Ana".into(),
            avatar_url: None,
            badges: vec!["VIP".into(), "WINNER".into(), "HOST".into()],
            guest: false,
        };
        let awards = ["WINNER".to_owned()];
        assert_eq!(card(&user, Role::Host, &awards).badges, ["HOST", "WINNER", "VIP"]);
        assert_eq!(card(&user, Role::Admin, &[]).badges[0], "MODERATOR");
        assert_eq!(card(&user, Role::Member, &awards).badges, ["WINNER", "VIP", "HOST"]);
    }
}
