//! Whether a request comes from one of our own pages. Browsers send cookies along with requests that other sites start;
//! such a request must not change anything.

use poem::{
    Request,
    http::{
        Method, header,
        uri::{Authority, Scheme},
    },
};

use crate::domain::{Reason, Refusal};

/// Ok for requests that change nothing, and for those our own pages made.
pub(super) fn require_own_page(request: &Request, public_origin: Option<&str>) -> Result<(), Refusal> {
    let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if harmless || is_from_own_page(request, public_origin) {
        return Ok(());
    }
    let detail = "With a cookie, changes need an `Origin` of this site or `Sec-Fetch-Site: same-origin`.";
    Err(Refusal::new(Reason::Csrf, detail))
}

fn is_from_own_page(request: &Request, public_origin: Option<&str>) -> bool {
    // Scripts cannot set this header; browsers that know it tell the truth even when a proxy changed `Host`.
    if request.header("Sec-Fetch-Site") == Some("same-origin") {
        return true;
    }
    let Some(origin) = request.header(header::ORIGIN) else {
        return false;
    };
    match public_origin {
        Some(own) => origin.eq_ignore_ascii_case(own),
        None => is_where_we_were_asked(origin, request),
    }
}

/// Compares with `Host`. A page over https may reach us over http when a proxy ends its TLS; never the other way round.
fn is_where_we_were_asked(origin: &str, request: &Request) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else {
        return false;
    };
    let (default_port, plausible) = match scheme {
        "https" => (":443", true),
        "http" => (":80", *request.scheme() != Scheme::HTTPS),
        _ => ("", false),
    };
    let asked = request.uri().authority().map(Authority::as_str);
    let Some(asked) = asked.or_else(|| request.header(header::HOST)) else {
        return false;
    };
    let plain = |host: &str| host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase();
    plausible && !host.is_empty() && plain(host) == plain(asked)
}

/// Whether browsers reach us over TLS, as far as we can know.
pub(super) fn is_https(request: &Request, public_origin: Option<&str>) -> bool {
    *request.scheme() == Scheme::HTTPS || public_origin.is_some_and(|origin| origin.starts_with("https://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, headers: &[(&str, &str)], public: Option<&str>, own: bool) {
        let mut request = Request::builder().method(method.parse().unwrap()).uri_str("/v1/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let outcome = require_own_page(&request.finish(), public);
        assert_eq!(outcome.is_ok(), own, "{method} {headers:?} {public:?}");
        if let Err(refusal) = outcome {
            assert_eq!(refusal.reason, Reason::Csrf);
        }
    }

    #[test]
    fn with_a_cookie_only_our_own_pages_change_things() {
        let host = ("Host", "live.example");
        check("GET", &[host], None, true);
        check("HEAD", &[host, ("Origin", "https://evil.example")], None, true);
        check("POST", &[host], None, false);
        check("POST", &[host, ("Origin", "http://live.example")], None, true);
        check("DELETE", &[host, ("Origin", "https://live.example")], None, true);
        check(
            "POST",
            &[("Host", "live.example:443"), ("Origin", "https://live.example")],
            None,
            true,
        );
        check(
            "POST",
            &[("Host", "LIVE.example:8080"), ("Origin", "http://live.example:8080")],
            None,
            true,
        );
        check(
            "POST",
            &[("Host", "live.example:8080"), ("Origin", "http://live.example:8081")],
            None,
            false,
        );
        check("POST", &[host, ("Origin", "http://evil.example")], None, false);
        check(
            "POST",
            &[host, ("Origin", "http://live.example.evil.example")],
            None,
            false,
        );
        check("POST", &[host, ("Origin", "null")], None, false);
        check("POST", &[host, ("Origin", "ftp://live.example")], None, false);
        check("POST", &[("Origin", "http://live.example")], None, false);
        check("PATCH", &[host, ("Sec-Fetch-Site", "same-origin")], None, true);
        check("PUT", &[host, ("Sec-Fetch-Site", "same-site")], None, false);
        check("POST", &[host, ("Sec-Fetch-Site", "cross-site")], None, false);
        check("POST", &[host, ("Sec-Fetch-Site", "none")], None, false);
    }

    #[test]
    fn a_configured_origin_is_the_only_one() {
        let public = Some("https://live.example");
        let inner = ("Host", "backend:8080");
        check("POST", &[inner, ("Origin", "https://live.example")], public, true);
        check("POST", &[inner, ("Origin", "http://live.example")], public, false);
        check("POST", &[inner, ("Origin", "http://backend:8080")], public, false);
    }
}
