//! Pushpin: its own processes before a small origin that has every stream held; published to by its control port.

use std::{fs, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{PeerPlan, RunningPeer, directory, node};
use crate::{
    http::write_request,
    process::{Process, Program, free_address},
    target::{self, Target},
};

const CONFIG: &str = include_str!("../../peers/pushpin.conf");

pub(super) async fn start(plan: &PeerPlan) -> anyhow::Result<RunningPeer> {
    let dir = directory()?;
    let [streams_at, posts_at, origin_at] = [free_address()?, free_address()?, free_address()?];
    let mut origin = Process::start(
        &node::program(plan, "origin.mjs", origin_at.port()),
        &dir.path().join("origin.log"),
    )?;
    origin.wait_for_port(origin_at).await?;

    let config = dir.path().join("pushpin.conf");
    let text = CONFIG
        .replace("{dir}", &dir.path().display().to_string())
        .replace("{port}", &streams_at.port().to_string())
        .replace("{publish}", &posts_at.port().to_string())
        .replace("{{", "{")
        .replace("}}", "}");
    fs::write(&config, text)?;
    fs::write(dir.path().join("routes"), format!("* {origin_at}\n"))?;
    let pushpin = Program::new("pushpin", plan.core).args(["--config".as_ref(), config.as_os_str()]);
    let mut process = Process::start(&pushpin, &dir.path().join("log"))?;
    process.wait_for_port(streams_at).await?;
    process.wait_for_port(posts_at).await?;
    // It listens before its way to the origin is there.
    process.wait_until(|| lets_in(streams_at)).await?;
    Ok(RunningPeer {
        target: Arc::new(Pushpin),
        streams_at,
        posts_at,
        processes: vec![process],
        aside: vec![origin],
        _dir: dir,
    })
}

async fn lets_in(address: SocketAddr) -> bool {
    let Ok(mut socket) = TcpStream::connect(address).await else {
        return false;
    };
    let request = Pushpin.subscribe("probe", 0, "");
    let mut head = [0; 12];
    let asked = socket.write_all(&request).await.is_ok();
    asked && socket.read_exact(&mut head).await.is_ok() && head.ends_with(b" 200")
}

struct Pushpin;

impl Target for Pushpin {
    fn create(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }

    fn created(&self, _answer: &[u8]) -> anyhow::Result<String> {
        anyhow::bail!("channels come into being by themselves")
    }

    fn publish(&self, channel: &str, _author: usize, text: &str, out: &mut Vec<u8>) {
        let content = format!("event: message.created\ndata: {}\n\n", target::entry(text));
        let item = serde_json::json!({ "channel": channel, "formats": { "http-stream": { "content": content } } });
        let body = serde_json::json!({ "items": [item] }).to_string();
        write_request(out, "POST", "/publish/", "", Some(&body));
    }

    fn subscribe(&self, channel: &str, _reader: usize, last_id: &str) -> Vec<u8> {
        target::plain_subscribe(&format!("/stream/{channel}"), last_id)
    }

    fn greets(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_wraps_the_frame() {
        let mut out = Vec::new();
        Pushpin.publish("c", 0, "hello", &mut out);
        let request = String::from_utf8(out).unwrap();
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let content = body["items"][0]["formats"]["http-stream"]["content"].as_str().unwrap();
        assert!(content.starts_with("event: message.created\ndata: {\"seq\":") && content.ends_with("}}}\n\n"));
        assert_eq!(body["items"][0]["channel"], "c");
    }
}
