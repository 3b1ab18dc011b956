//! The load generator: measures a running Grandstand through its public API, against the targets of `docs/performance.md`.
//!
//! It runs on one core and one thread, so that the server can have the other core for itself, and only ever loads a server
//! on this machine. Read on in `scenarios`, then `trial`, then `watcher`.

mod authors;
mod body;
mod cli;
mod comparison;
mod count;
mod crowd;
mod engine_io;
mod firehose;
mod frames;
mod ground;
mod histogram;
mod http;
mod peers;
mod proc;
mod process;
mod profile;
mod report;
mod scenarios;
mod schedule;
mod server;
mod service;
mod stamp;
mod subject;
mod target;
mod trial;
mod versus;
mod watcher;
mod whole;

use std::{
    fs::File,
    io::{self, Write as _},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, bail};
use clap::{Parser as _, ValueEnum as _};

use crate::{
    cli::{Cli, Scenario},
    ground::{Ground, Scale, Source},
    peers::{Peer, PeerPlan},
    profile::Profile,
    report::Report,
    schedule::BenchClock,
    server::ServerPlan,
    versus::Bout,
};

const SERVER_CORE: u32 = 0;
const OWN_CORE: u32 = 1;

fn main() -> ExitCode {
    let outcome = measure(Cli::parse());
    outcome.unwrap_or_else(|error| {
        // A closed stderr leaves nobody to tell.
        drop(writeln!(io::stderr(), "bench: {error:#}"));
        ExitCode::FAILURE
    })
}

fn measure(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let Some(port) = cli.firehose {
        // Whoever started it has pinned it.
        runtime.block_on(firehose::serve(port, cli.frames))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !cli.unpinned {
        pin_self()?;
    }
    runtime.block_on(run(cli))
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let json = cli
        .json
        .as_ref()
        .map(|path| File::options().create(true).append(true).open(path));
    let json = json.transpose().context("open the file for --json")?;
    let scenarios = scenarios(&cli);
    let bout = bout(&cli);
    let mut ground = Ground {
        clock: BenchClock::start(),
        scale: match (cli.quick, cli.peers) {
            (true, _) => Scale::QUICK,
            (false, true) => Scale::VERSUS,
            (false, false) => Scale::FULL,
        },
        server_core: server_core(&cli),
        postgres: cli.postgres,
        authors: cli.authors.into(),
        pipeline: cli.pipeline.into(),
        profile: cli.profile.clone().map(|file| Profile { file }),
        rate_hint: None,
        report: Report::new(json, cli.quick),
        source: source(cli)?,
    };
    let failed = match bout {
        Some(bout) => versus::run(&mut ground, &bout, &scenarios).await?,
        None => alone(&mut ground, &scenarios).await?,
    };
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Whether anything failed.
async fn alone(ground: &mut Ground, scenarios: &[Scenario]) -> anyhow::Result<bool> {
    let mut failed = false;
    for &scenario in scenarios {
        writeln!(io::stderr(), "{} …", scenario.name())?;
        if let Err(error) = scenarios::run(ground, scenario).await {
            writeln!(io::stderr(), "{} failed: {error:#}", scenario.name())?;
            failed = true;
        }
    }
    ground.report.print(&mut io::stdout().lock())?;
    Ok(failed)
}

fn scenarios(cli: &Cli) -> Vec<Scenario> {
    if !cli.scenarios.is_empty() {
        return cli.scenarios.clone();
    }
    if cli.peers {
        return Scenario::VERSUS.to_vec();
    }
    let all = Scenario::value_variants().iter().copied();
    all.filter(|scenario| cli.server.is_some() || !scenario.starts_servers())
        .collect()
}

fn bout(cli: &Cli) -> Option<Bout> {
    let programs = cli.peers_in.clone()?;
    let plan = PeerPlan {
        core: server_core(cli),
        programs,
    };
    cli.peers.then(|| Bout {
        plan,
        peers: if cli.only.is_empty() {
            Peer::ALL.to_vec()
        } else {
            cli.only.clone()
        },
        rounds: cli.rounds.into(),
    })
}

fn server_core(cli: &Cli) -> Option<u32> {
    (!cli.unpinned).then_some(SERVER_CORE)
}

fn source(cli: Cli) -> anyhow::Result<Source> {
    let core = server_core(&cli);
    if let Some(binary) = cli.server {
        return Ok(Source::Start(ServerPlan {
            binary,
            core,
            data_in: cli.data_in.unwrap_or_else(std::env::temp_dir),
            settings: cli.settings,
        }));
    }
    let (Some(url), Some(secret)) = (cli.url, cli.token.or(cli.key)) else {
        bail!("--url needs --token or --key of a host");
    };
    Ok(Source::Running {
        address: http::loopback(&url)?,
        host: format!("Bearer {secret}"),
        pid: cli.pid,
    })
}

/// Before any thread starts, so that all of them inherit it.
fn pin_self() -> anyhow::Result<()> {
    let (core, own) = (OWN_CORE.to_string(), std::process::id().to_string());
    let mut taskset = Command::new("taskset");
    let status = taskset.args(["-cp", &core, &own]).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => bail!("cannot pin to core {OWN_CORE} with taskset; --unpinned does without"),
    }
}
