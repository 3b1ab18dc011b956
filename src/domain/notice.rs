//! Notifications: what one person is told because it concerns them, whichever event they are looking at.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{EventId, MessageId, NotificationId, Stamp, UserId, chat::Author};

/// So much of a text is shown, in characters as people count them.
pub const EXCERPT_MOST: usize = 200;
/// Those that a stream begins with.
pub const LATEST: u64 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "kebab-case")]
#[oai(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Somebody called you by name.
    Mention,
    /// Somebody answered you.
    Reply,
    EventStarted,
    EventEnded,
    /// What became of your appeal.
    AppealDecided,
    System,
}

impl NoticeKind {
    const ALL: [Self; 6] = [
        Self::Mention,
        Self::Reply,
        Self::EventStarted,
        Self::EventEnded,
        Self::AppealDecided,
        Self::System,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Reply => "reply",
            Self::EventStarted => "event-started",
            Self::EventEnded => "event-ended",
            Self::AppealDecided => "appeal-decided",
            Self::System => "system",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is there only while its message can be seen, and shows that message's text.
    #[must_use]
    pub const fn is_about_a_message(self) -> bool {
        matches!(self, Self::Mention | Self::Reply)
    }

    /// Whether it is for the person alone, so that they see it whether or not they may enter the event.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(self, Self::AppealDecided | Self::System)
    }
}

/// Something to notify people of. What is shown of a message is not kept here but read from the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub to: Vec<UserId>,
    /// Of one message nobody is notified twice.
    pub message: Option<MessageId>,
    /// For those that are not about a message. Nothing that may have to be taken back.
    pub text: Option<String>,
}

/// Who has been told something, or has something less to read. A hint, by which streams look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noticed {
    Users(Vec<UserId>),
    /// Too many to be named.
    Everyone,
}

impl Noticed {
    /// More are not named.
    pub const USERS_MOST: usize = 256;

    #[must_use]
    pub fn of(users: Vec<UserId>) -> Self {
        if users.len() > Self::USERS_MOST {
            Self::Everyone
        } else {
            Self::Users(users)
        }
    }
}

/// The event that a notification is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
pub struct NotificationEvent {
    pub id: EventId,
    pub slug: String,
    pub title: String,
}

/// One notification, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Notification {
    pub id: NotificationId,
    pub kind: NoticeKind,
    /// Absent for what concerns no event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<NotificationEvent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Who wrote the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    /// Up to 200 characters of the message as it is now, or a sentence. May be empty.
    pub text: String,
    pub created_at: Stamp,
    /// When its owner read it, on whatever device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Stamp>,
}

/// The beginning of a text.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut starts = text.grapheme_indices(true).map(|(at, _)| at);
    // The last of those shown gives way to a sign that more follows.
    let (last, more) = (starts.nth(EXCERPT_MOST - 1), starts.next());
    match (last, more) {
        (Some(last), Some(_)) => format!("{}…", text[..last].trim_end()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_whole_or_says_that_more_follows() {
        for (text, expected) in [
            ("short".to_owned(), "short".to_owned()),
            ("e\u{301}".repeat(200), "e\u{301}".repeat(200)),
            ("é".repeat(201), format!("{}…", "é".repeat(199))),
            (
                format!("{} {}", "x".repeat(198), "y".repeat(9)),
                format!("{}…", "x".repeat(198)),
            ),
        ] {
            assert_eq!(excerpt(&text), expected);
        }
    }

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in NoticeKind::ALL {
            assert_eq!(NoticeKind::parse(kind.name()), Some(kind));
        }
    }
}
