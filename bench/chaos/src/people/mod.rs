//! Those who write: authors, moderators, a feed of scores, and one prober per instance.

pub(crate) mod author;
pub(crate) mod cast;
pub(crate) mod feed;
pub(crate) mod moderator;
pub(crate) mod person;

pub(crate) use person::{Person, Told};
