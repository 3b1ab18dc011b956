//! Reading an event: its stream, its snapshot, its log, its status. The use cases are those of `stream`; this folder
//! only opens the doors.

pub mod api;
mod log_page;
mod shift;
