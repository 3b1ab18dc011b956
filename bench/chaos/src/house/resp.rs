//! Where one reply of Redis ends, and whether it is a delivery to a subscriber: as much of its protocol as it takes to
//! swallow deliveries and let answers pass.

/// The length of the first reply in `bytes` when it is all there.
pub(crate) fn whole(bytes: &[u8]) -> Option<usize> {
    end(bytes, 0)
}

/// Deliveries are arrays or pushes whose first word is the kind of delivery. Answers to SUBSCRIBE and the like, which
/// look similar, are no deliveries.
pub(crate) fn is_delivery(reply: &[u8]) -> bool {
    if !matches!(reply.first(), Some(b'*' | b'>')) {
        return false;
    }
    let word = line(reply, 0).map(|(_, after)| &reply[after..]);
    let kinds: [&[u8]; 3] = [b"$7\r\nmessage\r\n", b"$8\r\nsmessage\r\n", b"$8\r\npmessage\r\n"];
    word.is_some_and(|word| kinds.iter().any(|kind| word.starts_with(kind)))
}

/// The text of a line and where the next begins.
fn line(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    let rest = bytes.get(at..)?;
    let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&rest[..end]).unwrap_or_default(), at + end + 2))
}

fn end(bytes: &[u8], at: usize) -> Option<usize> {
    let kind = *bytes.get(at)?;
    let (text, after) = line(bytes, at + 1)?;
    // A negative or unreadable count is nothing.
    let count: usize = text.parse().unwrap_or(0);
    match kind {
        b'$' | b'!' | b'=' if text.starts_with('-') => Some(after),
        b'$' | b'!' | b'=' => Some(after + count + 2).filter(|end| *end <= bytes.len()),
        b'*' | b'>' | b'~' => (0..count).try_fold(after, |at, _| end(bytes, at)),
        // Maps and attributes count pairs.
        b'%' | b'|' => (0..2 * count).try_fold(after, |at, _| end(bytes, at)),
        _ => Some(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_end_where_they_end() {
        for reply in [
            "+OK\r\n",
            ":12\r\n",
            "$-1\r\n",
            "*-1\r\n",
            "$5\r\na\r\nbc\r\n",
            "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\n\r\n\r\n\r\n",
            "%1\r\n+a\r\n*2\r\n:1\r\n_\r\n",
            ">2\r\n$4\r\npong\r\n$0\r\n\r\n",
        ] {
            let more = format!("{reply}+MORE\r\n");
            assert_eq!(whole(more.as_bytes()), Some(reply.len()), "{reply:?}");
            for cut in 0..reply.len() {
                assert_eq!(whole(&reply.as_bytes()[..cut]), None, "{reply:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn only_deliveries_are_deliveries() {
        for delivery in [
            "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n",
            ">3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$1\r\nx\r\n",
            "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nc\r\n$1\r\nx\r\n",
        ] {
            assert!(is_delivery(delivery.as_bytes()), "{delivery:?}");
        }
        for answer in [
            "+message\r\n",
            "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n",
            "*1\r\n$7\r\nmessage",
            "$7\r\nmessage\r\n",
        ] {
            assert!(!is_delivery(answer.as_bytes()), "{answer:?}");
        }
    }
}
