//! `serve --demo`: a server that has something to show. A match is played again and again, with fans who talk about it.
//!
//! It speaks the public API over loopback like any client and knows nothing of the inside; everything it makes is labelled
//! `demo`. What is played is in `fixtures.rs`, who talks in `fans.rs`, what they say in `lines.rs`; `round.rs` plays one
//! match, `tidy.rs` keeps the list of events sane. Nothing that goes wrong here touches the server.

mod crowd;
mod fans;
mod fixtures;
mod lines;
mod round;
mod tidy;

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{UserId, user::User},
    play::{Client, ClientError},
};
use crowd::Crowd;

/// Makes a fresh token for the demo's host, who may create events. `None` if that failed; it is asked again later.
pub type MintHost = Arc<dyn Fn(&User) -> Option<String> + Send + Sync>;

/// After a match that somebody watched, the next begins so soon.
const WATCHED_GAP: Duration = Duration::from_secs(45);
/// After one that nobody watched, unless somebody comes.
const UNWATCHED_GAP: Duration = Duration::from_mins(30);
const LONGEST_BACKOFF: Duration = Duration::from_mins(5);

/// Runs the demo until told to stop. `url` is where this server listens.
pub async fn run(url: String, mint: MintHost, stop: CancellationToken) {
    let demo = async {
        let mut backoff = Duration::from_secs(2);
        let mut crowd = Crowd::new();
        let mut gap = Duration::ZERO;
        loop {
            match play_once(&url, &mint, &mut crowd, gap).await {
                Ok(watched) => {
                    gap = if watched { WATCHED_GAP } else { UNWATCHED_GAP };
                    backoff = Duration::from_secs(2);
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the demo stumbled and will begin anew");
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(LONGEST_BACKOFF);
                }
            }
        }
    };
    stop.run_until_cancelled(demo).await;
}

/// Who runs the demo.
fn host() -> Option<User> {
    let id: UserId = "demo-host".parse().ok()?;
    Some(User {
        id,
        name: "Grandstand demo".into(),
        avatar_url: None,
        badges: vec!["HOST".into()],
        guest: false,
    })
}

/// Tidies up, announces the next match, waits for its time, plays it. Says whether anybody watched.
async fn play_once(url: &str, mint: &MintHost, crowd: &mut Crowd, gap: Duration) -> Result<bool, ClientError> {
    let token = host().and_then(|host| mint(&host));
    let token = token.ok_or_else(|| ClientError::Unusable("no token for the demo's host".into()))?;
    let client = Client::at_home(url, Some(token))?;
    tidy::tidy(&client).await?;
    let event = round::announce(&client, gap).await?;
    let neighbours = tidy::furnish(&client).await?;
    round::wait(&client, &event, &neighbours, gap).await;
    // The wait may have been longer than the token lives.
    let token = host().and_then(|host| mint(&host));
    let client = token.map_or_else(|| client.clone(), |token| client.with_token(token));
    round::play(&client, &event, crowd).await
}
