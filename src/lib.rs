//! Grandstand: what happens around a live event, in one durable, resumable order.
//!
//! Rooms in reading order, from the words up to the door. A room uses lower floors only (`tests/it/floors.rs` holds it).

/// The words and the rules, pure.
pub mod domain;
