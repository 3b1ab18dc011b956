//! Rows of the database, one file a table, the same types on SQLite and PostgreSQL. No behaviour.
//!
//! Times are milliseconds since 1970 UTC (`…_ms`): cheap, and the same on both databases. Wire shapes live in the
//! product's `domain`; these are only how it is kept.

pub mod api_key;
pub mod appeal;
pub mod applause_total;
pub mod assistant_question;
pub mod audit;
pub mod badge;
pub mod claim;
pub mod commentary;
pub mod contest;
pub mod contest_update;
pub mod event;
pub mod event_member;
pub mod event_participant;
pub mod follow;
pub mod house;
pub mod job;
pub mod llm_account;
pub mod log_entry;
pub mod log_head;
pub mod mailbox;
pub mod message;
pub mod notification;
pub mod persona;
pub mod persona_session;
pub mod poll;
pub mod poll_option_total;
pub mod poll_vote;
pub mod raid;
pub mod reaction;
pub mod reaction_total;
pub mod receipt;
pub mod report;
pub mod rule_set;
pub mod sanction;
pub mod sanction_mark;
