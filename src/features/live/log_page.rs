//! A page of the log: where it begins, and how it is written.

use poem::{Body, IntoResponse, Response, http::header};

use crate::{
    domain::{Audience, Cursor, EventId, Reason, Refusal, cursor::ResumePoint},
    http::{Problem, sse::NDJSON},
    store::{Head, LogEntry, Reader, log},
};

/// The place in the log that a cursor names. Unlike a stream, a list says no to a cursor that is none.
pub(super) async fn place(
    db: &Reader,
    event: EventId,
    audience: Audience,
    head: Head,
    (name, after): (&str, &str),
) -> Result<Head, Problem> {
    let point = after
        .parse::<ResumePoint>()
        .map_err(|error| Refusal::new(Reason::InvalidCursor, format!("`{name}`: {error}.")))?;
    let (epoch, public, staff) = match point {
        ResumePoint::Seq(seq) => (head.epoch, seq, None),
        ResumePoint::Cursor(cursor) => (cursor.epoch, cursor.seq, cursor.staff),
    };
    let nowhere = || Refusal::new(Reason::InvalidCursor, format!("`{name}` names no place in this log.")).into();
    if epoch != head.epoch || public > head.public || staff.is_some_and(|staff| staff > head.staff) {
        return Err(nowhere());
    }
    let staff = match (audience, staff) {
        (Audience::Public, _) => 0,
        (Audience::Staff, Some(staff)) => staff,
        (Audience::Staff, None) => log::staff_seq_at(db, event, public).await?,
    };
    let place = Head { epoch, public, staff };
    if audience == Audience::Staff && !log::was_head(db, event, place).await? {
        return Err(nowhere());
    }
    Ok(place)
}

fn joined(entries: &[LogEntry], between: &[u8]) -> Vec<u8> {
    let json: Vec<&[u8]> = entries.iter().map(|entry| entry.json.as_ref()).collect();
    json.join(between)
}

pub(super) fn as_json(entries: &[LogEntry], next: Cursor) -> Response {
    let body = [
        br#"{"items":["#,
        joined(entries, b",").as_slice(),
        format!(r#"],"next_cursor":"{next}"}}"#).as_bytes(),
    ]
    .concat();
    Body::from(body)
        .with_header(header::CONTENT_TYPE, "application/json")
        .into_response()
}

pub(super) fn as_lines(entries: &[LogEntry]) -> Response {
    let mut body = joined(entries, b"\n");
    if !body.is_empty() {
        body.push(b'\n');
    }
    Body::from(body)
        .with_header(header::CONTENT_TYPE, NDJSON)
        .into_response()
}
