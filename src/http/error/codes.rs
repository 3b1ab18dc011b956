//! The table of codes: which reason is which status, under which title. Read by people, so keep it a table.

use crate::domain::Reason;

/// Every reason; the length comes from the last variant, so that a new one cannot be forgotten here.
const REASONS: [Reason; Reason::TooManySessions as usize + 1] = {
    use Reason as R;
    [
        R::InvalidRequest,
        R::InvalidCursor,
        R::LimitTooLarge,
        R::Unauthenticated,
        R::TokenExpired,
        R::TokenInvalid,
        R::Forbidden,
        R::Csrf,
        R::GuestsNotAllowed,
        R::NotFound,
        R::MethodNotAllowed,
        R::EventNotFound,
        R::MessageNotFound,
        R::IllegalTransition,
        R::EventNotOver,
        R::RoomNotOpen,
        R::SlugTaken,
        R::EditWindowOver,
        R::MessageDeleted,
        R::Conflict,
        R::VersionMismatch,
        R::PreconditionRequired,
        R::PayloadTooLarge,
        R::UnsupportedMediaType,
        R::IdempotencyMismatch,
        R::InvalidContent,
        R::ContestRule,
        R::PollNotFound,
        R::PollClosed,
        R::VoteFinal,
        R::TooManyPolls,
        R::RateLimited,
        R::TooManyConnections,
        R::Overloaded,
        R::ShuttingDown,
        R::SlowMode,
        R::RoomLocked,
        R::MembersOnly,
        R::EmojiOnly,
        R::NotUnique,
        R::LinksNotAllowed,
        R::AccountTooYoung,
        R::Banned,
        R::Muted,
        R::TimedOut,
        R::MessageBlocked,
        R::AlreadyAppealed,
        R::AssistantOff,
        R::NoModel,
        R::TooManySessions,
    ]
};

/// What is nobody's lawful no: it broke, it is away, or the client was too slow.
pub(super) const INTERNAL: (&str, u16, &str) = ("internal", 500, "Something went wrong on our side");
pub(super) const REQUEST_TIMEOUT: (&str, u16, &str) = ("request-timeout", 408, "The request took too long to arrive");
pub(super) const UNAVAILABLE: (&str, u16, &str) = ("unavailable", 503, "The database does not answer");
pub(super) const OUTCOME_UNKNOWN: (&str, u16, &str) = ("outcome-unknown", 503, "It is not known whether it was done");

/// The table: status and title of each reason.
pub(super) const fn row(reason: Reason) -> (u16, &'static str) {
    match reason {
        Reason::InvalidRequest => (400, "The request is not valid"),
        Reason::InvalidCursor => (400, "The cursor is not one of ours"),
        Reason::LimitTooLarge => (400, "The limit is too large"),
        Reason::Unauthenticated => (401, "Sign in first"),
        Reason::TokenExpired => (401, "The token has expired"),
        Reason::TokenInvalid => (401, "The token is not valid"),
        Reason::Forbidden => (403, "You may not do this"),
        Reason::Csrf => (403, "The request came from another site"),
        Reason::GuestsNotAllowed => (403, "Guests are not allowed here"),
        Reason::NotFound => (404, "There is nothing here"),
        Reason::EventNotFound => (404, "There is no such event"),
        Reason::MessageNotFound => (404, "There is no such message"),
        Reason::MethodNotAllowed => (405, "This method does not work here"),
        Reason::IllegalTransition => (409, "The event cannot go there from where it is"),
        Reason::EventNotOver => (409, "The event is not over"),
        Reason::RoomNotOpen => (409, "The room is not open"),
        Reason::SlugTaken => (409, "The slug is taken"),
        Reason::EditWindowOver => (409, "The time for editing is over"),
        Reason::MessageDeleted => (409, "The message is deleted"),
        Reason::Conflict => (409, "Someone else changed it at the same time"),
        Reason::VersionMismatch => (412, "It has changed since you read it"),
        Reason::PayloadTooLarge => (413, "The body is too large"),
        Reason::UnsupportedMediaType => (415, "The media type is not supported"),
        Reason::IdempotencyMismatch => (422, "The same id was used for another body"),
        Reason::InvalidContent => (422, "The content is not acceptable"),
        Reason::ContestRule => (422, "The update breaks a rule of the contest"),
        Reason::PollNotFound => (404, "There is no such poll"),
        Reason::PollClosed => (409, "The poll takes no votes"),
        Reason::VoteFinal => (409, "The vote is final"),
        Reason::TooManyPolls => (409, "Too many polls are open"),
        Reason::PreconditionRequired => (428, "Say which version you mean"),
        Reason::RateLimited => (429, "Too many requests"),
        Reason::TooManyConnections => (429, "Too many connections"),
        Reason::Overloaded => (503, "The server is too busy"),
        Reason::ShuttingDown => (503, "The server is shutting down"),
        Reason::SlowMode => (429, "The room is in slow mode"),
        Reason::RoomLocked => (409, "The room is locked"),
        Reason::MembersOnly => (403, "Only members write here"),
        Reason::EmojiOnly => (422, "Only emoji are said here"),
        Reason::NotUnique => (422, "This was said a moment ago"),
        Reason::LinksNotAllowed => (422, "Links are not allowed here"),
        Reason::AccountTooYoung => (403, "The account is too young"),
        Reason::Banned => (403, "You are banned"),
        Reason::Muted => (403, "You are muted"),
        Reason::TimedOut => (403, "You may not write for a while"),
        Reason::MessageBlocked => (422, "The message breaks a rule of the house"),
        Reason::AlreadyAppealed => (409, "This was appealed against before"),
        Reason::AssistantOff => (409, "The assistant answers no questions in this event"),
        Reason::NoModel => (409, "No model is set up here"),
        Reason::TooManySessions => (409, "Too many sessions are open"),
    }
}

/// Every code with its status and title, for the docs and their test.
pub fn codes() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    let lawful = REASONS.into_iter().map(|reason| {
        let (status, title) = row(reason);
        (reason.code(), status, title)
    });
    lawful.chain([REQUEST_TIMEOUT, INTERNAL, UNAVAILABLE, OUTCOME_UNKNOWN])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, status, title) in codes() {
            assert!(seen.insert(code), "{code} twice");
            assert!((400..600).contains(&status) && !title.is_empty(), "{code}");
        }
        assert_eq!(seen.len(), REASONS.len() + 4);
    }
}
