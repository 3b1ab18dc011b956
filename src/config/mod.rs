//! Settings (placeholder until merged).
mod store;
mod stream;
pub use store::StoreConfig;
pub use stream::StreamConfig;
