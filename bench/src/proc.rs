//! What the kernel says about the server's process.

use std::fs;

/// Linux counts `utime` and `stime` in hundredths of a second for user space, whatever the kernel's own tick.
const TICK_MS: u64 = 10;

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
