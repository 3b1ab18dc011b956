//! `grandstand replay`: feeds a recorded match into an event through the public API, in real or scaled time.
//!
//! `openfootball.rs` reads the file; what to send and when is `play`'s. Run again, it changes nothing that was told.

pub mod openfootball;

use std::{io::Write, path::PathBuf};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use crate::{
    domain::text::Slug,
    play::{Breaks, Client, Fixture, Player, timeline::caption},
};
use openfootball::{Found, Tournament};

/// How we are called as a source of reports.
const SOURCE: &str = "replay";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReplayFormat {
    /// A tournament file of the openfootball project (JSON).
    Openfootball,
}

/// Feed a recorded match into an event, in real or scaled time.
#[derive(Debug, Clone, clap::Args)]
pub struct ReplayArgs {
    /// The recording.
    pub file: PathBuf,
    #[arg(long, value_enum, default_value = "openfootball")]
    pub format: ReplayFormat,
    /// Which match of the file, as `TEAM-TEAM`.
    #[arg(long = "match", value_name = "A-B")]
    pub teams: String,
    /// The day of the match (YYYY-MM-DD), if the two met more than once.
    #[arg(long)]
    pub date: Option<String>,
    /// The event to feed: its id or slug. With --create, the slug to give it.
    #[arg(long, required_unless_present = "create")]
    pub event: Option<String>,
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// A key with scope `ingest` (`admin` with --create), or a host's token.
    #[arg(long, env = "GRANDSTAND_KEY", hide_env_values = true)]
    pub key: String,
    /// How many times faster than life.
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Make the event if it is not there yet.
    #[arg(long)]
    pub create: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.001..=100_000.0).contains(&speed) => Ok(speed),
        _ => Err("expected a number between 0.001 and 100000".into()),
    }
}

/// Runs the replay to its end; one line per incident on standard output.
pub async fn run(args: ReplayArgs) -> anyhow::Result<()> {
    let file = args.file.display();
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("cannot read {file}"))?;
    let tournament = Tournament::parse(&text).with_context(|| format!("cannot use {file}"))?;
    let found = tournament.find(&args.teams, args.date.as_deref())?;
    for warning in &found.warnings {
        say(&format!("note: {warning}"))?;
    }
    let client = Client::new(&args.url, Some(args.key.clone()))?;
    let event = event_id(&args, &client, &found).await?;
    let fixture = seated(&client, &event, &found).await?;
    match client.pass(&event, "start").await {
        Ok(_) => {}
        Err(error) => say(&format!("note: the event was not started: {error}"))?,
    }
    play(&args, &client, &event, &fixture).await?;
    match client.pass(&event, "end").await {
        Ok(_) => {}
        Err(error) => say(&format!("note: the event was not ended: {error}"))?,
    }
    say("done")
}

async fn play(args: &ReplayArgs, client: &Client, event: &str, fixture: &Fixture) -> anyhow::Result<()> {
    let mut player = Player::start(crate::play::timeline(fixture, &Breaks::REAL), args.speed);
    while let Some(due) = player.next().await {
        let updates: Vec<_> = due.iter().map(|moment| &moment.update).collect();
        client.report(event, SOURCE, &updates).await?;
        for line in updates.iter().filter_map(|update| caption(fixture, update)) {
            say(&line)?;
        }
    }
    Ok(())
}

/// The event's id; made if we were told to.
async fn event_id(args: &ReplayArgs, client: &Client, found: &Found) -> anyhow::Result<String> {
    let event = if args.create {
        let slug = args
            .event
            .clone()
            .unwrap_or_else(|| Slug::from_title(&found.title).into_string());
        client.create_event(&new_event(found, &slug)).await?
    } else {
        let name = args.event.as_deref().unwrap_or_default();
        client.get(&format!("/events/{name}")).await?
    };
    event["id"]
        .as_str()
        .map(str::to_owned)
        .context("the server's answer has no event id")
}

fn new_event(found: &Found, slug: &str) -> Value {
    let participants: Vec<Value> = found
        .fixture
        .sides
        .iter()
        .map(|side| json!({ "id": side.id, "name": side.name }))
        .collect();
    let mut event = json!({
        "slug": slug,
        "title": found.title,
        "kind": "football",
        "participants": participants,
        "scheduled_at": crate::clock::now(),
    });
    if let Some(venue) = &found.venue {
        event["venue"] = venue.as_str().into();
    }
    event
}

/// The fixture with the ids that the event's contest knows its teams by. A contest without participants gets them.
async fn seated(client: &Client, event: &str, found: &Found) -> anyhow::Result<Fixture> {
    let path = format!("/events/{event}/contest");
    let mut fixture = found.fixture.clone();
    let known = match client.get(&path).await {
        Ok(scoreboard) => scoreboard["participants"].as_array().cloned().unwrap_or_default(),
        Err(error) if error.code() == Some("not-found") => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    if known.is_empty() {
        let participants: Vec<Value> = fixture
            .sides
            .iter()
            .map(|side| json!({ "id": side.id, "name": side.name }))
            .collect();
        let setup = json!({ "kind": "football", "participants": participants });
        client.put(&path, Some(&setup)).await?;
        return Ok(fixture);
    }
    for side in &mut fixture.sides {
        let wanted = openfootball::plain(&side.name);
        let same = known.iter().find(|one| {
            ["id", "name", "short_name"].into_iter().any(|field| {
                one[field]
                    .as_str()
                    .is_some_and(|text| openfootball::plain(text) == wanted)
            })
        });
        let Some(id) = same.and_then(|one| one["id"].as_str()) else {
            let names: Vec<&str> = known.iter().filter_map(|one| one["name"].as_str()).collect();
            bail!(
                "the event has no participant {}; it has {}",
                side.name,
                names.join(", ")
            );
        };
        id.clone_into(&mut side.id);
    }
    ensure!(
        fixture.sides[0].id != fixture.sides[1].id,
        "both teams are one participant of the event"
    );
    Ok(fixture)
}

/// A line on standard output. A reader that has gone (`| head`) is no reason to stop feeding.
fn say(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
