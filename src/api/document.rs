//! What the OpenAPI document says beyond what poem-openapi reads off the endpoints: who may ask, which problems may come,
//! what parameters mean that many endpoints share.
//!
//! Works on poem-openapi's own descriptions before they are written, so what runs and what is described stay one list.

use std::collections::HashMap;

use poem::{endpoint::BoxEndpoint, http::Method};
use poem_openapi::{
    ApiResponse, LicenseObject, OpenApi, OpenApiService, ServerObject,
    registry::{MetaApi, MetaOperation, MetaSchema, MetaSchemaRef, Registry},
};

use crate::http::{Problem, schema::bounds};

const DESCRIPTION: &str = "\
The backend for what happens around a live event: one durable, resumable stream for crowd, contest and house.

**Who asks** is said by `Authorization: Bearer …` (a token or an API key), `X-API-Key`, or the session cookie. Where an \
operation also lists an empty requirement, public events are open to strangers, unless the server is set otherwise.

**A no** is a `Problem` (`application/problem+json`, RFC 9457). Its `code` is stable; `errors` names the fields. With 429 \
and 503 comes `Retry-After`. Limited operations answer with `RateLimit-Policy` and `RateLimit`; \
`grandstand-scope=instance` there says that for now only one instance's acts were counted.

**Lists** come in pages: `limit` rows, and `next_cursor` while there are more. Cursors are opaque.

**Time** is RFC 3339 in UTC. Optional fields are absent rather than null. Fields and stream types to come are to be \
ignored.";

/// Reads that are not for strangers. All other reads are, where the event is public; changes never are, but for
/// [`STRANGERS_MAY`].
const READS_FOR_STAFF: [&str; 16] = [
    "list_members",
    "list_held_messages",
    "list_keys",
    "list_sanctions",
    "list_sanctions_everywhere",
    "read_rules",
    "read_house_rules",
    "read_raid",
    "list_reports",
    "list_appeals",
    "read_audit",
    "read_house_audit",
    "list_my_decisions",
    "get_receipt",
    "list_receipts",
    "stream_me",
];
const STRANGERS_MAY: [&str; 1] = ["applaud"];

/// Fields for which null means something else than being absent.
const NULLABLE: [(&str, [&str; 3]); 1] = [("EventPatch", ["venue", "cover_url", "stream_url"])];

/// Fields that are absent when they would be empty: what is absent has no value to be documented.
const ABSENT_IF_EMPTY: [(&str, &str); 1] = [("Message", "mentions")];

/// Endpoints with all that the document says of them; without them, the document alone.
pub(super) struct Documented<T>(pub(super) Option<T>);

pub(super) fn service<T: OpenApi>(groups: Option<T>) -> OpenApiService<Documented<T>, ()> {
    OpenApiService::new(Documented(groups), "Grandstand", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license(LicenseObject::new(env!("CARGO_PKG_LICENSE")))
        .server(ServerObject::new("/").description("The server that gave you this document."))
}

impl<T: OpenApi> OpenApi for Documented<T> {
    fn meta() -> Vec<MetaApi> {
        let mut groups = T::meta();
        let paths = groups.iter_mut().flat_map(|group| &mut group.paths);
        for operation in paths.flat_map(|path| &mut path.operations) {
            complete(operation);
        }
        groups
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        Problem::register(registry);
        registry.schemas.values_mut().for_each(plain);
        for (name, absent) in ABSENT_IF_EMPTY {
            let properties = registry.schemas.get_mut(name).map(|schema| &mut schema.properties);
            for (_, field) in properties.into_iter().flatten().filter(|(name, _)| *name == absent) {
                if let MetaSchemaRef::Inline(field) = field {
                    field.default = None;
                }
            }
        }
        for (name, fields) in NULLABLE {
            if let Some(schema) = registry.schemas.get_mut(name) {
                let properties = schema.properties.iter_mut();
                for (_, field) in properties.filter(|(name, _)| fields.contains(name)) {
                    if let MetaSchemaRef::Inline(field) = field {
                        field.nullable = true;
                    }
                }
            }
        }
    }

    fn add_routes(self, routes: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        if let Some(groups) = self.0 {
            groups.add_routes(routes);
        }
    }
}

fn complete(operation: &mut MetaOperation) {
    let name = operation.operation_id.unwrap_or_default();
    let for_strangers = if operation.method == Method::GET {
        !READS_FOR_STAFF.contains(&name)
    } else {
        STRANGERS_MAY.contains(&name)
    };
    if !for_strangers {
        operation.security.retain(|requirement| !requirement.is_empty());
    }
    // The edge may say no to any request, before an endpoint sees it.
    if operation
        .responses
        .responses
        .iter()
        .all(|response| response.status.is_some())
    {
        operation.responses.responses.extend(Problem::meta().responses);
    }
    for param in &mut operation.params {
        if let MetaSchemaRef::Inline(schema) = &mut param.schema {
            plain(schema);
        }
        // Read as optional only so that leaving it out has an answer of its own, 428.
        param.required |= param.name == "If-Match";
        param.description = param
            .description
            .take()
            .or_else(|| shared_meaning(&param.name).map(str::to_owned));
    }
    // A body's charset is the client's to name; generators want the bare type.
    for body in operation.request.iter_mut().flat_map(|request| &mut request.content) {
        body.content_type = body.content_type.split(';').next().unwrap_or_default();
    }
}

/// What parameters mean that many operations have.
fn shared_meaning(name: &str) -> Option<&'static str> {
    Some(match name {
        "event" => "Id or slug of the event.",
        "message" => "Id of the message.",
        "user" => "Id of the user.",
        "key" => "Id of the key.",
        "poll" => "Id of the poll.",
        "persona" => "Id of the persona.",
        "session" => "Id of the session, which is its event's.",
        "question" => "Id of the question.",
        "sanction" => "Id of the sanction.",
        "appeal" => "Id of the appeal.",
        "in_force" => "Only those that hold now.",
        "action" => "Only decisions of this kind.",
        "by" => "Only what this user (or key, by its id) decided.",
        "emoji" => "Exactly one emoji, percent-encoded.",
        "after" => "The `next_cursor` of the page before.",
        "before" => "Go on towards the past from this cursor.",
        "limit" => "Rows in the page.",
        "author" => "Only by this user.",
        "kind" => "Only events of this kind.",
        "featured" => "Only those that are featured, or only those that are not.",
        "starts_after" => "Scheduled at this time or later.",
        "starts_before" => "Scheduled before this time.",
        "format" => "How it is written, whatever `Accept` says.",
        "Accept" => "The content type you want.",
        "Last-Event-ID" => "Go on right after this frame's id; browsers send it when they reconnect.",
        "If-None-Match" => "An `ETag` you have: if nothing changed, the answer is 304.",
        "If-Match" => "The `ETag` of the version you mean; required.",
        _ => return None,
    })
}

/// A described reference comes as the reference and the description once more, which generators take for a type of its
/// own. The reference alone says the same.
fn plain(schema: &mut MetaSchema) {
    let (least, most) = bounds(schema.format.unwrap_or_default());
    schema.minimum = schema.minimum.or(least);
    schema.maximum = schema.maximum.or(most);
    if let [MetaSchemaRef::Reference(_), MetaSchemaRef::Inline(second)] = schema.all_of.as_slice()
        && second.ty.is_empty()
    {
        schema.all_of.truncate(1);
    }
    let fields = schema.properties.iter_mut().map(|(_, field)| field);
    let parts = schema
        .any_of
        .iter_mut()
        .chain(&mut schema.one_of)
        .chain(&mut schema.all_of);
    let inner = schema.items.iter_mut().chain(&mut schema.additional_properties);
    for part in fields.chain(parts).chain(inner.map(AsMut::as_mut)) {
        if let MetaSchemaRef::Inline(part) = part {
            plain(part);
        }
    }
}
