//! The commands: each a short recipe that calls steps.

pub mod dist;
pub mod doctor;
pub mod symbols;
