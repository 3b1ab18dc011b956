//! A place in an event's log: what a client shows us to go on exactly where it stopped.
//!
//! Public readers count one sequence, staff count two (`<epoch>-<seq>` and `<epoch>-<seq>-<staffseq>`). The epoch
//! tells one history from another: it moves on when the database came back without its tail.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Who may read an entry. Each audience of an event has its own sequence without holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    Public,
    Staff,
}

/// A place right after one entry. `staff` is 0 in public cursors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    pub epoch: u32,
    pub seq: u64,
    pub staff: Option<u64>,
}

/// What a client asked to go on from, before we know whether that place exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResumePoint {
    Cursor(Cursor),
    /// A bare number: that `seq` in whatever epoch is current. For people with `curl`.
    Seq(u64),
}

/// The text is no cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cursor looks like `1-42`")]
pub struct CursorError;

impl Cursor {
    /// The same place as seen by viewers.
    #[must_use]
    pub fn public(self) -> Self {
        Self { staff: None, ..self }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)?;
        self.staff.map_or(Ok(()), |staff| write!(f, "-{staff}"))
    }
}

/// Digits only: `+1`, leading blanks and the empty text are not numbers here.
fn number<T: FromStr>(text: &str) -> Result<T, CursorError> {
    let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        text.parse().map_err(|_| CursorError)
    } else {
        Err(CursorError)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let mut parts = text.split('-');
        let mut next = || parts.next().ok_or(CursorError);
        let (epoch, seq) = (number(next()?)?, number(next()?)?);
        let staff = parts.next().map(number).transpose()?;
        if parts.next().is_some() {
            Err(CursorError)
        } else {
            Ok(Self { epoch, seq, staff })
        }
    }
}

impl FromStr for ResumePoint {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        if text.contains('-') {
            text.parse().map(Self::Cursor)
        } else {
            number(text).map(Self::Seq)
        }
    }
}

super::id::text_on_the_wire!(Cursor, "cursor", "^[0-9]{1,10}-[0-9]{1,19}(-[0-9]{1,19})?$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back_as_written() {
        for text in ["1-0", "1-42", "3-9000000000-7"] {
            assert_eq!(
                text.parse::<Cursor>().map(|cursor| cursor.to_string()),
                Ok(text.to_owned())
            );
        }
        assert_eq!("17".parse(), Ok(ResumePoint::Seq(17)));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in [
            "",
            "-",
            "1-",
            "-1",
            "1-2-3-4",
            "1-2-",
            "a-1",
            "+1-2",
            " 1-2",
            "1 -2",
            "1-99999999999999999999",
            "4294967296-1",
        ] {
            assert!(text.parse::<ResumePoint>().is_err(), "{text:?}");
        }
    }
}
