//! How the ways to sign in stand in the OpenAPI document, and how callers become arguments of endpoints.

use poem_openapi::registry::{MetaSecurityScheme, Registry};

pub(super) const SCHEMES: [&str; 3] = ["bearer", "api_key", "session"];

pub(super) fn register(registry: &mut Registry) {
    let scheme = |ty, description, name, key_in, scheme, bearer_format| MetaSecurityScheme {
        ty,
        description: Some(description),
        name,
        key_in,
        scheme,
        bearer_format,
        flows: None,
        openid_connect_url: None,
    };
    let bearer = "A token of ours or of a configured issuer. API keys (`gsk_…`) are taken here too.";
    registry.create_security_scheme(
        "bearer",
        scheme("http", bearer, None, None, Some("bearer"), Some("JWT")),
    );
    let key = "A key for machines, from `POST /v1/keys`.";
    registry.create_security_scheme(
        "api_key",
        scheme("apiKey", key, Some("X-API-Key"), Some("header"), None, None),
    );
    let session = "Set by `POST /v1/auth/session`. Changes need `Origin` or `Sec-Fetch-Site` of the same site.";
    let name = Some(super::cookie::SESSION);
    registry.create_security_scheme("session", scheme("apiKey", session, name, Some("cookie"), None, None));
}

/// Makes a type with `async fn of(&Request) -> Result<Self, Problem>` an argument of endpoints that is documented as a
/// security requirement: `required`, or `optional` where strangers are welcome.
macro_rules! documented_extractor {
    ($name:ident, required) => {
        documented_extractor!($name, false);
    };
    ($name:ident, optional) => {
        documented_extractor!($name, true);
    };
    ($name:ident, $fallback:expr) => {
        impl<'a> poem_openapi::ApiExtractor<'a> for $name {
            const TYPES: &'static [poem_openapi::ApiExtractorType] = &[poem_openapi::ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut poem_openapi::registry::Registry) {
                $crate::http::auth::security::register(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                $crate::http::auth::security::SCHEMES.to_vec()
            }

            fn has_security_fallback() -> bool {
                $fallback
            }

            async fn from_request(
                request: &'a poem::Request,
                _body: &mut poem::RequestBody,
                _options: poem_openapi::ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                Ok(Self::of(request).await?)
            }
        }
    };
}
pub(super) use documented_extractor;
