//! `grandstand key`: works on the server's database, beside a running server or without one.

use anyhow::Context;
use clap::Subcommand;

use crate::{
    config::Config,
    domain::{
        ApiKeyId,
        key::{ApiKey, Scope},
    },
    features::keys::Keys,
    store::Store,
};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key. Its secret is printed once.
    Create {
        /// What it is for.
        #[arg(long)]
        name: String,
        /// What it may be used for; may be given several times.
        #[arg(long = "scope", required = true, value_name = "read|ingest|moderate|admin", value_parser = scope)]
        scopes: Vec<Scope>,
    },
    /// List the keys that work.
    List,
    /// End a key. A running server notices within seconds.
    Revoke {
        /// Such as `key_01j…`.
        id: ApiKeyId,
    },
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| "expected `read`, `ingest`, `moderate` or `admin`".to_owned())
}

pub(super) async fn run(command: KeyCommand, config: &Config) -> anyhow::Result<String> {
    let store = Store::open_tool(&config.store)
        .await
        .context("cannot open the database")?;
    let outcome = act(command, &Keys::new(store.clone())).await;
    store.close().await;
    outcome
}

async fn act(command: KeyCommand, keys: &Keys) -> anyhow::Result<String> {
    Ok(match command {
        KeyCommand::Create { name, scopes } => {
            let new = keys.create(&name, &scopes).await?;
            format!("{}\n{}", line(&new.key), new.secret)
        }
        KeyCommand::List => {
            let lines: Vec<String> = keys.list().await?.iter().map(line).collect();
            lines.join("\n")
        }
        KeyCommand::Revoke { id } => {
            keys.revoke(id).await?;
            format!("{id} is revoked.")
        }
    })
}

fn line(key: &ApiKey) -> String {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
    format!("{}  {}  {}  {}", key.id, key.created_at, scopes.join(","), key.name)
}
