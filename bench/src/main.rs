//! The load generator: measures a running Grandstand through its public API, against the targets of `docs/performance.md`.
//!
//! It runs on one core and one thread, so that the server can have the other core for itself, and only ever loads a server
//! on this machine. Read on in `scenarios`, then `trial`, then `watcher`.

mod authors;
mod body;
mod cli;
mod count;
mod crowd;
mod frames;
mod ground;
mod histogram;
mod http;
mod proc;
mod report;
mod scenarios;
mod schedule;
mod server;
mod stamp;
mod target;
mod trial;
mod watcher;

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
    report::Report,
    schedule::BenchClock,
    server::ServerPlan,
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
    if !cli.unpinned {
        pin_self()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(cli))
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let json = cli
        .json
        .as_ref()
        .map(|path| File::options().create(true).append(true).open(path));
    let json = json.transpose().context("open the file for --json")?;
    let scenarios = scenarios(&cli);
    let mut ground = Ground {
        clock: BenchClock::start(),
        scale: if cli.quick { Scale::QUICK } else { Scale::FULL },
        authors: cli.authors.into(),
        pipeline: cli.pipeline.into(),
        report: Report::new(json, cli.quick),
        source: source(cli)?,
    };
    let mut failed = false;
    for scenario in scenarios {
        writeln!(io::stderr(), "{} …", scenario.name())?;
        if let Err(error) = scenarios::run(&mut ground, scenario).await {
            writeln!(io::stderr(), "{} failed: {error:#}", scenario.name())?;
            failed = true;
        }
    }
    ground.report.print(&mut io::stdout().lock())?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn scenarios(cli: &Cli) -> Vec<Scenario> {
    if !cli.scenarios.is_empty() {
        return cli.scenarios.clone();
    }
    let restarts = [Scenario::Startup, Scenario::Reconnect];
    let all = Scenario::value_variants().iter().copied();
    all.filter(|scenario| cli.server.is_some() || !restarts.contains(scenario))
        .collect()
}

fn source(cli: Cli) -> anyhow::Result<Source> {
    if let Some(binary) = cli.server {
        return Ok(Source::Start(ServerPlan {
            binary,
            core: (!cli.unpinned).then_some(SERVER_CORE),
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
