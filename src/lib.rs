//! Grandstand: what happens around a live event, in one durable, resumable order.
//!
//! Rooms in reading order, from the words up to the door. A room uses lower floors only (`tests/it/floors.rs` holds it).

/// The words and the rules, pure.
pub mod domain;
/// Plain settings.
pub mod config;
/// What time it is.
pub mod clock;
/// Logs and numbers.
pub mod telemetry;
/// What every endpoint needs: the door, how we refuse, limits, pages.
pub mod http;
