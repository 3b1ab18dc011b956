//! Whose request this is, as an address: the socket's peer, or what proxies we trust say about it.
//!
//! `X-Forwarded-For` is read from right to left and only as far as trust goes; anyone can write the rest. Addresses
//! serve rate limits and connection bounds. They are never logged.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use poem::{FromRequest, Request, RequestBody, http::HeaderMap};

/// The client's address, put into every request by the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// The setting is no address and no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a network such as `10.0.0.0/8`, found `{0}`")]
pub struct AddressError(String);

/// Addresses whose first `bits` bits are these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    bits: u8,
}

/// The proxies whose word we take.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl ClientAddress {
    /// The client of a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        // Without the edge (in a test of one endpoint) everyone is the same nobody.
        request.data().copied().unwrap_or(Self(Ipv6Addr::UNSPECIFIED.into()))
    }

    /// The address as a key for rate limits. One household or one machine owns a whole /64 of IPv6: it counts as one.
    #[must_use]
    pub fn limit_key(self) -> String {
        match self.0 {
            IpAddr::V4(address) => format!("address:{address}"),
            IpAddr::V6(address) => {
                let network = Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX));
                format!("address:{network}/64")
            }
        }
    }
}

impl<'a> FromRequest<'a> for ClientAddress {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

impl FromStr for Network {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let error = || AddressError(text.to_owned());
        let (base, bits) = text
            .split_once('/')
            .map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| error())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), str::parse).map_err(|_| error())?;
        if bits > most {
            Err(error())
        } else {
            Ok(Self { base, bits })
        }
    }
}

impl Network {
    fn holds(self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u8| {
            let shift = u32::from(width - self.bits);
            a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
        };
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => same(base.to_bits().into(), address.to_bits().into(), 32),
            (IpAddr::V6(base), IpAddr::V6(address)) => same(base.to_bits(), address.to_bits(), 128),
            _ => false,
        }
    }
}

impl TrustedProxies {
    pub fn parse(settings: &[String]) -> Result<Self, AddressError> {
        settings
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>()
            .map(Self)
    }

    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.holds(address))
    }

    /// The client behind a peer: the rightmost address that is not a proxy of ours.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer.to_canonical();
        let lines: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .map(|line| line.to_str().unwrap_or("?"))
            .collect();
        for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
            if !self.trusts(client) {
                break;
            }
            match hop.trim().parse::<IpAddr>() {
                Ok(address) => client = address.to_canonical(),
                // What a trusted proxy could not read, we cannot either: the proxy itself is the last thing we know.
                Err(_) => break,
            }
        }
        ClientAddress(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(trusted: &[&str], peer: &str, forwarded: &[&str], expected: &str) {
        let trusted: Vec<String> = trusted.iter().map(ToString::to_string).collect();
        let trusted = TrustedProxies::parse(&trusted).unwrap();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let client = trusted.client(peer.parse().unwrap(), &headers);
        assert_eq!(client.0, expected.parse::<IpAddr>().unwrap(), "{peer} {forwarded:?}");
    }

    #[test]
    fn trust_goes_from_right_to_left_and_no_further() {
        check(&[], "1.1.1.1", &["9.9.9.9"], "1.1.1.1");
        check(&["10.0.0.0/8"], "10.1.2.3", &[], "10.1.2.3");
        check(&["10.0.0.0/8"], "10.1.2.3", &["9.9.9.9"], "9.9.9.9");
        check(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6, 9.9.9.9"], "9.9.9.9");
        check(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6, 9.9.9.9, 10.0.0.1"], "9.9.9.9");
        check(&["10.0.0.0/8"], "10.1.2.3", &["6.6.6.6", "9.9.9.9"], "9.9.9.9");
        check(&["10.0.0.0/8"], "11.1.2.3", &["9.9.9.9"], "11.1.2.3");
        check(&["10.0.0.0/8"], "10.1.2.3", &["9.9.9.9, unknown"], "10.1.2.3");
        check(&["::1"], "::1", &["2001:db8::7"], "2001:db8::7");
        check(&["127.0.0.1"], "::ffff:127.0.0.1", &["9.9.9.9"], "9.9.9.9");
        check(&["0.0.0.0/0"], "1.1.1.1", &["2.2.2.2"], "2.2.2.2");
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10.0.0.0/33", "::/129", "proxy", "10.0.0.0/", "1.1.1.1/-1"] {
            assert!(TrustedProxies::parse(&[text.to_owned()]).is_err(), "{text:?}");
        }
    }

    #[test]
    fn one_household_is_one_key() {
        let key = |text: &str| ClientAddress(text.parse().unwrap()).limit_key();
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_ne!(key("1.1.1.1"), key("1.1.1.2"));
    }
}
