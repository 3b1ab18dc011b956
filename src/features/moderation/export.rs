//! The record as a file: lines of JSON, or a table. Written while it is read, so its length costs no memory.

use std::io;

use bytes::Bytes;
use futures_util::{Stream, stream};
use poem::{Body, IntoResponse, Response, http::header};
use poem_openapi::{
    ApiResponse,
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry},
    types::Type,
};

use super::{
    Moderation,
    record::{Sought, Way},
};
use crate::{
    domain::{EventId, moderation::Decision},
    http::{
        Page, Problem,
        sse::{NDJSON, endless},
    },
    store::Error,
};

const CSV: &str = "text/csv";
/// Decisions read at a time.
const PAGE: u64 = 500;
const COLUMNS: &str =
    "id,decided_at,action,event_id,by,user_id,message_id,sanction_id,code,reason,rule_version,until_at,model\r\n";

/// How the record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Lines,
    Table,
}

/// A page of the record, or all of it.
pub(super) struct Record(Response);

impl Record {
    pub(super) fn page(page: &Page<Decision>) -> Result<Self, Problem> {
        let json = serde_json::to_vec(page).map_err(|error| Error::unreadable("decisions", error))?;
        let body = Body::from(json).with_header(header::CONTENT_TYPE, "application/json");
        Ok(Self(body.into_response()))
    }

    /// All that is sought, oldest first. The first page is read before anything is answered.
    pub(super) async fn all(
        moderation: Moderation,
        scope: Option<EventId>,
        sought: Sought,
        form: Form,
    ) -> Result<Self, Problem> {
        let first = moderation.decisions(scope, &sought, Way::Forth(0), PAGE).await?;
        let reading = Reading {
            moderation,
            scope,
            sought,
            form,
            next: Some(first),
        };
        let (kind, name) = match form {
            Form::Lines => (NDJSON, "decisions.ndjson"),
            Form::Table => (CSV, "decisions.csv"),
        };
        let head = (form == Form::Table).then(|| Ok(Bytes::from_static(COLUMNS.as_bytes())));
        let chunks = stream::iter(head);
        let body = Body::from_bytes_stream(futures_util::StreamExt::chain(chunks, reading.chunks()));
        let disposition = format!("attachment; filename=\"{name}\"");
        let body = body.with_header(header::CONTENT_TYPE, kind);
        Ok(Self(
            body.with_header(header::CONTENT_DISPOSITION, disposition)
                .into_response(),
        ))
    }
}

struct Reading {
    moderation: Moderation,
    scope: Option<EventId>,
    sought: Sought,
    form: Form,
    /// The page to write next; read ahead by one.
    next: Option<Vec<(i64, Decision)>>,
}

impl Reading {
    fn chunks(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::try_unfold(self, |mut reading| async move {
            let Some(page) = reading.next.take() else {
                return Ok(None);
            };
            let Some((last, _)) = page.last() else { return Ok(None) };
            let after = *last;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let text = page
                .iter()
                .fold(String::new(), |text, (_, decision)| text + &reading.form.line(decision));
            if !is_last {
                let next = reading
                    .moderation
                    .decisions(reading.scope, &reading.sought, Way::Forth(after), PAGE)
                    .await
                    .map_err(io::Error::other)?;
                reading.next = Some(next);
            }
            Ok(Some((Bytes::from(text), reading)))
        })
    }
}

impl Form {
    fn line(self, decision: &Decision) -> String {
        match self {
            // Strings and numbers only: nothing in it can fail to serialise.
            Self::Lines => serde_json::to_string(decision).unwrap_or_default() + "\n",
            Self::Table => row(decision),
        }
    }
}

fn row(decision: &Decision) -> String {
    let text = |value: Option<String>| cell(&value.unwrap_or_default());
    let cells = [
        text(Some(decision.id.to_string())),
        text(Some(decision.decided_at.to_string())),
        text(Some(decision.action.name().to_owned())),
        text(decision.event_id.map(|id| id.to_string())),
        text(decision.by.as_ref().map(ToString::to_string)),
        text(decision.user_id.as_ref().map(ToString::to_string)),
        text(decision.message_id.map(|id| id.to_string())),
        text(decision.sanction_id.map(|id| id.to_string())),
        text(decision.code.clone()),
        text(decision.reason.clone()),
        text(decision.rule_version.map(|version| version.to_string())),
        text(decision.until_at.map(|until| until.to_string())),
        text(
            decision
                .model
                .as_ref()
                .and_then(|model| serde_json::to_string(model).ok()),
        ),
    ];
    cells.join(",") + "\r\n"
}

/// A cell that every program reads as the text it is. What begins like a formula is calculated by spreadsheets, so such
/// text gets an apostrophe in front, which they take for "this is text".
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let guarded = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\n', '\r', ';', '\'']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

impl IntoResponse for Record {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Record {
    fn meta() -> MetaResponses {
        let text = MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")));
        let media = |content_type, schema| MetaMediaType { content_type, schema };
        MetaResponses {
            responses: vec![MetaResponse {
                description: "A page as JSON, or all as lines of JSON or as a table.",
                status: Some(200),
                status_range: None,
                content: vec![
                    media("application/json", Page::<Decision>::schema_ref()),
                    media(NDJSON, endless("ndjson", Decision::schema_ref())),
                    media(CSV, text),
                ],
                headers: Vec::new(),
            }],
        }
    }

    fn register(registry: &mut Registry) {
        Page::<Decision>::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_out() {
        for (text, expected) in [
            ("spam", "spam"),
            ("", ""),
            ("a, b", "\"a, b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-1", "\"'-1\""),
            ("+1", "\"'+1\""),
            ("\t=1", "\"'\t=1\""),
            ("a\r\nb", "\"a\r\nb\""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }
}
