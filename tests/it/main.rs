//! The one integration binary. A module per part of the house; names are sentences.
//!
//! Tests wait for things to happen, under a deadline; none sleeps and hopes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "in a test a broken assumption is a failure, also in its helpers; a test binary has no outside, and its little servers end with the test"
)]

mod support;

mod access;
mod accounts;
mod assistant;
mod automation;
mod badges;
mod bus;
mod chat;
mod commentary;
mod concourse;
mod contest;
mod crash;
mod cursors;
mod demo;
mod drain;
mod edge;
mod events;
mod floors;
mod jobs;
mod keys;
mod limits;
mod llm;
mod lobby;
mod notices;
mod operate;
mod order;
mod personas;
mod polls;
mod postgres;
mod presence;
mod proxy;
mod reactions;
mod receipts;
mod redis;
mod resume;
mod room;
mod screening;
mod seats;
mod serve;
mod shift;
mod slow;
mod snapshot;
mod spec;
mod stream;
mod tls;
mod typing;
mod writer;
