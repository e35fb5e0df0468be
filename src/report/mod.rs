//! Differences as text and in other forms: functions from values to text. Nothing here prints.

mod ignored;
mod text;

pub use ignored::ignored;
pub use text::text;
