//! Server-sent events, read frame by frame from pieces that end anywhere. Only whole frames count, as the standard says.

use std::time::Duration;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) id: Option<String>,
    pub(crate) event: String,
    pub(crate) retry: Option<Duration>,
    pub(crate) data: String,
}

#[derive(Debug, Default)]
pub(crate) struct Frames {
    text: Vec<u8>,
    /// How much of `text` is known to hold no end of a frame.
    searched: usize,
}

impl Frames {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    pub(crate) fn next(&mut self) -> Option<Frame> {
        let from = self.searched.saturating_sub(1);
        let Some(end) = self.text[from..].windows(2).position(|pair| pair == b"\n\n") else {
            self.searched = self.text.len();
            return None;
        };
        let frame: Vec<u8> = self.text.drain(..from + end + 2).collect();
        self.searched = 0;
        Some(read(&String::from_utf8_lossy(&frame)))
    }
}

fn read(text: &str) -> Frame {
    let mut frame = Frame::default();
    for line in text.lines() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => frame.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut frame.event),
            "retry" => frame.retry = value.parse().ok().map(Duration::from_millis),
            "data" => {
                if !frame.data.is_empty() {
                    frame.data.push('\n');
                }
                frame.data.push_str(value);
            }
            _ => {}
        }
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_same_wherever_the_pieces_end() {
        let wire = "retry: 1500\nevent: stream.ready\ndata: {}\n\nid: 1-7\nevent: message.created\ndata: {\"a\":\"é\"}\n\nid: 1-8\nda";
        for step in 1..wire.len() {
            let (mut frames, mut heard) = (Frames::default(), Vec::new());
            for piece in wire.as_bytes().chunks(step) {
                frames.push(piece);
                heard.extend(std::iter::from_fn(|| frames.next()));
            }
            assert_eq!(heard.len(), 2, "step {step}");
            assert_eq!(heard[0].retry, Some(Duration::from_millis(1500)));
            assert_eq!(
                (heard[0].event.as_str(), heard[0].id.as_deref()),
                ("stream.ready", None)
            );
            assert_eq!(
                (heard[1].id.as_deref(), heard[1].data.as_str()),
                (Some("1-7"), "{\"a\":\"é\"}")
            );
        }
    }
}
