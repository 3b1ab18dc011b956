//! Grandstand and its peers by turns: A B C, A B C, … so that a slow hour of the machine is everybody's.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};

use anyhow::bail;

use crate::{
    cli::Scenario,
    comparison,
    ground::{Ground, Source},
    peers::{Peer, PeerPlan},
    report::Turn,
    scenarios,
};

pub(crate) const OURS: &str = "grandstand";

pub(crate) struct Bout {
    pub(crate) plan: PeerPlan,
    pub(crate) peers: Vec<Peer>,
    pub(crate) rounds: usize,
}

/// Plays it and prints the comparison. Whether anything failed.
pub(crate) async fn run(ground: &mut Ground, bout: &Bout, scenarios: &[Scenario]) -> anyhow::Result<bool> {
    let Source::Start(ours) = &ground.source else {
        bail!("--peers needs --server")
    };
    let ours = ours.clone();
    let (mut failed, mut hints) = (false, BTreeMap::new());
    let peers = bout.peers.iter().map(|peer| Some(*peer));
    let contestants: Vec<Option<Peer>> = std::iter::once(None).chain(peers).collect();
    for round in 1..=bout.rounds {
        for &scenario in scenarios {
            for &peer in &contestants {
                if peer.is_some() && scenario.only_ours() {
                    continue;
                }
                let name = peer.map_or(OURS, Peer::name);
                ground.source = match peer {
                    Some(peer) => Source::Peer(peer, bout.plan.clone()),
                    None => Source::Start(ours.clone()),
                };
                ground.rate_hint = hints.get(&(name, scenario.name())).copied();
                ground.report.turn = Some(Turn { name, round });
                let began_ns = ground.clock.now_ns();
                let outcome = scenarios::run(ground, scenario).await;
                let took = (ground.clock.now_ns() - began_ns) / 1_000_000_000;
                writeln!(io::stderr(), "round {round}: {}, {name}: {took} s", scenario.name())?;
                if let Err(error) = outcome {
                    writeln!(io::stderr(), "{} of {name} failed: {error:#}", scenario.name())?;
                    failed = true;
                }
                if let Some(rate) = ground.rate_hint {
                    hints.insert((name, scenario.name()), rate);
                }
            }
        }
    }
    let names: Vec<&'static str> = contestants.iter().map(|peer| peer.map_or(OURS, Peer::name)).collect();
    comparison::print(&ground.report, &names, &mut io::stdout().lock())?;
    Ok(failed)
}
