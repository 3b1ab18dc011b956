//! By what a banned guest is known again: keyed hashes of their address and of what their client calls the device.
//!
//! Nothing is written down about anybody until they are banned; what was seen of guests lately is remembered in memory.

use crate::{
    crypto,
    domain::Stamp,
    http::{Caller, ClientAddress},
};

/// Half of a SHA-256: nobody finds another address with the same.
const BYTES: usize = 16;
const ADDRESS: &str = "a:";
const DEVICE: &str = "d:";

pub(super) struct Marker {
    key: [u8; 32],
}

impl Marker {
    pub(super) fn new(secret: &[u8]) -> Self {
        Self {
            key: crypto::mac(secret, b"grandstand marks"),
        }
    }

    /// The marks of whoever sends a request. A whole household is one address.
    pub(super) fn of(&self, caller: &Caller) -> Vec<String> {
        let address = ClientAddress(caller.address).limit_key();
        let mut marks = vec![self.mark(ADDRESS, &address)];
        marks.extend(caller.device.as_deref().map(|device| self.mark(DEVICE, device)));
        marks
    }

    fn mark(&self, kind: &str, what: &str) -> String {
        let tag = crypto::mac(&self.key, format!("{kind}{what}").as_bytes());
        format!("{kind}{}", crypto::encode(&tag[..BYTES]))
    }
}

/// Whether a mark is one of an address, behind which others may stand as well.
pub(super) fn is_address(mark: &str) -> bool {
    mark.starts_with(ADDRESS)
}

/// When a guest's id was made: it says so itself.
pub(super) fn made_at(guest: &crate::domain::UserId) -> Option<Stamp> {
    guest.guest_since().map(Stamp::from_ms)
}
