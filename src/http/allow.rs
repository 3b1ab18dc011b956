//! Which methods work on which path: what a 405 must say in its `Allow` header. Read off the OpenAPI document, because
//! the router does not tell.

use std::collections::HashMap;

use serde_json::Value;

/// Methods by the router's path pattern.
#[derive(Debug, Clone, Default)]
pub struct Allow(HashMap<String, String>);

impl Allow {
    /// From the document, whose paths lie under `prefix` (such as `/v1`, or nothing).
    #[must_use]
    pub fn from_spec(spec: &Value, prefix: &str) -> Self {
        let paths = spec.get("paths").and_then(Value::as_object);
        let entry = |(path, item): (&String, &Value)| {
            let methods = item.as_object()?.keys().map(|method| method.to_ascii_uppercase());
            let mut methods: Vec<String> = methods.collect();
            if methods.iter().any(|method| method == "GET") {
                methods.push("HEAD".to_owned());
            }
            methods.sort_unstable();
            Some((format!("{prefix}{}", pattern(path)), methods.join(", ")))
        };
        Self(paths.into_iter().flatten().filter_map(entry).collect())
    }

    pub(super) fn methods(&self, pattern: &str) -> Option<&str> {
        self.0.get(pattern).map(String::as_str)
    }
}

/// `/events/{event}` as poem-openapi hands it to the router: `/events/:param0`.
fn pattern(path: &str) -> String {
    let mut count = 0;
    let segments = path.split('/').map(|segment| {
        if segment.starts_with('{') && segment.ends_with('}') {
            count += 1;
            format!(":param{}", count - 1)
        } else {
            segment.to_owned()
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_the_routers_pattern() {
        let spec = serde_json::json!({"paths": {
            "/events": {"get": {}, "post": {}},
            "/events/{event}/members/{user}": {"put": {}, "delete": {}},
        }});
        let allow = Allow::from_spec(&spec, "/v1");
        assert_eq!(allow.methods("/v1/events"), Some("GET, HEAD, POST"));
        assert_eq!(allow.methods("/v1/events/:param0/members/:param1"), Some("DELETE, PUT"));
        assert_eq!(allow.methods("/v1/nothing"), None);
    }
}
