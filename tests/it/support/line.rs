//! A stream as it is on the wire: a bare socket, and HTTP/1.1 chunks taken apart by hand.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use super::soon;

/// One connection and what came over it.
pub struct Line {
    pub socket: TcpStream,
    /// Not yet understood.
    raw: Vec<u8>,
    /// The head of the answer, once it is there.
    pub head: String,
    /// The body's bytes without chunks around them.
    pub body: Vec<u8>,
    /// The last chunk has come.
    pub ended: bool,
}

impl Line {
    /// Connects with a receive buffer of about that size.
    pub async fn connects(address: SocketAddr, receives: Option<u32>) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        if let Some(bytes) = receives {
            socket.set_recv_buffer_size(bytes).unwrap();
        }
        Self {
            socket: soon("a connection", socket.connect(address)).await.unwrap(),
            raw: Vec::new(),
            head: String::new(),
            body: Vec::new(),
            ended: false,
        }
    }

    /// Asks for an event's stream, with these further header lines.
    pub async fn asks(&mut self, event: &str, headers: &str) {
        self.sends(&request(event, headers)).await;
    }

    pub async fn sends(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads at most so many bytes; false: nothing comes any more.
    pub async fn reads(&mut self, most: usize) -> bool {
        let mut bytes = vec![0; most];
        // A reset is an end, too.
        let count = soon("bytes", self.socket.read(&mut bytes)).await.unwrap_or(0);
        self.raw.extend_from_slice(&bytes[..count]);
        self.understand();
        count > 0
    }

    /// Reads until the body has that text.
    pub async fn reads_to(&mut self, text: &str) {
        while !String::from_utf8_lossy(&self.body).contains(text) {
            assert!(self.reads(16 * 1_024).await, "the end came before {text:?}");
        }
    }

    /// Reads until the other side has closed.
    pub async fn reads_to_the_end(&mut self) {
        while self.reads(64 * 1_024).await {}
    }

    /// Another answer follows on the same connection.
    pub fn begins_anew(&mut self) {
        self.head.clear();
        self.body.clear();
        self.ended = false;
    }

    fn understand(&mut self) {
        if self.head.is_empty() {
            let Some(end) = find(&self.raw, b"\r\n\r\n") else {
                return;
            };
            let head: Vec<u8> = self.raw.drain(..end + 4).collect();
            self.head = String::from_utf8(head).unwrap().to_lowercase();
        }
        if !self.head.contains("transfer-encoding: chunked") {
            self.body.append(&mut self.raw);
            return;
        }
        while let Some(line) = find(&self.raw, b"\r\n") {
            assert!(
                !self.ended,
                "{:?} after the last chunk",
                String::from_utf8_lossy(&self.raw)
            );
            let length = std::str::from_utf8(&self.raw[..line]).unwrap();
            let length = usize::from_str_radix(length, 16).expect("a chunk's length");
            let Some(end) = self.raw.get(line + 2 + length..line + 4 + length) else {
                return;
            };
            assert_eq!(end, b"\r\n", "a chunk ends with its line");
            self.body.extend_from_slice(&self.raw[line + 2..line + 2 + length]);
            self.raw.drain(..line + 4 + length);
            self.ended = length == 0;
        }
    }
}

/// A request for an event's stream.
pub fn request(event: &str, headers: &str) -> String {
    format!("GET /v1/events/{event}/stream HTTP/1.1\r\nHost: test\r\n{headers}\r\n")
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}
