//! Grandstand: what happens around a live event, in one durable, resumable order.
//!
//! Rooms in reading order, from the words up to the door. A room uses lower floors only (`tests/it/floors.rs` holds it).

/// The words and the rules, pure.
pub mod domain;

/// The time of day, in one place.
pub mod clock;
/// Plain settings, a slice per concern.
pub mod config;
/// Randomness, digests, and the provider they come from.
pub mod crypto;
/// Logs and metrics.
pub mod telemetry;

/// Carries hints between instances.
pub mod bus;
/// Asks a language model, within bounds.
pub mod llm;
/// What instances share while it lives.
pub mod redis;
/// The database, the log, the writer.
pub mod store;

/// What all instances share besides the log: limits, tickets, who is here.
pub mod concourse;

/// Stands and seats: order, repair, fan-out.
pub mod stream;

/// What every endpoint needs: connections, refusals, limits, answers.
pub mod http;

/// What people can do.
pub mod features;

/// Playing a contest through the public API, as a feed does.
pub mod play;

/// The command line.
pub mod cli;

/// A server that has something to show.
pub mod demo;

/// The list of endpoint groups, and the OpenAPI document.
pub mod api;
/// From settings to a running server, and down again.
pub mod app;
