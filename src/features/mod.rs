//! What people can do, a folder each. No feature imports another; they meet in the log.

pub mod accounts;
pub mod keys;
