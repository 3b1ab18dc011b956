//! The two cookies: the session of a signed-in browser, and the pass by which a stream opened with a ticket reconnects.

use poem::{Request, http::header};

use crate::domain::Stamp;

/// Holds the user's token. Scripts cannot read it.
pub const SESSION: &str = "grandstand_session";
/// Holds a stream's pass; sent to that stream's path only.
pub const STREAM: &str = "grandstand_stream";

/// Holds what a guest's device is called. Scripts cannot read it.
pub const DEVICE: &str = "grandstand_device";
/// As long as a banned guest may be known by it.
const DEVICE_SECONDS: u32 = 30 * 86_400;

/// The cookie outlives its token by this. A browser that dropped it with the token would come back as a stranger, and
/// its stream would go on anonymously; so we see the old cookie and say `token-expired` instead.
const SESSION_AFTERLIFE_SECONDS: i64 = 7 * 86_400;
/// Browsers drop larger cookies silently.
const MAX_COOKIE_BYTES: usize = 4_000;

/// The first cookie of that name.
pub(super) fn find<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    // HTTP/2 may send several header lines.
    let lines = request.headers().get_all(header::COOKIE).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .find(|(found, _)| found.trim() == name)
        .map(|(_, value)| value.trim())
}

/// Whether a request carries a session, good or not.
#[must_use]
pub fn has_session(request: &Request) -> bool {
    find(request, SESSION).is_some()
}

/// Whether a browser will keep a cookie of that value.
#[must_use]
pub fn fits(value: &str) -> bool {
    value.len() <= MAX_COOKIE_BYTES
}

/// `Set-Cookie` for a session. `Lax`: links from other sites arrive signed in, their scripts' requests do not.
#[must_use]
pub fn session(token: &str, expires_at: Option<Stamp>, now: Stamp, https: bool) -> String {
    let left = expires_at.map_or(0, |end| (end.ms() - now.ms()).div_euclid(1_000));
    let age = left.max(0) + SESSION_AFTERLIFE_SECONDS;
    format!(
        "{SESSION}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{}",
        secure(https)
    )
}

/// `Set-Cookie` for a device of that name.
#[must_use]
pub fn device(name: &str, https: bool) -> String {
    format!(
        "{DEVICE}={name}; Path=/; Max-Age={DEVICE_SECONDS}; HttpOnly; SameSite=Lax{}",
        secure(https)
    )
}

/// Whether a request carries a device's name.
#[must_use]
pub fn has_device(request: &Request) -> bool {
    find(request, DEVICE).is_some()
}

/// `Set-Cookie` that ends a session.
#[must_use]
pub fn no_session(https: bool) -> String {
    format!("{SESSION}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{}", secure(https))
}

/// `Set-Cookie` for a stream's pass, for exactly the path the stream was opened at. `None` if that path is not one that can
/// stand in a cookie. Over https it also works for pages of other sites that embed the stream.
pub(super) fn stream(pass: &str, event_segment: &str, age_seconds: u32, https: bool) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    if event_segment.is_empty() || !event_segment.bytes().all(plain) {
        return None;
    }
    Some(stream_at(
        &format!("/v1/events/{event_segment}/stream"),
        pass,
        age_seconds,
        https,
    ))
}

/// As [`stream`], for a person's own.
pub(super) fn own_stream(pass: &str, age_seconds: u32, https: bool) -> String {
    stream_at("/v1/me/stream", pass, age_seconds, https)
}

fn stream_at(path: &str, pass: &str, age_seconds: u32, https: bool) -> String {
    let site = if https { "None; Secure" } else { "Lax" };
    format!("{STREAM}={pass}; Path={path}; Max-Age={age_seconds}; HttpOnly; SameSite={site}")
}

const fn secure(https: bool) -> &'static str {
    if https { "; Secure" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_over_several_lines() {
        let request = Request::builder()
            .header("Cookie", "a=1; grandstand_sessionx=no;grandstand_session = yes ; b")
            .header("Cookie", "grandstand_stream=s=t")
            .finish();
        assert_eq!(find(&request, SESSION), Some("yes"));
        assert_eq!(find(&request, STREAM), Some("s=t"));
        assert_eq!(find(&request, "c"), None);
    }

    #[test]
    fn cookies_say_how_far_they_go() {
        let now = Stamp::from_ms(1_000_000);
        let cookie = session("t", Some(now.plus_ms(60_000)), now, true);
        assert_eq!(
            cookie,
            "grandstand_session=t; Path=/; Max-Age=604860; HttpOnly; SameSite=Lax; Secure"
        );
        assert!(no_session(false).ends_with("Max-Age=0; HttpOnly; SameSite=Lax"));
        let pass = stream("p", "evt_1", 5, false).unwrap();
        assert_eq!(
            pass,
            "grandstand_stream=p; Path=/v1/events/evt_1/stream; Max-Age=5; HttpOnly; SameSite=Lax"
        );
        assert!(
            stream("p", "evt_1", 5, true)
                .unwrap()
                .ends_with("SameSite=None; Secure")
        );
        assert_eq!(stream("p", "a;b", 5, true), None);
    }
}
