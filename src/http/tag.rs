//! The chapters of the OpenAPI document.

/// Which chapter an endpoint belongs to.
#[derive(Debug, Clone, Copy, poem_openapi::Tags)]
pub enum Tag {
    /// Who you are: guests, sessions, stream tickets.
    Accounts,
    /// Keys for machines.
    Keys,
    /// Events and the people who run them.
    Events,
    /// An event as a whole: its stream, snapshot, log and status.
    Live,
    /// What people say.
    Messages,
    /// Reactions and applause.
    Reactions,
    /// Who is here, and what they let each other know while they are.
    Presence,
    /// Score, clock and incidents.
    Contest,
    /// Keeping order: sanctions, rules, the queue, reports, appeals, and the record of decisions.
    Order,
    /// What concerns you, whichever event you are looking at.
    Notifications,
    /// Questions to the crowd.
    Polls,
    /// What is on: live events, soon and just over, what you follow and your feed.
    Lobby,
    /// Characters that a model plays, and sessions with them.
    Personas,
    /// For those who run the server.
    Operations,
}
