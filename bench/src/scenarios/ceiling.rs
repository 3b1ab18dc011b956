//! What the bench itself can count: frames from a server that does nothing but write. A figure near it is the bench's.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    crowd::{Crowd, CrowdPlan},
    ground::Ground,
    proc,
    process::{Process, Program, free_address},
    report::{Row, float, ratio},
    target::{self, Target},
};

/// Frames in one write: as at high rates, and fewer.
const FRAMES: [u32; 3] = [100, 10, 1];
const OPEN_LIMIT: Duration = Duration::from_mins(1);

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    let watchers = ground.scale.small;
    for frames in FRAMES {
        let (dir, address) = (tempfile::tempdir()?, free_address()?);
        let own = std::env::current_exe()?;
        let args = [
            "--firehose".to_owned(),
            address.port().to_string(),
            "--frames".to_owned(),
            frames.to_string(),
        ];
        let firehose = Program::new(own, ground.server_core).args(args);
        let mut firehose = Process::start(&firehose, &dir.path().join("log"))?;
        firehose.wait_for_port(address).await?;
        let plan = CrowdPlan {
            target: Arc::new(Firehose),
            addresses: vec![address],
            clock: ground.clock,
            channels: vec!["all".into()],
            watchers,
            sample: 8,
            witness: false,
            pace: None,
        };
        let crowd = Crowd::open(&plan, OPEN_LIMIT).await?;
        let (from_ns, own_before) = (ground.clock.now_ns(), proc::cpu_ms(std::process::id()));
        let before = crowd.board().lock().count.messages;
        sleep(ground.scale.window).await;
        let (passed_ns, own_after) = (ground.clock.now_ns() - from_ns, proc::cpu_ms(std::process::id()));
        let counted = crowd.board().lock().count.messages - before;
        crowd.go_home().await;
        firehose.stop().await?;

        let busy_ms = own_after.zip(own_before).map_or(0, |(after, before)| after - before);
        let busy = ratio(float(busy_ms) * 1e8, float(passed_ns)).unwrap_or_default();
        let each = ratio(float(busy_ms) * 1e6, float(counted)).unwrap_or_default();
        let per_second = ratio(float(counted) * 1e9, float(passed_ns)).unwrap_or_default();
        let what = format!("frames/s the bench counts, {watchers} streams, {frames} in one write");
        ground.row(
            Row::new("ceiling", "", what, per_second, "/s")
                .note(format!("the bench {busy:.0} % busy, {each:.0} ns for each")),
        )?;
    }
    Ok(())
}

struct Firehose;

impl Target for Firehose {
    fn create(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }

    fn created(&self, _answer: &[u8]) -> anyhow::Result<String> {
        anyhow::bail!("nothing is created")
    }

    fn publish(&self, _channel: &str, _author: usize, _text: &str, _out: &mut Vec<u8>) {}

    fn subscribe(&self, channel: &str, _reader: usize, last_id: &str) -> Vec<u8> {
        target::plain_subscribe(&format!("/{channel}"), last_id)
    }

    fn greets(&self) -> bool {
        false
    }
}
