//! The process: allocator, providers, command line. Everything else is the library.

use std::{collections::BTreeMap, process::ExitCode};

use clap::Parser;
use grandstand::cli::Cli;

/// Many small, short-lived buffers on many threads: what it is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    grandstand::crypto::install();
    // Variables that are not Unicode cannot be settings of ours.
    let env: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    match Cli::parse().run(env) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grandstand: {error:#}");
            ExitCode::FAILURE
        }
    }
}
