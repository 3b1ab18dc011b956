//! Ports for things that die and come back on the same port: below the range from which the kernel takes ports for
//! outgoing connections, one of which could otherwise sit on it meanwhile.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context as _;

use crate::dice::Dice;

pub(crate) fn free(dice: &mut Dice, count: usize) -> anyhow::Result<Vec<SocketAddr>> {
    // Held together until all are found, or one would be found twice.
    let mut held = Vec::new();
    for _ in 0..count {
        let free = (0..200).find_map(|_| {
            let port = u16::try_from(dice.within(18_000..31_000)).ok()?;
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
        });
        held.push(free.context("no free port")?);
    }
    held.iter().map(|listener| Ok(listener.local_addr()?)).collect()
}
