//! What moderators can tune in a room while people are in it.

use serde::{Deserialize, Serialize};

use crate::domain::{Refusal, user::Role};

/// Whose messages may carry links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum LinkPolicy {
    #[default]
    Everybody,
    /// Members of the event and its staff.
    Members,
    /// Moderators and hosts.
    Staff,
}

impl LinkPolicy {
    #[must_use]
    pub fn allows(self, role: Role) -> bool {
        role >= match self {
            Self::Everybody => Role::Viewer,
            Self::Members => Role::Member,
            Self::Staff => Role::Moderator,
        }
    }
}

/// Whether people see who has read up to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Receipts {
    /// In small rooms only.
    #[default]
    Auto,
    On,
    Off,
}

/// How a room behaves. Told to everybody whenever it changes; what an older event did not store is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct RoomSettings {
    /// Each person may say something once in so many seconds; 0 is off. Staff are free of it.
    pub slow_mode_seconds: u32,
    /// Only members of the event and staff may write.
    pub members_only: bool,
    /// Messages consist of emoji.
    pub emoji_only: bool,
    /// Nobody may say what was said a moment ago, whoever said it.
    pub unique_messages: bool,
    /// Whose messages may carry links.
    pub links: LinkPolicy,
    /// Accounts must be so old; 0 is off. Members of the event and staff are free of it.
    pub min_account_age_seconds: u32,
    /// Nobody but staff may write for now.
    pub locked: bool,
    /// Viewers' messages wait until a moderator releases them.
    pub hold_messages: bool,
    /// A message that waits because of `hold_messages` appears by itself after so long; 0: it waits for a moderator.
    pub hold_seconds: u32,
    /// Whether people see who has read up to where.
    pub receipts: Receipts,
    /// Whether people see who is typing.
    pub typing: bool,
}

/// Six hours between two messages of one person; slower is a locked room.
const SLOW_MODE_MAX_SECONDS: u32 = 6 * 3_600;
/// A year.
const ACCOUNT_AGE_MAX_SECONDS: u32 = 365 * 24 * 3_600;
/// A day.
const HOLD_MAX_SECONDS: u32 = 24 * 3_600;

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            slow_mode_seconds: 0,
            members_only: false,
            emoji_only: false,
            unique_messages: false,
            links: LinkPolicy::Everybody,
            min_account_age_seconds: 0,
            locked: false,
            hold_messages: false,
            hold_seconds: 0,
            receipts: Receipts::Auto,
            typing: true,
        }
    }
}

impl RoomSettings {
    /// Ok if every number is within its bounds; else which is not.
    pub fn check(&self) -> Result<(), Refusal> {
        let bounded = [
            ("slow_mode_seconds", self.slow_mode_seconds, SLOW_MODE_MAX_SECONDS),
            (
                "min_account_age_seconds",
                self.min_account_age_seconds,
                ACCOUNT_AGE_MAX_SECONDS,
            ),
            ("hold_seconds", self.hold_seconds, HOLD_MAX_SECONDS),
        ];
        match bounded.into_iter().find(|(_, value, most)| value > most) {
            None => Ok(()),
            Some((field, _, most)) => Err(Refusal::field(
                &format!("/{field}"),
                "too-large",
                format!("At most {most} seconds."),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_before_a_setting_existed_reads_as_it_behaved_then() {
        let read: RoomSettings = serde_json::from_str("{\"hold_messages\": true}").unwrap();
        let expected = RoomSettings {
            hold_messages: true,
            ..RoomSettings::default()
        };
        assert_eq!(read, expected);
        assert!(read.typing && read.receipts == Receipts::Auto);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<RoomSettings>(&written).unwrap(), read);
    }

    #[test]
    fn numbers_have_bounds() {
        let with = |change: fn(&mut RoomSettings)| {
            let mut settings = RoomSettings::default();
            change(&mut settings);
            settings.check().err().map(|refusal| refusal.faults[0].pointer.clone())
        };
        assert_eq!(with(|_| {}), None);
        assert_eq!(with(|room| room.slow_mode_seconds = 21_600), None);
        assert_eq!(
            with(|room| room.slow_mode_seconds = 21_601).as_deref(),
            Some("/slow_mode_seconds")
        );
        assert_eq!(
            with(|room| room.min_account_age_seconds = u32::MAX).as_deref(),
            Some("/min_account_age_seconds")
        );
        assert_eq!(
            with(|room| room.hold_seconds = 86_401).as_deref(),
            Some("/hold_seconds")
        );
    }

    #[test]
    fn links_go_by_role() {
        use Role::{Admin, Host, Member, Moderator, Viewer};
        for (policy, from) in [
            (LinkPolicy::Everybody, Viewer),
            (LinkPolicy::Members, Member),
            (LinkPolicy::Staff, Moderator),
        ] {
            for role in [Viewer, Member, Moderator, Host, Admin] {
                assert_eq!(policy.allows(role), role >= from, "{policy:?} {role:?}");
            }
        }
    }
}
