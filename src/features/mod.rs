//! What people can do: a folder each, none knowing another. They meet in the log.

pub mod chat;
pub mod contest;
pub mod events;
pub mod presence;
pub mod reactions;
