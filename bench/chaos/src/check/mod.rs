//! The comparison afterwards: what was acknowledged, what the log says, what the database holds, what each seat heard.
//!
//! Everything here but `database` is pure, and its tests plant the faults it must find.

pub(crate) mod database;
pub(crate) mod posts;
pub(crate) mod seats;

use crate::clock::Ms;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Acknowledged and not there, or in the log and not heard.
    Lost,
    Doubled,
    Reordered,
    /// Heard or stored otherwise than it was said.
    Altered,
    /// A seat was sent back to the start.
    Reset,
    /// A resume that was refused, or a reader turned away.
    FailedResume,
    /// An answer no client should get.
    WrongAnswer,
    /// Something else that was promised and is not so.
    Broken,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Reordered => "reordered",
            Self::Altered => "altered",
            Self::Reset => "reset",
            Self::FailedResume => "failed resume",
            Self::WrongAnswer => "wrong answer",
            Self::Broken => "broken",
        }
    }
}

/// Something that should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    /// When it came about, as near as can be told.
    pub(crate) at: Ms,
    pub(crate) what: String,
}

impl Finding {
    pub(crate) fn new(kind: Kind, at: Ms, what: impl Into<String>) -> Self {
        Self {
            kind,
            at,
            what: what.into(),
        }
    }
}
