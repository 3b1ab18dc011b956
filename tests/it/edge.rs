//! The edge around real endpoints: what callers see when something is not as it should be.

use std::sync::Arc;

use grandstand::{
    clock,
    concourse::{Bounds, Concourse},
    config::{CorsConfig, LimitsConfig, QuotaConfig, ServeConfig},
    domain::{EventId, user::User},
    http::{Answer, Created, Edge, Json, Ledger, Limit, Limits, Mark, Page, Place, Problem, allow::Allow, body::Wide},
};
use poem::{Body, Endpoint, EndpointExt, IntoEndpoint, Request, Response, Route, http::Method};
use poem_openapi::{Object, OpenApi, OpenApiService, param::Path, param::Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

struct Api {
    limits: Limits,
}

#[derive(Debug, Object, Serialize, Deserialize)]
struct Note {
    #[oai(validator(max_length = 5))]
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Seq(u64);

impl Mark for Seq {
    const NAME: &'static str = "notes1";
}

#[OpenApi(prefix_path = "/v1")]
#[expect(clippy::unused_async, reason = "the macro wants async methods")]
impl Api {
    #[oai(path = "/events/:event/notes", method = "post", operation_id = "note")]
    async fn note(&self, ledger: Ledger, _event: Path<EventId>, body: Json<Note>) -> Result<Created<Note>, Problem> {
        let post = self.limits.policies().post;
        self.limits.spend(&ledger, post, "user:a", clock::now()).await?;
        Ok(Created::new(body.0).at("/v1/notes/1"))
    }

    #[oai(path = "/notes", method = "get", operation_id = "list")]
    async fn list(&self, limit: Limit, after: Place<Seq>, loud: Query<Option<bool>>) -> Answer<Page<User>> {
        let _ = (limit.rows(), after.0, loud.0);
        Ok(Json(Page {
            items: Vec::new(),
            next_cursor: None,
            prev_cursor: None,
        }))
    }

    #[oai(path = "/import", method = "post", operation_id = "import")]
    async fn import(&self, _wide: Wide<1_000>, body: Json<Value>) -> Answer<usize> {
        Ok(Json(body.0.to_string().len()))
    }
}

fn house() -> (impl Endpoint<Output = Response>, Value) {
    let limits = LimitsConfig {
        post: QuotaConfig {
            quota: 1,
            window_seconds: 10,
        },
        ..LimitsConfig::default()
    };
    let rates = Concourse::alone(Bounds { keys: 64, tickets: 1 }).rates;
    let service = OpenApiService::new(
        Api {
            limits: Limits::new(&limits, rates, Arc::default()),
        },
        "test",
        "1",
    );
    let spec: Value = serde_json::from_str(&service.spec()).unwrap();
    let serve = ServeConfig {
        max_body_bytes: 100,
        ..ServeConfig::default()
    };
    let cors = CorsConfig {
        allowed_origins: vec!["https://club.example".to_owned()],
        ..CorsConfig::default()
    };
    let route = Route::new().nest("/", service.into_endpoint()).map_to_response();
    let edge = Edge::new(route, &serve, &cors, Allow::from_spec(&spec, ""), Arc::default()).unwrap();
    (edge, spec)
}

async fn ask(house: &impl Endpoint<Output = Response>, method: Method, path: &str, body: &str) -> (Response, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path.parse().unwrap())
        .content_type("application/json")
        .header("Origin", "https://club.example")
        .body(Body::from(body.to_owned()));
    let mut response = house.get_response(request).await;
    let text = response.take_body().into_string().await.unwrap();
    (response, serde_json::from_str(&text).unwrap_or_default())
}

#[tokio::test]
async fn whatever_goes_wrong_is_a_problem_with_a_code() {
    let (house, _) = house();
    let notes = format!("/v1/events/{}/notes", EventId::generate());
    let long = json!({"text": "x".repeat(200)}).to_string();
    let cases = [
        (Method::GET, "/v1/nothing", "", 404, "not-found", None),
        (Method::POST, "/v1/events/nine/notes", "{}", 404, "not-found", None),
        (Method::DELETE, "/v1/notes", "", 405, "method-not-allowed", None),
        (Method::GET, "/v1/notes?limit=201", "", 400, "limit-too-large", None),
        (Method::GET, "/v1/notes?limit=x", "", 400, "invalid-request", None),
        (Method::GET, "/v1/notes?after=x", "", 400, "invalid-cursor", None),
        (
            Method::GET,
            "/v1/notes?loud=7",
            "",
            400,
            "invalid-request",
            Some("/loud"),
        ),
        (Method::POST, &notes, "{", 400, "invalid-request", None),
        (Method::POST, &notes, "{}", 400, "invalid-request", Some("/text")),
        (
            Method::POST,
            &notes,
            r#"{"text":"too long"}"#,
            422,
            "invalid-content",
            Some("/text"),
        ),
        (Method::POST, &notes, &long, 413, "payload-too-large", None),
    ];
    for (method, path, body, status, code, pointer) in cases {
        let (response, problem) = ask(&house, method, path, body).await;
        assert_eq!(
            (response.status().as_u16(), problem["code"].as_str()),
            (status, Some(code)),
            "{path}: {problem}"
        );
        assert_eq!(response.content_type(), Some("application/problem+json"), "{path}");
        assert_eq!(problem["instance"].as_str(), path.split('?').next(), "{path}");
        assert_eq!(
            problem["request_id"].as_str(),
            response.header("X-Request-Id"),
            "{path}"
        );
        assert_eq!(problem["errors"][0]["pointer"].as_str(), pointer, "{path}: {problem}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let (house, _) = house();
    let notes = format!("/v1/events/{}/notes", EventId::generate());
    for (path, methods) in [("/v1/notes", "GET, HEAD"), (&notes, "POST")] {
        let (response, _) = ask(&house, Method::PATCH, path, "").await;
        assert_eq!(response.header("Allow"), Some(methods), "{path}");
    }
}

#[tokio::test]
async fn limits_are_told_with_every_answer_and_refuse_with_a_time() {
    let (house, _) = house();
    let notes = format!("/v1/events/{}/notes", EventId::generate());
    let (made, _) = ask(&house, Method::POST, &notes, r#"{"text":"one"}"#).await;
    assert_eq!(
        (made.status().as_u16(), made.header("Location")),
        (201, Some("/v1/notes/1"))
    );
    assert_eq!(made.header("RateLimit-Policy"), Some("\"post\";q=1;w=10"));
    assert_eq!(made.header("RateLimit"), Some("\"post\";r=0;t=10"));
    let (refused, problem) = ask(&house, Method::POST, &notes, r#"{"text":"two"}"#).await;
    assert_eq!(problem["code"], "rate-limited");
    assert!(
        refused
            .header("Retry-After")
            .is_some_and(|seconds| ["9", "10"].contains(&seconds))
    );
}

#[tokio::test]
async fn an_endpoint_may_take_a_larger_body_than_others() {
    let (house, _) = house();
    for (length, status) in [(90, 200), (900, 200), (1_100, 413)] {
        let (response, _) = ask(
            &house,
            Method::POST,
            "/v1/import",
            &json!("x".repeat(length)).to_string(),
        )
        .await;
        assert_eq!(response.status().as_u16(), status, "{length}");
    }
}

#[tokio::test]
async fn other_sites_are_answered_as_configured() {
    let (house, _) = house();
    let (response, _) = ask(&house, Method::GET, "/v1/nothing", "").await;
    assert_eq!(
        response.header("Access-Control-Allow-Origin"),
        Some("https://club.example"),
        "problems too"
    );
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/v1/notes".parse().unwrap())
        .header("Origin", "https://club.example")
        .header("Access-Control-Request-Method", "PUT")
        .finish();
    let response = house.get_response(preflight).await;
    assert_eq!(response.status().as_u16(), 204);
    assert!(
        response
            .header("Access-Control-Allow-Methods")
            .is_some_and(|methods| methods.contains("PUT"))
    );
}

#[test]
fn the_document_says_how_we_answer() {
    let (_, spec) = house();
    let list = &spec["paths"]["/v1/notes"]["get"];
    let schema = "/responses/200/content/application~1json/schema/$ref";
    assert_eq!(list.pointer(schema).unwrap(), "#/components/schemas/UserPage");
    assert!(
        list.pointer("/responses/default/content/application~1problem+json")
            .is_some()
    );
    assert_eq!(list["parameters"][0]["name"], "limit");
    assert_eq!(list["parameters"][0]["schema"]["maximum"], 200.0);
    assert_eq!(list["parameters"][1]["required"], false);
    let problem = &spec["components"]["schemas"]["Problem"]["required"];
    assert_eq!(*problem, json!(["type", "title", "status", "detail", "code"]));
}
