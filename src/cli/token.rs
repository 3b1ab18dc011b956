//! `grandstand token`: signs a token with the server's secret, for trying things out and for scripts.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Args;

use crate::{
    clock,
    config::{Config, Secret},
    domain::{
        EventId, UserId,
        text::DisplayName,
        user::{Role, User},
    },
    http::auth::{Grant, Tokens, secret_file},
    store::Store,
};

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// The user's id.
    #[arg(long)]
    user: UserId,
    /// How others see them.
    #[arg(long)]
    name: String,
    /// A role everywhere (viewer, moderator, host, admin); may be given several times. With --event, the one role there
    /// (viewer, member, moderator, host).
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
    /// Give the role in this event only: its id.
    #[arg(long, requires = "roles")]
    event: Option<EventId>,
    /// How long it is good: 90s, 30m, 12h, 7d.
    #[arg(long, default_value = "1h", value_parser = seconds)]
    ttl: u32,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "expected `viewer`, `member`, `moderator`, `host` or `admin`".to_owned())
}

/// A number and a unit.
fn seconds(text: &str) -> Result<u32, String> {
    let error = || "expected a time such as 90s, 30m, 12h or 7d".to_owned();
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err(error()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| error())?;
    number
        .checked_mul(unit)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(error)
}

async fn secret(config: &Config) -> anyhow::Result<Secret> {
    if config.store.database_url.is_none() || config.auth.secret.is_some() {
        return Ok(secret_file::load(&config.auth, &config.store.data_dir)?);
    }
    let store = Store::open_tool(&config.store).await?;
    let secret = secret_file::load_shared(&config.auth, &store).await;
    store.close().await;
    Ok(secret?)
}

pub(super) async fn run(args: &TokenArgs, config: &Config) -> anyhow::Result<String> {
    let secret = secret(config).await.context("cannot read the signing secret")?;
    let (roles, events) = match args.event {
        None => {
            anyhow::ensure!(
                !args.roles.contains(&Role::Member),
                "`member` is a role in an event: say which by --event"
            );
            (args.roles.clone(), BTreeMap::new())
        }
        Some(event) => match args.roles.as_slice() {
            [role] if *role != Role::Admin => (Vec::new(), BTreeMap::from([(event, *role)])),
            _ => anyhow::bail!("with --event, give one --role of `viewer`, `member`, `moderator` and `host`"),
        },
    };
    let grant = Grant {
        user: User {
            id: args.user.clone(),
            name: DisplayName::parse(&args.name)?.into_string(),
            avatar_url: None,
            badges: Vec::new(),
            guest: args.user.is_guest(),
        },
        roles,
        events,
        ttl_seconds: args.ttl,
    };
    Ok(Tokens::new(&config.auth, &secret).issue(&grant, clock::now())?.token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_a_number_and_a_unit() {
        for (text, expected) in [
            ("90s", Some(90)),
            ("30m", Some(1_800)),
            ("12h", Some(43_200)),
            ("7d", Some(604_800)),
        ] {
            assert_eq!(seconds(text).ok(), expected, "{text}");
        }
        for text in ["", "h", "1", "0s", "-1h", "1.5h", "1w", "99999999d", "1é"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
