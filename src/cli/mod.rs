//! The command line. Each command is a file: its arguments, and what it does with the settings.
//!
//! `main.rs` calls [`Cli::run`] and nothing else. Commands give their text back; it is printed here, in one place.

mod health;
mod key;
pub mod replay;
mod serve;
mod token;

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::{
    config::{Config, Flag, Sources},
    store::Store,
};

/// The backend for what happens around a live event.
#[derive(Debug, Parser)]
#[command(name = "grandstand", version)]
pub struct Cli {
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(subcommand)]
    command: Command,
}

/// Where settings come from, for every command.
#[derive(Debug, Args)]
struct SettingsArgs {
    /// A TOML file with settings. Variables such as `GRANDSTAND_STREAM__RETRY_MS` win over it, flags over both.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the database and the signing secret are. `grandstand-data` in the working directory if not said.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<String>,
    /// A PostgreSQL database in place of the SQLite file: `postgres://user:password@host/name`. Other users of this machine
    /// can read flags; the variable `GRANDSTAND_STORE__DATABASE_URL` says the same in private.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    Serve(serve::ServeArgs),
    /// Print the OpenAPI document.
    Openapi,
    /// Bring the database to the newest shape. The server does it by itself when it starts.
    Migrate,
    /// Ask whether the server that runs here with the same settings is ready. Fails if it is not: for container engines.
    Health,
    /// Sign a token with this server's secret.
    Token(token::TokenArgs),
    /// Make, list and revoke keys for machines. Works while the server runs.
    Key {
        #[command(subcommand)]
        command: key::KeyCommand,
    },
    Replay(replay::ReplayArgs),
}

impl Cli {
    /// Does what was asked. `env` is the environment; nothing reads it anywhere else.
    pub fn run(self, env: BTreeMap<String, String>) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(self.dispatch(env))
    }

    async fn dispatch(self, env: BTreeMap<String, String>) -> anyhow::Result<()> {
        let Self { settings, command } = self;
        let load = |flags: Vec<Flag>| settings.load(env, flags);
        let text = match command {
            Command::Serve(args) => {
                let config = load(args.flags())?;
                // A big future, and made once: on the heap.
                return Box::pin(serve::run(config, args.demo)).await;
            }
            Command::Replay(args) => return replay::run(args).await,
            Command::Openapi => crate::api::document(),
            Command::Migrate => migrate(&load(Vec::new())?).await?,
            Command::Health => health::run(&load(Vec::new())?.serve).await?,
            Command::Token(args) => token::run(&args, &load(Vec::new())?).await?,
            Command::Key { command } => key::run(command, &load(Vec::new())?).await?,
        };
        print(&text)
    }
}

impl SettingsArgs {
    fn load(&self, env: BTreeMap<String, String>, mut flags: Vec<Flag>) -> anyhow::Result<Config> {
        flags.extend(self.data_dir.clone().map(|value| Flag {
            name: "--data-dir",
            key: "store.data_dir",
            value,
        }));
        flags.extend(self.database_url.clone().map(|value| Flag {
            name: "--database-url",
            key: "store.database_url",
            value,
        }));
        let sources = Sources {
            file: self.config.clone(),
            env,
            flags,
        };
        Ok(Config::load(&sources)?)
    }
}

async fn migrate(config: &Config) -> anyhow::Result<String> {
    let store = Store::open_tool(&config.store).await.context("cannot migrate")?;
    store.close().await;
    Ok(match &config.store.database_url {
        Some(_) => "The database is up to date.".to_owned(),
        None => format!("The database in {} is up to date.", config.store.data_dir.display()),
    })
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}") {
        // `grandstand key list | head -1` is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[tokio::test]
    async fn a_token_and_a_key_come_from_the_data_directory() {
        crate::crypto::install();
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().display().to_string();
        let run = async |line: &[&str]| {
            let line = [&["grandstand", "--data-dir", &dir], line].concat();
            Cli::try_parse_from(line).unwrap().dispatch(BTreeMap::new()).await
        };
        run(&[
            "token", "--user", "ana", "--name", "Ana", "--role", "host", "--ttl", "2h",
        ])
        .await
        .unwrap();
        run(&["key", "create", "--name", "Feed", "--scope", "ingest"])
            .await
            .unwrap();
        run(&["key", "list"]).await.unwrap();
        run(&["migrate"]).await.unwrap();
        let unknown = crate::domain::ApiKeyId::generate().to_string();
        assert!(run(&["key", "revoke", &unknown]).await.is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            &["token", "--user", "a b", "--name", "Ana"][..],
            &["token", "--user", "ana", "--name", "Ana", "--role", "king"],
            &["token", "--user", "ana", "--name", "Ana", "--ttl", "soon"],
            &["token", "--user", "ana", "--name", "Ana", "--event", "evt_1"],
            &["key", "create", "--name", "Feed"],
            &["key", "create", "--name", "Feed", "--scope", "all"],
            &["key", "revoke", "evt_01h2xcejqtf2nbrexx3vqjhp41"],
        ] {
            assert!(
                Cli::try_parse_from(["grandstand"].iter().chain(line)).is_err(),
                "{line:?}"
            );
        }
    }
}
