//! Real Redis servers, healthy and sick.

mod contract;
mod faults;
mod house;
