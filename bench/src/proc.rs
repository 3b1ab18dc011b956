//! What the kernel says about the server's process.

use std::fs;

/// Linux counts `utime` and `stime` in hundredths of a second for user space, whatever the kernel's own tick.
const TICK_MS: u64 = 10;

/// These processes and all that descend from them; a process that ended is left out.
pub(crate) fn with_children(roots: &[u32]) -> Vec<u32> {
    let mut family = roots.to_vec();
    let parents: Vec<(u32, u32)> = processes().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut index = 0;
    while let Some(&pid) = family.get(index) {
        let children = parents.iter().filter(|(_, parent)| *parent == pid);
        let fresh: Vec<u32> = children
            .map(|(child, _)| *child)
            .filter(|child| !family.contains(child))
            .collect();
        family.extend(fresh);
        index += 1;
    }
    family
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn parent(pid: u32) -> Option<u32> {
    parse_parent(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `None` when there is no process, or nothing is known of one of them.
pub(crate) fn sum(pids: &[u32], of: impl Fn(u32) -> Option<u64>) -> Option<u64> {
    let each: Option<Vec<u64>> = pids.iter().map(|pid| of(*pid)).collect();
    each.filter(|each| !each.is_empty()).map(|each| each.iter().sum())
}

/// User and system time of all its threads.
pub(crate) fn cpu_ms(pid: u32) -> Option<u64> {
    parse_cpu_ms(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Resident memory.
pub(crate) fn rss_kib(pid: u32) -> Option<u64> {
    parse_rss_kib(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_cpu_ms(stat: &str) -> Option<u64> {
    // The command's name stands in brackets and may hold anything, brackets too.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let user: u64 = times.next()?.parse().ok()?;
    let system: u64 = times.next()?.parse().ok()?;
    Some((user + system) * TICK_MS)
}

fn parse_parent(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn parse_rss_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "12 (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 1 0 99";
        assert_eq!(parse_cpu_ms(stat), Some(2_000));
        assert_eq!(parse_cpu_ms("12 (a"), None);
        assert_eq!((parse_parent(stat), parse_parent("12 (a")), (Some(1), None));
    }

    #[test]
    fn a_family_is_its_roots_and_their_children() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let family = with_children(&[std::process::id()]);
        assert!(family.contains(&std::process::id()) && family.contains(&child.id()));
        assert!(sum(&family, |_| Some(2)) >= Some(4));
        assert_eq!((sum(&family, |_| None), sum(&[], |_| Some(1))), (None, None));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn resident_memory_is_read_in_kib() {
        assert_eq!(
            parse_rss_kib("Name:\tx\nVmHWM:\t  9 kB\nVmRSS:\t   1234 kB\n"),
            Some(1234)
        );
        assert_eq!(parse_rss_kib("Name:\tx\n"), None);
        assert!(rss_kib(std::process::id()).is_some_and(|kib| kib > 0));
        assert!(cpu_ms(std::process::id()).is_some());
    }
}
