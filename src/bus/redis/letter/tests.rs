use proptest::prelude::*;

use super::*;
use crate::store::Head;

const SECRET: &[u8] = b"what the instances of one house share";

fn event() -> EventId {
    EventId::from_uuid(uuid::Uuid::from_u128(7))
}

fn entry(seq: u64, text: &str) -> LogEntry {
    let (kind, at) = (EntryKind::MessageCreated, Stamp::from_ms(1_000));
    let json = format!(
        r#"{{"seq":{seq},"type":"{}","at":"{at}","data":{{"text":"{text}"}}}}"#,
        kind.name()
    );
    LogEntry::carried(event(), Audience::Staff, (seq, 3, 1), kind, at, json.into()).unwrap()
}

fn desks() -> (Desk, Desk) {
    (Desk::new(SECRET), Desk::new(SECRET))
}

fn read(desk: &Desk, letters: Vec<Bytes>) -> Vec<Envelope> {
    let read = letters.into_iter().map(|letter| match desk.open(letter) {
        Opened::Letter(envelope) => envelope,
        other => panic!("{other:?}"),
    });
    read.collect()
}

#[test]
fn what_is_written_is_read() {
    let (here, there) = desks();
    let (ana, signal): (UserId, _) = (
        "ana".parse().unwrap(),
        Bytes::from_static(br#"{"type":"presence.changed"}"#),
    );
    let envelopes = [
        Envelope::Entries(event(), vec![entry(1, "hi"), entry(2, "ä\\n")]),
        Envelope::Reached(
            event(),
            Head {
                epoch: 2,
                public: 5,
                staff: 6,
            },
        ),
        Envelope::Signal(
            event(),
            LiveSignal {
                kind: SignalKind::PresenceChanged,
                json: signal,
                only: Some(ana.clone()),
            },
        ),
        Envelope::Dismissed(event(), None, ByeReason::RoleChanged),
        Envelope::Dismissed(event(), Some(ana.clone()), ByeReason::Forbidden),
        Envelope::Noticed(Noticed::Everyone),
        Envelope::Noticed(Noticed::Users(vec![ana.clone(), "ben".parse().unwrap()])),
        Envelope::Stale(Stale::Event(event())),
        Envelope::Stale(Stale::Role(event(), ana)),
        Envelope::Stale(Stale::Keys),
        Envelope::Aside(event(), Topic::Receipts, "{}".into()),
    ];
    for envelope in envelopes {
        let back = read(&there, here.write(&envelope));
        assert_eq!(format!("{back:?}"), format!("{:?}", [envelope]));
    }
}

#[test]
fn ones_own_letters_are_known() {
    let (here, _) = desks();
    for letter in here.write(&Envelope::Stale(Stale::Keys)) {
        assert!(matches!(here.open(letter), Opened::Echo));
    }
}

#[test]
fn letters_of_another_house_are_not_believed() {
    let (here, stranger) = (Desk::new(SECRET), Desk::new(b"another secret"));
    for letter in stranger.write(&Envelope::Dismissed(event(), None, ByeReason::Forbidden)) {
        assert!(matches!(here.open(letter), Opened::Garbled));
    }
}

#[test]
fn much_goes_in_several_letters_and_too_much_is_pointed_at() {
    let (here, there) = desks();
    let many: Vec<_> = (1..=100).map(|seq| entry(seq, &"x".repeat(4_000))).collect();
    let letters = here.write(&Envelope::Entries(event(), many));
    assert!(letters.len() > 2 && letters.iter().all(|letter| letter.len() <= SIZE_MAX));
    let seqs: Vec<_> = read(&there, letters)
        .into_iter()
        .flat_map(|envelope| match envelope {
            Envelope::Entries(_, entries) => entries,
            other => panic!("{other:?}"),
        })
        .map(|entry| entry.seq)
        .collect();
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    let huge = vec![entry(1, "a"), entry(2, &"x".repeat(SIZE)), entry(3, "b")];
    let letters = read(&there, here.write(&Envelope::Entries(event(), huge)));
    let pointed = letters.iter().find_map(|envelope| match envelope {
        Envelope::Reached(_, head) => Some(head.staff),
        _ => None,
    });
    assert_eq!((letters.len(), pointed), (3, Some(2)), "in their order");
}

#[test]
fn an_entry_that_would_break_a_frame_is_no_entry() {
    let (kind, at) = (EntryKind::MessageCreated, Stamp::from_ms(1_000));
    for json in [
        String::new(),
        "{}".into(),
        format!(r#"{{"seq":1,"type":"{}","at":"{at}","data":"#, kind.name()),
        format!(
            "{{\"seq\":1,\"type\":\"{}\",\"at\":\"{at}\",\"data\":{{}}\n}}",
            kind.name()
        ),
        format!(r#"{{"seq":2,"type":"{}","at":"{at}","data":{{}}}}"#, kind.name()),
    ] {
        let carried = LogEntry::carried(event(), Audience::Public, (1, 0, 1), kind, at, json.clone().into());
        assert!(carried.is_none(), "{json}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (here, there) = desks();
        prop_assert!(matches!(here.open(bytes.clone().into()), Opened::Garbled));
        // Behind the seal too: another version of us may have other ideas.
        let mut letter = BytesMut::from(&HEAD[..]);
        letter.put_slice(&bytes);
        drop(there.open(there.seal(letter)));
    }

    #[test]
    fn a_changed_letter_is_not_believed(at in any::<prop::sample::Index>(), flip in 1..=255u8) {
        let (here, there) = desks();
        for letter in here.write(&Envelope::Entries(event(), vec![entry(1, "hi")])) {
            let mut bytes = letter.to_vec();
            bytes[at.index(letter.len())] ^= flip;
            prop_assert!(matches!(there.open(bytes.into()), Opened::Garbled));
        }
    }
}
