//! Differences as text and in other forms: functions from values to text. Nothing here prints.

mod text;

pub use text::text;
