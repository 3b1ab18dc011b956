//! The one list of endpoint groups; the OpenAPI document comes from here.

mod document;

use std::sync::Arc;

use document::Documented;
use poem::{Endpoint, IntoResponse, Request, Response, Route, http::header};
use poem_openapi::OpenApiService;

use crate::{
    features::{
        accounts::api::AccountsApi,
        assistant::api::AssistantApi,
        badges::api::BadgesApi,
        chat::{api::ChatApi, queue::QueueApi},
        contest::api::ContestApi,
        cursors::api::CursorsApi,
        events::{api::EventsApi, room::RoomApi},
        keys::api::KeysApi,
        live::api::LiveApi,
        lobby::{api::LobbyApi, follows_api::FollowsApi},
        moderation::{api::SanctionsApi, audit_api::AuditApi, rules_api::RulesApi, voices_api::VoicesApi},
        notices::api::NoticesApi,
        ops::OpsApi,
        personas::api::PersonasApi,
        polls::api::PollsApi,
        presence::api::PresenceApi,
        reactions::api::ReactionsApi,
        receipts::api::ReceiptsApi,
        site::Site,
        typing::api::TypingApi,
    },
    http::allow::Allow,
};

/// Every group of endpoints, in the order of the document.
pub type Groups = (
    AccountsApi,
    EventsApi,
    LiveApi,
    ChatApi,
    ReactionsApi,
    PresenceApi,
    ContestApi,
    PollsApi,
    KeysApi,
    OpsApi,
    RoomApi,
    Crowd,
    Order,
    Hall,
    AssistantApi,
);

/// What people let each other know. A group of groups, because a list has no more than sixteen.
pub type Crowd = (TypingApi, ReceiptsApi, CursorsApi, BadgesApi, NoticesApi);

/// What is on, and what of it concerns whom.
pub type Hall = (LobbyApi, FollowsApi, PersonasApi);

/// Everything by which order is kept.
pub type Order = (SanctionsApi, RulesApi, QueueApi, VoicesApi, AuditApi);

type Service = OpenApiService<Documented<Groups>, ()>;

/// The API, its document and its explorer, and the web app behind everything else.
pub struct House {
    api: Route,
    site: Site,
    spec: Arc<str>,
    explorer: Arc<str>,
}

/// The explorer page carries its script and style inline, so that it works offline.
const EXPLORER_POLICY: &str =
    "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:";

impl House {
    #[must_use]
    pub fn new(groups: Groups) -> Self {
        let service = document::service(Some(groups));
        let (spec, explorer) = (service.spec(), explorer(&service));
        Self {
            api: Route::new().nest("/", service),
            site: Site,
            spec: spec.into(),
            explorer: explorer.into(),
        }
    }

    /// The OpenAPI document as JSON.
    #[must_use]
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// Which methods each path takes.
    #[must_use]
    pub fn allow(&self) -> Allow {
        Allow::from_spec(&serde_json::from_str(&self.spec).unwrap_or_default(), "")
    }
}

/// The OpenAPI document of this version, made from the endpoints' types alone: no settings, no services.
#[must_use]
pub fn document() -> String {
    document::service(None::<Groups>).spec()
}

#[cfg(feature = "ui")]
fn explorer(service: &Service) -> String {
    service.swagger_ui_html()
}

#[cfg(not(feature = "ui"))]
fn explorer(_service: &Service) -> String {
    "<!doctype html><title>Grandstand</title><p>This build has no API explorer; see <a href=\"/openapi.json\">the document</a>."
        .to_owned()
}

impl Endpoint for House {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let document = |kind, text: &Arc<str>| {
            let response = Response::builder()
                .header(header::CONTENT_TYPE, kind)
                .header(header::CACHE_CONTROL, "no-cache");
            response.body(text.to_string())
        };
        match request.uri().path() {
            "/openapi.json" => Ok(document("application/json", &self.spec)),
            "/docs" | "/docs/" => {
                let page = document("text/html; charset=utf-8", &self.explorer);
                Ok(page
                    .with_header(header::CONTENT_SECURITY_POLICY, EXPLORER_POLICY)
                    .into_response())
            }
            path if ["/v1", "/health", "/metrics"].iter().any(|root| is_under(path, root)) => {
                self.api.call(request).await.map(IntoResponse::into_response)
            }
            _ => self.site.call(request).await,
        }
    }
}

fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
