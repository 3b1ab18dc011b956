//! JSON bodies, in and out. Going out they are written by serde directly; coming in, a body that does not fit is
//! answered with every field that is wrong (`http/faults.rs`).

use poem::{FromRequest, IntoResponse, Request, RequestBody, Response};
use poem_openapi::{
    ApiResponse, impl_apirequest_for_payload,
    payload::{ParsePayload, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::{ParseFromJSON, Type},
};
use serde::Serialize;
use serde_json::Value;

use super::{error::Problem, faults};
use crate::domain::{Reason, Refusal};

/// A JSON document: an argument that is parsed, or an answer with status 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Type> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        let essence = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ParseFromJSON> ParsePayload for Json<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        let data = Vec::<u8>::from_request(request, body).await?;
        parse(&data).map(Self).map_err(|refusal| Problem::from(refusal).into())
    }
}

impl_apirequest_for_payload!(Json<T>, T: ParseFromJSON);

/// The value, or what is wrong with the text.
pub fn parse<T: ParseFromJSON>(data: &[u8]) -> Result<T, Refusal> {
    let value: Value = serde_json::from_slice(data)
        .map_err(|error| Refusal::new(Reason::InvalidRequest, format!("The body is not JSON: {error}.")))?;
    // Parsing takes the value apart; only a failure pays for reading it again.
    T::parse_from_json(Some(value)).map_err(|error| {
        let value = serde_json::from_slice(data).unwrap_or_default();
        let found = faults::find::<T>(&value);
        faults::refusal(if found.is_empty() {
            vec![faults::from_message(error.message())]
        } else {
            found
        })
    })
}

impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        written(&self.0)
    }
}

/// The document as an answer with status 200.
pub(super) fn written(document: &impl Serialize) -> Response {
    match serde_json::to_vec(document) {
        Ok(text) => Response::builder().content_type("application/json").body(text),
        Err(error) => Problem::broken(&error).into_response(),
    }
}

/// How an answer is described in the OpenAPI document.
pub(super) fn described<T: Type>(status: u16, description: &'static str) -> MetaResponse {
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: Json::<T>::CONTENT_TYPE,
            schema: T::schema_ref(),
        }],
        headers: Vec::new(),
    }
}

impl<T: Type + Serialize> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![described::<T>(200, "")],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::Object;

    use super::*;
    use crate::domain::EventId;

    #[derive(Debug, Object)]
    struct Body {
        #[oai(validator(max_length = 3))]
        text: String,
        event: Option<EventId>,
    }

    #[test]
    fn a_body_that_does_not_fit_says_why() {
        let cases = [
            ("{", Reason::InvalidRequest, None),
            ("", Reason::InvalidRequest, None),
            ("{}", Reason::InvalidRequest, Some("/text")),
            (r#"{"text": []}"#, Reason::InvalidRequest, Some("/text")),
            (r#"{"text": "long"}"#, Reason::InvalidContent, Some("/text")),
            (r#"{"text": "ok", "event": "nine"}"#, Reason::InvalidRequest, Some("")),
        ];
        for (text, reason, pointer) in cases {
            let refusal = parse::<Body>(text.as_bytes()).unwrap_err();
            let found = refusal.faults.first().map(|fault| fault.pointer.as_str());
            assert_eq!((refusal.reason, found), (reason, pointer), "{text}");
        }
        assert!(parse::<Body>(br#"{"text": "ok", "more": 1}"#).is_ok());
    }

    #[test]
    fn media_types_are_read_with_their_parameters() {
        for (name, fits) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/merge-patch+json", true),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            assert_eq!(Json::<Body>::check_content_type(name), fits, "{name}");
        }
    }
}
