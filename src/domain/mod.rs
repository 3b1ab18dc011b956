//! The words and the rules of the house, pure: nothing here awaits, reads a clock, or knows HTTP or SQL.
//!
//! Shapes that travel (entries, snapshots, problems' causes) also say how they look as JSON and in the OpenAPI
//! document; that is all they know of the outside. Start reading at [`entry`], the closed list of what can happen.

pub mod assistant;
pub mod badge;
pub mod chat;
pub mod commentary;
pub mod contest;
pub mod cursor;
pub mod cursors;
#[macro_use]
pub mod entry;
pub mod event;
pub mod facts;
pub mod id;
pub mod key;
pub mod lobby;
pub mod mention;
pub mod moderation;
pub mod notice;
pub mod persona;
pub mod phrases;
pub mod poll;
pub mod presence;
pub mod reaction;
pub mod receipt;
pub mod refusal;
pub mod room;
pub mod rulebook;
pub mod rules;
pub mod screening;
pub mod shift;
pub mod snapshot;
pub mod text;
pub mod time;
pub mod timetable;
pub mod user;

pub use cursor::{Audience, Cursor};
pub use id::{
    ApiKeyId, AppealId, DecisionId, EventId, IncidentId, MessageId, NotificationId, PersonaId, PollId, QuestionId,
    SanctionId, UserId,
};
pub use refusal::{Fault, Reason, Refusal};
pub use time::Stamp;
