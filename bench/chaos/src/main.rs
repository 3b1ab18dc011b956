//! Proof by faults: breaks instances, PostgreSQL and Redis while authors write and hundreds of seats read, then compares
//! what was acknowledged, what the log says and what each seat heard.
//!
//! Read on in `evening`, then `play` (the faults), `people` and `seats` (the load), `check` (the comparison).

mod check;
mod cli;
mod clock;
mod dice;
mod entry;
mod evening;
mod fault;
mod figures;
mod house;
mod http;
mod kept;
mod ledger;
mod log;
mod people;
mod play;
mod presence;
mod report;
mod seats;
mod sse;
mod timeline;
mod verdict;
mod watch;
mod world;

use std::{
    io,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    cli::{Cli, CliCommand, EveningArgs},
    evening::tell,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Some(CliCommand::Keep(args)) => keep(args),
        None => run(&cli.evening),
    };
    outcome.unwrap_or_else(|error| {
        tell(&format!("{error:#}"));
        ExitCode::from(2)
    })
}

fn keep(args: kept::keeper::KeepArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(kept::keeper::run(args))?;
    Ok(ExitCode::SUCCESS)
}

fn run(args: &EveningArgs) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(spend(args))
}

/// An evening, and its end in any case: nothing that was started survives it.
async fn spend(args: &EveningArgs) -> anyhow::Result<ExitCode> {
    let seed = args.seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.as_secs() % 1_000_000
    });
    tell(&format!("seed {seed}"));
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut house = None;
    let outcome = tokio::select! {
        outcome = evening::play(&mut house, args, seed) => Some(outcome),
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
    };
    let mut trouble = Vec::new();
    if let Some(house) = &mut house {
        trouble = house.close().await;
        if outcome.is_some() {
            house.keep_logs(&args.logs).context("keep the logs")?;
            tell(&format!("logs of all processes are in {}", args.logs.display()));
        }
    }
    let Some(outcome) = outcome else {
        tell("interrupted; everything that was started has ended");
        return Ok(ExitCode::from(130));
    };
    let report = outcome?;
    report.print(&mut io::stdout().lock())?;
    if let Some(path) = &args.json {
        std::fs::write(path, format!("{:#}\n", report.json())).context("write --json")?;
    }
    for line in &trouble {
        tell(line);
    }
    let good = report.is_clean() && trouble.is_empty();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
