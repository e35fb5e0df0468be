//! `upgrade`: what runs, in which order, what is recorded, and what a person sees.

mod at;
mod choice;
mod display;
mod errors;
mod guard;
mod no_transaction;
mod order;
mod psql;
mod python;
mod session;
mod transactions;
mod variables;
