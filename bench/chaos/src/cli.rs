//! What can be asked of it on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{fault::Fault, kept::keeper::KeepArgs};

/// Breaks Grandstand, PostgreSQL and Redis on purpose while people talk and read, and checks that nothing was lost.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) evening: EveningArgs,
    #[command(subcommand)]
    pub(crate) command: Option<CliCommand>,
}

#[derive(Subcommand)]
pub(crate) enum CliCommand {
    /// Runs a process and ends it when our stdin ends. For the program's own use.
    #[command(hide = true)]
    Keep(KeepArgs),
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of a command line")]
pub(crate) struct EveningArgs {
    /// The server binary under test.
    #[arg(long, env = "SERVER", value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// One round of faults, about three minutes. This is the default.
    #[arg(long, conflicts_with = "long")]
    pub(crate) short: bool,
    /// Rounds of faults for fifteen minutes.
    #[arg(long)]
    pub(crate) long: bool,
    /// The same seed plays the same faults in the same order. Printed, so that an evening can be repeated.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Only these faults; may be repeated.
    #[arg(long, value_name = "FAULT")]
    pub(crate) only: Vec<Fault>,
    /// Also write everything found as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Where the logs of all processes are put.
    #[arg(long, value_name = "DIR", default_value = "chaos-logs")]
    pub(crate) logs: PathBuf,
    /// Where databases live; a real disk, or durable writes mean little. The system's temporary directory if not said.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_in: Option<PathBuf>,
    /// One instance on SQLite, without PostgreSQL and Redis.
    #[arg(long)]
    pub(crate) solo: bool,
    /// Several instances on PostgreSQL that hear of each other by sweeps alone.
    #[arg(long, conflicts_with = "solo")]
    pub(crate) no_redis: bool,
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u16).range(10..=5_000))]
    pub(crate) seats: u16,
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) authors: u16,
    /// Messages and other acts per second, of all authors together.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rate: u32,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
        let cli = Cli::try_parse_from(["chaos", "--only", "kill", "--only", "redis-deaf", "--long"]).unwrap();
        assert_eq!(cli.evening.only, [Fault::Kill, Fault::RedisDeaf]);
        assert!(Cli::try_parse_from(["chaos", "--only", "calm"]).is_err());
        let keep = Cli::try_parse_from(["chaos", "keep", "--owner=1:2", "--", "sleep", "-v"]).unwrap();
        assert!(keep.command.is_some());
    }
}
