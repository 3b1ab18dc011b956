//! Ports for programs that have to be told theirs. A port lies below those that the kernel gives to outgoing connections,
//! and is never given twice, so that it is still free when its program begins, or comes back.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{LazyLock, Mutex},
};

/// From 32768 up they are the kernel's.
const FIRST: u16 = 20_000;
const MANY: u16 = 12_000;

static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// On the loopback interface.
pub fn free() -> SocketAddr {
    let dice = RandomState::new();
    let mut given = GIVEN.lock().unwrap();
    (0..10_000_u32)
        .map(|toss| FIRST + u16::try_from(dice.hash_one(toss) % u64::from(MANY)).unwrap())
        .filter(|port| given.insert(*port))
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|address| TcpListener::bind(address).is_ok())
        .expect("one of twelve thousand ports is free")
}
