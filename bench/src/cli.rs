//! What can be asked of the bench on its command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{ArgGroup, Parser, ValueEnum};

use crate::peers::Peer;

/// Measures a running Grandstand through its public API.
#[derive(Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own, and none excludes another"
)]
#[command(group(ArgGroup::new("subject").required(true).args(["server", "url", "firehose"])))]
pub(crate) struct Cli {
    /// What to measure; everything when none is named.
    pub(crate) scenarios: Vec<Scenario>,
    /// A server binary to start afresh for each scenario.
    #[arg(long, value_name = "PATH")]
    pub(crate) server: Option<PathBuf>,
    /// A server that runs already, on a loopback address. Scenarios that restart it are left out.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// A host's token for the server at --url.
    #[arg(long, env = "GRANDSTAND_BENCH_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// An API key for the server at --url, in place of a token.
    #[arg(long, env = "GRANDSTAND_BENCH_KEY", hide_env_values = true, conflicts_with = "token")]
    pub(crate) key: Option<String>,
    /// Process id of the server at --url; without it there are no figures for CPU and memory.
    #[arg(long, requires = "url")]
    pub(crate) pid: Option<u32>,
    /// A further setting of the started server, such as a database address. May be repeated.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,
    /// Where data directories are made; has to be a real disk for durable writes to mean something.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_in: Option<PathBuf>,
    /// Small versions of all scenarios: checks that they work, the figures say little.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Also append each figure as a line of JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Play each scenario with Grandstand and its peers in turn and compare; --peers-in says where they are.
    #[arg(long, requires = "server", requires = "peers_in")]
    pub(crate) peers: bool,
    /// Where the peers' programs and what npm installs for them are.
    #[arg(long, value_name = "DIR")]
    pub(crate) peers_in: Option<PathBuf>,
    /// Only these peers; all when none is named. May be repeated.
    #[arg(long = "peer", value_name = "NAME", requires = "peers")]
    pub(crate) only: Vec<Peer>,
    /// How often each is measured with --peers; the table tells medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    pub(crate) rounds: u8,
    /// Give each started server a PostgreSQL of its own in place of SQLite.
    #[arg(long, requires = "server")]
    pub(crate) postgres: bool,
    /// Watch the server with perf and append what it does to this file; figures are then not to be compared.
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Be the server that `ceiling` reads from, on this port.
    #[arg(long, hide = true, value_name = "PORT")]
    pub(crate) firehose: Option<u16>,
    #[arg(long, hide = true, default_value_t = 1)]
    pub(crate) frames: u32,
    /// Do not pin the server to core 0 and the bench to core 1.
    #[arg(long)]
    pub(crate) unpinned: bool,
    /// Connections that publish; each has up to --pipeline requests in flight.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub(crate) authors: u16,
    /// Requests an author may have in flight on one connection.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) pipeline: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    Startup,
    Latency,
    Deliveries,
    Fanout,
    Memory,
    Opens,
    Posts,
    Reactions,
    Growth,
    Reconnect,
    Instances,
    Joins,
    Model,
    Ceiling,
}

impl Scenario {
    /// What is asked of peers as well when nothing is named.
    pub(crate) const VERSUS: [Self; 6] = [
        Self::Deliveries,
        Self::Fanout,
        Self::Latency,
        Self::Memory,
        Self::Opens,
        Self::Posts,
    ];

    /// Whether it does more than publish and subscribe, which is all that peers can do.
    pub(crate) fn only_ours(self) -> bool {
        let plain = [
            Self::Deliveries,
            Self::Latency,
            Self::Memory,
            Self::Opens,
            Self::Posts,
            Self::Growth,
        ];
        !plain.contains(&self)
    }

    /// Whether it starts servers by itself, so that one that runs already is of no use.
    pub(crate) fn starts_servers(self) -> bool {
        matches!(
            self,
            Self::Startup | Self::Reconnect | Self::Instances | Self::Model | Self::Ceiling
        )
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Latency => "latency",
            Self::Deliveries => "deliveries",
            Self::Fanout => "fanout",
            Self::Memory => "memory",
            Self::Opens => "opens",
            Self::Posts => "posts",
            Self::Reactions => "reactions",
            Self::Growth => "growth",
            Self::Reconnect => "reconnect",
            Self::Instances => "instances",
            Self::Joins => "joins",
            Self::Model => "model",
            Self::Ceiling => "ceiling",
        }
    }
}

fn setting(text: &str) -> anyhow::Result<(String, String)> {
    let (name, value) = text.split_once('=').context("a setting is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["bench"]).is_err(), "a subject is required");
        let cli = Cli::try_parse_from(["bench", "--server", "x", "--env", "A=b=c", "posts", "growth"]).unwrap();
        assert_eq!(cli.scenarios, [Scenario::Posts, Scenario::Growth]);
        assert_eq!(cli.settings, [("A".to_owned(), "b=c".to_owned())]);
    }
}
