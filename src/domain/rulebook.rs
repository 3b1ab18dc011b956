//! What an event or the house goes by when it keeps order: the rules for texts, when reports hide, what a raid is.

use serde::{Deserialize, Serialize};

use super::{
    Fault, Stamp,
    rules::RuleSet,
    user::{Role, User},
};

/// Everything that keeps order by itself, as people write and store it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
#[serde(deny_unknown_fields)]
pub struct Rulebook {
    pub rules: RuleSet,
    /// Absent in an event's: as the house has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports: Option<ReportRule>,
    /// Absent in an event's: as the house has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raid: Option<RaidRule>,
}

/// When reports hide a message by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct ReportRule {
    /// So many viewers' reports hide a message until staff decide; 0: never.
    #[oai(validator(maximum(value = "1000")))]
    pub hide_after: u32,
}

/// What happens to newcomers while a raid is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum RaidAction {
    /// What they say waits for a moderator.
    Hold,
    /// Only members (and those with the badge VERIFIED) may write.
    MembersOnly,
}

/// What a raid is. Newcomers are guests, and accounts made lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(deny_unknown_fields)]
#[serde(deny_unknown_fields)]
pub struct RaidRule {
    /// So many newcomers coming in within a minute, on one instance, are a raid; 0: only moderators say so.
    #[oai(validator(maximum(value = "1000000")))]
    pub joins_per_minute: u32,
    /// So many newcomers speaking for the first time within a minute, on one instance, are a raid; 0: only moderators say so.
    #[oai(validator(maximum(value = "1000000")))]
    pub speakers_per_minute: u32,
    /// How long it lasts unless told otherwise, 60 to 86,400.
    #[oai(validator(minimum(value = "60"), maximum(value = "86400")))]
    pub seconds: u32,
    pub action: RaidAction,
}

impl RaidRule {
    /// Nothing is a raid by itself: a great match brings as many newcomers.
    pub const DEFAULT: Self = Self {
        joins_per_minute: 0,
        speakers_per_minute: 0,
        seconds: 600,
        action: RaidAction::Hold,
    };
}

impl ReportRule {
    pub const DEFAULT: Self = Self { hide_after: 10 };
}

/// An account younger than this is a newcomer's.
const YOUNG_MS: i64 = 86_400 * 1_000;
/// Whoever came in as a guest this recently is counted as one of a possible raid. Guests who have been here are not a raid.
const FRESH_MS: i64 = 600 * 1_000;

/// Somebody, as far as raids are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    pub user: &'a User,
    pub role: Role,
    /// Since when the account exists, if that is known.
    pub since: Option<Stamp>,
}

impl Newcomer<'_> {
    fn is_known(&self) -> bool {
        self.role >= Role::Member || self.user.badges.iter().any(|badge| badge == "VERIFIED")
    }

    /// Whether a raid is on for them, too.
    #[must_use]
    pub fn is_one(&self, now: Stamp) -> bool {
        let is_young = self.since.is_some_and(|since| now.ms() - since.ms() < YOUNG_MS);
        !self.is_known() && (self.user.guest || is_young)
    }

    /// Whether they count when somebody wonders if this is a raid.
    #[must_use]
    pub fn counts(&self, now: Stamp) -> bool {
        self.is_one(now) && self.since.is_none_or(|since| now.ms() - since.ms() < FRESH_MS)
    }

    /// Whether they may write while only members do.
    #[must_use]
    pub fn may_write_among_members(&self) -> bool {
        self.is_known()
    }
}

impl Rulebook {
    /// An event's before anybody wrote one: the house's holds.
    #[must_use]
    pub fn none() -> Self {
        Self {
            rules: RuleSet::empty(),
            reports: None,
            raid: None,
        }
    }

    /// The house's before anybody wrote one. `judges`: whether it has any rules for texts.
    #[must_use]
    pub fn house(judges: bool) -> Self {
        Self {
            rules: if judges { RuleSet::house() } else { RuleSet::empty() },
            reports: Some(ReportRule::DEFAULT),
            raid: Some(RaidRule::DEFAULT),
        }
    }

    /// What no type can say.
    pub fn check(&self) -> Result<(), Vec<Fault>> {
        let raid_is_good = self.raid.is_none_or(|raid| (60..=86_400).contains(&raid.seconds));
        if raid_is_good {
            Ok(())
        } else {
            Err(vec![Fault::new(
                "/raid/seconds",
                "out-of-range",
                "Between 60 and 86,400.",
            )])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcomers_are_guests_and_young_accounts_but_nobody_who_is_known() {
        let now = Stamp::from_ms(1_781_204_400_000);
        let ago = |seconds: i64| Some(now.plus_ms(-seconds * 1_000));
        for (guest, badge, role, since, one, counts) in [
            (true, "", Role::Viewer, ago(5), true, true),
            (true, "", Role::Viewer, ago(3_600), true, false),
            (true, "VERIFIED", Role::Viewer, ago(5), false, false),
            (true, "", Role::Member, ago(5), false, false),
            (false, "", Role::Viewer, ago(5), true, true),
            (false, "", Role::Viewer, ago(90_000), false, false),
            (false, "", Role::Viewer, None, false, false),
            (false, "", Role::Host, ago(5), false, false),
        ] {
            let user = User {
                id: "ana".parse().unwrap(),
                name: "Ana".into(),
                avatar_url: None,
                badges: vec![badge.to_owned()],
                guest,
            };
            let who = Newcomer {
                user: &user,
                role,
                since,
            };
            assert_eq!((who.is_one(now), who.counts(now)), (one, counts), "{who:?}");
        }
    }
}
