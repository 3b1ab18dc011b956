//! socket.io and better-sse: small programs of ours around them, on Node.js.

use std::sync::Arc;

use super::{PeerPlan, RunningPeer, directory};
use crate::{
    engine_io,
    http::write_request,
    process::{Process, Program, free_address},
    target::{self, Protocol, Target},
};

pub(super) async fn socket_io(plan: &PeerPlan) -> anyhow::Result<RunningPeer> {
    start(plan, "socket-io.mjs", Protocol::EngineIo).await
}

pub(super) async fn better_sse(plan: &PeerPlan) -> anyhow::Result<RunningPeer> {
    start(plan, "better-sse.mjs", Protocol::Sse).await
}

async fn start(plan: &PeerPlan, script: &str, protocol: Protocol) -> anyhow::Result<RunningPeer> {
    let (dir, address) = (directory()?, free_address()?);
    let node = program(plan, script, address.port());
    let mut process = Process::start(&node, &dir.path().join("log"))?;
    process.wait_for_port(address).await?;
    Ok(RunningPeer {
        target: Arc::new(OnNode { protocol }),
        streams_at: address,
        posts_at: address,
        processes: vec![process],
        aside: Vec::new(),
        _dir: dir,
    })
}

/// One of our scripts.
pub(super) fn program(plan: &PeerPlan, script: &str, port: u16) -> Program {
    Program::new("node", plan.core)
        .args([plan.programs.join(script)])
        .args([port.to_string()])
        .env("NODE_ENV", "production")
}

struct OnNode {
    protocol: Protocol,
}

impl Target for OnNode {
    fn create(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }

    fn created(&self, _answer: &[u8]) -> anyhow::Result<String> {
        anyhow::bail!("channels come into being by themselves")
    }

    fn publish(&self, channel: &str, _author: usize, text: &str, out: &mut Vec<u8>) {
        let entry = target::entry(text);
        write_request(out, "POST", &format!("/publish/{channel}"), "", Some(&entry));
    }

    fn subscribe(&self, channel: &str, _reader: usize, last_id: &str) -> Vec<u8> {
        match self.protocol {
            Protocol::Sse => target::plain_subscribe(&format!("/stream/{channel}"), last_id),
            Protocol::EngineIo => {
                let path = format!("/socket.io/?EIO=4&transport=websocket&channel={channel}");
                format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{}", engine_io::UPGRADE).into_bytes()
            }
        }
    }

    /// A WebSocket is open before its room has been entered.
    fn greets(&self) -> bool {
        self.protocol == Protocol::EngineIo
    }

    fn protocol(&self) -> Protocol {
        self.protocol
    }
}
