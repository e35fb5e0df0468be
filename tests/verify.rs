//! `pum verify`: real repositories, the built binary, what a person sees, and the exit code.

mod again;
mod apply;
mod base;
mod compare;
mod frozen;
mod kept;
mod lint;
mod names;
mod order;
mod reports;
mod scope;
mod world;
