//! Where the server's time goes and what it asks of the kernel, by `perf`: one section of a text file for each stretch that
//! was measured.
//!
//! Samples are of the CPU clock, which every machine has. Watching costs something itself, so figures of a profiled run are
//! not compared with others.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::time::sleep;

use crate::{
    process::{Process, Program},
    report::float,
};

/// Calls and other costs that are counted; names of `perf list`.
const COUNTED: &[&str] = &[
    "context-switches",
    "page-faults",
    "raw_syscalls:sys_enter",
    "syscalls:sys_enter_accept4",
    "syscalls:sys_enter_clock_nanosleep",
    "syscalls:sys_enter_close",
    "syscalls:sys_enter_epoll_ctl",
    "syscalls:sys_enter_epoll_pwait",
    "syscalls:sys_enter_epoll_wait",
    "syscalls:sys_enter_fdatasync",
    "syscalls:sys_enter_fsync",
    "syscalls:sys_enter_futex",
    "syscalls:sys_enter_madvise",
    "syscalls:sys_enter_mmap",
    "syscalls:sys_enter_pread64",
    "syscalls:sys_enter_pwrite64",
    "syscalls:sys_enter_read",
    "syscalls:sys_enter_readv",
    "syscalls:sys_enter_recvfrom",
    "syscalls:sys_enter_recvmsg",
    "syscalls:sys_enter_sched_yield",
    "syscalls:sys_enter_sendmsg",
    "syscalls:sys_enter_sendto",
    "syscalls:sys_enter_shutdown",
    "syscalls:sys_enter_write",
    "syscalls:sys_enter_writev",
];
const SAMPLES_PER_SECOND: &str = "997";
/// Until `perf` has opened its counters on every thread.
const ATTACH: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub(crate) struct Profile {
    /// Sections are appended.
    pub(crate) file: PathBuf,
}

/// What is being watched, until `end`.
pub(crate) struct Watching {
    file: PathBuf,
    dir: TempDir,
    record: Process,
    stat: Process,
}

impl Profile {
    pub(crate) async fn begin(&self, pids: &[u32]) -> anyhow::Result<Watching> {
        let dir = tempfile::tempdir()?;
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        let pids = pids.join(",");
        let perf = |args: &[&str], out: &str| {
            let program = Program::new("perf", None)
                .args(args)
                .args(["-o"])
                .args([dir.path().join(out)]);
            Process::start(&program.args(["-p", &pids]), &dir.path().join("log"))
        };
        let stat = perf(&["stat", "-x", ",", "-e", &COUNTED.join(",")], "stat").context("perf stat")?;
        let record = perf(&["record", "-q", "-e", "cpu-clock", "-F", SAMPLES_PER_SECOND], "record")?;
        sleep(ATTACH).await;
        Ok(Watching {
            file: self.file.clone(),
            dir,
            record,
            stat,
        })
    }
}

impl Watching {
    /// Writes the section. Calls are shown in all, and for each of `units`: how many there were of what.
    pub(crate) async fn end(mut self, title: &str, units: &[(&str, u64)]) -> anyhow::Result<()> {
        self.record.stop_with("INT").await?;
        self.stat.stop_with("INT").await?;
        let mut section = format!("== {title}\n\n{}\n", counts(&self.read("stat")?, units));
        let record = self.dir.path().join("record");
        let table = Program::new("perf", None)
            .args([
                "report",
                "--stdio",
                "--no-children",
                "-g",
                "none",
                "--percent-limit",
                "0.4",
            ])
            .args(["--sort", "dso,symbol", "-i"])
            .args([&record])
            .run()
            .await
            .context("perf report")?;
        for line in table
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        {
            section.push_str(line.trim_end_matches([' ', '-']));
            section.push('\n');
        }
        section.push('\n');
        let mut file = File::options().create(true).append(true).open(&self.file)?;
        file.write_all(section.as_bytes()).context("write the profile")
    }

    fn read(&self, name: &str) -> anyhow::Result<String> {
        let path: &Path = &self.dir.path().join(name);
        fs::read_to_string(path).with_context(|| format!("perf left no {name}"))
    }
}

/// A line for each event that happened: `perf stat -x,` gives value, unit, event and more.
fn counts(stat: &str, units: &[(&str, u64)]) -> String {
    let mut table = String::new();
    for line in stat.lines() {
        let mut fields = line.split(',');
        let (Some(value), Some(_), Some(event)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let Ok(value) = value.parse::<u64>() else { continue };
        if value == 0 {
            continue;
        }
        let event = event.rsplit(':').next().unwrap_or(event);
        let event = event.strip_prefix("sys_enter_").unwrap_or(event);
        let event = if event == "sys_enter" {
            "all system calls"
        } else {
            event
        };
        let mut cells = vec![format!("{event:<20} {value:>10}")];
        for (unit, count) in units.iter().filter(|(_, count)| *count > 0) {
            cells.push(format!("{:.3} per {unit}", float(value) / float(*count)));
        }
        table.push_str(&cells.join("  "));
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_in_all_and_for_each_unit() {
        let stat = "# started on\n\n100,,context-switches,5,100.00,,\n0,,page-faults,5,100.00,,\n\
                    250,,raw_syscalls:sys_enter,5,100.00,,\n<not counted>,,syscalls:sys_enter_read,0,100.00,,\n\
                    50,,syscalls:sys_enter_sendto,1,100.00,,\n";
        let table = counts(stat, &[("post", 50), ("delivery", 0)]);
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(
            lines,
            [
                vec!["context-switches", "100", "2.000", "per", "post"],
                vec!["all", "system", "calls", "250", "5.000", "per", "post"],
                vec!["sendto", "50", "1.000", "per", "post"],
            ]
        );
    }
}
