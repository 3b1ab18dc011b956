//! What a client calls the device it runs on: the header `X-Device-Id`, or a cookie set when a guest came in.
//!
//! Only for knowing banned guests again; kept, if at all, as a keyed hash. Whoever leaves it out is no worse off.

use poem::Request;

use super::cookie;

pub const HEADER: &str = "X-Device-Id";
/// Long enough to be nobody else's by chance, short enough to be hashed with every request.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=64;

/// The device's id, if the client says one that can be one.
pub(super) fn of(request: &Request) -> Option<String> {
    let named = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let text = named.or_else(|| cookie::find(request, cookie::DEVICE))?.trim();
    let good = LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    good.then(|| text.to_owned())
}
