//! A parcel: bytes on their way to seats, already framed as one HTTP/1.1 chunk.
//!
//! Most streams are written by our own loops, which need the chunk's length line before the bytes and a line end after
//! them; streams over HTTP/2 or TLS need the bytes alone. Both are slices of one buffer, made once and shared.

use bytes::{BufMut, Bytes, BytesMut};

/// The longest length line: sixteen digits and the line's end.
const ROOM: usize = 18;
const LINE_END: &[u8] = b"\r\n";

/// What ends a chunked body.
pub(super) const LAST: Bytes = Bytes::from_static(b"0\r\n\r\n");

/// One chunk. A cheap clone.
#[derive(Debug, Clone)]
pub(super) struct Parcel {
    framed: Bytes,
    /// Length of the length line.
    line: u8,
}

impl Parcel {
    /// The chunk as HTTP/1.1 carries it.
    pub(super) fn framed(self) -> Bytes {
        self.framed
    }

    /// The bytes alone.
    pub(super) fn into_body(self) -> Bytes {
        self.framed
            .slice(usize::from(self.line)..self.framed.len() - LINE_END.len())
    }

    /// The same, to look at.
    pub(super) fn body(&self) -> &[u8] {
        &self.framed[usize::from(self.line)..self.framed.len() - LINE_END.len()]
    }
}

/// A parcel being packed.
pub(super) struct Packing(BytesMut);

impl Packing {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let mut packing = BytesMut::with_capacity(ROOM + bytes + LINE_END.len());
        packing.put_bytes(0, ROOM);
        Self(packing)
    }

    pub(super) fn new() -> Self {
        Self::with_capacity(0)
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len() - ROOM
    }

    /// The parcel; none if nothing was packed, because an empty chunk would end the body.
    pub(super) fn seal(mut self) -> Option<Parcel> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        if self.len() == 0 {
            return None;
        }
        let mut start = ROOM - LINE_END.len();
        self.0[start..ROOM].copy_from_slice(LINE_END);
        let mut left = self.len();
        while left > 0 {
            start -= 1;
            self.0[start] = DIGITS[left % 16];
            left /= 16;
        }
        self.0.extend_from_slice(LINE_END);
        let framed = self.0.freeze().slice(start..);
        Some(Parcel {
            framed,
            line: u8::try_from(ROOM - start).unwrap_or(0),
        })
    }
}

/// These bytes, one after the other, as one parcel. They are never all empty.
pub(super) fn pack(parts: &[&[u8]]) -> Parcel {
    let mut packing = Packing::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        packing.add(part);
    }
    packing.seal().unwrap_or(Parcel {
        framed: Bytes::from_static(LINE_END),
        line: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_is_a_chunk_and_its_inside_the_bytes() {
        assert!(Packing::new().seal().is_none(), "an empty chunk would end the stream");
        for length in [1, 9, 15, 16, 255, 256, 65_535, 65_536, 1_000_000] {
            let bytes = vec![b'x'; length];
            let parcel = pack(&[&bytes[..length / 2], &bytes[length / 2..]]);
            assert_eq!(parcel.body(), bytes);
            assert_eq!(parcel.clone().into_body(), bytes);
            let framed = [format!("{length:x}\r\n").as_bytes(), &bytes, b"\r\n"].concat();
            assert_eq!(parcel.framed(), framed);
        }
    }
}
