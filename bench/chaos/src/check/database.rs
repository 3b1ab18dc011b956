//! PostgreSQL as a second witness, asked past the servers: numbers without holes, heads at their ends, nothing doubled,
//! nothing acknowledged that is not there.

use std::collections::HashSet;

use super::{Finding, Kind, posts::Tale};
use crate::{house::postgres::Postgres, ledger::Ledger};

const HOLES: &str = "SELECT event_id, audience, count(*), min(seq), max(seq) FROM log_entry \
    GROUP BY event_id, audience HAVING min(seq) <> 1 OR max(seq) <> count(*)";
const ORDER: &str = "SELECT event_id, audience, seq FROM (SELECT event_id, audience, seq, other_seq, \
    lag(other_seq) OVER (PARTITION BY event_id, audience ORDER BY seq) AS before FROM log_entry) AS ordered \
    WHERE other_seq < before LIMIT 20";
const HEADS: &str = "SELECT head.event_id, head.public_seq, head.staff_seq, head.epoch FROM log_head AS head \
    WHERE head.epoch <> 1 \
    OR head.public_seq <> (SELECT coalesce(max(seq), 0) FROM log_entry AS entry \
        WHERE entry.event_id = head.event_id AND entry.audience = 0) \
    OR head.staff_seq <> (SELECT coalesce(max(seq), 0) FROM log_entry AS entry \
        WHERE entry.event_id = head.event_id AND entry.audience = 1)";
const DOUBLES: &str = "SELECT client_id, count(*) FROM message WHERE client_id IS NOT NULL \
    GROUP BY event_id, author_id, client_id HAVING count(*) > 1";
/// What the house says itself has no client id.
const TOLD_TWICE: &str = "SELECT coalesce(data::json -> 'message' ->> 'client_id', data::json -> 'message' ->> 'id'), \
    count(*) FROM log_entry WHERE kind IN ('message.created', 'message.released') GROUP BY 1 HAVING count(*) > 1";
const THERE: &str = "SELECT client_id FROM message WHERE client_id IS NOT NULL";
const ENTRIES: &str = "SELECT count(*) FROM log_entry";

/// Findings, and how many entries the log has.
pub(crate) async fn check(postgres: &Postgres, ledger: &Ledger, tale: &Tale) -> anyhow::Result<(Vec<Finding>, u64)> {
    let mut findings = Vec::new();
    for (kind, what, sql) in [
        (Kind::Lost, "numbers with holes", HOLES),
        (Kind::Reordered, "the audiences' order against each other", ORDER),
        (Kind::Broken, "a head that is not the end of its log", HEADS),
        (Kind::Doubled, "a client id on two messages", DOUBLES),
        (Kind::Doubled, "a message that appeared twice", TOLD_TWICE),
    ] {
        let rows = postgres.ask(sql).await?;
        findings.extend(
            rows.iter()
                .map(|row| Finding::new(kind, 0, format!("database: {what}: {row}"))),
        );
    }
    let there: HashSet<String> = postgres.ask(THERE).await?.into_iter().collect();
    for (client_id, post) in &ledger.posts {
        if let Some(acknowledged) = post.acknowledged.as_ref().filter(|_| !there.contains(client_id)) {
            let what = format!("database: {client_id} was acknowledged and is not there");
            findings.push(Finding::new(Kind::Lost, acknowledged.at, what));
        }
    }
    for (client_id, _) in tale.appeared().filter(|(client_id, _)| !there.contains(*client_id)) {
        let what = format!("database: {client_id} is told in the log and has no message");
        findings.push(Finding::new(Kind::Broken, 0, what));
    }
    let entries = postgres.ask(ENTRIES).await?;
    let entries = entries.first().and_then(|count| count.parse().ok()).unwrap_or(0);
    Ok((findings, entries))
}
