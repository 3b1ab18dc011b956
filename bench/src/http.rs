//! Requests with one answer each, on a connection that stays: writing many in one go is allowed, answers come in order.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::body::Body;

/// Longer than any honest answer takes; a hanging server must not hang the bench.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// A body longer than this is cut; nothing the bench asks for is.
const BODY_MAX_BYTES: usize = 8 << 20;

/// The server closed the connection before anything of the answer came.
#[derive(Debug)]
pub(crate) struct HungUp;

impl std::fmt::Display for HungUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the server hung up")
    }
}

impl std::error::Error for HungUp {}

pub(crate) struct Connection {
    socket: TcpStream,
    last_used: Instant,
    body: Body,
    answer: Vec<u8>,
    buffer: Vec<u8>,
    /// Bytes of `buffer` that belong to answers not yet taken.
    unread: std::ops::Range<usize>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(address).await.context("connect")?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            last_used: Instant::now(),
            body: Body::default(),
            answer: Vec::new(),
            buffer: vec![0; 16 * 1024],
            unread: 0..0,
        })
    }

    /// Since the last answer, or since it was opened.
    pub(crate) fn idle(&self) -> Duration {
        self.last_used.elapsed()
    }

    /// The server said that it closes after the last answer.
    pub(crate) fn is_closing(&self) -> bool {
        self.body.closes()
    }

    pub(crate) async fn send(&mut self, requests: &[u8]) -> anyhow::Result<()> {
        let sent = timeout(ANSWER_TIMEOUT, self.socket.write_all(requests)).await;
        sent.context("the server takes no requests")?.map_err(broken)
    }

    /// The next answer: its status and body.
    pub(crate) async fn answer(&mut self) -> anyhow::Result<(u16, &[u8])> {
        timeout(ANSWER_TIMEOUT, self.read_answer())
            .await
            .context("the server does not answer")??;
        self.last_used = Instant::now();
        Ok((self.body.status(), &self.answer))
    }

    async fn read_answer(&mut self) -> anyhow::Result<()> {
        self.body.reset();
        self.answer.clear();
        loop {
            let answer = &mut self.answer;
            let taken = self.body.feed(&self.buffer[self.unread.clone()], |data| {
                let room = BODY_MAX_BYTES.saturating_sub(answer.len());
                answer.extend_from_slice(&data[..data.len().min(room)]);
            });
            let Ok(taken) = taken else {
                bail!("the answer is not HTTP/1.1")
            };
            self.unread.start += taken;
            if self.body.done() {
                return Ok(());
            }
            let read = self.socket.read(&mut self.buffer).await.map_err(broken)?;
            if read == 0 {
                if self.body.status() != 0 && self.body.closes() {
                    return Ok(());
                }
                if self.body.status() == 0 {
                    bail!(HungUp);
                }
                bail!("the server hung up within an answer");
            }
            self.unread = 0..read;
        }
    }

    /// One request and its answer, which has to be a 2xx.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.send(request).await?;
        let (status, body) = self.answer().await?;
        if !(200..300).contains(&status) {
            let line = request.split(|&byte| byte == b'\r').next().unwrap_or_default();
            bail!(
                "{} was answered {status}: {}",
                String::from_utf8_lossy(line),
                String::from_utf8_lossy(&body[..body.len().min(500)])
            );
        }
        Ok(body)
    }
}

fn broken(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => HungUp.into(),
        _ => error.into(),
    }
}

/// Appends a request. `auth` is the value of `Authorization`, or empty.
pub(crate) fn write_request(out: &mut Vec<u8>, method: &str, path: &str, auth: &str, json: Option<&str>) {
    if auth.is_empty() {
        write_request_with(out, method, path, "", json);
    } else {
        write_request_with(out, method, path, &format!("Authorization: {auth}\r\n"), json);
    }
}

/// Appends a request with further header lines, each ended.
pub(crate) fn write_request_with(out: &mut Vec<u8>, method: &str, path: &str, headers: &str, json: Option<&str>) {
    for part in [method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n", headers] {
        out.extend_from_slice(part.as_bytes());
    }
    if let Some(json) = json {
        let length = json.len().to_string();
        for part in [
            "Content-Type: application/json\r\nContent-Length: ",
            &length,
            "\r\n\r\n",
            json,
        ] {
            out.extend_from_slice(part.as_bytes());
        }
    } else if method == "GET" {
        out.extend_from_slice(b"\r\n");
    } else {
        out.extend_from_slice(b"Content-Length: 0\r\n\r\n");
    }
}

/// The address in `http://127.0.0.1:8080` and the like. The bench floods whatever it is pointed at, so it is pointed at
/// this machine only.
pub(crate) fn loopback(url: &str) -> anyhow::Result<SocketAddr> {
    let rest = url.strip_prefix("http://").context("the address starts with http://")?;
    let place = rest.trim_end_matches('/').replacen("localhost:", "127.0.0.1:", 1);
    let address: SocketAddr = place.parse().context("the address is http://<loopback>:<port>")?;
    let ip = match address.ip() {
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4),
        ip @ IpAddr::V4(_) => ip,
    };
    if !ip.is_loopback() {
        bail!("{ip} is not a loopback address; the bench only loads servers on this machine");
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loaded() {
        for url in [
            "http://127.0.0.1:80",
            "http://localhost:8080/",
            "http://[::1]:1",
            "http://127.9.9.9:5",
        ] {
            assert!(loopback(url).is_ok(), "{url}");
        }
        for url in [
            "http://10.0.0.1:80",
            "http://example.org:80",
            "https://127.0.0.1:1",
            "http://0.0.0.0:80",
            "http://[::ffff:10.0.0.1]:80",
            "http://127.0.0.1@10.0.0.1:80",
            "127.0.0.1:80",
            "http://127.0.0.1",
        ] {
            assert!(loopback(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_request_is_written_as_it_goes_out() {
        let mut out = Vec::new();
        write_request(&mut out, "POST", "/x", "Bearer t", Some("{}"));
        let expected = "POST /x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer t\r\n\
                        Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(String::from_utf8_lossy(&out), expected);
        out.clear();
        write_request(&mut out, "GET", "/x", "", None);
        assert_eq!(out, b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
}
