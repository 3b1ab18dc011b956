//! How a cluster shares out names: 16,384 slots by a checksum of the name, each slot on one node.

use ::redis::Value;

use super::address::Node;

pub(super) const SLOTS: u16 = 16_384;

/// A node and the slots it has, as ranges with both ends in.
pub(super) type Share = (Node, Vec<(u16, u16)>);

/// The slot of a name. Of a name with a `{tag}`, the tag alone counts.
pub(super) fn slot(name: &str) -> u16 {
    let tag = name.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    let counts = tag.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()).unwrap_or(name);
    checksum(counts.as_bytes()) % SLOTS
}

/// CRC-16/XMODEM, as the cluster specification has it.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    })
}

/// Reads the answer to `CLUSTER SLOTS` that `asked` gave. What makes no sense is left out.
pub(super) fn read_shares(answer: &Value, asked: &Node) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    let Value::Array(ranges) = answer else { return shares };
    for range in ranges {
        let Value::Array(parts) = range else { continue };
        let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = parts.as_slice() else {
            continue;
        };
        let (Ok(first), Ok(last)) = (u16::try_from(*first), u16::try_from(*last)) else {
            continue;
        };
        let host = match primary.first() {
            // A node that does not know its own name is where we asked.
            Some(Value::Nil) => asked.0.clone(),
            Some(Value::BulkString(host)) if host.is_empty() => asked.0.clone(),
            Some(Value::BulkString(host)) if host != b"?" => String::from_utf8_lossy(host).into_owned(),
            _ => continue,
        };
        let Some(Value::Int(port)) = primary.get(1) else {
            continue;
        };
        let Ok(port) = u16::try_from(*port) else { continue };
        let node = (host, port);
        match shares.iter_mut().find(|(known, _)| *known == node) {
            Some((_, ranges)) => ranges.push((first, last)),
            None => shares.push((node, vec![(first, last)])),
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        assert_eq!(checksum(b"123456789"), 0x31C3);
        assert_eq!(slot("foo"), 12_182);
        assert_eq!(slot("{user1000}.following"), slot("{user1000}.followers"));
        assert_eq!(slot("foo{}{bar}"), checksum(b"foo{}{bar}") % SLOTS);
        assert_eq!(slot("foo{{bar}}zap"), slot("{bar"));
    }

    #[test]
    fn an_answer_is_read_as_far_as_it_makes_sense() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let range = |first, last, host, port| {
            let node = Value::Array(vec![host, Value::Int(port), text("id")]);
            Value::Array(vec![Value::Int(first), Value::Int(last), node])
        };
        let answer = Value::Array(vec![
            range(0, 10, text("a"), 1),
            range(11, 20, Value::Nil, 2),
            range(21, 30, text("a"), 1),
            range(31, 40, text("?"), 3),
            range(-1, 40, text("a"), 3),
            Value::Nil,
        ]);
        let asked = ("here".to_owned(), 9);
        assert_eq!(
            read_shares(&answer, &asked),
            [
                (("a".to_owned(), 1), vec![(0, 10), (21, 30)]),
                (("here".to_owned(), 2), vec![(11, 20)]),
            ]
        );
        assert_eq!(read_shares(&Value::Nil, &asked), []);
    }
}
