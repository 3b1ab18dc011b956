//! nchan in nginx: the memory store of one worker; publishers post, EventSource subscribers listen.

use std::{fs, sync::Arc};

use super::{PeerPlan, RunningPeer, directory};
use crate::{
    http::write_request_with,
    process::{Process, Program, free_address},
    target::{self, Target},
};

const CONFIG: &str = include_str!("../../peers/nchan.conf");

pub(super) async fn start(plan: &PeerPlan) -> anyhow::Result<RunningPeer> {
    let (dir, address) = (directory()?, free_address()?);
    let place = dir.path().display().to_string();
    let config = dir.path().join("nginx.conf");
    let text = CONFIG
        .replace("{dir}", &place)
        .replace("{port}", &address.port().to_string());
    fs::write(&config, text)?;
    let nginx = Program::new("nginx", plan.core)
        .args(["-p", &place, "-e", "stderr", "-c"])
        .args([&config]);
    let mut process = Process::start(&nginx, &dir.path().join("log"))?;
    process.wait_for_port(address).await?;
    Ok(RunningPeer {
        target: Arc::new(Nchan),
        streams_at: address,
        posts_at: address,
        processes: vec![process],
        aside: Vec::new(),
        _dir: dir,
    })
}

struct Nchan;

impl Target for Nchan {
    fn create(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }

    fn created(&self, _answer: &[u8]) -> anyhow::Result<String> {
        anyhow::bail!("channels come into being by themselves")
    }

    fn publish(&self, channel: &str, _author: usize, text: &str, out: &mut Vec<u8>) {
        let event = "X-EventSource-Event: message.created\r\n";
        let path = format!("/publish/{channel}");
        write_request_with(out, "POST", &path, event, Some(&target::entry(text)));
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
    fn a_post_names_the_event_and_carries_the_entry() {
        let mut out = Vec::new();
        Nchan.publish("c", 0, "hello", &mut out);
        let request = String::from_utf8(out).unwrap();
        assert!(request.starts_with("POST /publish/c HTTP/1.1\r\n"));
        assert!(request.contains("\r\nX-EventSource-Event: message.created\r\n") && request.ends_with("}}}"));
    }
}
