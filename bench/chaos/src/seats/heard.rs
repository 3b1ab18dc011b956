//! What one seat heard over all its connections, kept small: there are hundreds of seats and tens of thousands of entries.

use std::collections::BTreeMap;

use crate::{clock::Ms, entry::Place};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) place: Place,
    pub(crate) digest: u64,
    pub(crate) at: Ms,
    /// Since when the connection that brought it was up.
    pub(crate) since: Ms,
}

/// Why a seat came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// It wanted to: a reload, a tunnel.
    Own,
    /// The stream ended without a word.
    Broken,
    /// Nothing came for longer than heartbeats allow.
    Silence,
    /// `stream.bye` with reason `shutdown`.
    Shutdown,
    /// `stream.bye` with another reason.
    Bye,
}

#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) number: usize,
    pub(crate) event: usize,
    pub(crate) staff: bool,
    pub(crate) stuffed: bool,
    /// Where its list begins: the place of its first snapshot.
    pub(crate) began: Option<Place>,
    pub(crate) heard: Vec<Heard>,
    /// Answers to a resume that are no resume.
    pub(crate) resets: Vec<(Ms, String)>,
    /// Resumes that were refused, and anything else that a reader must never meet.
    pub(crate) failures: Vec<(Ms, String)>,
    /// When a stream was open again, and why it had to be opened.
    pub(crate) returns: Vec<(Ms, Cause)>,
    /// Reasons of `stream.bye`.
    pub(crate) byes: BTreeMap<String, u32>,
    /// Doors at which nobody was.
    pub(crate) dead_doors: u64,
    /// Asked to come later: a 503, or an overloaded house inside a stream.
    pub(crate) put_off: u64,
    /// Tickets that were not good any more and replaced.
    pub(crate) tickets_replaced: Vec<Ms>,
    /// Whether it heard everything to the end of the log.
    pub(crate) reached_the_end: bool,
}
