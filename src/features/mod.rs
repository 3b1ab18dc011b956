//! What people can do, a folder each: use cases in `mod.rs`, endpoints in `api.rs`, queries in `rows.rs`.
//!
//! No feature knows another; they meet in the log.

pub mod accounts;
pub mod assistant;
pub mod badges;
pub mod chat;
pub mod commentary;
pub mod contest;
pub mod cursors;
pub mod events;
pub mod keys;
pub mod live;
pub mod lobby;
pub mod moderation;
pub mod notices;
pub mod ops;
pub mod personas;
pub mod polls;
pub mod presence;
pub mod reactions;
pub mod receipts;
pub mod screening;
pub mod site;
pub mod typing;
