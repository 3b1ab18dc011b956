//! A process with its children, and signals to them. Signals are sent by the system's `kill`, so that nothing here is
//! unsafe.

use std::fs;

use anyhow::Context as _;
use tokio::process::Command;

use super::Signal;

/// The process and all that come from it, parents first.
pub(crate) fn of(root: u32) -> Vec<u32> {
    let all: Vec<(u32, u32)> = processes();
    let mut tree = vec![root];
    let mut looked = 0;
    while let Some(&parent) = tree.get(looked) {
        tree.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        looked += 1;
    }
    tree
}

/// All processes with their parents.
fn processes() -> Vec<(u32, u32)> {
    let Ok(dir) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = dir.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)))
        .collect()
}

/// The name may hold blanks and brackets; what counts comes after the last bracket.
fn parent(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Who is gone already is left alone.
pub(crate) async fn signal(pids: &[u32], signal: Signal) -> anyhow::Result<()> {
    let pids = pids.iter().map(ToString::to_string);
    let mut command = Command::new("kill");
    command.arg(signal.flag()).args(pids).kill_on_drop(true);
    command.output().await.context("run `kill`")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_read_whatever_the_name() {
        assert_eq!(parent("12 (a b) c) S 7 12 12 0 -1"), Some(7));
        assert_eq!(parent("garbage"), None);
        let own = std::process::id();
        assert_eq!(of(own).first(), Some(&own));
    }
}
