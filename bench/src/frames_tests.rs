//! The stream reader gives the same answer wherever the reads end.

use super::*;
use crate::stamp;

fn heard(wire: &[u8], pieces: &[usize]) -> (Vec<(Frame, String)>, Vec<u8>) {
    let mut frames = Frames::new(true).capturing();
    let mut heard = Vec::new();
    let (mut rest, mut turn) = (wire, pieces.iter().cycle());
    while !rest.is_empty() {
        let size = turn.next().map_or(1, |&size| size.clamp(1, rest.len()));
        let (now, later) = rest.split_at(size);
        frames.feed(now, |frame, data| {
            heard.push((frame, String::from_utf8_lossy(data).into_owned()));
        });
        rest = later;
    }
    (heard, frames.last_id().to_vec())
}

fn story() -> Vec<u8> {
    let mut text = String::from("retry: 2000\nevent: stream.ready\ndata: {\"head\":\"1-41\"}\n\n");
    text.push_str(": a comment\n\nid: 1-41\nevent: stream.snapshot\ndata: {\"old\":\"~aaaaaaaaaaab~\"}\n\n");
    text.push_str("id: 1-42\nevent: message.created\ndata: {\"text\":\"");
    stamp::write(987_654_321, &mut text);
    text.push_str(&"x".repeat(200));
    text.push_str("\"}\n\nevent: presence.changed\ndata: {}\n\n");
    text.push_str("id: 1-43\r\nevent:reactions.changed\r\ndata:{\"n\":1}\r\n\r\n");
    text.push_str("event: stream.bye\nretry: 1500\ndata: {}\n\ndata: unnamed\n\nid: 1-99\n");
    text.into_bytes()
}

#[test]
fn a_stream_reads_the_same_at_every_split() {
    let wire = story();
    let (whole, last_id) = heard(&wire, &[wire.len()]);
    let summary: Vec<_> = whole
        .iter()
        .map(|(frame, _)| (frame.kind, frame.seq, frame.stamp_ns))
        .collect();
    assert_eq!(
        summary,
        [
            (Kind::Ready, None, None),
            (Kind::Snapshot, Some(41), Some(1)),
            (Kind::Message, Some(42), Some(987_654_321)),
            (Kind::Presence, None, None),
            (Kind::Reactions, Some(43), None),
            (Kind::Bye, None, None),
            (Kind::Unnamed, None, None),
        ]
    );
    assert_eq!((whole[0].0.retry_ms, whole[5].0.retry_ms), (Some(2000), Some(1500)));
    assert_eq!((whole[4].1.trim_end(), whole[6].1.as_str()), ("{\"n\":1}", "unnamed"));
    assert_eq!(last_id, b"1-43", "the id of a frame that did not end does not count");
    for first in 1..wire.len() {
        assert_eq!(heard(&wire, &[first, wire.len()]).0, whole, "split at {first}");
        assert_eq!(heard(&wire, &[first]).0, whole, "pieces of {first}");
    }
}

#[test]
fn the_short_way_and_the_long_way_hear_the_same() {
    let mut wire = story();
    for seq in 44..50 {
        let mut text = format!("id: 1-{seq}\nevent: message.created\ndata: {{\"text\":\"");
        stamp::write(seq, &mut text);
        text.push_str("\"}\n\n");
        wire.extend_from_slice(text.as_bytes());
    }
    wire.extend_from_slice(
        b"id: 1-50-7\nevent: message.created\ndata: {}\n\nid: x\nevent: message.created\ndata: {}\n\n",
    );
    // A witness always takes the long way.
    let (long, long_id) = heard(&wire, &[wire.len()]);
    let long: Vec<Frame> = long.into_iter().map(|(frame, _)| frame).collect();
    for piece in 1..=wire.len() {
        let (mut frames, mut short) = (Frames::new(true), Vec::new());
        for bytes in wire.chunks(piece) {
            frames.feed(bytes, |frame, _| short.push(frame));
        }
        assert_eq!(short, long, "pieces of {piece}");
        assert_eq!(frames.last_id(), long_id);
    }
}

#[test]
fn an_unsampled_seat_counts_but_reads_no_stamps() {
    let mut frames = Frames::new(false);
    let mut kinds = Vec::new();
    frames.feed(&story(), |frame, data| {
        assert!(frame.stamp_ns.is_none() && data.is_empty());
        kinds.push(frame.kind);
    });
    assert_eq!(kinds.len(), 7);
}

#[test]
fn a_broken_connection_forgets_the_half_frame_and_keeps_the_place() {
    let mut frames = Frames::new(true);
    frames.feed(
        b"id: 2-7\nevent: message.created\ndata: {}\n\nid: 2-8\nevent: mess",
        |_, _| (),
    );
    frames.reconnect();
    let mut seen = Vec::new();
    frames.feed(b"event: stream.resumed\ndata: {}\n\n", |frame, _| seen.push(frame.kind));
    assert_eq!((seen, frames.last_id()), (vec![Kind::Resumed], b"2-7".as_slice()));
}

#[test]
fn staff_ids_and_foreign_ids() {
    for (id, expected) in [("1-5-9", Some(5)), ("1700000000:0", None), ("1-", None), ("1-x", None)] {
        assert_eq!(seq(id.as_bytes()), expected, "{id}");
    }
}

#[test]
fn a_score_carries_its_time_in_points() {
    let mut frames = Frames::new(true);
    let mut seen = Vec::new();
    frames.feed(
        b"id: 1-3\nevent: score.changed\ndata: {\"data\":{\"score\":[{\"participant_id\":\"a\",\"points\":42},{\"points\":7}]}}\n\n",
        |frame, _| seen.push((frame.kind, frame.seq, frame.stamp_ns)),
    );
    assert_eq!(seen, [(Kind::Score, Some(3), Some(42_000_000))]);
}
