//! `pum verify`: real repositories, the built binary, what a person sees, and the exit code. The stages that need a
//! database are left out here.

mod base;
mod frozen;
mod kept;
mod names;
mod order;
mod reports;
mod scope;
mod world;
