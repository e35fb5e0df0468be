//! Whatever happens to pum, to the server or to the line between them, in the middle of an upgrade: what is recorded
//! took effect, what took effect is recorded, and the next upgrade goes on.

mod interrupt;
mod messages;
mod moments;
mod pooler;
mod python;
mod remains;
mod segmented;
mod together;
mod waiting;
mod world;
