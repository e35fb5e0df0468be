//! What a verification came to, as text and in other forms.

mod text;

pub use text::text;
